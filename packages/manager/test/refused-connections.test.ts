import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeWorker, until } from '@sandcrew/testkit';
import { SandboxManager } from '#src/index.js';
import { faultOf } from './faults.js';

let worker: FakeWorker;
let manager: SandboxManager;
const managers: SandboxManager[] = [];

beforeEach(async () => {
  worker = await FakeWorker.listen();
});

afterEach(async () => {
  await Promise.all(managers.splice(0).map((each) => each.close({ graceMs: 0 })));
  await worker.close();
});

function manage(options: Partial<ConstructorParameters<typeof SandboxManager>[0]> = {}): SandboxManager {
  manager = new SandboxManager({ workers: [worker.address], connectTimeoutMs: 400, ...options });
  managers.push(manager);
  return manager;
}

describe('a dial that is refused', () => {
  test.each([
    [401, 'TOKEN_REFUSED'],
    [403, 'ORIGIN_REFUSED'],
    [404, 'WRONG_PATH'],
    [400, 'VERSION_MISMATCH'],
  ])('with HTTP %i fails waiting tasks at once with %s, the URL and the next step', async (status, code) => {
    worker.refusal = { status, body: 'the worker says why' };
    const error = await faultOf(manage({ connectTimeoutMs: 600_000 }).run({ command: 'x' }));
    expect(error).toMatchObject({ code, details: { url: worker.url, status } });
    expect(error.message).toContain(worker.url);
    expect(error.message).toContain('the worker says why');
    expect(error.message).toContain(error.next);
  });

  test.each([
    [429, 'RATE_LIMITED'],
    [503, 'WORKER_FULL'],
  ])('with HTTP %i is dialled again, and is told as %s meanwhile', async (status, code) => {
    worker.refusal = { status };
    const told: string[] = [];
    const task = manage({ connectTimeoutMs: 5_000 }).run({ command: 'x', taskId: 't' });
    manager.on('workerDisconnected', (_worker, error) => told.push(error.code));
    await until('it was refused', () => told.length > 0);
    expect(told[0]).toBe(code);
    worker.refusal = null;
    worker.script = (message) => message.type === 'execute_command' && worker.complete('t', 0);
    expect(await task).toMatchObject({ exitCode: 0 });
  });

  test('does not fail a task that another worker can take', async () => {
    const other = await FakeWorker.listen({ workerId: 'worker-2' });
    other.script = (message) => message.type === 'execute_command' && other.complete(message.taskId, 0);
    worker.refusal = { status: 401 };
    const task = manage({ workers: [worker.address, other.address] }).run({ command: 'x' });
    expect(await task).toMatchObject({ workerId: 'worker-2' });
    await manager.close();
    await other.close();
  });

  test('is one that offers sandcrew.v1 and the token in a header, and no compression', async () => {
    await manage().connected();
    expect(worker.upgradeHeaders).toMatchObject({
      authorization: `Bearer ${worker.token}`,
      'sec-websocket-protocol': 'sandcrew.v1',
    });
    expect(worker.upgradeHeaders).not.toHaveProperty('sec-websocket-extensions');
    expect(worker.upgradeHeaders).not.toHaveProperty('origin');
  });

  test('never has the token told, whatever the other side says', async () => {
    worker.refusal = { status: 401, body: `you sent Bearer ${worker.token}` };
    const refused = await faultOf(manage({ connectTimeoutMs: 5_000 }).run({ command: 'x' }));
    expect(refused.message).toContain('you sent Bearer [token]');
    worker.refusal = null;
    const other = manage({ connectTimeoutMs: 5_000 });
    await other.connected();
    const told = new Promise<string>((resolve) =>
      other.once('workerDisconnected', (_worker, error) => resolve(error.message)),
    );
    worker.hangUp(4_999, `bye, ${worker.token}`);
    expect(await told).toContain('bye, [token]');
  });

  test('by wss:// at a worker without TLS is told as that at once', async () => {
    const workers = [{ url: worker.url.replace('ws:', 'wss:'), token: 'x' }];
    const error = await faultOf(manage({ workers, connectTimeoutMs: 600_000 }).run({ command: 'x' }));
    expect(error.code).toBe('WORKER_UNREACHABLE');
    expect(error.message).toMatch(
      /^wss:\/\/\S+ does not speak TLS: expected .* or ws:\/\/ in the URL[^\n]*$/,
    );
  });

  test('for a wrong token is TOKEN_REFUSED', async () => {
    const workers = [{ url: worker.url, token: 'wrong' }];
    expect(await faultOf(manage({ workers }).run({ command: 'x' }))).toMatchObject({ code: 'TOKEN_REFUSED' });
  });
});

describe('a worker that is away', () => {
  test('fails a task with WORKER_UNREACHABLE after connectTimeoutMs, and not before', async () => {
    const { url } = worker;
    await worker.close();
    const startMs = performance.now();
    const error = await faultOf(manage({ workers: [{ url, token: 'x' }] }).run({ command: 'x' }));
    expect(error.code).toBe('WORKER_UNREACHABLE');
    expect(error.message).toContain(url);
    expect(error.message).toContain('ECONNREFUSED');
    expect(performance.now() - startMs).toBeGreaterThan(350);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  test('that takes the connection and says nothing is given up in time', async () => {
    const silent: Server = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    manage({ workers: [{ url, token: 'x' }] });
    const told = new Promise<string>((resolve) =>
      manager.once('workerDisconnected', (_worker, error) => resolve(error.message)),
    );
    const startMs = performance.now();
    expect(await faultOf(manager.run({ command: 'x' }))).toMatchObject({ code: 'WORKER_UNREACHABLE' });
    expect(await told).toContain(`${url} did not answer within 400 ms`);
    expect(performance.now() - startMs).toBeLessThan(1_500);
    await manager.close();
    silent.close();
  });

  test('that does not answer hello is given up in time', async () => {
    await worker.close();
    worker = await FakeWorker.listen({ welcomes: false });
    expect(await faultOf(manage().connected())).toMatchObject({ code: 'WORKER_UNREACHABLE' });
  });

  test('is dialled again, and takes the task when it is there', async () => {
    worker.refusal = { status: 503 };
    const task = manage({ connectTimeoutMs: 5_000 }).run({ command: 'x', taskId: 't' });
    worker.script = (message) => message.type === 'execute_command' && worker.complete('t', 0);
    await until('it was dialled twice', () => worker.upgrades >= 2);
    worker.refusal = null;
    expect(await task).toMatchObject({ exitCode: 0, attempts: 1 });
  });

  test('connected(), listTasks() and listWorkspaces() reject with the error of the dial', async () => {
    worker.refusal = { status: 401 };
    manage();
    expect(await faultOf(manager.connected())).toMatchObject({ code: 'TOKEN_REFUSED' });
    expect(await faultOf(manager.listTasks())).toMatchObject({ code: 'TOKEN_REFUSED' });
    expect(await faultOf(manager.listWorkspaces())).toMatchObject({ code: 'TOKEN_REFUSED' });
  });

  test('that keeps the managerId for another token name (4003) fails tasks with MANAGER_ID_TAKEN', async () => {
    manage({ connectTimeoutMs: 5_000 });
    await manager.connected();
    const told = new Promise((resolve) =>
      manager.once('workerDisconnected', (_worker, error) => resolve(error.code)),
    );
    worker.hangUp(4_003, 'a token of another name');
    expect(await told).toBe('MANAGER_ID_TAKEN');
    expect(await faultOf(manager.run({ command: 'x' }))).toMatchObject({ code: 'MANAGER_ID_TAKEN' });
  });

  test('a second manager with the same managerId ends the first for good, and tells it so', async () => {
    const first = manage({ connectTimeoutMs: 2_000 });
    const task = first.run({ command: 'x', taskId: 't' });
    await worker.next('execute_command');
    worker.start('t');
    await task.started;
    worker.hangUp(4_001, 'a newer connection');
    expect(await faultOf(task)).toMatchObject({ code: 'LOST', detail: 'may_have_run' });
    expect(first.getHealth()).toMatchObject({
      status: 'unavailable',
      workers: [{ phase: 'refused', error: { code: 'CONNECTION_REPLACED' } }],
    });
    expect(await faultOf(first.run({ command: 'y' }))).toMatchObject({ code: 'CONNECTION_REPLACED' });
  });
});

describe('a hostile worker', () => {
  test.each([
    ['no JSON', 'nonsense'],
    ['an invalid message', '{"type":"task_complete"}'],
    ['a foreign binary frame', new Uint8Array([9, 9, 9])],
    ['JSON that nests too deep', `${'['.repeat(100)}`],
    ['a second welcome', 'welcome'],
  ])('that sends %s loses its connection as WORKER_MISBEHAVED', async (_what, frame) => {
    manage({ connectTimeoutMs: 2_000 });
    await manager.connected();
    const told = new Promise<string>((resolve) =>
      manager.once('workerDisconnected', (_worker, error) => resolve(error.code)),
    );
    if (frame === 'welcome') worker.sayWelcome();
    else worker.sendRaw(frame);
    expect(await told).toBe('WORKER_MISBEHAVED');
  });

  test('that sends more than a message may hold loses its connection', async () => {
    manage({ connectTimeoutMs: 2_000 });
    await manager.connected();
    const told = new Promise<string>((resolve) =>
      manager.once('workerDisconnected', (_worker, error) => resolve(error.code)),
    );
    worker.sendRaw(`{"type":"forecast","said":"${'x'.repeat(1_100_000)}"}`);
    expect(await told).toBe('WORKER_MISBEHAVED');
  });

  test('that sends beyond its credit loses its connection, and what was kept stays bounded', async () => {
    manage({ connectTimeoutMs: 2_000 });
    const task = manager.run({ command: 'x', taskId: 't' });
    task.output[Symbol.asyncIterator]();
    await worker.next('execute_command');
    worker.start('t');
    const told = new Promise<string>((resolve) =>
      manager.once('workerDisconnected', (_worker, error) => resolve(error.message)),
    );
    for (let i = 0; i < 40; i++) worker.sendOutput('t', i * 65_536, Buffer.alloc(65_536));
    expect(await told).toMatch(/past the last ack/);
  });

  test('is not one that says what this version does not know: that is ignored', async () => {
    manage({ connectTimeoutMs: 2_000 });
    const task = manager.run({ command: 'x', taskId: 't' });
    await worker.next('execute_command');
    worker.sendRaw('{"type":"forecast","workerId":"worker-1","timestamp":1}');
    worker.send({
      type: 'execution_started',
      taskId: 't',
      pid: 1,
      containment: 'process-group',
      mood: 'fine',
    } as never);
    worker.complete('t', 0);
    expect(await task).toMatchObject({ exitCode: 0 });
    expect(worker.upgrades).toBe(1);
  });

  test('that speaks of tasks which it does not have is not listened to', async () => {
    manage({ connectTimeoutMs: 2_000 });
    const task = manager.run({ command: 'x', taskId: 'mine' });
    await worker.next('execute_command');
    worker.complete('another', 0);
    worker.sendOutput('another', 0, 'lies');
    worker.send({ type: 'input_ack', taskId: 'mine', offset: 99 });
    worker.complete('mine', 0);
    expect(await task).toMatchObject({ stdout: '' });
  });

  test('that tells of an end before all of its output is asked for it again; what still lacks is a gap', async () => {
    manage({ connectTimeoutMs: 2_000 });
    const task = manager.run({ command: 'x', taskId: 't' });
    await worker.next('execute_command');
    worker.start('t');
    worker.sendOutput('t', 0, 'abc');
    worker.complete('t', 10);
    expect(await worker.next('resume_task')).toMatchObject({ taskId: 't' });
    worker.sendOutput('t', 3, 'de');
    worker.complete('t', 10);
    expect(await task).toMatchObject({ stdout: 'abcde', gaps: [{ offset: 5, bytes: 5 }] });
  });
});
