/** What is shown of the pool and of tasks to whoever asks. */
import { describe, expect, test } from '@jest/globals';
import { findWorker } from '#src/core/state.js';
import { oldestBlock, showHealth, showTasks } from '#src/core/survey.js';
import { showWorker } from '#src/core/worker.js';
import { ManagerMachine } from './manager-machine.js';

function pair(): ManagerMachine {
  const machine = ManagerMachine.connected('slots=9');
  machine.happen('worker_named url=ws://b', 'connection_opened worker=w2', 'welcome worker=w2');
  return machine;
}

describe('the health of a manager', () => {
  const status = (machine: ManagerMachine) => showHealth(machine.state, machine.nowMs).status;

  test('is that of its workers: all of them, some, or none', () => {
    expect(status(new ManagerMachine())).toBe('unavailable');
    const machine = pair();
    expect(status(machine)).toBe('healthy');
    machine.happen('connection_lost worker=w2');
    expect(status(machine)).toBe('degraded');
    machine.happen('connection_lost worker=w1');
    expect(status(machine)).toBe('unavailable');
  });

  test('is degraded by one that drains, and by one that is late', () => {
    const draining = pair();
    draining.happen('heartbeat worker=w2 status=draining');
    expect(status(draining)).toBe('degraded');
    const late = pair();
    late.happen('pass ms=37501', 'pong worker=w2');
    expect(status(late)).toBe('degraded');
    late.happen('pong worker=w1');
    expect(status(late)).toBe('healthy');
  });

  test('counts the tasks that have not ended by their state, and shows each worker', () => {
    const machine = ManagerMachine.connected('slots=3');
    machine.happen('task_submitted task=t1', 'task_submitted task=t2', 'task_submitted task=t3');
    machine.happen('task_submitted task=t4', 'task_submitted task=t5', 'execution_started task=t1');
    machine.happen('execution_started task=t2', 'block_detected task=t2');
    const health = showHealth(machine.state, machine.nowMs);
    expect(health.tasks).toEqual({
      queued: 2,
      assigned: 1,
      running: 1,
      blocked: 1,
      unknown: 0,
      terminating: 0,
    });
    expect(health.workers).toMatchObject([
      { workerId: 'w1', phase: 'connected', taskIds: ['t1', 't2', 't3'] },
    ]);
    machine.happen('stop_asked task=t3');
    expect(showHealth(machine.state, machine.nowMs).tasks).toMatchObject({ assigned: 0, terminating: 1 });
  });
});

describe('a worker', () => {
  test('that was never met is shown by its URL, and nothing is made up', () => {
    const machine = new ManagerMachine();
    machine.happen('worker_named');
    expect(showWorker(machine.worker(), 0)).toEqual({
      workerId: 'ws://a',
      url: 'ws://a',
      embedded: false,
      phase: 'connecting',
      health: 'lost',
      type: null,
      labels: {},
      containment: null,
      enforcedLimits: null,
      maxTasks: 0,
      taskIds: [],
      workspaces: [],
      load: null,
      draining: false,
      error: null,
    });
  });

  test('that this manager starts is shown by its type before it has said a word', () => {
    const machine = new ManagerMachine({ startsWorkers: true });
    machine.happen('worker_wanted type=gpu');
    expect(showWorker(machine.worker(), 0)).toMatchObject({
      workerId: 'w1',
      url: '',
      embedded: true,
      phase: 'starting',
      type: 'gpu',
    });
  });

  test('is shown as it says it is, with its last load and what was amiss last', () => {
    const machine = ManagerMachine.connected(
      'as=big kind=gpu zone=eu slots=20000 workspaces=lib enforced=cpus',
    );
    expect(showWorker(machine.worker(), 0)).toMatchObject({
      workerId: 'big',
      health: 'healthy',
      type: 'gpu',
      labels: { zone: 'eu' },
      containment: 'process-group',
      enforcedLimits: ['cpus'],
      maxTasks: 10_000,
      workspaces: ['lib'],
      load: null,
    });
    machine.happen('heartbeat as=big memoryUsed=40 status=draining');
    expect(showWorker(machine.worker(), 37_501)).toMatchObject({
      health: 'late',
      load: { memory: 40 },
      draining: true,
    });
    expect(showWorker(machine.worker(), 60_001).health).toBe('lost');
    machine.happen('connection_lost');
    expect(showWorker(machine.worker(), 0)).toMatchObject({
      health: 'lost',
      error: { code: 'WORKER_UNREACHABLE' },
    });
  });

  test('is found by its URL, by its name where that is one worker’s, and without a name where it is the only one', () => {
    const machine = ManagerMachine.connected('as=x');
    const find = (name: string | undefined) => findWorker(machine.state, name)?.key ?? null;
    expect([find(undefined), find('x'), find('ws://a'), find('w1')]).toEqual(['w1', 'w1', 'w1', null]);
    machine.happen('worker_named url=x');
    expect([find(undefined), find('x'), find('ws://b')]).toEqual([null, 'w2', null]);
    expect(findWorker(new ManagerMachine().state, undefined)).toBeNull();
  });
});

describe('the tasks that a worker keeps', () => {
  test('are those that run there, and those that no handle holds', () => {
    const machine = ManagerMachine.connected('as=x slots=3 tasks=old@2-5:complete');
    machine.happen('task_submitted task=t1', 'task_submitted task=t2', 'task_submitted task=t3');
    machine.happen('execution_started task=t1 as=x', 'execution_started task=t2 as=x', 'stop_asked task=t2');
    expect(showTasks(machine.state, machine.worker())).toEqual([
      { taskId: 't1', workerId: 'x', state: 'running', ackedOffset: 0, endOffset: 0 },
      { taskId: 't2', workerId: 'x', state: 'terminating', ackedOffset: 0, endOffset: 0 },
      { taskId: 'old', workerId: 'x', state: 'complete', ackedOffset: 2, endOffset: 5 },
    ]);
  });
});

describe('the block of a worker', () => {
  test('is the one that began first, whenever it was told', () => {
    const machine = ManagerMachine.connected('slots=2');
    expect(oldestBlock(machine.state, machine.worker())).toBeNull();
    machine.happen('task_submitted task=t1', 'task_submitted task=t2', 'execution_started task=t1');
    machine.happen(
      'execution_started task=t2',
      'pass ms=5000',
      'block_detected task=t1 reason=stopped stood=1000',
    );
    machine.happen(
      'pass ms=10',
      'block_detected task=t2 stood=1500',
      'block_detected task=t2 reason=stopped stood=9',
    );
    const oldest = () => {
      const block = oldestBlock(machine.state, machine.worker());
      return block === null ? null : `${block.taskId} ${block.reason}`;
    };
    expect(oldest()).toBe('t2 deadlock');
    machine.happen('block_cleared task=t2');
    expect(oldest()).toBe('t1 stopped');
    machine.happen('block_cleared task=t1 reason=stopped');
    expect(oldest()).toBe('t2 stopped');
  });

  test('is, of two that began at once, the one that was told first', () => {
    const machine = ManagerMachine.connected('slots=2');
    machine.happen('task_submitted task=t1', 'task_submitted task=t2', 'execution_started task=t1');
    machine.happen('execution_started task=t2', 'block_detected task=t1', 'block_detected task=t2');
    expect(oldestBlock(machine.state, machine.worker())?.taskId).toBe('t1');
  });
});
