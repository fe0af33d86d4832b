import { describe, expect, test } from '@jest/globals';
import { appendInMemory, createOutputLog, dropBefore } from '#src/core/output-log.js';
import { chooseDropOffset, choosePlace } from '#src/core/retention.js';
import { Machine, POLICY, policyWith } from './machine.js';

const policy = { ...POLICY.retention, taskMemoryBytes: 100, memoryBytes: 150, retainBytes: 1_000 };

describe('new output', () => {
  test.each([
    ['fits the memory of its task and of all', 90, 10, 140, 'memory'],
    ['is more than its task may have in memory', 91, 10, 100, 'spool'],
    ['is more than all tasks may have in memory', 0, 10, 141, 'spool'],
  ] as const)('that %s', (_, ofTask, bytes, ofAll, place) => {
    const log = { ...createOutputLog(), memoryBytes: ofTask };
    expect(choosePlace(log, bytes, { memoryBytes: ofAll, spoolBytes: 0 }, policy)).toBe(place);
  });
});

test.each([
  [0, 1_000, 0],
  [0, 1_001, 1],
  [500, 1_400, 500],
])(
  'a log from %i to %i is dropped before %i, so that retainBytes are kept',
  (startOffset, endOffset, expected) => {
    expect(chooseDropOffset({ ...createOutputLog(), startOffset, endOffset }, policy)).toBe(expected);
  },
);

test('two streams that alternate byte by byte, unread, are bounded in chunks as well as in bytes', () => {
  const log = createOutputLog();
  for (let count = 0; count < 100_000; count++) {
    appendInMemory(log, count % 2 === 0 ? 'stdout' : 'stderr', Uint8Array.of(count));
    dropBefore(log, chooseDropOffset(log, POLICY.retention));
    if (log.chunks.length > 65_536) throw new Error(`${log.chunks.length} chunks`);
  }
  expect(log.endOffset).toBe(100_000);
  expect(log.endOffset - log.startOffset).toBeGreaterThan(60_000);
});

describe('the output of all tasks', () => {
  const KEY = 'manager:m1 ';
  const write = (machine: Machine, taskId: string, bytes: number) =>
    machine.step({
      type: 'output_read',
      taskKey: KEY + taskId,
      stream: 'stdout',
      data: new Uint8Array(bytes),
    });

  /** Tasks whose manager is away, so that all they write is kept. */
  function machineWith(numbers: Parameters<typeof policyWith>[0], ...taskIds: string[]): Machine {
    const machine = new Machine(policyWith(numbers));
    machine.step({ type: 'connection_opened', sessionId: 's1', tokenName: 'default' });
    const say = (message: object) =>
      machine.step({
        type: 'message_received',
        sessionId: 's1',
        message: { ...message, timestamp: 0 } as never,
      });
    say({ type: 'hello', managerId: 'm1', output: 'binary' });
    for (const taskId of taskIds) {
      say({ type: 'execute_command', taskId, command: 'make' });
      machine.step({ type: 'process_started', taskKey: KEY + taskId, pid: 7 });
    }
    machine.step({ type: 'connection_closed', sessionId: 's1' });
    return machine;
  }

  function end(machine: Machine, taskId: string): void {
    machine.step({
      type: 'process_exited',
      taskKey: KEY + taskId,
      exitCode: 0,
      signal: null,
      memoryKills: 0,
    });
    machine.step({ type: 'output_closed', taskKey: KEY + taskId });
    machine.step({ type: 'tree_ended', taskKey: KEY + taskId, leftover: 0, usage: {} });
  }

  test('stays in memory as long as there is room for all of it', () => {
    const machine = machineWith({ memoryBytes: 100 }, 't1', 't2');
    write(machine, 't1', 50);
    end(machine, 't1');
    write(machine, 't2', 50);
    expect(machine.state.kept).toEqual({ memoryBytes: 100, spoolBytes: 0 });
  });

  test('of ended tasks makes room in memory for those that run', () => {
    const machine = machineWith({ memoryBytes: 100 }, 't1', 't2');
    write(machine, 't1', 80);
    end(machine, 't1');
    write(machine, 't2', 50);
    expect(machine.state.kept).toEqual({ memoryBytes: 50, spoolBytes: 80 });
    expect(machine.spooledTasks).toEqual([`${KEY}t1`]);
  });

  test('over the quota of the spool goes from ended tasks first, then from the one that writes', () => {
    const machine = machineWith({ taskMemoryBytes: 0, spoolQuotaBytes: 100, segmentBytes: 50 }, 't1', 't2');
    write(machine, 't1', 60);
    end(machine, 't1');
    write(machine, 't2', 40);
    expect(machine.state.kept.spoolBytes).toBe(100);
    write(machine, 't2', 20);
    expect(machine.state.kept.spoolBytes).toBe(60);
    expect(machine.state.tasks.get(`${KEY}t1`)?.terminal).not.toBeNull();
    write(machine, 't2', 60);
    expect(machine.state.kept.spoolBytes).toBe(100);
    expect(machine.state.tasks.get(`${KEY}t2`)?.log.startOffset).toBe(20);
  });

  test('that an ended task has in memory does not go for the quota of the spool', () => {
    const machine = machineWith({ taskMemoryBytes: 10, spoolQuotaBytes: 100 }, 't1', 't2');
    write(machine, 't1', 10);
    end(machine, 't1');
    write(machine, 't2', 120);
    expect(machine.state.kept).toEqual({ memoryBytes: 10, spoolBytes: 100 });
  });

  test('takes nothing away from the totals but its own, when a task goes', () => {
    const machine = machineWith({ taskMemoryBytes: 30, keepEndedMs: 1_000 }, 't1', 't2');
    write(machine, 't1', 30);
    write(machine, 't1', 40);
    write(machine, 't2', 20);
    end(machine, 't1');
    machine.wait(1_000);
    expect(machine.state.kept).toEqual({ memoryBytes: 20, spoolBytes: 0 });
    expect(machine.spooledTasks).toEqual([]);
  });

  test('that went for the quota while it was being read back is told as a gap, and then its end', () => {
    const machine = machineWith({ taskMemoryBytes: 0, spoolQuotaBytes: 100 }, 't1', 't2');
    write(machine, 't1', 60);
    end(machine, 't1');
    machine.step({ type: 'connection_opened', sessionId: 's2', tokenName: 'default' });
    const resume = [{ taskId: 't1', offset: 0 }];
    machine.step({
      type: 'message_received',
      sessionId: 's2',
      message: { type: 'hello', managerId: 'm1', output: 'binary', resume, timestamp: 0 },
    });
    write(machine, 't2', 60);
    const data = new Uint8Array(60);
    const told = machine.step({ type: 'spool_read', taskKey: `${KEY}t1`, offset: 0, data });
    expect(told.flatMap((effect) => (effect.type === 'send' ? [effect.message.type] : []))).toEqual([
      'output_gap',
      'task_complete',
    ]);
  });

  test('that a forgotten task still writes is not kept', () => {
    const machine = machineWith({}, 't1');
    machine.step({ type: 'connection_opened', sessionId: 's2', tokenName: 'default' });
    const say = (message: object) =>
      machine.step({
        type: 'message_received',
        sessionId: 's2',
        message: { ...message, timestamp: 0 } as never,
      });
    say({ type: 'hello', managerId: 'm1', output: 'binary' });
    write(machine, 't1', 30);
    say({ type: 'forget_task', taskId: 't1' });
    write(machine, 't1', 30);
    end(machine, 't1');
    expect(machine.state.kept).toEqual({ memoryBytes: 0, spoolBytes: 0 });
    expect(machine.state.tasks.size).toBe(0);
  });

  test('of the oldest ended tasks goes when there are too many', () => {
    const machine = machineWith({ maxEndedTasks: 2 }, 'running', 't1', 't2', 't3');
    for (const taskId of ['t1', 't2', 't3']) end(machine, taskId);
    expect([...machine.state.tasks.values()].map(({ taskId }) => taskId)).toEqual(['running', 't2', 't3']);
  });
});
