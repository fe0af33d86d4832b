/** What is counted of the worker's life, and whether it is ready. */
import { describe, expect, test } from '@jest/globals';
import type { WorkerEffect } from '#src/core/effect.js';
import type { HostHealth, WorkerEvent } from '#src/core/event.js';
import { createStopwatches, type Measurement, measure } from '#src/core/measure.js';
import { dropBefore } from '#src/core/output-log.js';
import { describeStanding, judgeReadiness } from '#src/core/readiness.js';
import { createState, taskKey, type WorkerState } from '#src/core/state.js';
import { step } from '#src/core/step.js';
import { POLICY } from './machine.js';

/** A worker whose steps are measured; every start of a process is answered after 5 ms. */
class Measured {
  readonly state: WorkerState = createState(POLICY, new Map());
  readonly watches = createStopwatches();
  readonly effects: WorkerEffect[] = [];
  nowMs = 1_000;

  take(event: WorkerEvent): Measurement[] {
    const effects = step(this.state, event, this.nowMs);
    this.effects.push(...effects);
    return measure(this.watches, this.state, event, effects, this.nowMs);
  }

  /** A manager's session that runs a task, up to when its process runs. */
  running(): string {
    this.take({ type: 'connection_opened', sessionId: 's', tokenName: 'default' });
    this.say({ type: 'hello', managerId: 'm', output: 'binary', timestamp: 1 });
    this.say({ type: 'execute_command', taskId: 't', command: 'x', timestamp: 1 });
    const key = taskKey('manager:m', 't');
    this.nowMs += 5;
    this.take({ type: 'process_started', taskKey: key, pid: 7 });
    return key;
  }

  say(message: Extract<WorkerEvent, { type: 'message_received' }>['message']): Measurement[] {
    return this.take({ type: 'message_received', sessionId: 's', message });
  }

  output(key: string, text: string): Measurement[] {
    return this.take({ type: 'output_read', taskKey: key, stream: 'stdout', data: Buffer.from(text) });
  }

  end(key: string, exit: { exitCode: number | null; signal: string | null }, leftover = 0): Measurement[] {
    return [
      ...this.take({ type: 'process_exited', taskKey: key, ...exit, memoryKills: 0 }),
      ...this.take({ type: 'output_closed', taskKey: key }),
      ...this.take({ type: 'tree_ended', taskKey: key, leftover, usage: {} }),
    ];
  }
}

const countOf = (found: readonly Measurement[], name: Measurement['name'], label: string | null = null) =>
  found.reduce(
    (sum, one) => (one.kind === 'count' && one.name === name && one.label === label ? sum + one.by : sum),
    0,
  );

test('a start takes from the command to its process', () => {
  const worker = new Measured();
  worker.take({ type: 'connection_opened', sessionId: 's', tokenName: 'default' });
  worker.say({ type: 'hello', managerId: 'm', output: 'binary', timestamp: 1 });
  worker.say({ type: 'execute_command', taskId: 't', command: 'x', timestamp: 1 });
  worker.nowMs += 12;
  const started: WorkerEvent = { type: 'process_started', taskKey: taskKey('manager:m', 't'), pid: 7 };
  expect(worker.take(started)).toEqual([
    { kind: 'count', name: 'tasks_started', label: null, by: 1 },
    { kind: 'duration', name: 'start', ms: 12 },
  ]);
  expect(worker.watches.startedAtMs.size).toBe(0);
});

describe('the end of a task is counted', () => {
  test.each([
    ['succeeded', { exitCode: 0, signal: null }],
    ['failed', { exitCode: 3, signal: null }],
    ['signalled', { exitCode: null, signal: 'SIGSEGV' }],
  ])('as %s', (end, exit) => {
    const worker = new Measured();
    const found = worker.end(worker.running(), exit, 2);
    expect(countOf(found, 'tasks_ended', end)).toBe(1);
    expect(countOf(found, 'leftover_processes')).toBe(2);
    expect(found.filter(({ name }) => name === 'task')).toHaveLength(1);
  });

  test('by the code of its error, whoever is connected', () => {
    const worker = new Measured();
    const key = worker.running();
    worker.say({ type: 'terminate_task', taskId: 't', timestamp: 1 });
    worker.take({ type: 'connection_closed', sessionId: 's' });
    const found = worker.end(key, { exitCode: null, signal: 'SIGTERM' });
    expect(countOf(found, 'tasks_ended', 'terminated')).toBe(1);
    expect(found.filter(({ name }) => name === 'leftover_processes')).toEqual([]);
  });

  test('and is no rejection, where it is told as an error', () => {
    const worker = new Measured();
    const key = worker.running();
    worker.say({ type: 'terminate_task', taskId: 't', timestamp: 1 });
    const found = worker.end(key, { exitCode: null, signal: 'SIGTERM' });
    expect(found.map(({ name }) => name)).toEqual(['tasks_ended', 'task']);
  });
});

test('output is counted as it is read, and timed until its last byte is given to the socket', () => {
  const worker = new Measured();
  const key = worker.running();
  expect(worker.output(key, 'abc')).toEqual([
    { kind: 'count', name: 'output_bytes', label: 'stdout', by: 3 },
    { kind: 'duration', name: 'output_delay', ms: 0 },
  ]);
  worker.take({ type: 'connection_closed', sessionId: 's' });
  expect(worker.output(key, 'de').map(({ name }) => name)).toEqual(['output_bytes']);
  worker.nowMs += 300; // its manager is away
  worker.output(key, 'fg');
  worker.nowMs += 400;
  worker.take({ type: 'connection_opened', sessionId: 's', tokenName: 'default' });
  const back = worker.say({
    type: 'hello',
    managerId: 'm',
    output: 'binary',
    resume: [{ taskId: 't', offset: 0 }],
    timestamp: 1,
  });
  expect(countOf(back, 'returns')).toBe(1);
  expect(back).toContainEqual({ kind: 'duration', name: 'output_delay', ms: 700 });
});

test('output that waits for its reader is timed until the last of it goes, and once', () => {
  const worker = new Measured();
  const key = worker.running();
  const first = worker.output(key, 'x'.repeat(1_500_000)); // more than a window
  expect(first.map(({ name }) => name)).toEqual(['output_bytes']);
  const costs = worker.effects.map((effect) => (effect.type === 'send_output' ? effect.cost : 0));
  const bytes = costs.reduce((sum, cost) => sum + cost, 0);
  worker.take({ type: 'output_flushed', sessionId: 's', bytes });
  worker.nowMs += 500;
  const acked = worker.say({ type: 'task_ack', taskId: 't', offset: 1_000_000, timestamp: 1 });
  expect(acked).toEqual([{ kind: 'duration', name: 'output_delay', ms: 500 }]);
  expect(worker.say({ type: 'resume_task', taskId: 't', offset: 1_000_000, timestamp: 1 })).toEqual([]);
});

test('output of a task that is gone is counted, and not timed', () => {
  const worker = new Measured();
  const key = worker.running();
  worker.say({ type: 'forget_task', taskId: 't', timestamp: 1 });
  worker.end(key, { exitCode: null, signal: 'SIGTERM' });
  expect(worker.output(key, 'abc').map(({ name }) => name)).toEqual(['output_bytes']);
  expect(worker.watches.unsent.size).toBe(0);
});

test('what is refused is counted by its code, what is rejected by its detail', () => {
  const worker = new Measured();
  worker.take({ type: 'connection_opened', sessionId: 's', tokenName: 'default' });
  worker.say({ type: 'hello', managerId: 'm', output: 'binary', timestamp: 1 });
  expect(
    countOf(
      worker.say({ type: 'task_ack', taskId: 'gone', offset: 0, timestamp: 1 }),
      'refusals',
      'unknown_task',
    ),
  ).toBe(1);
  const empty = worker.say({ type: 'execute_command', taskId: 'e', command: '', timestamp: 1 });
  expect(countOf(empty, 'tasks_rejected', 'invalid_command')).toBe(1);
});

test('no stopwatch outlives its task', () => {
  const worker = new Measured();
  const key = worker.running();
  worker.take({ type: 'connection_closed', sessionId: 's' });
  worker.output(key, 'never read');
  expect(worker.watches.unsent.size).toBe(1);
  worker.take({ type: 'connection_opened', sessionId: 's', tokenName: 'default' });
  worker.say({ type: 'hello', managerId: 'm', output: 'binary', timestamp: 1 });
  worker.say({ type: 'forget_task', taskId: 't', timestamp: 1 });
  worker.say({ type: 'execute_command', taskId: 'other', command: 'x', timestamp: 1 });
  const other = taskKey('manager:m', 'other');
  worker.take({ type: 'process_started', taskKey: other, pid: 8 });
  worker.take({ type: 'connection_closed', sessionId: 's' });
  worker.output(other, 'read later');
  worker.end(key, { exitCode: null, signal: 'SIGKILL' });
  expect([...worker.state.tasks.keys()]).toEqual([other]);
  expect([...worker.watches.unsent.keys()]).toEqual([other]);
});

describe('readiness', () => {
  const health: HostHealth = {
    cpu: 100,
    memory: 100,
    disk: 95,
    loadAverage: [99, 99, 99],
    eventLoopDelayMs: 1,
    uptimeMs: 1,
  };
  test.each([
    ['a worker with room is ready, however busy its host', 'no', health, []],
    ['one that drains is not', 'draining', health, [/^draining: /]],
    ['one on a full disk is not', 'no', { ...health, disk: 95.1 }, [/^disk: expected at most 95 %.*95\.1/]],
    ['one that has not measured itself is not', 'no', null, [/^health: /]],
    ['every reason is told', 'stopping', { ...health, disk: 100 }, [/^draining/, /^disk/]],
  ] as const)('%s', (_, drain, measured, reasons) => {
    expect(judgeReadiness({ drain, health: measured })).toEqual(
      reasons.map((reason) => expect.stringMatching(reason)),
    );
  });
});

test('what a worker holds is told as it stands', () => {
  const worker = new Measured();
  const key = worker.running();
  worker.take({ type: 'connection_opened', sessionId: 'plain', tokenName: 'default' });
  worker.output(key, 'abc');
  const standing = {
    runningTasks: 1,
    slots: POLICY.maxTasks,
    sessions: 2,
    keptMemoryBytes: 3,
    keptSpoolBytes: 0,
    isDraining: false,
  };
  expect(describeStanding(worker.state)).toEqual(standing);
  worker.take({ type: 'drain_requested', timeoutMs: 1_000 });
  expect(describeStanding(worker.state)).toEqual({ ...standing, isDraining: true });
});

describe('what else is counted', () => {
  test('a connection, a return that finds tasks, and one that finds none', () => {
    const worker = new Measured();
    expect(worker.take({ type: 'connection_opened', sessionId: 's', tokenName: 'default' })).toEqual([
      { kind: 'count', name: 'connections', label: null, by: 1 },
    ]);
    const hello = { type: 'hello', managerId: 'm', output: 'binary', timestamp: 1 } as const;
    expect(countOf(worker.say(hello), 'returns')).toBe(0);
  });

  test('a start that failed is no start, and is timed no more', () => {
    for (const failure of [
      { type: 'start_failed', taskKey: taskKey('manager:m', 't'), message: 'no' },
      { type: 'start_rejected', taskKey: taskKey('manager:m', 't'), detail: 'busy', message: 'no' },
    ] as const) {
      const worker = new Measured();
      worker.take({ type: 'connection_opened', sessionId: 's', tokenName: 'default' });
      worker.say({ type: 'hello', managerId: 'm', output: 'binary', timestamp: 1 });
      worker.say({ type: 'execute_command', taskId: 't', command: 'x', timestamp: 1 });
      expect(worker.watches.startedAtMs.size).toBe(1);
      const ends = failure.type === 'start_failed' ? ['tasks_ended'] : ['tasks_rejected'];
      expect(worker.take(failure).map(({ name }) => name)).toEqual(ends);
      expect(worker.watches.startedAtMs.size).toBe(0);
    }
  });

  test('how long a task ran, from its start to its exit', () => {
    const worker = new Measured();
    const key = worker.running();
    worker.nowMs += 40;
    expect(worker.end(key, { exitCode: 0, signal: null })).toContainEqual({
      kind: 'duration',
      name: 'task',
      ms: 40,
    });
  });

  test('output that is gone, in bytes, and a block by its reason', () => {
    const worker = new Measured();
    const key = worker.running();
    worker.take({ type: 'connection_closed', sessionId: 's' });
    worker.output(key, 'abc');
    const task = worker.state.tasks.get(key);
    if (task === undefined) throw new Error('expected a task');
    dropBefore(task.log, 3);
    worker.take({ type: 'connection_opened', sessionId: 's', tokenName: 'default' });
    const resume = [{ taskId: 't', offset: 0 }];
    const back = worker.say({ type: 'hello', managerId: 'm', output: 'binary', resume, timestamp: 1 });
    expect(countOf(back, 'gap_bytes')).toBe(3);
    const killed = worker.take({
      type: 'process_exited',
      taskKey: key,
      exitCode: 137,
      signal: null,
      memoryKills: 1,
    });
    expect(countOf(killed, 'blocks', 'memory_exhausted')).toBe(1);
  });
});
