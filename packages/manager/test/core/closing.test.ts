/** The manager's own end, and tasks that go on without a handle or without this manager. */
import { describe, expect, test } from '@jest/globals';
import { judgeChunk, noteTaken } from '#src/core/output-cursor.js';
import { showTasks } from '#src/core/survey.js';
import { ManagerMachine, only, sent } from './manager-machine.js';

const ended = (effects: ReturnType<ManagerMachine['happen']>) =>
  only(effects, 'settle_task').map(
    ({ taskId, outcome }) => `${taskId} ${outcome.fault?.code ?? 'completed'}`,
  );
const isDown = (effects: ReturnType<ManagerMachine['happen']>) => only(effects, 'shut_down').length === 1;

/** A worker with a task that runs, one that was sent, and one that waits. */
function busy(): ManagerMachine {
  const machine = ManagerMachine.connected('slots=2');
  machine.happen('task_submitted task=t1', 'execution_started task=t1');
  machine.happen('task_submitted task=t2', 'task_submitted task=t3');
  return machine;
}

describe('closing', () => {
  test('ends what waits at once, asks for the end of the rest, and shuts down after the last', () => {
    const machine = busy();
    const closing = machine.happen('close_asked');
    expect(ended(closing)).toEqual(['t3 CLOSED']);
    expect(sent(closing)).toEqual([
      { type: 'terminate_task', taskId: 't1', graceMs: 1_000 },
      { type: 'terminate_task', taskId: 't2', graceMs: 1_000 },
    ]);
    expect(isDown(machine.happen('task_error task=t1 code=terminated'))).toBe(false);
    const last = machine.happen('task_error task=t2 code=rejected');
    expect(ended(last)).toEqual(['t2 CLOSED']);
    expect(isDown(last)).toBe(true);
    expect(machine.happen('task_submitted task=t9', 'welcome', 'close_asked')).toEqual([]);
  });

  test('without a task it is done at once, and asked twice it is one closing', () => {
    expect(isDown(new ManagerMachine().happen('close_asked'))).toBe(true);
    const machine = busy();
    machine.happen('close_asked', 'pass ms=1000');
    expect(machine.happen('close_asked leave=yes')).toEqual([]);
    expect(machine.timers['close']).toBe(5_000);
  });

  test('waits for the grace, what a command leaves behind, and 3 s: then the rest has ended for this manager', () => {
    const machine = busy();
    machine.happen('close_asked');
    expect(machine.timers['close']).toBe(1_000 + 2_000 + 3_000);
    const late = machine.happen('pass ms=6000');
    expect(ended(late)).toEqual(['t1 CLOSED', 't2 CLOSED']);
    expect(sent(late)).toEqual([
      { type: 'forget_task', taskId: 't1' },
      { type: 'forget_task', taskId: 't2' },
    ]);
    expect(isDown(late)).toBe(true);
  });

  test('does not wait for tasks whose worker is away', () => {
    const machine = busy();
    machine.happen('connection_lost');
    const closing = machine.happen('close_asked');
    expect(ended(closing)).toEqual(['t1 CLOSED', 't2 CLOSED', 't3 CLOSED']);
    expect(isDown(closing)).toBe(true);
  });

  test('tells workers to drop what has ended and was not read', () => {
    const machine = busy();
    machine.isRead = false;
    machine.happen('task_complete task=t1', 'task_complete task=t2');
    machine.happen('execution_started task=t3');
    expect(sent(machine.happen('close_asked', 'task_error task=t3 code=terminated'))).toEqual([
      { type: 'terminate_task', taskId: 't3', graceMs: 1_000 },
      { type: 'forget_task', taskId: 't1' },
      { type: 'forget_task', taskId: 't2' },
      { type: 'forget_task', taskId: 't3' },
    ]);
  });

  test('starts nothing any more: not what waits, not what is idempotent, no worker', () => {
    const machine = new ManagerMachine({ startsWorkers: true });
    machine.happen('task_submitted task=t1 idempotent=yes', 'worker_started', 'connection_opened', 'welcome');
    machine.happen('execution_started', 'task_submitted task=t2', 'close_asked');
    const exited = machine.happen('worker_exited');
    expect(ended(exited)).toEqual(['t1 LOST']);
    expect(only(exited, 'restart_worker')).toEqual([]);
    expect(isDown(exited)).toBe(true);
  });
});

describe('closing that leaves tasks', () => {
  test('lets go of those that run, and of those that were sent as soon as they run; what waits ends', () => {
    const machine = busy();
    const closing = machine.happen('close_asked leave=yes');
    expect(ended(closing)).toEqual(['t1 DETACHED', 't3 CLOSED']);
    expect(sent(closing)).toEqual([]);
    const started = machine.happen('execution_started task=t2');
    expect(ended(started)).toEqual(['t2 DETACHED']);
    expect(isDown(started)).toBe(true);
  });

  test.each(['busy', 'draining'])(
    'does not wait for one whose worker is %s and did not take it',
    (detail) => {
      const machine = busy();
      machine.happen('close_asked leave=yes');
      const rejected = machine.happen(`task_error task=t2 code=rejected detail=${detail}`);
      expect(ended(rejected)).toEqual(['t2 CLOSED']);
      expect(isDown(rejected)).toBe(true);
    },
  );

  test('does not leave them at a worker of its own, which ends with it', () => {
    const machine = new ManagerMachine({ startsWorkers: true });
    machine.happen('task_submitted', 'worker_started', 'connection_opened', 'welcome', 'execution_started');
    const closing = machine.happen('close_asked leave=yes');
    expect(ended(closing)).toEqual([]);
    expect(sent(closing)).toMatchObject([{ type: 'terminate_task' }]);
  });

  test('lets go also of a task whose worker is away', () => {
    const machine = busy();
    machine.happen('connection_lost');
    expect(ended(machine.happen('close_asked leave=yes'))).toEqual(['t1 DETACHED', 't2 CLOSED', 't3 CLOSED']);
  });
});

describe('a task that is let go', () => {
  test('settles as DETACHED once it runs, frees its slot here, and is kept at its worker for attach', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted');
    expect(ended(machine.happen('detach_asked'))).toEqual([]);
    const started = machine.happen('execution_started');
    expect(ended(started)).toEqual(['t1 DETACHED']);
    expect(sent(machine.happen('reading_ended'))).toEqual([]);
    expect(showTasks(machine.state, machine.worker())).toEqual([
      { taskId: 't1', workerId: 'w1', state: 'running', ackedOffset: 0, endOffset: 0 },
    ]);
    expect(machine.timers).not.toHaveProperty('task t1');
  });

  test('has what its reader took acked, for no reader will later', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted', 'execution_started');
    const { cursor } = machine.task();
    judgeChunk(cursor, 0, 100);
    noteTaken(cursor, 60, 60);
    expect(sent(machine.happen('detach_asked'))).toEqual([{ type: 'task_ack', taskId: 't1', offset: 60 }]);
    expect(showTasks(machine.state, machine.worker())).toMatchObject([{ ackedOffset: 60, endOffset: 100 }]);
  });

  test('is not acked on a connection that is gone, and is said to be ending where it is', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted', 'execution_started', 'stop_asked', 'connection_lost');
    const { cursor } = machine.task();
    judgeChunk(cursor, 0, 100);
    noteTaken(cursor, 60, 60);
    expect(sent(machine.happen('detach_asked'))).toEqual([]);
    expect(showTasks(machine.state, machine.worker())).toMatchObject([
      { state: 'terminating', ackedOffset: 0 },
    ]);
  });

  test('is not started again where its worker is lost before it ran', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted idempotent=yes', 'detach_asked', 'connection_lost');
    expect(ended(machine.happen('connection_opened', 'welcome boot=b2'))).toEqual(['t1 LOST']);
  });
});

describe('a task that only has a slot', () => {
  test('is lost as never_started where it was to be let go and its worker is lost', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted command=none', 'detach_asked');
    expect(only(machine.happen('connection_lost'), 'settle_task')[0]?.outcome.fault).toMatchObject({
      code: 'LOST',
      detail: 'never_started',
    });
  });
});

describe('a task that is attached to', () => {
  /** A worker that keeps a task of an earlier life of this manager. */
  const keeping = (state = '') => ManagerMachine.connected(`tasks=t1 ${state}`.trim());

  test('resumes at the offset that was asked for, and its start is told without a pid', () => {
    const machine = keeping();
    const attached = machine.happen('task_adopted offset=7');
    expect(sent(attached)).toEqual([{ type: 'resume_task', taskId: 't1', offset: 7 }]);
    expect(only(attached, 'tell_started')).toEqual([
      {
        type: 'tell_started',
        taskId: 't1',
        attempt: 1,
        start: { workerId: 'w1', pid: null, containment: 'process-group' },
      },
    ]);
    expect(only(attached, 'open_input')).toMatchObject([{ workerKey: 'w1' }]);
    expect(showTasks(machine.state, machine.worker())).toMatchObject([{ taskId: 't1', endOffset: 7 }]);
    expect(ended(machine.happen('task_complete bytes=7'))).toEqual(['t1 completed']);
  });

  test('waits for the welcome of its worker, and ends where that does not keep it', () => {
    const machine = new ManagerMachine();
    machine.happen('worker_named', 'task_adopted task=t1', 'task_adopted task=t2');
    expect(machine.task().state).toBe('unknown');
    const welcomed = machine.happen('connection_opened', 'welcome tasks=t1,t3');
    expect(ended(welcomed)).toEqual(['t2 UNKNOWN_TASK']);
    expect(sent(welcomed)).toEqual([{ type: 'resume_task', taskId: 't1', offset: 0 }]);
    expect(machine.task().state).toBe('running');
    expect(ended(machine.happen('pass ms=10000', 'connection_lost', 'pass ms=10000'))).toEqual([]);
  });

  test('ends where no worker has that name, or the one that has it refuses, or is not reached in time', () => {
    const machine = new ManagerMachine();
    expect(ended(machine.happen('task_adopted task=t1 at=ws://z'))).toEqual(['t1 UNKNOWN_WORKER']);
    machine.happen('worker_named', 'pass ms=3000', 'dial_failed', 'task_adopted task=t2');
    expect(ended(machine.happen('pass ms=9999'))).toEqual([]);
    const late = machine.happen('pass ms=1');
    expect(only(late, 'settle_task')[0]?.outcome.fault).toMatchObject({
      code: 'WORKER_UNREACHABLE',
      details: { workers: ['ws://a'] },
      cause: 'gone',
    });
    machine.happen('task_adopted task=t3');
    expect(ended(machine.happen('dial_failed lasting=yes code=TOKEN_REFUSED'))).toEqual(['t3 TOKEN_REFUSED']);
    expect(machine.state.adoptions.size).toBe(0);
  });

  test('ends at a worker process that is started no more', () => {
    const machine = new ManagerMachine({ startsWorkers: true });
    machine.happen('worker_wanted');
    for (let life = 0; life < 6; life++)
      machine.happen('worker_started', 'connection_opened', `welcome boot=c${life}`, 'worker_exited');
    expect(ended(machine.happen('task_adopted'))).toEqual(['t1 WORKER_FAILED']);
  });

  test('waits for a worker process that is being started, which tells by itself that it was not', () => {
    const machine = new ManagerMachine({ startsWorkers: true });
    machine.happen('worker_wanted', 'task_adopted', 'pass ms=10001');
    expect(ended(machine.happen('worker_named url=ws://b', 'dial_failed worker=w2'))).toEqual([]);
    expect(machine.task().state).toBe('unknown');
  });

  test('is said to be held as its worker says that it holds its tasks', () => {
    const machine = ManagerMachine.connected('tasks=t1 containment=bubblewrap');
    expect(only(machine.happen('task_adopted'), 'tell_started')).toMatchObject([
      { start: { containment: 'bubblewrap' } },
    ]);
  });

  test('may be ended, before it is found too: then it is not touched, and after it is asked to end', () => {
    const machine = new ManagerMachine();
    machine.happen('worker_named', 'task_adopted task=t1', 'task_adopted task=t2');
    expect(ended(machine.happen('stop_asked task=t1'))).toEqual(['t1 CANCELLED']);
    expect(sent(machine.happen('connection_opened', 'welcome tasks=t1,t2'))).toEqual([
      { type: 'resume_task', taskId: 't2', offset: 0 },
    ]);
    expect(sent(machine.happen('stop_asked task=t2'))).toEqual([
      { type: 'terminate_task', taskId: 't2', graceMs: 5_000 },
    ]);
    expect(showTasks(machine.state, machine.worker()).map(({ taskId }) => taskId)).toEqual(['t2', 't1']);
  });

  test('stays at its worker after its end, unless it is to be forgotten', () => {
    for (const [forget, told] of [
      ['no', []],
      ['yes', [{ type: 'forget_task', taskId: 't1' }]],
    ] as const) {
      const machine = keeping();
      machine.happen(`task_adopted forget=${forget}`);
      const completed = machine.happen('task_complete');
      expect(ended(completed)).toEqual(['t1 completed']);
      expect(sent(completed)).toEqual(told);
      expect(showTasks(machine.state, machine.worker())).toMatchObject(
        forget === 'no' ? [{ taskId: 't1', state: 'complete' }] : [],
      );
    }
    const machine = keeping();
    machine.happen('task_adopted', 'task_error');
    expect(showTasks(machine.state, machine.worker())).toMatchObject([{ taskId: 't1', state: 'error' }]);
  });

  test('is kept nowhere after its end where its worker has left the pool', () => {
    const machine = new ManagerMachine({ startsWorkers: true });
    machine.isRead = false;
    machine.happen('worker_wanted', 'worker_started', 'connection_opened', 'welcome tasks=t1');
    machine.happen('task_adopted', 'task_complete', 'rung_asked rung=replace_worker');
    expect(machine.happen('reading_ended')).toEqual([]);
  });

  test('is never started again, and has no deadline of this manager', () => {
    const machine = keeping();
    machine.happen('task_adopted idempotent=yes timeout=1000');
    expect(machine.timers).not.toHaveProperty('task t1');
    machine.happen('connection_lost', 'connection_opened', 'welcome tasks=t1');
    expect(machine.timers).not.toHaveProperty('task t1');
    expect(ended(machine.happen('connection_lost', 'connection_opened', 'welcome boot=b2'))).toEqual([
      't1 LOST',
    ]);
  });

  test('after its end, and whose worker is lost before its output was read, is lost as completed_output_lost', () => {
    for (const [state, detail] of [
      ['complete', 'completed_output_lost'],
      ['error', 'completed_output_lost'],
      ['running', 'may_have_run'],
    ]) {
      const machine = ManagerMachine.connected(`tasks=t1@0-9:${state}`);
      machine.happen('task_adopted', 'connection_lost', 'connection_opened');
      expect(only(machine.happen('welcome boot=b2'), 'settle_task')[0]?.outcome.fault).toMatchObject({
        code: 'LOST',
        detail,
      });
    }
  });

  test('has its command: it is given no other', () => {
    const machine = keeping();
    machine.happen('task_adopted');
    expect(machine.happen('task_commanded')).toEqual([]);
  });

  test('takes no place among those who wait', () => {
    const machine = ManagerMachine.connected('tasks=t9');
    machine.happen('task_submitted task=t1', 'task_submitted task=t2', 'task_adopted task=t9');
    machine.happen('task_submitted task=t3', 'task_submitted task=t4', 'task_complete task=t9');
    const next = (line: string) => sent(machine.happen(line))[0];
    expect(next('task_complete task=t1')).toMatchObject({ type: 'execute_command', taskId: 't2' });
    expect(next('task_complete task=t2')).toMatchObject({ type: 'execute_command', taskId: 't3' });
  });

  test('is nobody else’s: of one that a handle holds there is nothing to attach to', () => {
    const machine = keeping();
    machine.happen('task_adopted');
    expect(showTasks(machine.state, machine.worker())).toHaveLength(1);
    expect(machine.worker().adoptable.size).toBe(0);
  });
});
