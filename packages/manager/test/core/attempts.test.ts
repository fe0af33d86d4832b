/** What one attempt of a task leaves to the next: nothing but that it was made. */
import { describe, expect, test } from '@jest/globals';
import type { Effect } from '#src/core/effect.js';
import { judgeChunk } from '#src/core/output-cursor.js';
import { ManagerMachine, only, sent } from './manager-machine.js';

/** Two workers, and an idempotent task that runs on the first of them. */
function running(fields = '', policy = {}): ManagerMachine {
  const machine = ManagerMachine.connected('', policy);
  machine.happen('worker_named url=ws://b', 'connection_opened worker=w2', 'welcome worker=w2');
  machine.happen(`task_submitted idempotent=yes ${fields}`.trim(), 'execution_started');
  return machine;
}

/** The task's worker dies, and the task goes on on the other. */
function lose(machine: ManagerMachine): Effect[] {
  return machine.happen('connection_lost', 'connection_opened', 'welcome boot=b2');
}

const fault = (effects: readonly Effect[]) => only(effects, 'settle_task')[0]?.outcome.fault;

describe('a second attempt', () => {
  test('is told with why, and goes to the other worker as the first did', () => {
    const machine = running();
    const again = lose(machine);
    expect(only(again, 'restart_task')).toEqual([
      {
        type: 'restart_task',
        taskId: 't1',
        attempts: 1,
        why: 'w1 was restarted, and its tasks died with it.',
      },
    ]);
    expect(sent(again)).toEqual([{ type: 'execute_command', taskId: 't1', command: 'x' }]);
    expect(only(again, 'tell_assigned')).toMatchObject([{ taskId: 't1', worker: { workerId: 'w2' } }]);
    expect(machine.timers['task t1']).toBe(60_000);
    expect(only(machine.happen('execution_started worker=w2'), 'tell_started')).toMatchObject([
      { attempt: 2, start: { workerId: 'w2' } },
    ]);
    const { outcome } = only(machine.happen('task_complete worker=w2'), 'settle_task')[0] ?? {};
    expect(outcome).toMatchObject({ attempts: 2, workerId: 'w2' });
    expect(outcome?.history.map(({ state, attempt, workerId }) => `${state} ${attempt} ${workerId}`)).toEqual(
      [
        'queued 0 null',
        'assigned 1 w1',
        'running 1 w1',
        'unknown 1 w1',
        'queued 1 w1',
        'assigned 2 w2',
        'running 2 w2',
        'completed 2 w2',
      ],
    );
  });

  test('has its output counted from its own beginning, and its end held for all of that', () => {
    const machine = running();
    judgeChunk(machine.task().cursor, 0, 1_000);
    machine.happen('task_complete bytes=2000');
    lose(machine);
    machine.happen('execution_started worker=w2');
    expect(sent(machine.happen('task_complete worker=w2 bytes=9'))).toEqual([
      { type: 'resume_task', taskId: 't1', offset: 0 },
    ]);
    machine.happen('connection_lost worker=w2', 'connection_opened worker=w2');
    expect(machine.task().endedAtWorker).toBe(true);
    expect(machine.task().cursor).toMatchObject({ nextOffset: 0, receivedBytes: 0, gaps: [] });
  });

  test('that is lost before it was told to run has not run: it is not counted, and starts a third time', () => {
    const machine = running('', { maxAttempts: 2 });
    lose(machine);
    expect(machine.task()).toMatchObject({ attempt: 2, started: false, endedAtWorker: false });
    machine.happen('command_unsent worker=w2', 'pass ms=1000');
    expect(machine.task()).toMatchObject({ attempt: 2, workerKey: 'w1' });
  });

  test('is the last where there may be no more, and its loss is the task’s', () => {
    const machine = running('', { maxAttempts: 2 });
    lose(machine);
    machine.happen('execution_started worker=w2', 'connection_lost worker=w2', 'connection_opened worker=w2');
    expect(fault(machine.happen('welcome worker=w2 boot=b2'))).toMatchObject({ code: 'LOST' });
  });

  test('may be given each answer, the end of its input and SIGCONT as often as the first', () => {
    const machine = running('stdin=pipe answer=Sure? orders=end_input,continue');
    const meet = (worker: string): unknown[] => {
      const effects = [
        ...machine.happen(
          `block_detected worker=${worker} reason=waiting_for_input prompt=Sure?`,
          'pass ms=5000',
        ),
        ...machine.happen(`block_cleared worker=${worker} reason=waiting_for_input`),
        ...machine.happen(...stopped(worker), ...stopped(worker), ...stopped(worker), ...stopped(worker)),
      ];
      return only(effects, 'tell_recovery').map(({ recovery }) => recovery.rung);
    };
    const stopped = (worker: string) => [
      `block_detected worker=${worker} reason=stopped`,
      `block_cleared worker=${worker} reason=stopped`,
    ];
    const first = meet('w1');
    expect(first).toEqual(['answer', 'end_input', 'continue', 'continue', 'continue', 'report']);
    lose(machine);
    machine.happen('execution_started worker=w2');
    expect(meet('w2')).toEqual(first);
  });

  test('has none of the blocks of the first, and nothing more is done about those', () => {
    const machine = running('orders=terminate suspected=1000');
    machine.happen('block_detected claim=suspected');
    expect(machine.timers).toMatchObject({ 'block t1 deadlock': 1_000 });
    lose(machine);
    expect(machine.timers).not.toHaveProperty('block t1 deadlock');
    expect(machine.task().blocks.size).toBe(0);
    machine.happen('execution_started worker=w2');
    expect(machine.happen('block_cleared worker=w2')).toEqual([]);
    expect(machine.task().state).toBe('running');
    expect(sent(machine.happen('block_detected worker=w2 claim=suspected', 'pass ms=1000'))).toMatchObject([
      { type: 'terminate_task' },
    ]);
  });

  test('is not blamed for what ended the first: its own end is told', () => {
    const machine = running('orders=requeue');
    machine.happen('block_detected');
    expect(fault(machine.happen('task_error code=terminated'))).toBeUndefined();
    machine.happen('execution_started worker=w2');
    expect(fault(machine.happen('task_error worker=w2 code=timed_out'))).toMatchObject({ code: 'TIMED_OUT' });
  });

  test('that is lost has nothing of that block told of it', () => {
    const machine = running('orders=requeue');
    machine.happen('worker_named url=ws://c', 'connection_opened worker=w3', 'welcome worker=w3');
    machine.happen('block_detected', 'task_error code=terminated', 'execution_started worker=w2');
    machine.happen('connection_lost worker=w2', 'connection_opened worker=w2');
    const lost = machine.happen('welcome worker=w2 boot=b2');
    expect(only(lost, 'restart_task')).toHaveLength(1);
    expect(only(lost, 'tell_recovery')).toEqual([]);
  });

  test('that nobody takes ends the task for the block that ended the first', () => {
    const machine = running('orders=requeue');
    machine.happen('block_detected', 'heartbeat worker=w2 status=draining');
    expect(fault(machine.happen('task_error code=terminated'))).toBeUndefined();
    expect(fault(machine.happen('pass ms=10000'))).toMatchObject({ code: 'BLOCKED', detail: 'deadlock' });
  });

  test('goes back to the queue in its first place', () => {
    const machine = running();
    machine.happen('task_submitted task=t2 named=ws://b', 'task_submitted task=t3', 'task_submitted task=t4');
    machine.happen('task_complete worker=w2 task=t2');
    expect(machine.task('t3').workerKey).toBe('w2');
    expect(sent(lose(machine))).toMatchObject([{ type: 'execute_command', taskId: 't1' }]);
    expect(machine.task('t4').state).toBe('queued');
  });
});

describe('a task that its worker lost', () => {
  test.each([
    ['is not idempotent', 'task_submitted idempotent=no', []],
    ['was to be ended', 'task_submitted idempotent=yes', ['stop_asked']],
    ['was to be let go', 'task_submitted idempotent=yes', ['detach_asked']],
  ])('is not started again where it %s', (_what, submitted, lines) => {
    const machine = ManagerMachine.connected();
    machine.happen('worker_named url=ws://b', 'connection_opened worker=w2', 'welcome worker=w2', submitted);
    machine.happen(...lines);
    const lost = machine.happen('connection_lost', 'connection_opened', 'welcome boot=b2');
    expect(fault(lost)).toMatchObject({ code: 'LOST', detail: 'may_have_run' });
    expect(only(lost, 'restart_task')).toEqual([]);
  });

  test('while it was being ended is told as lost after its worker was out of sight', () => {
    const machine = running();
    machine.happen('stop_asked');
    const lost = machine.happen('protocol_error task=t1 code=unknown_task');
    expect(fault(lost)?.code).toBe('LOST');
    expect(
      only(lost, 'settle_task')[0]
        ?.outcome.history.map(({ state }) => state)
        .slice(-3),
    ).toEqual(['terminating', 'unknown', 'failed']);
  });

  test('while it was being ended for a block, to go elsewhere, goes elsewhere, and that is told as the rung', () => {
    const machine = running('orders=requeue');
    machine.happen('block_detected');
    const lost = lose(machine);
    expect(only(lost, 'tell_recovery')).toMatchObject([
      { recovery: { taskId: 't1', workerId: 'w1', reason: 'deadlock', rung: 'requeue' } },
    ]);
    expect(only(lost, 'restart_task')).toHaveLength(1);
    expect(only(lose(running()), 'tell_recovery')).toEqual([]);
  });

  test('while it was being ended for a block is told as blocked', () => {
    const machine = running('orders=terminate');
    machine.happen('block_detected');
    expect(fault(lose(machine))).toMatchObject({ code: 'BLOCKED', detail: 'deadlock' });
  });
});

describe('a command that never left', () => {
  test('is sent again once its worker had a second, and its loss is nobody’s', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted');
    const unsent = machine.happen('command_unsent');
    expect(fault(unsent)).toBeUndefined();
    expect(sent(unsent)).toEqual([]);
    expect(machine.timers).toMatchObject({ 'full w1': 1_000 });
    expect(sent(machine.happen('pass ms=1000'))).toMatchObject([{ type: 'execute_command' }]);
    expect(machine.task().attempt).toBe(1);
  });

  test('and that was to be ended is cancelled', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted', 'stop_asked');
    expect(fault(machine.happen('command_unsent'))).toMatchObject({ code: 'CANCELLED' });
  });
});
