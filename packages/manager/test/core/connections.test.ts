/** A worker's connection: how it is opened, lost, dialled again and given up, and what that means for who waits. */
import { describe, expect, test } from '@jest/globals';
import type { Effect } from '#src/core/effect.js';
import { judgeChunk, noteTaken } from '#src/core/output-cursor.js';
import { ManagerMachine, only, sent } from './manager-machine.js';

const ended = (effects: readonly Effect[]) =>
  only(effects, 'settle_task').map(
    ({ taskId, outcome }) => `${taskId} ${outcome.fault?.code ?? 'completed'}`,
  );
const hellos = (effects: readonly Effect[]) =>
  only(effects, 'send').flatMap(({ message }) => (message.type === 'hello' ? [message] : []));

function running(fields = ''): ManagerMachine {
  const machine = ManagerMachine.connected();
  machine.happen(`task_submitted ${fields}`.trim(), 'execution_started');
  return machine;
}

describe('hello', () => {
  test('says who speaks, that output is wanted in binary, and where to go on with what runs', () => {
    const machine = new ManagerMachine({ managerId: 'agent-7' });
    machine.happen('worker_named');
    expect(hellos(machine.happen('connection_opened'))).toEqual([
      { type: 'hello', managerId: 'agent-7', output: 'binary' },
    ]);
    machine.happen('welcome slots=2', 'task_submitted', 'execution_started', 'task_submitted task=t2');
    judgeChunk(machine.task().cursor, 0, 10);
    noteTaken(machine.task().cursor, 10, 10);
    machine.happen('connection_lost');
    expect(hellos(machine.happen('connection_opened'))).toMatchObject([
      { resume: [{ taskId: 't1', offset: 10 }] },
    ]);
    expect(machine.task().cursor.ackedOffset).toBe(10);
  });

  test('does not resume what is to be attached to and was not found yet', () => {
    const machine = new ManagerMachine();
    machine.happen('worker_named', 'task_adopted');
    expect(hellos(machine.happen('connection_opened'))[0]).not.toHaveProperty('resume');
    machine.happen('welcome tasks=t1', 'connection_lost');
    expect(hellos(machine.happen('connection_opened'))).toMatchObject([
      { resume: [{ taskId: 't1', offset: 0 }] },
    ]);
  });

  test('that is not answered within connectTimeoutMs is no connection, and the worker is dialled again', () => {
    const machine = new ManagerMachine();
    machine.happen('worker_named', 'connection_opened');
    expect(machine.timers).toEqual({ 'welcome w1': 10_000 });
    const late = machine.happen('pass ms=10000');
    expect(only(late, 'drop_connection')).toHaveLength(1);
    expect(only(late, 'tell_worker_disconnected')).toMatchObject([
      { fault: { code: 'WORKER_UNREACHABLE', message: 'ws://a did not answer hello within 10000 ms.' } },
    ]);
    expect(machine.timers).toEqual({ 'redial w1': 250 });
    expect(machine.worker().phase).toBe('away');
  });

  test('that was answered, or whose connection was lost, is not waited for', () => {
    expect(ManagerMachine.connected().timers).toEqual({ 'silence w1': 30_000 });
    const machine = new ManagerMachine();
    machine.happen('worker_named', 'connection_opened', 'connection_lost');
    expect(machine.timers).toEqual({ 'redial w1': 250 });
  });
});

describe('a connection that is lost', () => {
  test('is told with the worker as it is now, and nothing of it is awaited any more', () => {
    const machine = ManagerMachine.connected();
    machine.happen('pass ms=100');
    const lost = machine.happen('connection_lost');
    expect(only(lost, 'tell_worker_disconnected')).toMatchObject([
      { worker: { workerId: 'w1', phase: 'away', health: 'lost', error: { code: 'WORKER_UNREACHABLE' } } },
    ]);
    expect(machine.timers).toEqual({ 'redial w1': 40 });
    expect(machine.state.freeSlots.isEmpty).toBe(true);
  });

  test('holds input back, and leaves the task’s deadline to the time when its worker is back', () => {
    const machine = running('timeout=50000');
    const lost = machine.happen('connection_lost');
    expect(only(lost, 'hold_input')).toMatchObject([{ taskId: 't1' }]);
    expect(machine.timers).not.toHaveProperty('task t1');
    const back = machine.happen('connection_opened', 'welcome tasks=t1');
    expect(only(back, 'open_input')).toMatchObject([{ taskId: 't1', workerKey: 'w1' }]);
    expect(machine.timers['task t1']).toBe(50_000 + 5_000 + 2_000 + 10_000);
    expect(machine.timers).not.toHaveProperty('away w1');
    expect(machine.task().state).toBe('running');
    expect(
      machine
        .task()
        .history.map(({ state, note }) => `${state} ${note}`)
        .slice(-2),
    ).toEqual(['unknown gone', 'running undefined']);
  });

  test('gives a task that was to be ended its grace and a margin: then it is over here, and dropped there', () => {
    const machine = running();
    machine.happen('stop_asked grace=1000', 'connection_lost');
    expect(machine.timers['task t1']).toBe(11_000);
    expect(ended(machine.happen('pass ms=11000'))).toEqual(['t1 TERMINATED']);
    expect(sent(machine.happen('connection_opened', 'welcome tasks=t1'))).toEqual([
      { type: 'forget_task', taskId: 't1' },
    ]);
  });

  test('lets a task be ended that runs on the other side: when the worker is back, it is told', () => {
    const machine = running();
    machine.happen('connection_lost');
    expect(sent(machine.happen('stop_asked grace=1000'))).toEqual([]);
    expect(machine.timers['task t1']).toBe(11_000);
    expect(machine.task().history.at(-1)).toMatchObject({
      state: 'unknown',
      note: expect.stringContaining('back'),
    });
    const back = machine.happen('connection_opened', 'welcome tasks=t1');
    expect(sent(back)).toEqual([{ type: 'terminate_task', taskId: 't1', graceMs: 1_000 }]);
    expect(machine.task().state).toBe('terminating');
    expect(machine.timers['task t1']).toBe(1_000 + 2_000 + 10_000);
  });

  test('with what was sent, and never arrived, of a task to be ended leaves nothing to end', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted', 'connection_lost', 'stop_asked');
    const back = machine.happen('connection_opened', 'welcome');
    expect(ended(back)).toEqual(['t1 CANCELLED']);
    expect(sent(back)).toEqual([{ type: 'forget_task', taskId: 't1' }]);
  });

  test('is waited for until lostAfterMs where the worker has tasks, and no longer than they last', () => {
    const machine = running();
    machine.happen('connection_lost');
    expect(machine.timers['away w1']).toBe(300_000);
    machine.happen('stop_asked grace=0', 'pass ms=10000');
    expect(machine.timers).not.toHaveProperty('away w1');
    const busy = ManagerMachine.connected('slots=2');
    busy.happen('task_submitted task=t1', 'task_submitted task=t2', 'connection_lost', 'stop_asked grace=0');
    expect(ended(busy.happen('pass ms=10000'))).toEqual(['t1 TERMINATED']);
    expect(ended(busy.happen('pass ms=290000'))).toEqual(['t2 LOST']);
    const idle = ManagerMachine.connected();
    idle.happen('connection_lost');
    expect(idle.timers).not.toHaveProperty('away w1');
  });

  test('before a command was run leaves it as it was: it is assigned again, and counted once', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted', 'connection_lost', 'connection_opened');
    expect(sent(machine.happen('welcome'))).toMatchObject([{ type: 'execute_command' }]);
    expect(machine.task()).toMatchObject({ state: 'assigned', attempt: 1 });
    machine.happen('connection_lost', 'connection_opened', 'welcome tasks=t1');
    expect(machine.task().state).toBe('assigned');
  });

  test('takes what stood as a block with it: what still stands is told again', () => {
    const machine = running();
    machine.happen('block_detected', 'connection_lost', 'connection_opened', 'welcome tasks=t1');
    expect(machine.task().state).toBe('running');
    expect(machine.happen('block_cleared')).toEqual([]);
    machine.happen('block_detected');
    expect(machine.task().state).toBe('blocked');
  });

  test('is dialled again with delays that double, up to half a minute, and forgotten at the next welcome', () => {
    const machine = new ManagerMachine();
    machine.happen('worker_named');
    const delays = Array.from({ length: 9 }, () => {
      machine.happen('dial_failed');
      return machine.timers['redial w1'];
    });
    expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(only(machine.happen('pass ms=30000'), 'dial')).toEqual([{ type: 'dial', workerKey: 'w1' }]);
    machine.happen('connection_opened', 'welcome', 'connection_lost');
    expect(machine.timers['redial w1']).toBe(250);
  });
});

describe('a worker that refuses this manager', () => {
  test('is asked again each 30 s, and is away again when it does not answer at all', () => {
    const machine = new ManagerMachine();
    machine.happen('worker_named', 'dial_failed lasting=yes code=TOKEN_REFUSED');
    expect(machine.worker().phase).toBe('refused');
    expect(machine.timers).toEqual({ 'redial w1': 30_000 });
    machine.happen('dial_failed');
    expect(machine.worker().phase).toBe('away');
    expect(machine.timers['redial w1']).toBe(250);
    machine.happen('connection_opened', 'welcome');
    expect(machine.worker()).toMatchObject({ phase: 'connected', fault: null });
  });

  test('leaves those who wait for it no hope: they end with its reason at once', () => {
    const machine = new ManagerMachine();
    machine.happen('worker_named', 'task_submitted task=t1');
    expect(ended(machine.happen('dial_failed'))).toEqual([]);
    expect(ended(machine.happen('dial_failed lasting=yes code=TOKEN_REFUSED'))).toEqual(['t1 TOKEN_REFUSED']);
    expect(ended(machine.happen('task_submitted task=t2'))).toEqual(['t2 TOKEN_REFUSED']);
  });

  test('keeps what it has: its tasks are waited for', () => {
    const machine = running();
    expect(ended(machine.happen('connection_lost lasting=yes code=TOKEN_REFUSED'))).toEqual([]);
    expect(machine.timers).toMatchObject({ 'redial w1': 30_000, 'away w1': 300_000 });
  });
});

describe('who waits', () => {
  test('waits from when the worker was lost, or from its own coming, whichever was later, and not from each dial', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted task=t1', 'execution_started', 'task_submitted task=t2', 'pass ms=20000');
    machine.happen(
      'connection_lost',
      'pass ms=4000',
      'dial_failed',
      'task_submitted task=t3',
      'pass ms=3000',
    );
    machine.happen('dial_failed');
    expect(ended(machine.happen('pass ms=2999'))).toEqual([]);
    expect(ended(machine.happen('pass ms=1'))).toEqual(['t2 WORKER_UNREACHABLE']);
    expect(ended(machine.happen('pass ms=3999'))).toEqual([]);
    expect(ended(machine.happen('pass ms=1'))).toEqual(['t3 WORKER_UNREACHABLE']);
  });

  test('is not kept waiting by those who wait for a worker that is there', () => {
    const machine = ManagerMachine.connected();
    machine.happen('worker_named url=ws://b', 'connection_opened worker=w2', 'welcome worker=w2 kind=gpu');
    machine.happen('task_submitted task=t1 type=general', 'task_submitted task=t2 type=general');
    machine.happen('connection_lost worker=w2', 'task_submitted task=t3 type=gpu');
    expect(ended(machine.happen('pass ms=9999'))).toEqual([]);
    expect(ended(machine.happen('pass ms=1'))).toEqual(['t3 WORKER_UNREACHABLE']);
  });

  test('is looked at when the first has waited long enough, and not at each that comes', () => {
    const machine = ManagerMachine.connected();
    machine.happen('connection_lost', 'task_submitted task=t1', 'pass ms=4000');
    expect(only(machine.happen('task_submitted task=t2'), 'set_timer')).toEqual([]);
    expect(machine.timers['stranded']).toBe(6_000);
    expect(ended(machine.happen('pass ms=6000'))).toEqual(['t1 WORKER_UNREACHABLE']);
    expect(machine.timers['stranded']).toBe(4_000);
  });

  test('waits for the last of several that went', () => {
    const machine = ManagerMachine.connected();
    machine.happen('worker_named url=ws://b', 'connection_opened worker=w2', 'welcome worker=w2');
    machine.happen('task_submitted task=t1', 'task_submitted task=t2', 'task_submitted task=t3');
    machine.happen('connection_lost worker=w1', 'pass ms=5000', 'connection_lost worker=w2');
    expect(ended(machine.happen('pass ms=9999'))).toEqual([]);
    const late = machine.happen('pass ms=1');
    expect(ended(late)).toEqual(['t3 WORKER_UNREACHABLE']);
    expect(only(late, 'settle_task')[0]?.outcome.fault).toEqual({
      code: 'WORKER_UNREACHABLE',
      message: 'Task t3 found none of w1, w2 within 10000 ms. gone',
      details: { workers: ['w1', 'w2'] },
      cause: 'gone',
    });
  });

  test('waits for a worker that drains from when it began to, and not from each heartbeat', () => {
    const machine = running();
    machine.happen('task_submitted task=t2', 'pass ms=20000', 'heartbeat status=draining', 'pass ms=9000');
    machine.happen('heartbeat status=draining');
    expect(ended(machine.happen('pass ms=999'))).toEqual([]);
    expect(ended(machine.happen('pass ms=1'))).toEqual(['t2 WORKER_UNREACHABLE']);
  });

  test('waits for a worker process from when it has told where it listens', () => {
    const machine = new ManagerMachine({ startsWorkers: true });
    machine.happen('task_submitted', 'pass ms=9000', 'worker_started', 'dial_failed');
    expect(ended(machine.happen('pass ms=9999'))).toEqual([]);
    expect(ended(machine.happen('pass ms=1'))).toEqual(['t1 WORKER_UNREACHABLE']);
  });

  test('is looked at when the worker begins to drain, though it says so once', () => {
    const machine = running();
    machine.happen('task_submitted task=t2', 'pass ms=20000', 'heartbeat status=draining');
    expect(ended(machine.happen('pass ms=9999'))).toEqual([]);
    expect(ended(machine.happen('pass ms=1'))).toEqual(['t2 WORKER_UNREACHABLE']);
  });

  test('is taken as soon as the worker drains no more', () => {
    const machine = ManagerMachine.connected();
    machine.happen('heartbeat status=draining', 'task_submitted');
    expect(sent(machine.happen('heartbeat status=idle'))).toMatchObject([{ type: 'execute_command' }]);
    machine.happen('task_error code=rejected detail=draining');
    expect(sent(machine.happen('heartbeat status=idle'))).toMatchObject([{ type: 'execute_command' }]);
    machine.happen(
      'task_complete',
      'heartbeat status=draining',
      'connection_lost',
      'connection_opened',
      'welcome',
    );
    expect(sent(machine.happen('task_submitted task=t2'))).toMatchObject([{ type: 'execute_command' }]);
  });
});

describe('a worker that comes back', () => {
  test('is as its welcome says, and not as it was: no load, no workspaces of before', () => {
    const machine = ManagerMachine.connected('workspaces=a');
    machine.happen('heartbeat', 'connection_lost', 'connection_opened');
    const back = machine.happen('welcome workspaces=b slots=3 kind=gpu');
    expect(only(back, 'tell_worker_connected')).toMatchObject([
      { worker: { load: null, workspaces: ['b'], maxTasks: 3, type: 'gpu', error: null, draining: false } },
    ]);
    expect(only(back, 'tell_worker_created')).toEqual([]);
    expect(machine.worker().fullUntilMs).toBe(0);
  });

  test('is told as created where this manager started it, the first time alone', () => {
    const machine = new ManagerMachine({ startsWorkers: true });
    machine.happen('worker_wanted', 'worker_started');
    expect(only(machine.happen('connection_opened', 'welcome'), 'tell_worker_created')).toHaveLength(1);
    machine.happen('connection_lost');
    expect(only(machine.happen('connection_opened', 'welcome'), 'tell_worker_created')).toEqual([]);
    const named = new ManagerMachine();
    named.happen('worker_named');
    expect(only(named.happen('connection_opened', 'welcome'), 'tell_worker_created')).toEqual([]);
  });

  test('keeps for attach what another life of this manager had, and drops what this one gave up', () => {
    const machine = ManagerMachine.connected('tasks=old');
    machine.isRead = false;
    machine.happen('task_submitted task=t1', 'execution_started', 'task_complete', 'task_submitted task=t2');
    machine.happen('connection_lost', 'pass ms=300000', 'reading_ended task=t2', 'connection_opened');
    expect(sent(machine.happen('welcome tasks=old,t1:complete,t2'))).toEqual([
      { type: 'forget_task', taskId: 't2' },
    ]);
    expect([...machine.worker().adoptable.keys()]).toEqual(['old']);
    machine.happen('connection_lost', 'connection_opened', 'welcome boot=b2 tasks=t9');
    expect([...machine.worker().adoptable.keys()]).toEqual(['t9']);
    machine.happen('connection_lost', 'connection_opened', 'welcome boot=b2');
    expect(machine.worker().adoptable.size).toBe(0);
  });
});

describe('silence', () => {
  test('of 75 s ends the connection with how long it was, and the worker is dialled again', () => {
    const machine = ManagerMachine.connected();
    const silent = machine.happen('pass ms=75000');
    expect(only(silent, 'tell_worker_disconnected')).toMatchObject([
      { fault: { code: 'WORKER_UNREACHABLE', message: 'w1 (ws://a) gave no sign of life for 75 s.' } },
    ]);
    expect(machine.worker().phase).toBe('away');
    expect(machine.timers).toEqual({ 'redial w1': 40 });
  });
});
