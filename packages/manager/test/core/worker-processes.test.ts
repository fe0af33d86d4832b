/** Worker processes of this manager: how many there may be, and what happens where one ends, does not come up, or does not answer. */
import { describe, expect, test } from '@jest/globals';
import type { Effect } from '#src/core/effect.js';
import { ManagerMachine, only, sent } from './manager-machine.js';

const ended = (effects: readonly Effect[]) =>
  only(effects, 'settle_task').map(
    ({ taskId, outcome }) => `${taskId} ${outcome.fault?.code ?? 'completed'}`,
  );
const rungs = (effects: readonly Effect[]) => only(effects, 'tell_recovery').map(({ recovery }) => recovery);
const types = (effects: readonly Effect[]) =>
  effects.flatMap(({ type }) => (/^(start|restart|stop)_worker$/.test(type) ? [type] : []));

/** A worker process that is connected, and was asked for by hand. */
function started(welcome = '', policy = {}): ManagerMachine {
  const machine = new ManagerMachine({ startsWorkers: true, ...policy });
  machine.happen('worker_wanted', 'worker_started', 'connection_opened', `welcome ${welcome}`.trim());
  return machine;
}

/** It dies and comes up again so often. */
function relive(machine: ManagerMachine, times: number): Effect[] {
  return Array.from({ length: times }, (_, life) =>
    machine.happen('worker_exited', 'worker_started', 'connection_opened', `welcome boot=c${life}`),
  ).flat();
}

describe('a pool', () => {
  test('takes workers up to maxWorkers, and not one more', () => {
    const machine = new ManagerMachine({ maxWorkers: 2 });
    machine.happen('worker_wanted id=r1', 'worker_wanted id=r2');
    const third = machine.happen('worker_wanted id=r3');
    expect(third).toEqual([
      {
        type: 'refuse_request',
        requestId: 'r3',
        fault: { code: 'POOL_FULL', message: 'Expected fewer than 2 workers, got 2.' },
      },
    ]);
    expect(machine.state.workers.size).toBe(2);
  });

  test('has room again where one has failed for good', () => {
    const machine = started('', { maxWorkers: 1 });
    relive(machine, 5);
    machine.happen('worker_exited');
    expect(machine.worker().phase).toBe('failed');
    expect(types(machine.happen('worker_wanted id=r2'))).toEqual(['start_worker']);
  });

  test('refuses at once what is asked of one that has failed for good', () => {
    const machine = started();
    relive(machine, 5);
    machine.happen('worker_exited');
    expect(only(machine.happen('request_made id=r2 at=w1'), 'refuse_request')).toMatchObject([
      { fault: { code: 'WORKER_FAILED' } },
    ]);
  });

  test('answers who wanted a worker when that is connected', () => {
    const machine = new ManagerMachine();
    const wanted = machine.happen('worker_wanted', 'worker_started', 'connection_opened');
    expect(only(wanted, 'dial')).toHaveLength(1);
    expect(machine.worker()).toMatchObject({ phase: 'connecting', url: 'ws://started' });
    expect(only(machine.happen('welcome'), 'answer_request')).toMatchObject([
      { requestId: 'r1', worker: { workerId: 'w1', url: 'ws://started', phase: 'connected' } },
    ]);
  });
});

describe('a worker process that ends', () => {
  test('is started again in its place; nothing of its last life is awaited, shown or kept', () => {
    const machine = started('workspaces=lib tasks=old');
    machine.happen('task_submitted', 'heartbeat', 'request_made id=r2 kind=load', 'command_unsent');
    const gone = machine.happen('worker_exited');
    expect(types(gone)).toEqual(['restart_worker']);
    expect(only(gone, 'tell_worker_disconnected')).toMatchObject([
      { worker: { workerId: 'w1', phase: 'starting' }, fault: { message: 'died' } },
    ]);
    expect(machine.timers).toEqual({ 'revival w1': 20_000 });
    expect(machine.worker()).toMatchObject({
      url: '',
      identity: null,
      heartbeat: null,
      failures: 0,
      breaches: 0,
      draining: false,
    });
    expect(machine.worker().workspaces.size + machine.worker().adoptable.size).toBe(0);
    expect(machine.task().state).toBe('queued');
    const back = machine.happen('worker_started', 'connection_opened', 'welcome boot=b2');
    expect(sent(back)).toMatchObject([{ type: 'execute_command', taskId: 't1' }]);
    expect(machine.timers).not.toHaveProperty('revival w1');
  });

  test.each([
    ['dialled again', []],
    ['greeted', ['connection_opened']],
  ])('while it is to be %s is awaited in its next life alone', (_what, lines) => {
    const machine = started();
    machine.happen('task_submitted', 'execution_started', 'connection_lost', ...lines, 'worker_exited');
    expect(machine.timers).toEqual({ 'revival w1': 20_000 });
  });

  test('for good leaves those who wait for it no hope', () => {
    const machine = started();
    relive(machine, 5);
    machine.happen('task_submitted task=t1', 'execution_started task=t1', 'task_submitted task=t2');
    expect(ended(machine.happen('worker_exited'))).toEqual(['t1 LOST', 't2 WORKER_FAILED']);
  });

  test('is dialled in its next life as if no dial had failed before', () => {
    const machine = started();
    machine.happen('connection_lost', 'dial_failed', 'dial_failed', 'worker_exited', 'worker_started');
    machine.happen('dial_failed');
    expect(machine.timers['redial w1']).toBe(250);
  });

  test('is forgiven in its next life what it did to the protocol', () => {
    const machine = started();
    for (const _ of [1, 2]) machine.happen('protocol_broken', 'connection_opened', 'welcome');
    relive(machine, 1);
    machine.happen('protocol_broken');
    expect(machine.worker().phase).toBe('away');
  });

  test('is shown as draining no more while it is started again', () => {
    const machine = started();
    machine.happen('heartbeat status=draining');
    expect(only(machine.happen('worker_exited'), 'restart_worker')).toHaveLength(1);
    expect(machine.worker().draining).toBe(false);
  });

  test('leaves what was asked of it refused with how it ended', () => {
    const machine = started();
    machine.happen('request_made id=r2 kind=load');
    expect(only(machine.happen('worker_exited'), 'refuse_request')).toMatchObject([
      { requestId: 'r2', fault: { code: 'WORKER_START_FAILED', message: 'died' } },
    ]);
  });

  test('before it ever came up is given up, with those who waited for nothing else', () => {
    const machine = new ManagerMachine({ startsWorkers: true });
    machine.happen('task_submitted task=t1', 'worker_named url=ws://b', 'task_submitted task=t2 zone=eu');
    const failed = machine.happen('worker_start_failed');
    expect(ended(failed)).toEqual([]);
    expect(machine.state.workers.size).toBe(1);
    const alone = new ManagerMachine({ startsWorkers: true });
    alone.happen('task_submitted task=t1');
    expect(ended(alone.happen('worker_start_failed'))).toEqual(['t1 WORKER_START_FAILED']);
    expect(alone.state.workers.size).toBe(0);
    expect(types(alone.happen('task_submitted task=t2'))).toEqual(['start_worker']);
  });

  test('more than five times within a minute has failed: it is started no more, and says so', () => {
    const machine = started();
    expect(types(relive(machine, 5))).toEqual(Array.from({ length: 5 }, () => 'restart_worker'));
    const last = machine.happen('worker_exited');
    expect(types(last)).toEqual(['stop_worker']);
    expect(only(last, 'tell_worker_disconnected')).toMatchObject([
      {
        worker: { phase: 'failed' },
        fault: {
          code: 'WORKER_FAILED',
          message: 'died It was restarted 5 times within a minute, and is not again.',
        },
      },
    ]);
    expect(machine.timers).toEqual({});
    expect(machine.happen('worker_exited', 'worker_start_failed')).toEqual([]);
    const first = only(relive(started(), 1), 'tell_worker_disconnected')[0];
    expect(first?.fault).toEqual({ code: 'WORKER_START_FAILED', message: 'died' });
  });

  test('a minute after others did is not counted with them', () => {
    const machine = started();
    relive(machine, 4);
    machine.happen('pass ms=59999');
    relive(machine, 1);
    machine.happen('pass ms=1');
    expect(types(relive(machine, 4))).toEqual(Array.from({ length: 4 }, () => 'restart_worker'));
    expect(types(machine.happen('worker_exited'))).toEqual(['stop_worker']);
  });

  test('and does not come up again within 20 s is replaced, and what replaces it has 20 s as well', () => {
    const machine = started();
    machine.happen('task_submitted idempotent=yes', 'execution_started', 'worker_exited');
    const replaced = machine.happen('pass ms=20000');
    expect(types(replaced)).toEqual(['stop_worker', 'start_worker']);
    expect(only(replaced, 'tell_worker_disconnected')).toMatchObject([
      { worker: { phase: 'away' }, fault: { code: 'WORKER_FAILED' } },
    ]);
    expect([...machine.state.workers.keys()]).toEqual(['w2']);
    expect(machine.timers).toEqual({ 'revival w2': 20_000 });
    const over = machine.happen('pass ms=20000');
    expect(types(over)).toEqual(['stop_worker']);
    expect(machine.state.workers.size).toBe(0);
    expect(ended(over)).toEqual(['t1 WORKER_FAILED']);
    expect(only(over, 'settle_task')[0]?.outcome.fault?.message).toContain('did not connect within 20000 ms');
  });

  test('again after it was replaced, and before it came up, is given up', () => {
    const machine = started();
    machine.happen('worker_exited', 'worker_start_failed');
    expect([...machine.state.workers.keys()]).toEqual(['w2']);
    expect(machine.timers).toEqual({ 'revival w2': 20_000 });
    const over = machine.happen('worker_start_failed worker=w2');
    expect(types(over)).toEqual([]);
    expect(only(over, 'tell_worker_disconnected')).toMatchObject([{ worker: { phase: 'away' } }]);
    expect(machine.state.workers.size).toBe(0);
    expect(machine.timers).toEqual({});
  });

  test('gets no task any more where another takes its place', () => {
    const machine = started();
    machine.happen('rung_asked rung=replace_worker');
    expect(sent(machine.happen('task_submitted'))).toEqual([]);
    machine.happen('worker_started worker=w2', 'connection_opened worker=w2');
    expect(only(machine.happen('welcome worker=w2'), 'send')).toMatchObject([{ workerKey: 'w2' }]);
  });

  test('in another’s place counts the restarts of that one', () => {
    const machine = started();
    relive(machine, 4);
    machine.happen('worker_exited', 'worker_start_failed');
    expect(machine.worker('w2').restartsAtMs).toHaveLength(5);
    const exit = 'worker_exited worker=w2';
    machine.happen('worker_started worker=w2', 'connection_opened worker=w2', 'welcome worker=w2');
    expect(types(machine.happen(exit))).toEqual(['stop_worker']);
  });

  test('in another’s place, and that came up, is one like any: it is started again first', () => {
    const machine = started();
    machine.happen('worker_exited', 'worker_start_failed');
    machine.happen('worker_started worker=w2', 'connection_opened worker=w2', 'welcome worker=w2');
    expect(types(machine.happen('worker_exited worker=w2'))).toEqual(['restart_worker']);
    expect(types(machine.happen('worker_start_failed worker=w2'))).toEqual(['stop_worker', 'start_worker']);
  });

  test('is nobody’s news once the manager closes', () => {
    const machine = started();
    machine.happen('task_submitted', 'execution_started', 'close_asked');
    const gone = machine.happen('worker_exited');
    expect(types(gone)).toEqual([]);
    expect(ended(gone)).toEqual(['t1 LOST']);
  });
});

describe('a worker process that is there and does not answer', () => {
  test('is restarted after lostAfterMs, and its tasks with it', () => {
    const machine = started();
    machine.happen('task_submitted idempotent=yes', 'execution_started', 'connection_lost');
    expect(types(machine.happen('pass ms=299999'))).toEqual([]);
    const restarted = machine.happen('pass ms=1');
    expect(types(restarted)).toEqual(['restart_worker']);
    expect(only(restarted, 'restart_task')).toMatchObject([{ why: 'w1 has been away for 300000 ms.' }]);
    expect(only(restarted, 'tell_worker_disconnected')).toMatchObject([{ fault: { code: 'WORKER_FAILED' } }]);
  });
});

describe('a restart on account of a block', () => {
  /** A task that is blocked, and was told to end. */
  const stuck = (fields = 'orders=terminate') => {
    const machine = started();
    machine.happen(`task_submitted ${fields}`, 'execution_started', 'block_detected');
    return machine;
  };

  test('is told of the task that would not end, and of its block', () => {
    const machine = stuck();
    const overdue = machine.happen('pass ms=10000');
    expect(types(overdue)).toEqual(['restart_worker']);
    expect(rungs(overdue)).toEqual([
      {
        taskId: 't1',
        workerId: 'w1',
        reason: 'deadlock',
        rung: 'restart_worker',
        why: 'w1 was told to end task t1, and has not.',
      },
    ]);
    expect(ended(overdue)).toEqual(['t1 BLOCKED']);
  });

  test('goes on being told of that task where the next process does not come up either', () => {
    const machine = stuck();
    machine.happen('pass ms=10000');
    expect(rungs(machine.happen('pass ms=20000'))).toMatchObject([{ taskId: 't1', rung: 'replace_worker' }]);
    expect(rungs(machine.happen('pass ms=20000'))).toMatchObject([{ taskId: 't1', rung: 'give_up' }]);
  });

  test('is over with the next welcome: a later restart is not that task’s', () => {
    const machine = stuck();
    machine.happen('pass ms=10000', 'worker_started', 'connection_opened', 'welcome boot=b2');
    expect(rungs(machine.happen('rung_asked rung=replace_worker'))).toEqual([]);
  });

  test('by a process that ends by itself is told of the task that is blocked there, and else of none', () => {
    const machine = started('slots=2');
    machine.happen('task_submitted task=t1', 'execution_started task=t1', 'task_submitted task=t2');
    machine.happen('execution_started task=t2', 'block_detected task=t2');
    expect(rungs(machine.happen('worker_exited'))).toMatchObject([{ taskId: 't2', rung: 'restart_worker' }]);
    const quiet = started();
    quiet.happen('task_submitted', 'execution_started', 'stop_asked');
    expect(rungs(quiet.happen('worker_exited'))).toEqual([]);
  });

  test('is not told of a task that goes well there, and was blocked elsewhere before', () => {
    const machine = stuck('idempotent=yes orders=requeue');
    machine.happen('task_error code=terminated');
    const at = ' worker=w2';
    machine.happen(`worker_started${at}`, `connection_opened${at}`, `welcome${at}`, `execution_started${at}`);
    expect(machine.task()).toMatchObject({ workerKey: 'w2', attempt: 2 });
    expect(rungs(machine.happen(`worker_exited${at}`))).toEqual([]);
  });

  test('is told of no more once the manager closes', () => {
    const machine = stuck();
    machine.happen('worker_named url=ws://b', 'connection_opened worker=w2', 'welcome worker=w2');
    machine.happen('pass ms=10000', 'task_submitted task=t2', 'execution_started worker=w2 task=t2');
    machine.happen('close_asked');
    expect(machine.worker().restartedFor).toMatchObject({ taskId: 't1' });
    expect(rungs(machine.happen('worker_exited'))).toEqual([]);
  });

  test('is told of a task that is being ended for a block which has gone since', () => {
    const machine = stuck();
    machine.happen('block_cleared');
    expect(rungs(machine.happen('worker_exited'))).toMatchObject([{ taskId: 't1', reason: 'deadlock' }]);
  });

  test('too often is told as giving up', () => {
    const machine = started();
    relive(machine, 5);
    machine.happen('task_submitted', 'execution_started', 'block_detected');
    expect(rungs(machine.happen('worker_exited'))).toMatchObject([{ taskId: 't1', rung: 'give_up' }]);
    const late = started();
    relive(late, 5);
    late.happen('task_submitted orders=terminate', 'execution_started', 'block_detected');
    const overdue = late.happen('pass ms=10000');
    expect(rungs(overdue)).toMatchObject([{ taskId: 't1', rung: 'give_up' }]);
    expect(types(overdue)).toEqual(['stop_worker']);
    expect(ended(overdue)).toEqual(['t1 BLOCKED']);
  });
});
