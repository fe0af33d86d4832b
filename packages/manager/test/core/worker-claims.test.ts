/** What a worker cannot have meant: it is told, and costs the worker its connection. What it may say passes. */
import { describe, expect, test } from '@jest/globals';
import type { Effect } from '#src/core/effect.js';
import { judgeChunk } from '#src/core/output-cursor.js';
import { ManagerMachine, only } from './manager-machine.js';

/** What a worker is said to have done, null for nothing. */
function breach(effects: readonly Effect[]): string | null {
  const [lost] = only(effects, 'tell_worker_disconnected');
  if (lost === undefined) return null;
  expect(only(effects, 'drop_connection')).toHaveLength(1);
  expect(lost.fault.code).toBe('WORKER_MISBEHAVED');
  return lost.fault.message;
}

/** A worker that greets for the second time: before the first, nothing was known of it. */
function returning(welcome = 'boot=b1', received = 0): ManagerMachine {
  const machine = ManagerMachine.connected(welcome);
  machine.happen('task_submitted', 'execution_started');
  judgeChunk(machine.task().cursor, 0, received);
  machine.happen('connection_lost', 'connection_opened');
  return machine;
}

const letters = (count: number) => 'x'.repeat(count);

describe('a welcome', () => {
  test.each([
    [
      'another protocol than the subprotocol says',
      'protocol=2.0',
      'expected protocol 1 under sandcrew.v1, got 2.0',
    ],
    [
      'a window that nobody may hold',
      'window=16777217',
      'expected a window of at most 16777216 bytes, got 16777217',
    ],
    ['more labels than an operator has', 'labels=257', 'expected at most 256 labels, got 257'],
    [
      'a type that is a text',
      `kind=${letters(1_025)}`,
      'expected labels and a type of at most 1024 characters',
    ],
    [
      'a label that is a text',
      `zone=${letters(1_025)}`,
      'expected labels and a type of at most 1024 characters',
    ],
    ['a task twice', 'tasks=t1,t1', 'expected each task once, got t1 again'],
    [
      'more acked than there is',
      'tasks=t1@5-4',
      'expected task t1 acknowledged up to its end 4, got up to 5',
    ],
  ])('with %s breaks the protocol', (_what, fields, said) => {
    const machine = new ManagerMachine();
    machine.happen('worker_named', 'connection_opened');
    expect(breach(machine.happen(`welcome ${fields}`))).toContain(said);
  });

  test.each([
    ['the largest window', 'window=16777216'],
    ['as many labels as may be', 'labels=256'],
    ['a type as long as may be', `kind=${letters(1_024)}`],
    ['a label as long as may be', `zone=${letters(1_024)}`],
    ['a later minor version', 'protocol=1.7'],
    ['a task that is acked up to its end', 'tasks=t1@4-4,t2@0-4'],
  ])('with %s does not', (_what, fields) => {
    const machine = new ManagerMachine();
    machine.happen('worker_named', 'connection_opened');
    expect(breach(machine.happen(`welcome ${fields}`))).toBeNull();
    expect(machine.worker().phase).toBe('connected');
  });

  test('of the same boot under another name breaks it; of another boot it is another life', () => {
    expect(breach(returning().happen('welcome as=w8 tasks=t1'))).toContain(
      'expected w1 again, which has not restarted, got w8',
    );
    expect(breach(returning().happen('welcome boot=b2 as=w8'))).toBeNull();
  });

  test('that knows less of a task’s output than came breaks it, under the same boot alone', () => {
    expect(breach(returning('', 10).happen('welcome tasks=t1@0-9'))).toContain(
      'expected task t1 to have 10 bytes, which came, got 9',
    );
    expect(breach(returning('', 10).happen('welcome tasks=t1@0-10'))).toBeNull();
    expect(breach(returning('', 10).happen('welcome boot=b2 tasks=t1@0-9'))).toBeNull();
  });

  test('says nothing of output that was only asked for from an offset', () => {
    const machine = ManagerMachine.connected('tasks=t1@0-9');
    machine.happen('task_adopted offset=99', 'connection_lost', 'connection_opened');
    expect(breach(machine.happen('welcome tasks=t1@0-9'))).toBeNull();
  });

  test('comes once: a second one breaks it', () => {
    expect(breach(ManagerMachine.connected().happen('welcome'))).toContain(
      'expected one welcome, got another',
    );
  });
});

describe('a message', () => {
  test('under another name than the welcome’s breaks the protocol', () => {
    expect(breach(ManagerMachine.connected().happen('heartbeat as=w8'))).toContain(
      'expected messages of w1, got one of w8',
    );
  });

  test('of output as text breaks it', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted', 'execution_started');
    expect(breach(machine.happen('task_output'))).toContain(
      'expected output as binary frames, got it as text',
    );
  });

  test.each(['task_complete', 'task_error'])(
    '%s before the output that came breaks it, and at its end does not',
    (end) => {
      for (const [bytes, said] of [
        [9, 'expected task t1 to end after the 10 bytes that came, got 9'],
        [10, null],
      ] as const) {
        const machine = ManagerMachine.connected();
        machine.happen('task_submitted', 'execution_started');
        judgeChunk(machine.task().cursor, 0, 10);
        const told = breach(machine.happen(`${end} bytes=${bytes}`));
        if (said === null) expect(told).toBeNull();
        else expect(told).toContain(said);
      }
    },
  );

  test('of an error that counts no output is no lie, whatever came', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted', 'execution_started');
    judgeChunk(machine.task().cursor, 0, 10);
    const ended = machine.happen('task_error');
    expect(breach(ended)).toBeNull();
    expect(only(ended, 'settle_task')).toMatchObject([{ outcome: { fault: { code: 'TIMED_OUT' } } }]);
  });

  test('of a gap that begins behind what was sent breaks it', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted', 'execution_started');
    expect(breach(machine.happen('output_gap offset=1 bytes=5'))).toContain(
      'a gap in the output of t1 begins behind',
    );
  });

  test('before the welcome, or on a connection that was given up, is not heard', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted', 'connection_lost');
    expect(machine.happen('task_complete', 'heartbeat as=w8')).toEqual([]);
    expect(machine.task().state).toBe('unknown');
  });

  test('about a task that is on another worker is no news', () => {
    const machine = ManagerMachine.connected();
    machine.happen(
      'task_submitted',
      'worker_named url=ws://b',
      'connection_opened worker=w2',
      'welcome worker=w2',
    );
    expect(machine.happen('execution_started worker=w2', 'task_complete worker=w2')).toEqual([]);
    expect(machine.task().state).toBe('assigned');
  });
});

describe('a worker that breaks the protocol', () => {
  test('is dialled again twice; the third time its tasks are lost, and it is asked again each 30 s', () => {
    const machine = ManagerMachine.connected('slots=2');
    machine.happen('task_submitted', 'execution_started', 'task_submitted task=t2 idempotent=yes');
    for (const _ of [1, 2]) {
      expect(only(machine.happen('protocol_broken'), 'settle_task')).toEqual([]);
      expect(machine.worker().phase).toBe('away');
      machine.happen('connection_opened', 'welcome slots=2 tasks=t1,t2');
    }
    const third = machine.happen('protocol_broken');
    expect(machine.worker().phase).toBe('refused');
    expect(only(third, 'settle_task').map(({ taskId, outcome }) => [taskId, outcome.fault?.code])).toEqual([
      ['t1', 'LOST'],
      ['t2', 'NO_WORKER'],
    ]);
    expect(machine.timers).toEqual({ 'redial w1': 30_000 });
  });

  test('has its tasks lost too where it breaks it the third time by its welcome', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted', 'execution_started', 'connection_lost');
    const greet = () => only(machine.happen('connection_opened', 'welcome protocol=2.0'), 'settle_task');
    expect([greet(), greet()]).toEqual([[], []]);
    expect(greet()).toMatchObject([{ taskId: 't1', outcome: { fault: { code: 'LOST' } } }]);
  });

  test.each(['task_complete', 'task_error'])(
    'is forgiven what came before a task that ended there by %s',
    (end) => {
      const machine = ManagerMachine.connected();
      machine.happen('protocol_broken', 'connection_opened', 'welcome');
      machine.happen('protocol_broken', 'connection_opened', 'welcome', 'task_submitted', end);
      machine.happen('protocol_broken');
      expect(machine.worker().phase).toBe('away');
    },
  );
});
