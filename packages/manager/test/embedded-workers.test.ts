import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '@sandcrew/testkit';
import { type EmbeddedOptions, SandboxManager } from '#src/index.js';
import { removeAbandonedHomes } from '#src/io/providers/abandoned-homes.js';
import { faultOf } from './faults.js';

const PROGRAM = join(dirname(fileURLToPath(import.meta.url)), 'programs/embedded-worker.js');

let manager: SandboxManager;

function manage(embedded: EmbeddedOptions, options: object = {}): SandboxManager {
  manager = new SandboxManager({ embedded, ...options });
  return manager;
}

beforeEach(() => {
  manage({ command: [process.execPath, PROGRAM] });
});

afterEach(() => manager.close({ graceMs: 0 }));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a manager that is given no worker', () => {
  test('starts none before a task needs one, then one for all, and close() leaves nothing of it', async () => {
    expect(manager.getHealth()).toMatchObject({ status: 'unavailable', workers: [] });
    const created: string[] = [];
    manager.on('workerCreated', ({ workerId }) => created.push(workerId));
    const results = await Promise.all([manager.run({ command: 'a' }), manager.run({ command: 'b' })]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(created).toHaveLength(1);
    const [worker] = manager.getHealth().workers;
    expect(worker).toMatchObject({
      embedded: true,
      type: 'general',
      phase: 'connected',
      labels: { mode: '600' },
    });
    const argv = worker?.labels['argv'] ?? '';
    expect(argv).toMatch(
      /--listen unix:\S+w\.sock .*--workspace \S+ --type general --containment auto .*--until-stdin-closes/,
    );
    const home = dirname(argv.match(/--token-file (\S+)/)?.[1] ?? '');
    const pid = Number(created[0]?.split('-')[1]);
    expect([existsSync(home), isAlive(pid)]).toEqual([true, true]);
    await manager.close();
    expect([existsSync(home), isAlive(pid)]).toEqual([false, false]);
  });

  test('starts one of the type that a task requires, up to maxWorkers', async () => {
    manage({ command: [process.execPath, PROGRAM] }, { maxWorkers: 2 });
    await manager.run({ command: 'a' });
    await manager.run({ command: 'b', requirements: { type: 'gpu' } });
    expect(manager.getHealth().workers.map(({ type }) => type)).toEqual(['general', 'gpu']);
    expect(await faultOf(manager.run({ command: 'c', requirements: { type: 'arm' } }))).toMatchObject({
      code: 'NO_WORKER',
    });
    expect(await faultOf(manager.createWorker('arm'))).toMatchObject({ code: 'POOL_FULL' });
  });

  test('refuses what no worker that it could start will ever meet', async () => {
    expect(
      await faultOf(manager.run({ command: 'x', requirements: { labels: { zone: 'eu' } } })),
    ).toMatchObject({ code: 'NO_WORKER' });
    expect(await faultOf(manager.run({ command: 'x', requirements: { memoryBytes: 9e15 } }))).toMatchObject({
      code: 'NO_WORKER',
    });
  });

  test('reports the tasks of a worker process that dies as LOST, and starts another for the next', async () => {
    expect(await faultOf(manager.run({ command: 'crash' }))).toMatchObject({
      code: 'LOST',
      detail: 'may_have_run',
    });
    expect(await manager.run({ command: 'x' })).toMatchObject({ exitCode: 0 });
  });

  test('starts an idempotent task again, at most maxAttempts times, and its history says so', async () => {
    const error = await faultOf(manager.run({ command: 'crash', idempotent: true }));
    expect(error).toMatchObject({ code: 'LOST', result: { attempts: 3 } });
    expect(error.result?.history.filter(({ state }) => state === 'assigned')).toHaveLength(3);
  });

  test('keeps the state directory that it is told', async () => {
    const stateDirectory = mkdtempSync(join(tmpdir(), 'state-'));
    manage({ command: [process.execPath, PROGRAM], stateDirectory });
    await manager.run({ command: 'a' });
    await manager.close();
    expect(existsSync(stateDirectory)).toBe(true);
    rmSync(stateDirectory, { recursive: true });
  });
});

describe('what a killed manager left', () => {
  test('is deleted by the next: old, of this user, with a socket that nobody serves, and nothing else', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'homes-'));
    const homes = ['left', 'served', 'young', 'other-left', 'socketless'];
    const servers = new Map<string, Server>();
    for (const name of homes) {
      const home = join(parent, name === 'other-left' ? name : `x-${name}`);
      mkdirSync(home);
      if (name === 'socketless') continue;
      const server = createServer().listen(join(home, 'w.sock'));
      await new Promise((resolve) => server.once('listening', resolve));
      servers.set(name, server);
    }
    for (const name of homes) {
      const home = join(parent, name === 'other-left' ? name : `x-${name}`);
      // A killed server's socket file stays; a closed one's is taken away. A new name keeps it.
      if (name !== 'served' && name !== 'socketless') {
        renameSync(join(home, 'w.sock'), join(home, 'kept'));
        await new Promise((resolve) => servers.get(name)?.close(resolve));
        renameSync(join(home, 'kept'), join(home, 'w.sock'));
      }
      if (name !== 'young') utimesSync(home, 0, 0);
    }
    await removeAbandonedHomes(parent, 'x-', 'w.sock');
    expect(readdirSync(parent).sort()).toEqual(['other-left', 'x-served', 'x-socketless', 'x-young']);
    servers.get('served')?.close();
    rmSync(parent, { recursive: true });
  });
});

describe('a worker process that cannot be started', () => {
  test.each([
    ['is not there', ['/nowhere/worker'], /ENOENT/],
    [
      'ends at once',
      [process.execPath, '-e', 'console.error("no containment"); process.exit(2)', '--'],
      /exit code 2[\s\S]*no containment/,
    ],
  ])(
    'because it %s fails the task with WORKER_START_FAILED and its last words',
    async (_why, command, words) => {
      manage({ command });
      const error = await faultOf(manager.run({ command: 'x' }));
      expect(error.code).toBe('WORKER_START_FAILED');
      expect(error.message).toMatch(words);
      expect(await faultOf(manager.createWorker())).toMatchObject({ code: 'WORKER_START_FAILED' });
    },
  );

  test('and is closed while it starts, is gone when close() resolves', async () => {
    manage({ command: [process.execPath, '-e', 'process.stdin.resume(); console.error(process.pid)', '--'] });
    const task = manager.run({ command: 'x' });
    await manager.close();
    expect(await faultOf(task)).toMatchObject({ code: 'CLOSED' });
  });
});

describe("the specification's calls", () => {
  test('createWorker(type) starts a worker of that type and resolves when it is connected', async () => {
    expect(await manager.createWorker('builder')).toMatchObject({
      type: 'builder',
      phase: 'connected',
      embedded: true,
    });
  });

  test('assignTask keeps a slot on a worker, and executeTask runs the command there', async () => {
    const worker = await manager.assignTask({ taskId: 'job', requirements: { type: 'builder' } });
    expect(worker).toMatchObject({ type: 'builder', taskIds: ['job'] });
    expect(manager.getHealth().tasks).toMatchObject({ assigned: 1 });
    expect(await manager.executeTask('job', 'make')).toMatchObject({
      exitCode: 0,
      workerId: worker.workerId,
    });
    expect(await manager.executeTask('other', 'make')).toMatchObject({ exitCode: 0, taskId: 'other' });
  });

  test('a slot that was kept is given back when its task is not run', async () => {
    const aborter = new AbortController();
    await manager.assignTask({ taskId: 'job', signal: aborter.signal });
    aborter.abort();
    await until('the slot is free', () => manager.getHealth().tasks.assigned === 0);
    expect(await faultOf(manager.executeTask('job'))).toMatchObject({ code: 'INVALID_TASK' });
  });
});
