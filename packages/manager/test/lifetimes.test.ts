import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeWorker, until } from '@sandcrew/testkit';
import { SandboxManager, type TaskHandle } from '#src/index.js';
import { endsTasks, faultOf } from './faults.js';

let worker: FakeWorker;
let manager: SandboxManager;

beforeEach(async () => {
  worker = await FakeWorker.listen();
  manager = new SandboxManager({ workers: [worker.address], managerId: 'me' });
});

afterEach(async () => {
  endsTasks(worker);
  await manager.close({ graceMs: 0 });
  await worker.close();
});

/** In an object: an async function that returns a handle waits for its task. */
async function runningTask(taskId: string, request: object = {}): Promise<{ task: TaskHandle }> {
  const task = manager.run({ command: 'x', taskId, ...request });
  await worker.next('execute_command');
  worker.start(taskId);
  await task.started;
  return { task };
}

function listed(taskId: string, state: 'running' | 'complete' = 'running') {
  return { taskId, state, ackedOffset: 0, endOffset: 3 };
}

describe('a worker that comes back', () => {
  test('under the same boot goes on with its tasks where they were', async () => {
    const { task } = await runningTask('t');
    worker.sendOutput('t', 0, 'abc');
    worker.welcome = { tasks: [listed('t')] };
    const back = new Promise((resolve) => manager.once('workerConnected', resolve));
    await until('the output is here', () => manager.getHealth().tasks.running === 1);
    worker.cut();
    await back;
    expect(worker.received.filter(({ type }) => type === 'hello').at(-1)).toMatchObject({
      resume: [{ taskId: 't', offset: 0 }],
    });
    worker.sendOutput('t', 0, 'abcd');
    worker.complete('t', 4);
    const result = await task;
    expect(result.stdout).toBe('abcd');
    expect(result.history.map(({ state }) => state)).toEqual([
      'queued',
      'assigned',
      'running',
      'unknown',
      'running',
      'completed',
    ]);
  });

  test('under another boot has lost its tasks, and none is run again by itself', async () => {
    const { task } = await runningTask('t');
    worker.welcome = { bootId: 'boot-2' };
    worker.cut();
    expect(await faultOf(task)).toMatchObject({ code: 'LOST', detail: 'may_have_run' });
    await until('it is connected', () => manager.getHealth().status === 'healthy');
    expect(worker.count('execute_command')).toBe(1);
  });

  test('under another boot is given an idempotent task again', async () => {
    const { task } = await runningTask('t', { idempotent: true });
    worker.sendOutput('t', 0, 'first');
    worker.welcome = { bootId: 'boot-2' };
    const requeued: unknown[] = [];
    manager.on('taskRequeued', ({ taskId, attempts }) => requeued.push([taskId, attempts]));
    worker.cut();
    await worker.next('execute_command');
    worker.start('t');
    worker.sendOutput('t', 0, 'second');
    worker.complete('t', 6);
    expect(await task).toMatchObject({ stdout: 'second', attempts: 2 });
    expect(requeued).toEqual([['t', 1]]);
  });

  test('and does not list a task that it had accepted, has lost it', async () => {
    const { task } = await runningTask('t');
    worker.cut();
    expect(await faultOf(task)).toMatchObject({ code: 'LOST' });
  });

  test('is sent a command again that it never answered', async () => {
    const task = manager.run({ command: 'x', taskId: 't' });
    await worker.next('execute_command');
    worker.cut();
    await worker.next('execute_command');
    worker.start('t');
    worker.complete('t', 0);
    expect(await task).toMatchObject({ exitCode: 0, attempts: 1 });
  });

  test('with a task that was sent, unanswered and accepted is asked for its output first, then for its state', async () => {
    const task = manager.run({ command: 'x', taskId: 't' });
    await worker.next('execute_command');
    worker.welcome = { tasks: [listed('t', 'complete')] };
    worker.cut();
    await worker.next('execute_command');
    expect(worker.received.slice(-2).map(({ type }) => type)).toEqual(['resume_task', 'execute_command']);
    worker.complete('t', 3); // the repeated command's answer may overtake the output
    worker.sendOutput('t', 0, 'abc');
    worker.complete('t', 3);
    expect(await task).toMatchObject({ stdout: 'abc', gaps: [] });
  });

  test('drops what is no longer wanted', async () => {
    await manager.close();
    manager = new SandboxManager({ workers: [worker.address], managerId: 'me', lostAfterMs: 300 });
    const { task } = await runningTask('t');
    worker.welcome = { tasks: [listed('t')] };
    worker.refusal = { status: 503 };
    worker.cut();
    await until('it is away', () => manager.getHealth().tasks.unknown === 1);
    expect(await faultOf(task)).toMatchObject({ code: 'LOST' }); // after lostAfterMs
    worker.refusal = null;
    expect(await worker.next('forget_task', 15_000)).toMatchObject({ taskId: 't' });
  });

  test('is told to end a task that was terminated meanwhile', async () => {
    const { task } = await runningTask('t');
    worker.welcome = { tasks: [listed('t')] };
    worker.refusal = { status: 503 };
    worker.cut();
    await until('it is away', () => manager.getHealth().tasks.unknown === 1);
    task.terminate(50);
    worker.refusal = null;
    expect(await worker.next('terminate_task')).toMatchObject({ graceMs: 50 });
    worker.send({ type: 'task_error', taskId: 't', code: 'terminated', message: 'Ended.' });
    expect(await faultOf(task)).toMatchObject({ code: 'TERMINATED' });
  });
});

describe('detaching', () => {
  test('leaves a task running: nothing is forgotten or ended, also when the worker comes back', async () => {
    const { task } = await runningTask('t');
    await task.detach();
    expect(await faultOf(task)).toMatchObject({ code: 'DETACHED' });
    worker.welcome = { tasks: [listed('t')] };
    worker.cut();
    await worker.next('hello');
    await worker.next('hello');
    expect((await manager.listTasks()).map(({ taskId, state }) => [taskId, state])).toEqual([
      ['t', 'running'],
    ]);
    await manager.close();
    expect(worker.count('forget_task') + worker.count('terminate_task')).toBe(0);
  });

  test('tells the worker what its reader took, and no more', async () => {
    const { task } = await runningTask('t');
    const reader = task.output[Symbol.asyncIterator]();
    const first = reader.next();
    worker.sendOutput('t', 0, 'abc');
    await first;
    const second = reader.next(); // back for more: the first chunk is taken
    worker.sendOutput('t', 3, 'def');
    await second;
    await task.detach();
    await manager.close({ leaveTasks: true });
    expect(worker.received.filter(({ type }) => type === 'task_ack')).toMatchObject([{ offset: 3 }]);
  });

  test('waits for the start of a task that has not started', async () => {
    const task = manager.run({ command: 'x', taskId: 't' });
    const detaching = task.detach();
    await worker.next('execute_command');
    worker.start('t');
    await detaching;
    expect(worker.count('task_ack')).toBe(0);
  });

  test('close({ leaveTasks }) leaves what runs, and rejects its handles with DETACHED', async () => {
    const { task } = await runningTask('t');
    await manager.close({ leaveTasks: true });
    expect(await faultOf(task)).toMatchObject({ code: 'DETACHED' });
    expect(worker.count('forget_task') + worker.count('terminate_task')).toBe(0);
  });
});

describe('attaching', () => {
  beforeEach(async () => {
    await manager.close();
    worker.welcome = { tasks: [listed('old'), listed('done', 'complete')], workspaces: ['app'] };
    manager = new SandboxManager({ workers: [worker.address], managerId: 'me', connectTimeoutMs: 2_000 });
  });

  test('finds the tasks of an earlier manager with the same id, and reads on from any offset', async () => {
    expect((await manager.listTasks()).map(({ taskId, state }) => [taskId, state])).toEqual([
      ['old', 'running'],
      ['done', 'complete'],
    ]);
    expect(await manager.listWorkspaces()).toEqual(['app']);
    const task = manager.attach({ taskId: 'old', offset: 1 });
    expect(await worker.next('resume_task')).toMatchObject({ taskId: 'old', offset: 1 });
    worker.sendOutput('old', 1, 'bc');
    worker.complete('old', 3);
    expect(await task).toMatchObject({ stdout: 'bc', exitCode: 0 });
    expect(await worker.next('forget_task')).toMatchObject({ taskId: 'old' });
    expect(worker.count('execute_command')).toBe(0);
  });

  test('works before the worker is connected, and forgets nothing where that is asked', async () => {
    const task = manager.attach({ taskId: 'done', workerUrl: worker.url, forget: false });
    await worker.next('resume_task');
    worker.sendOutput('done', 0, 'abc');
    worker.complete('done', 3);
    expect(await task).toMatchObject({ stdout: 'abc' });
    expect((await task.started).pid).toBeNull();
    expect((await manager.listTasks()).map(({ taskId, state }) => [taskId, state])).toContainEqual([
      'done',
      'complete',
    ]);
    worker.cut();
    await worker.next('hello');
    await manager.connected();
    await manager.close();
    expect(worker.count('forget_task')).toBe(0);
  });

  test('to an ended task forgets it when its reader has taken all of it, and not before', async () => {
    const task = manager.attach({ taskId: 'done' });
    const reader = task.output[Symbol.asyncIterator]();
    await worker.next('resume_task');
    worker.sendOutput('done', 0, 'abc');
    worker.complete('done', 3);
    expect(await task).toMatchObject({ exitCode: 0 });
    expect(await reader.next()).toMatchObject({ value: { text: 'abc' } });
    worker.cut(); // also a new connection is no reason to drop it
    await worker.next('hello');
    await worker.next('hello');
    await manager.connected();
    manager.run({ command: 'x' });
    await worker.next('execute_command'); // whatever was sent before it is here
    expect(worker.count('forget_task')).toBe(0);
    expect(await reader.next()).toMatchObject({ done: true });
    expect(await worker.next('forget_task')).toMatchObject({ taskId: 'done' });
  });

  test('to an ended task that is to be kept acks what its reader takes after its end', async () => {
    const task = manager.attach({ taskId: 'done', forget: false });
    const reader = task.output[Symbol.asyncIterator]();
    await worker.next('resume_task');
    worker.sendOutput('done', 0, 'abc');
    worker.complete('done', 3);
    await task;
    await reader.next();
    expect(worker.count('task_ack')).toBe(0);
    await reader.next();
    expect(await worker.next('task_ack')).toMatchObject({ taskId: 'done', offset: 3 });
    expect(await manager.listTasks()).toContainEqual(
      expect.objectContaining({ taskId: 'done', state: 'complete', ackedOffset: 3 }),
    );
  });

  test('to an ended task whose reader has not taken all of it, forgets it at close()', async () => {
    const task = manager.attach({ taskId: 'done' });
    task.output[Symbol.asyncIterator]();
    await worker.next('resume_task');
    worker.sendOutput('done', 0, 'abc');
    worker.complete('done', 3);
    await task;
    expect(() => manager.attach({ taskId: 'done' })).toThrow(/in use/);
    await manager.close();
    expect(worker.count('forget_task')).toBe(1);
  });

  test('to end a task reads nothing of it: its output stays at the worker', async () => {
    const task = manager.attach({ taskId: 'old', offset: 0, forget: false });
    task.output[Symbol.asyncIterator]();
    await task.started;
    worker.sendOutput('old', 0, 'abc');
    task.terminate();
    await task.detach();
    await manager.close({ leaveTasks: true });
    expect(worker.received.map(({ type }) => type)).toEqual(expect.arrayContaining(['terminate_task']));
    expect(worker.count('task_ack') + worker.count('forget_task')).toBe(0);
  });

  test('to a task that is not there is UNKNOWN_TASK, to a worker that is not there UNKNOWN_WORKER', async () => {
    expect(await faultOf(manager.attach({ taskId: 'no' }))).toMatchObject({ code: 'UNKNOWN_TASK' });
    expect(await faultOf(manager.attach({ taskId: 'old', workerId: 'no' }))).toMatchObject({
      code: 'UNKNOWN_WORKER',
    });
  });
});

describe('workspaces', () => {
  test('are removed one at a time, and a refusal is told', async () => {
    await manager.connected();
    const first = manager.removeWorkspace('a');
    const second = manager.removeWorkspace('b');
    expect(await worker.next('remove_workspace')).toMatchObject({ workspace: 'a' });
    manager.run({ command: 'x' });
    await worker.next('execute_command'); // whatever was sent before it is here
    expect(worker.count('remove_workspace')).toBe(1);
    worker.send({ type: 'protocol_error', code: 'workspace_busy', message: 'a task runs in a' });
    expect(await faultOf(first)).toMatchObject({ code: 'WORKSPACE_BUSY' });
    expect(await worker.next('remove_workspace')).toMatchObject({ workspace: 'b' });
    worker.send({ type: 'workspace_removed', workspace: 'b' });
    await second;
  });
});

describe("a worker's health", () => {
  const health = { cpu: 7, memory: 20, disk: 30, loadAverage: [0, 0, 0], eventLoopDelayMs: 0, uptimeMs: 1 };
  const heartbeat = { type: 'heartbeat', status: 'idle', runningTasks: 0, health } as const;

  test('is told with its load as soon as its first heartbeat has come', async () => {
    const asked = manager.workerHealth('worker-1').catch(() => manager.workerHealth());
    await worker.next('hello');
    worker.send(heartbeat);
    expect(await asked).toMatchObject({ workerId: 'worker-1', health: 'healthy', load: { cpu: 7 } });
    expect(await manager.workerHealth()).toMatchObject({ load: { cpu: 7 } });
  });

  test('is told without its load where no heartbeat comes within 2 s', async () => {
    const startMs = performance.now();
    expect(await manager.workerHealth()).toMatchObject({ phase: 'connected', load: null });
    expect(performance.now() - startMs).toBeGreaterThan(1_900);
    expect(performance.now() - startMs).toBeLessThan(4_000);
  });

  test('of one that cannot be reached rejects with the error of the dial', async () => {
    await manager.close();
    worker.refusal = { status: 401 };
    manager = new SandboxManager({ workers: [worker.address] });
    expect(await faultOf(manager.workerHealth())).toMatchObject({ code: 'TOKEN_REFUSED' });
  });
});

describe('blocks', () => {
  const block = {
    type: 'block_detected',
    taskId: 't',
    reason: 'waiting_for_input',
    confidence: 'confirmed',
    duration: 1_200,
    resourceUsage: {},
    recoverable: true,
    evidence: { summary: 'reads its stdin', prompt: 'Proceed? [y/N]' },
    action: 'report',
  } as const;

  test('are told, stand until they clear, and detectBlock answers with the oldest', async () => {
    await runningTask('t');
    expect(manager.detectBlock('worker-1')).toBeNull();
    worker.send({ ...block, reason: 'no_progress', confidence: 'suspected', duration: 10 });
    worker.send(block);
    await new Promise((resolve) =>
      manager.on('blockDetected', ({ reason }) => reason === 'waiting_for_input' && resolve(null)),
    );
    expect(manager.detectBlock('worker-1')).toMatchObject({
      taskId: 't',
      reason: 'waiting_for_input',
      durationMs: 1_200,
    });
    expect(manager.getHealth().tasks.blocked).toBe(1);
    const cleared = new Promise((resolve) => manager.once('blockCleared', resolve));
    worker.send({ type: 'block_cleared', taskId: 't', reason: 'waiting_for_input', duration: 2_000 });
    expect(await cleared).toMatchObject({ taskId: 't', durationMs: 2_000 });
    expect(manager.detectBlock('worker-1')).toMatchObject({ reason: 'no_progress' });
    expect(() => manager.detectBlock('nobody')).toThrow(/nobody/);
  });

  test('are recovered from: a confirmed one ends its task, a suspected one is only reported', async () => {
    const { task } = await runningTask('t');
    expect(manager.recoverFromBlock('worker-1')).toMatchObject({ rung: 'none', block: null });
    worker.send({ ...block, confidence: 'suspected' });
    await new Promise((resolve) => manager.once('blockDetected', resolve));
    expect(manager.recoverFromBlock('worker-1')).toMatchObject({ rung: 'report', refusal: null });
    expect(manager.recoverFromBlock('worker-1', { rung: 'requeue' })).toMatchObject({
      rung: 'none',
      refusal: 'not_idempotent',
      why: expect.stringContaining('`idempotent`'),
    });
    worker.send(block);
    await new Promise((resolve) => manager.once('blockDetected', resolve));
    expect(manager.recoverFromBlock('worker-1', { graceMs: 10 })).toMatchObject({
      rung: 'terminate',
      block: { taskId: 't' },
    });
    expect(await worker.next('terminate_task')).toMatchObject({ graceMs: 10 });
    worker.send({ type: 'task_error', taskId: 't', code: 'terminated', message: 'Ended.' });
    expect(await faultOf(task)).toMatchObject({ code: 'BLOCKED', detail: 'waiting_for_input' });
  });
});

describe('close()', () => {
  test('ends what runs with the grace that it is given, and fails what waits', async () => {
    const other = await FakeWorker.listen({ welcome: { maxTasks: 1 } });
    endsTasks(other);
    const second = new SandboxManager({ workers: [other.address] });
    const running = second.run({ command: 'x', taskId: 'r' });
    const waiting = second.run({ command: 'x', taskId: 'w' });
    await other.next('execute_command');
    other.start('r');
    await running.started;
    await second.close({ graceMs: 40 });
    expect(await other.next('terminate_task')).toMatchObject({ graceMs: 40 });
    expect(await faultOf(running)).toMatchObject({ code: 'CLOSED' });
    expect(await faultOf(waiting)).toMatchObject({ code: 'CLOSED' });
    expect(other.count('forget_task')).toBe(1);
    expect(() => second.run({ command: 'y' })).toThrow(/CLOSED|closed/);
    expect(await faultOf(second.connected())).toMatchObject({ code: 'CLOSED' });
    await second.close();
    await other.close();
  });

  test('leaves no socket and no timer: a program that closed its manager ends by itself', async () => {
    worker.script = (message) => message.type === 'execute_command' && worker.complete(message.taskId, 0);
    const program = join(dirname(fileURLToPath(import.meta.url)), 'programs/close-and-end.js');
    const { stdout } = await promisify(execFile)(process.execPath, [program, worker.url, worker.token], {
      timeout: 40_000,
    });
    expect(JSON.parse(stdout)).toEqual({
      exitCode: 0,
      left: expect.not.arrayContaining(['TCPSocketWrap', 'Timeout']),
    });
  });

  test('is bounded where a worker never says that a task has ended', async () => {
    const { task } = await runningTask('t');
    const startMs = performance.now();
    await manager.close({ graceMs: 0 });
    expect(performance.now() - startMs).toBeLessThan(6_500);
    expect(await faultOf(task)).toMatchObject({ code: 'CLOSED' });
    expect(worker.count('forget_task')).toBe(1);
  });

  test('settles at once the tasks of a worker that is away', async () => {
    const { task } = await runningTask('t');
    worker.refusal = { status: 503 };
    worker.cut();
    await until('it is away', () => manager.getHealth().tasks.unknown === 1);
    await manager.close({ graceMs: 600_000 });
    expect(await faultOf(task)).toMatchObject({ code: 'CLOSED' });
  });
});

describe('the queue', () => {
  test('gives slots to the highest priority, of equals to the oldest', async () => {
    worker.welcome = { maxTasks: 1 };
    const order: string[] = [];
    worker.script = (message) => {
      if (message.type !== 'execute_command') return;
      order.push(message.taskId);
      worker.complete(message.taskId, 0);
    };
    const priorities = [0, 5, 0, 9, 5, -1];
    await Promise.all(
      priorities.map((priority, i) => manager.run({ command: 'x', taskId: `p${priority}-${i}`, priority })),
    );
    expect(order).toEqual(['p9-3', 'p5-1', 'p5-4', 'p0-0', 'p0-2', 'p-1-5']);
  });

  test('of 10 000 tasks is worked off, each once', async () => {
    const seen = new Set<string>();
    worker.script = (message) => {
      if (message.type !== 'execute_command') return;
      seen.add(message.taskId);
      worker.start(message.taskId);
      worker.complete(message.taskId, 0);
    };
    const handles = Array.from({ length: 10_000 }, () => manager.run({ command: 'true' }));
    const results = await Promise.all(handles);
    expect([results.length, seen.size, worker.count('execute_command')]).toEqual([10_000, 10_000, 10_000]);
    expect(manager.getHealth().tasks).toEqual({
      queued: 0,
      assigned: 0,
      running: 0,
      blocked: 0,
      unknown: 0,
      terminating: 0,
    });
  });
});
