/** What the machine's steps say to whoever measures and traces them. */
import { describe, expect, test } from '@jest/globals';
import type { ErrorCode, Fault } from '#src/core/sandbox-error.js';
import { openState } from '#src/core/state.js';
import { step } from '#src/core/step.js';
import { describeEnd } from '#src/core/telemetry/end-words.js';
import { createGauges, type Measurement, measure } from '#src/core/telemetry/measure.js';
import { describeTask, type OpenAttempts, type TraceSignal, trace } from '#src/core/telemetry/trace.js';
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
    expect(timesOf(measured, 'run')).toHaveLength(0);
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

  test('and nobody waits who was handed in as the manager closed', () => {
    const watched = Watched.connected();
    watched.take('task_submitted task=t1', 'close_asked');
    expect(watched.state.closing).toBe('closed');
    expect(watched.levels).toMatchObject({ waiting: 0, active: 0 });
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

  test('of a worker that has left the pool nothing is remembered', () => {
    const watched = new Watched();
    watched.take('worker_wanted', 'worker_started', 'connection_opened', 'welcome');
    expect([...watched.gauges.metWorkers]).toEqual(['w1']);
    watched.take('worker_exited', 'worker_start_failed'); // it is started again, which fails, and then replaced
    expect([...watched.state.workers.keys()]).toEqual(['w2']);
    expect([...watched.gauges.metWorkers]).toEqual([]);
  });

  test('a block is counted by reason and certainty', () => {
    const watched = Watched.connected();
    watched.take('task_submitted', 'tick_ended', 'execution_started');
    expect(countsOf(watched.take('block_detected reason=stopped').measured, 'blocks')).toEqual([
      { 'sandcrew.block.reason': 'stopped', 'sandcrew.block.confidence': 'confirmed' },
    ]);
  });
});

describe('how a task ended', () => {
  test.each([
    ['the command’s own success', { fault: null, end: { exitCode: 0, signal: null } }, 'succeeded', null],
    ['its own failure', { fault: null, end: { exitCode: 3, signal: null } }, 'failed', null],
    ['a signal', { fault: null, end: { exitCode: null, signal: 'SIGKILL' } }, 'signalled', null],
    ['a cancellation', { fault: faultOf('CANCELLED'), end: {} }, 'cancelled', null],
    ['a termination', { fault: faultOf('TERMINATED'), end: {} }, 'terminated', null],
    ['the manager’s closing', { fault: faultOf('CLOSED'), end: {} }, 'closed', null],
    ['a detaching', { fault: faultOf('DETACHED'), end: {} }, 'detached', null],
    ['a loss', { fault: faultOf('LOST'), end: {} }, 'lost', 'LOST'],
  ])('%s has its word, and is an error or not', (_what, outcome, word, error) => {
    expect(describeEnd(outcome)).toEqual({
      'sandcrew.task.end': word,
      ...(error === null ? {} : { 'error.type': error }),
    });
  });
});

describe('what else is measured', () => {
  test('a second attempt is counted, and waits and starts by itself', () => {
    const watched = Watched.connected();
    watched.take('task_submitted idempotent=yes', 'tick_ended', 'execution_started', 'connection_lost');
    watched.nowMs = 100;
    const again = watched.take('connection_opened', 'welcome boot=b2').measured;
    expect(countsOf(again, 'requeued')).toEqual([{}]);
    expect(timesOf(again, 'queue')).toEqual([0]);
    watched.nowMs = 130;
    expect(timesOf(watched.take('execution_started').measured, 'start')).toEqual([30]);
  });

  test('what a worker hands back is not timed again', () => {
    const watched = Watched.connected();
    watched.nowMs = 5;
    watched.take('task_submitted', 'tick_ended', 'task_error code=rejected detail=busy');
    watched.nowMs = 5_000;
    const { measured } = watched.take('connection_lost', 'connection_opened', 'welcome');
    expect(timesOf(measured, 'queue')).toEqual([]);
    expect(timesOf(watched.take('execution_started', 'execution_started').measured, 'start')).toEqual([0]);
  });

  test('a kept slot’s start is timed from its command', () => {
    const watched = Watched.connected();
    watched.take('task_submitted command=none', 'tick_ended');
    watched.nowMs = 900;
    watched.take('task_commanded', 'task_commanded task=t9');
    watched.nowMs = 940;
    expect(timesOf(watched.take('execution_started').measured, 'start')).toEqual([40]);
    expect(watched.gauges.placedAtMs.size).toBe(0);
  });

  test('output that is gone is counted in bytes', () => {
    const watched = Watched.connected();
    watched.take('task_submitted', 'tick_ended', 'execution_started');
    expect(watched.take('output_gap offset=0 bytes=12').measured).toEqual([
      { kind: 'count', name: 'lostOutput', by: 12, attributes: {} },
    ]);
  });

  test('a level is told by how much it went up or down, and only where it did', () => {
    const watched = Watched.connected();
    expect(watched.take('task_submitted').measured).toEqual([{ kind: 'level', name: 'waiting', by: 1 }]);
    expect(watched.take('tick_ended').measured.filter(({ kind }) => kind === 'level')).toEqual([
      { kind: 'level', name: 'waiting', by: -1 },
      { kind: 'level', name: 'active', by: 1 },
    ]);
    expect(watched.take('pong').measured).toEqual([]);
    watched.take('close_asked', 'task_error code=terminated');
    expect(watched.levels).toEqual({ waiting: 0, active: 0, workers: 0 });
  });

  test('a task that lost its name for an end has no length, and one of no manager is not timed', () => {
    const watched = new Watched();
    expect(timesOf(watched.take('task_submitted', 'tick_ended').measured, 'run')).toEqual([]);
    watched.take('close_asked', 'task_submitted task=t2');
    expect(watched.gauges.queuedAtMs.size).toBe(0);
  });

  test('a worker that this manager closed on, or that its process left, is connected no more', () => {
    const watched = Watched.connected();
    watched.take('task_submitted', 'tick_ended', 'close_asked leave=no', 'task_error code=terminated');
    expect(watched.levels['workers']).toBe(0);
    const gone = Watched.connected();
    gone.take('protocol_broken');
    expect(gone.levels['workers']).toBe(0);
  });
});

describe('a task’s span', () => {
  const describing = (fields: Record<string, string>, isAttached: boolean) => {
    const submitted = eventOf('task_submitted', fields);
    if (submitted.type !== 'task_submitted') throw new Error('expected a task');
    return describeTask(submitted.submission, isAttached);
  };

  test('has what its caller asked for, and nothing of what it runs', () => {
    expect(describing({ priority: '2', idempotent: 'yes' }, false)).toStrictEqual({
      'sandcrew.task.id': 't1',
      'sandcrew.task.priority': 2,
      'sandcrew.task.idempotent': true,
    });
    expect(describing({ workspace: 'lib' }, true)).toEqual({
      'sandcrew.task.id': 't1',
      'sandcrew.task.priority': 0,
      'sandcrew.task.idempotent': false,
      'sandcrew.task.attached': true,
      'sandcrew.task.workspace': 'lib',
    });
  });

  test('ends with how the command ended, and how much it left', () => {
    const watched = Watched.connected();
    watched.take('task_submitted', 'tick_ended', 'execution_started');
    expect(watched.take('task_complete bytes=0').signals.at(-1)).toEqual({
      kind: 'task_ended',
      taskId: 't1',
      attributes: {
        'sandcrew.task.end': 'succeeded',
        'sandcrew.task.attempts': 1,
        'sandcrew.output.bytes': 0,
        'process.exit.code': 0,
        'sandcrew.task.leftover': 0,
      },
      error: null,
    });
  });

  test('ends with the signal that ended the command', () => {
    const watched = Watched.connected();
    watched.take('task_submitted', 'tick_ended', 'execution_started');
    expect(watched.take('task_complete signal=SIGKILL').signals.at(-1)?.attributes).toStrictEqual({
      'sandcrew.task.end': 'signalled',
      'sandcrew.task.attempts': 1,
      'sandcrew.output.bytes': 0,
      'sandcrew.exit.signal': 'SIGKILL',
      'sandcrew.task.leftover': 0,
    });
  });

  test('of a task that never ran has no exit, and the code of what stopped it', () => {
    const watched = new Watched();
    expect(watched.take('task_submitted', 'tick_ended').signals).toEqual([
      {
        kind: 'task_ended',
        taskId: 't1',
        attributes: {
          'sandcrew.task.end': 'no_worker',
          'error.type': 'NO_WORKER',
          'sandcrew.task.attempts': 0,
          'sandcrew.output.bytes': 0,
        },
        error: 'NO_WORKER',
      },
    ]);
  });

  test('has an attempt’s start with its pid, where that is known', () => {
    const watched = Watched.connected();
    watched.take('task_submitted', 'tick_ended');
    expect(watched.take('execution_started').signals).toEqual([
      {
        kind: 'noted',
        taskId: 't1',
        name: 'started',
        attributes: { 'sandcrew.containment': 'process-group', 'process.pid': 1 },
      },
    ]);
    watched.take('task_complete', 'task_submitted task=t2', 'tick_ended');
    expect(watched.take('task_complete task=t2').signals[0]).toEqual({
      kind: 'noted',
      taskId: 't2',
      name: 'started',
      attributes: { 'sandcrew.containment': 'process-group' },
    });
  });

  test('has a note of gaps, of blocks that came and went, and of what was done about them', () => {
    const watched = Watched.connected();
    watched.take('task_submitted orders=terminate', 'tick_ended', 'execution_started');
    const { signals } = watched.take('output_gap offset=0 bytes=12', 'block_detected', 'block_cleared');
    const reason = { 'sandcrew.block.reason': 'deadlock' };
    expect(signals).toEqual([
      noteOf('output_gap', { 'sandcrew.output.offset': 0, 'sandcrew.output.bytes': 12 }),
      noteOf('block_detected', { ...reason, 'sandcrew.block.confidence': 'confirmed' }),
      noteOf('block_recovery', { ...reason, 'sandcrew.recovery.rung': 'terminate' }),
      noteOf('block_cleared', reason),
    ]);
  });

  test('goes on where the command never left: it was taken back, and is placed again', () => {
    const watched = Watched.connected();
    watched.take('task_submitted', 'tick_ended');
    const { signals } = watched.take('command_unsent', 'connection_lost', 'connection_opened', 'welcome');
    expect(signals).toEqual([
      noteOf('taken_back', {}),
      noteOf('placed_again', { 'sandcrew.worker.id': 'w1' }),
    ]);
  });
});

function noteOf(name: string, attributes: object) {
  return { kind: 'noted', taskId: 't1', name, attributes };
}

function faultOf(code: ErrorCode): Fault {
  return { code, message: 'so' };
}

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

  test('an attempt that was lost has ended once, though no other follows', () => {
    const watched = Watched.connected();
    watched.take('task_submitted idempotent=yes', 'tick_ended', 'execution_started');
    const { signals } = watched.take('connection_lost', 'connection_opened', 'welcome');
    expect(kindsOf(signals)).toEqual(['worker_away', 'attempt_ended', 'task_ended']);
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
