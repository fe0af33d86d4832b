/** Where a task may go: to a worker that meets it now, to one that will, to one that can be started, or nowhere, and why. */
import { describe, expect, test } from '@jest/globals';
import type { Effect } from '#src/core/effect.js';
import { ManagerMachine, only } from './manager-machine.js';

const fault = (effects: readonly Effect[]) => only(effects, 'settle_task')[0]?.outcome.fault;
const placed = (effects: readonly Effect[]) =>
  only(effects, 'send').flatMap(({ workerKey, message }) =>
    message.type === 'execute_command' ? [`${message.taskId} at ${workerKey}`] : [],
  );
const started = (effects: readonly Effect[]) =>
  only(effects, 'start_worker').map(({ workerType }) => workerType);

/** Two workers that are connected, each with so many slots. */
function pair(first = 'slots=9', second = 'slots=9', policy = {}): ManagerMachine {
  const machine = ManagerMachine.connected(first, policy);
  machine.happen('worker_named url=ws://b', 'connection_opened worker=w2', `welcome worker=w2 ${second}`);
  return machine;
}

describe('a worker that is asked for', () => {
  test.each(['named=ws://b', 'named=w2'])('as %s is the one, though another has more room', (name) => {
    const machine = pair('slots=9', 'slots=9');
    machine.happen('task_submitted task=t1 named=w2');
    expect(placed(machine.happen(`task_submitted task=t2 ${name}`))).toEqual(['t2 at w2']);
  });

  test('by a name that nobody bears is none, unless someone has not said a name yet', () => {
    expect(fault(pair().happen('task_submitted named=w9'))).toMatchObject({ code: 'NO_WORKER' });
    const machine = pair();
    machine.happen('worker_named url=ws://c');
    expect(fault(machine.happen('task_submitted task=t1 named=w9'))).toBeUndefined();
    machine.happen('connection_opened worker=w3');
    expect(placed(machine.happen('welcome worker=w3 as=w9'))).toEqual(['t1 at w3']);
  });

  test('is never one that is to be started here: nobody can know its name', () => {
    const machine = new ManagerMachine({ startsWorkers: true });
    const asked = machine.happen('task_submitted named=w9');
    expect(started(asked)).toEqual([]);
    expect(fault(asked)).toMatchObject({ code: 'NO_WORKER' });
    machine.happen('worker_wanted');
    expect(fault(machine.happen('task_submitted task=t2 named=w9'))).toMatchObject({ code: 'NO_WORKER' });
  });
});

describe('a workspace', () => {
  test('that no worker has is made where there is most room, and is at home there from then on', () => {
    const machine = pair('slots=1', 'slots=2');
    expect(placed(machine.happen('task_submitted task=t1 workspace=a'))).toEqual(['t1 at w1']);
    expect(placed(machine.happen('task_submitted task=t2 workspace=a', 'task_submitted task=t3'))).toEqual([
      't3 at w2',
    ]);
    expect(placed(machine.happen('task_complete task=t1'))).toEqual(['t2 at w1']);
  });

  test('is where it was used last, though another worker has one of that name as well', () => {
    const machine = pair('slots=2 workspaces=a', 'slots=2 workspaces=a');
    machine.happen('task_submitted task=t1 named=w2 workspace=a');
    expect(placed(machine.happen('task_submitted task=t2 workspace=a'))).toEqual(['t2 at w2']);
  });

  test('is not where the task may not go', () => {
    const machine = pair('slots=2 workspaces=a kind=general', 'slots=2 kind=gpu');
    expect(placed(machine.happen('task_submitted task=t1 workspace=a type=gpu'))).toEqual(['t1 at w2']);
  });

  test('holds nobody up who is not in it', () => {
    const machine = pair('slots=1 workspaces=a', 'slots=1');
    machine.happen('task_submitted task=t1 named=w1');
    expect(
      placed(
        machine.happen('task_submitted task=t2 workspace=a priority=9', 'task_submitted task=t3 priority=1'),
      ),
    ).toEqual(['t3 at w2']);
  });

  test('holds nobody up who is in another', () => {
    const machine = pair('slots=1 workspaces=a', 'slots=2 workspaces=c');
    machine.happen('task_submitted task=t1 named=w1', 'task_submitted task=t2 workspace=a');
    expect(
      placed(machine.happen('task_submitted task=t3 workspace=b', 'task_submitted task=t4 workspace=c')),
    ).toEqual(['t3 at w2', 't4 at w2']);
  });

  test('that finds its home while tasks wait for it holds nobody up who is in another', () => {
    const machine = pair('slots=1', 'slots=1');
    machine.happen('task_submitted task=x1', 'task_submitted task=x2');
    machine.happen('task_submitted task=t1 workspace=a', 'task_submitted task=t2 workspace=a');
    machine.happen('task_submitted task=t3 workspace=b');
    expect(placed(machine.happen('task_complete task=x1'))).toEqual(['t1 at w1']);
    expect(placed(machine.happen('task_complete worker=w2 task=x2'))).toEqual(['t3 at w2']);
    expect(placed(machine.happen('task_complete task=t1'))).toEqual(['t2 at w1']);
  });

  test('waits for the worker that has it, and ends with it where that stays away', () => {
    const machine = pair('slots=1 workspaces=a', 'slots=9');
    machine.happen('connection_lost');
    expect(placed(machine.happen('task_submitted workspace=a'))).toEqual([]);
    expect(fault(machine.happen('pass ms=10000'))).toMatchObject({
      code: 'WORKER_UNREACHABLE',
      details: { workers: ['w1'] },
    });
  });
});

describe('a worker where a task was lost', () => {
  test('is the last choice under its next boot, and taken where there is no other', () => {
    const machine = pair('slots=1', 'slots=1');
    machine.happen('task_submitted task=t1 idempotent=yes', 'task_submitted task=t2', 'connection_lost');
    expect(placed(machine.happen('connection_opened', 'welcome boot=b2'))).toEqual(['t1 at w1']);
  });

  test('is passed over for one where it was not', () => {
    const machine = pair('slots=1', 'slots=1');
    machine.happen('worker_named url=ws://c', 'connection_opened worker=w3', 'welcome worker=w3');
    machine.happen('task_submitted task=t1 idempotent=yes', 'connection_lost');
    const moved = placed(machine.happen('connection_opened', 'welcome boot=b2'));
    expect(moved).toEqual(['t1 at w2']);
    machine.happen('connection_lost worker=w2', 'connection_opened worker=w2');
    expect(placed(machine.happen('welcome worker=w2 boot=b2'))).toEqual(['t1 at w3']);
  });

  test('is passed over though it failed elsewhere as well, and was free before the one where it did not', () => {
    const machine = pair('slots=1', 'slots=1');
    machine.happen('worker_named url=ws://c', 'connection_opened worker=w3', 'welcome worker=w3');
    machine.happen('task_submitted task=t1 idempotent=yes', 'connection_lost', 'connection_opened');
    expect(placed(machine.happen('welcome boot=b2'))).toEqual(['t1 at w2']);
    machine.happen('task_submitted task=t2 named=w3', 'task_complete worker=w3 task=t2');
    machine.happen('connection_lost worker=w2', 'connection_opened worker=w2');
    expect(placed(machine.happen('welcome worker=w2 boot=b2'))).toEqual(['t1 at w3']);
  });

  test('is taken, of several, where it is least loaded', () => {
    const machine = pair('slots=2', 'slots=2');
    machine.happen('task_submitted task=t1 idempotent=yes', 'connection_lost', 'connection_opened');
    expect(placed(machine.happen('welcome slots=2 boot=b2'))).toEqual(['t1 at w2']);
    machine.happen('task_submitted task=t2 named=w1', 'connection_lost worker=w2');
    machine.happen('connection_opened worker=w2');
    expect(placed(machine.happen('welcome worker=w2 slots=2 boot=b2'))).toEqual(['t1 at w2']);
  });

  test('holds nobody up who was lost elsewhere', () => {
    const machine = pair('slots=1', 'slots=1');
    machine.happen('task_submitted task=t1 idempotent=yes', 'execution_started');
    machine.happen('task_submitted task=t2 idempotent=yes', 'execution_started worker=w2 task=t2');
    machine.happen('protocol_error task=t1 code=unknown_task', 'heartbeat worker=w2 status=draining');
    expect(machine.task('t1').state).toBe('queued');
    expect(placed(machine.happen('protocol_error worker=w2 task=t2 code=unknown_task'))).toEqual([
      't2 at w1',
    ]);
  });
});

describe('memory', () => {
  test('is that of the host, less what tasks there were promised and less what is in use', () => {
    const machine = ManagerMachine.connected('slots=9 memory=1000');
    machine.happen('heartbeat memoryUsed=50');
    expect(placed(machine.happen('task_submitted task=t1 memory=501'))).toEqual([]);
    expect(placed(machine.happen('task_submitted task=t2 memory=500'))).toEqual(['t2 at w1']);
    machine.happen('heartbeat memoryUsed=0', 'stop_asked task=t1');
    expect(placed(machine.happen('task_submitted task=t3 memory=501'))).toEqual([]);
    expect(placed(machine.happen('task_submitted task=t4 memory=400', 'task_submitted task=t5'))).toEqual([
      't4 at w1',
      't5 at w1',
    ]);
  });
});

describe('a worker process', () => {
  test('is started for the type that is wanted, once for those who want the same', () => {
    const machine = new ManagerMachine({ startsWorkers: true });
    expect(started(machine.happen('task_submitted task=t1 type=gpu'))).toEqual(['gpu']);
    expect(started(machine.happen('task_submitted task=t2 type=gpu'))).toEqual([]);
    expect(started(machine.happen('task_submitted task=t3'))).toEqual([]);
    expect(started(machine.happen('task_submitted task=t4 type=cpu'))).toEqual(['cpu']);
    expect(
      only(machine.happen('worker_started', 'connection_opened', 'welcome kind=gpu slots=2'), 'send').slice(
        1,
      ),
    ).toMatchObject([{ message: { taskId: 't1' } }, { message: { taskId: 't2' } }]);
  });

  test('is not started beyond maxWorkers, for labels, or where this manager starts none', () => {
    const full = new ManagerMachine({ startsWorkers: true, maxWorkers: 1 });
    expect(
      started(full.happen('task_submitted task=t1 type=gpu', 'task_submitted task=t2 type=cpu')),
    ).toEqual(['gpu']);
    const labelled = new ManagerMachine({ startsWorkers: true });
    expect(fault(labelled.happen('task_submitted zone=eu'))?.code).toBe('NO_WORKER');
    expect(fault(new ManagerMachine().happen('task_submitted'))?.code).toBe('NO_WORKER');
  });

  test('of the type was not enough: no other is started for memory that this machine has not', () => {
    const machine = new ManagerMachine({ startsWorkers: true });
    machine.happen('task_submitted task=t1', 'worker_started', 'connection_opened', 'welcome memory=1000');
    const more = machine.happen('task_submitted task=t2 memory=1001');
    expect(started(more)).toEqual([]);
    expect(fault(more)?.code).toBe('NO_WORKER');
    expect(started(machine.happen('task_submitted task=t3 type=gpu memory=1001'))).toEqual(['gpu']);
  });

  test('that was restarted too often is in nobody’s place: none is started for the same type', () => {
    const machine = new ManagerMachine({ startsWorkers: true });
    machine.happen('worker_wanted type=gpu');
    for (let life = 0; life < 6; life++)
      machine.happen(
        'worker_started',
        'connection_opened',
        `welcome kind=gpu boot=c${life}`,
        'worker_exited',
      );
    expect(machine.worker().phase).toBe('failed');
    const asked = machine.happen('task_submitted task=t1 type=gpu');
    expect(started(asked)).toEqual([]);
    expect(fault(asked)?.code).toBe('WORKER_FAILED');
    expect(started(machine.happen('task_submitted task=t2 type=cpu'))).toEqual(['cpu']);
    expect(fault(machine.happen('task_submitted task=t3'))).toBeUndefined();
  });

  test('that a task brought down too often has no other in its place for the same task', () => {
    const machine = new ManagerMachine({ startsWorkers: true, maxAttempts: 9 });
    machine.happen('task_submitted idempotent=yes');
    const live = (life: number) =>
      machine.happen('worker_started', 'connection_opened', `welcome boot=c${life}`, 'worker_exited');
    for (let life = 0; life < 5; life++) expect(fault(live(life))).toBeUndefined();
    const last = live(5);
    expect(fault(last)?.code).toBe('NO_WORKER');
    expect(started(last)).toEqual([]);
  });

  test('is started anew for a task that was lost on another, and not for one that ran out of the host’s memory', () => {
    for (const [ending, fresh] of [
      ['deadlock', ['general']],
      ['memory_exhausted', []],
    ] as const) {
      const machine = new ManagerMachine({ startsWorkers: true });
      machine.happen('task_submitted task=t1 idempotent=yes orders=requeue', 'worker_started');
      machine.happen('connection_opened', 'welcome', 'execution_started', `block_detected reason=${ending}`);
      expect(started(machine.happen('task_error code=terminated'))).toEqual(fresh);
    }
  });
});

describe('NO_WORKER', () => {
  const why = (machine: ManagerMachine, fields: string) =>
    fault(machine.happen(`task_submitted ${fields}`))?.message;

  test('says what was expected, and which workers there are', () => {
    expect(why(new ManagerMachine(), '')).toBe('Task t1: expected any worker, got no worker at all.');
    expect(why(pair('memory=5 zone=eu', 'kind=gpu memory=7'), 'type=tpu')).toBe(
      'Task t1: expected a worker with {"type":"tpu"}, got w1 (type general, labels {"zone":"eu"}, 5 bytes of memory); w2 (type gpu, labels {}, 7 bytes of memory).',
    );
  });

  test('says which limits nobody holds, and which each does', () => {
    expect(why(pair('enforced=memoryBytes,cpus memory=5', 'enforced=none memory=7'), 'pids=5')).toBe(
      'Task t1: expected a worker that can hold it to limits.pids, got w1 (type general, labels {}, 5 bytes of memory, limits held: memoryBytes, cpus); w2 (type general, labels {}, 7 bytes of memory, limits held: none).',
    );
    expect(why(pair('enforced=cpus memory=5', 'kind=gpu memory=7'), 'pids=5 type=general')).toBe(
      'Task t1: expected a worker with {"type":"general"} that can hold it to limits.pids, got w1 (type general, labels {}, 5 bytes of memory, limits held: cpus); w2 (type gpu, labels {}, 7 bytes of memory).',
    );
  });

  test('says that workers are still coming up, which are of another type', () => {
    const machine = new ManagerMachine({ startsWorkers: true, maxWorkers: 2 });
    machine.happen('worker_wanted type=gpu', 'worker_named url=ws://b');
    expect(why(machine, 'type=tpu named=w1')).toBeUndefined();
    expect(why(machine, 'task=t2 type=tpu zone=eu')).toBeUndefined();
    machine.happen('connection_opened worker=w2', 'welcome worker=w2 memory=5');
    expect(why(machine, 'task=t3 type=tpu')).toBe(
      'Task t3: expected a worker with {"type":"tpu"}, got one being started (type gpu); w2 (type general, labels {}, 5 bytes of memory).',
    );
  });

  test('says where the task was lost already', () => {
    const machine = ManagerMachine.connected('memory=5');
    machine.happen(
      'task_submitted idempotent=yes',
      'execution_started',
      'connection_lost',
      'connection_opened',
    );
    expect(fault(machine.happen('welcome memory=5'))?.message).toBe(
      'Task t1: expected any worker, not one where it was lost (1), got w1 (type general, labels {}, 5 bytes of memory).',
    );
  });
});
