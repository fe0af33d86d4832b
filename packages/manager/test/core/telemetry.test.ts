/** What the machine's steps say to whoever measures and traces them. */
import { describe, expect, test } from '@jest/globals';
import { openState } from '#src/core/state.js';
import { step } from '#src/core/step.js';
import { createGauges, type Measurement, measure } from '#src/core/telemetry/measure.js';
import { type OpenAttempts, type TraceSignal, trace } from '#src/core/telemetry/trace.js';
import { eventOf } from './happening.js';

/** A manager whose steps are watched. */
class Watched {
  readonly state = openState({
    managerId: 'm',
    maxWorkers: 10,
    connectTimeoutMs: 10_000,
    lostAfterMs: 300_000,
    maxAttempts: 3,
    startsWorkers: false,
  });
  readonly gauges = createGauges();
  readonly attempts: OpenAttempts = new Map();
  nowMs = 0;

  /** Takes each line as a transcript has it; tells what was measured and what is said of spans. */
  take(...lines: string[]): { readonly measured: Measurement[]; readonly signals: TraceSignal[] } {
    const measured: Measurement[] = [];
    const signals: TraceSignal[] = [];
    for (const line of lines) {
      const [type = '', ...pairs] = line.split(' ');
      const event =
        type === 'tick_ended'
          ? ({ type } as const)
          : eventOf(type, Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string])));
      const effects = step(this.state, event, { nowMs: this.nowMs, random: 1 });
      signals.push(...trace(this.attempts, this.state, effects));
      measured.push(...measure(this.gauges, this.state, event, effects, this.nowMs));
    }
    return { measured, signals };
  }

  /** A worker that is connected. */
  static connected(fields = 'slots=1'): Watched {
    const watched = new Watched();
    watched.take('worker_named', 'connection_opened', `welcome ${fields}`);
    return watched;
  }

  get levels(): Readonly<Record<string, number>> {
    return this.gauges.levels;
  }
}

const timesOf = (measured: readonly Measurement[], name: string) =>
  measured.flatMap((one) => (one.kind === 'duration' && one.name === name ? [one.ms] : []));
const countsOf = (measured: readonly Measurement[], name: string) =>
  measured.flatMap((one) => (one.kind === 'count' && one.name === name ? [one.attributes] : []));
const kindsOf = (signals: readonly TraceSignal[]) =>
  signals.map((signal) => (signal.kind === 'noted' ? signal.name : signal.kind));

describe('what is measured', () => {
  test('a task waits until it has a slot, starts until its command runs, and runs as long as its worker says', () => {
    const watched = Watched.connected();
    watched.take('task_submitted task=t1', 'task_submitted task=t2', 'tick_ended');
    watched.nowMs = 40;
    expect(timesOf(watched.take('execution_started task=t1').measured, 'start')).toEqual([40]);
    watched.nowMs = 100;
    const { measured } = watched.take('task_complete task=t1');
    expect(timesOf(measured, 'run')).toEqual([1]);
    expect(timesOf(measured, 'queue')).toEqual([100]);
    expect(countsOf(measured, 'ended')).toEqual([{ 'sandcrew.task.end': 'succeeded' }]);
  });

  test.each([
    ['timed_out', { 'sandcrew.task.end': 'timed_out', 'error.type': 'TIMED_OUT' }],
    ['spawn_failed', { 'sandcrew.task.end': 'spawn_failed', 'error.type': 'SPAWN_FAILED' }],
  ])('%s is counted by its code, which is an error', (code, attributes) => {
    const watched = Watched.connected();
    watched.take('task_submitted', 'tick_ended', 'execution_started');
    expect(countsOf(watched.take(`task_error code=${code}`).measured, 'ended')).toEqual([attributes]);
  });

  test('an end that was asked for is no error', () => {
    const watched = Watched.connected();
    watched.take('task_submitted', 'tick_ended', 'execution_started', 'stop_asked');
    const { measured, signals } = watched.take('task_error code=terminated');
    expect(countsOf(measured, 'ended')).toEqual([{ 'sandcrew.task.end': 'terminated' }]);
    expect(signals.at(-1)).toMatchObject({ kind: 'task_ended', error: null });
  });

  test('who waits, who is at a worker and who is connected goes up and comes down', () => {
    const watched = Watched.connected();
    expect(watched.levels).toEqual({ waiting: 0, active: 0, workers: 1 });
    watched.take('task_submitted task=t1', 'task_submitted task=t2', 'tick_ended');
    expect(watched.levels).toEqual({ waiting: 1, active: 1, workers: 1 });
    watched.take('connection_lost');
    expect(watched.levels['workers']).toBe(0);
    watched.take('close_asked', 'task_error code=terminated');
    watched.nowMs = 60_000;
    watched.take('stop_asked task=t1');
    expect(watched.levels['waiting']).toBe(0);
  });

  test('at the end of a manager nothing is left standing, in no level and no watch', () => {
    const watched = Watched.connected();
    watched.take('task_submitted task=t1', 'task_submitted task=t2', 'tick_ended', 'close_asked');
    watched.take('task_error task=t1 code=terminated');
    expect(watched.state.closing).toBe('closed');
    expect(watched.levels).toEqual({ waiting: 0, active: 0, workers: 0 });
    expect(watched.gauges.queuedAtMs.size + watched.gauges.placedAtMs.size + watched.attempts.size).toBe(0);
  });

  test('a worker that comes back is told from one that is met', () => {
    const watched = new Watched();
    const again = 'sandcrew.connection.again';
    const { measured } = watched.take('worker_named', 'connection_opened', 'welcome');
    expect(countsOf(measured, 'connected')).toEqual([{ [again]: false }]);
    const back = watched.take('connection_lost', 'connection_opened', 'welcome').measured;
    expect(countsOf(back, 'disconnected')).toEqual([{ 'error.type': 'WORKER_UNREACHABLE' }]);
    expect(countsOf(back, 'connected')).toEqual([{ [again]: true }]);
  });

  test('a block is counted by reason and certainty', () => {
    const watched = Watched.connected();
    watched.take('task_submitted', 'tick_ended', 'execution_started');
    expect(countsOf(watched.take('block_detected reason=stopped').measured, 'blocks')).toEqual([
      { 'sandcrew.block.reason': 'stopped', 'sandcrew.block.confidence': 'confirmed' },
    ]);
  });
});

describe('what is said of spans', () => {
  test('an attempt begins before its command is sent, and ends with its task', () => {
    const watched = Watched.connected();
    const begun = watched.take('task_submitted', 'tick_ended').signals;
    expect(begun).toEqual([
      {
        kind: 'attempt_begun',
        taskId: 't1',
        attributes: { 'sandcrew.task.id': 't1', 'sandcrew.attempt.number': 1, 'sandcrew.worker.id': 'w1' },
      },
    ]);
    const { signals } = watched.take('execution_started', 'task_complete');
    expect(kindsOf(signals)).toEqual(['started', 'attempt_ended', 'task_ended']);
  });

  test('a worker without room and a lost connection change no attempt', () => {
    const watched = Watched.connected();
    watched.take('task_submitted', 'tick_ended');
    const handedBack = watched.take('task_error code=rejected detail=busy').signals;
    watched.nowMs = 10_000;
    const { signals } = watched.take(
      'heartbeat status=idle',
      'connection_lost',
      'connection_opened',
      'welcome',
    );
    expect(kindsOf([...handedBack, ...signals])).not.toContain('attempt_begun');
    expect(watched.attempts.get('t1')?.attempt).toBe(1);
  });

  test('a lost connection is noted, and that the worker is back', () => {
    const watched = Watched.connected();
    watched.take('task_submitted', 'tick_ended', 'execution_started');
    const { signals } = watched.take('connection_lost', 'connection_opened', 'welcome tasks=t1');
    expect(kindsOf(signals)).toEqual(['worker_away', 'worker_back']);
  });

  test('an attempt that was lost ends as failed, and the next begins, of the same task', () => {
    const watched = Watched.connected();
    watched.take('task_submitted idempotent=yes', 'tick_ended', 'execution_started');
    const { signals } = watched.take('connection_lost', 'connection_opened', 'welcome boot=b2');
    expect(kindsOf(signals)).toEqual(['worker_away', 'attempt_ended', 'attempt_begun']);
    expect(signals[1]).toMatchObject({
      attributes: { 'sandcrew.attempt.end': 'requeued' },
      error: 'requeued',
    });
    expect(signals[2]).toMatchObject({ attributes: { 'sandcrew.attempt.number': 2 } });
  });

  test('a task that is attached to has an attempt from when its worker confirms it', () => {
    const watched = new Watched();
    watched.take('worker_named', 'connection_opened', 'welcome tasks=t1');
    const submitted = eventOf('task_submitted', {});
    if (submitted.type !== 'task_submitted') throw new Error('expected a task');
    const { submission } = submitted;
    const event = { type: 'task_adopted', submission, worker: undefined, offset: 0, forget: true } as const;
    const effects = step(watched.state, event, { nowMs: 0, random: 1 });
    expect(kindsOf(trace(watched.attempts, watched.state, effects))).toEqual(['attempt_begun', 'started']);
  });

  test('no word of a worker, a command or its output is in them', () => {
    const watched = Watched.connected();
    watched.take('task_submitted', 'tick_ended', 'execution_started');
    const { signals } = watched.take(
      'block_detected prompt=Password?',
      'task_error code=blocked reason=deadlock',
    );
    expect(kindsOf(signals)).toEqual(['block_detected', 'attempt_ended', 'task_ended']);
    expect(JSON.stringify(signals)).not.toMatch(/Password|why/);
    expect(signals.at(-1)).toMatchObject({ error: 'BLOCKED (deadlock)' });
  });
});
