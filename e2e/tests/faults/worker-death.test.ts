/** Workers that die, stand still, or are shut down: each task ends once and truly, nothing of it lives, the pool is whole again. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { SandboxManager, type TaskRequest } from '@sandcrew/manager';
import { FaultProxy, until } from '@sandcrew/testkit';
import { waitForDeath } from '../../host-census.js';
import { endOf } from '../../task-end.js';
import { startWorker, type WorkerProcess } from '../../worker-process.js';
import { ownWorkers } from './own-workers.js';
import { sized, tell, testWhole } from './size.js';

let directory: string;
const managers: SandboxManager[] = [];
const workers: WorkerProcess[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-death-'));
});

afterEach(async () => {
  await Promise.all(managers.splice(0).map((manager) => manager.close({ graceMs: 0 })));
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function manage(options: ConstructorParameters<typeof SandboxManager>[0]): SandboxManager {
  const manager = new SandboxManager(options);
  managers.push(manager);
  return manager;
}

async function start(...args: string[]): Promise<WorkerProcess> {
  const worker = await startWorker(args);
  workers.push(worker);
  return worker;
}

/** A command that leaves a line for each of its starts, in a file that outlives it. */
function countsStarts(name: string, then: string): { readonly command: string; starts(): number } {
  const path = join(directory, name);
  appendFileSync(path, '');
  return {
    command: `echo started >> ${path}; ${then}`,
    starts: () => readFileSync(path, 'utf8').split('\n').length - 1,
  };
}

test('kill -9 of a worker: none of its processes lives, each task ends once, and idempotent ones go on elsewhere', async () => {
  const [doomed, other] = await Promise.all([start('--worker-id', 'doomed'), start('--worker-id', 'other')]);
  const manager = manage({
    workers: [doomed, other].map(({ url, token }) => ({ url, token })),
    lostAfterMs: 1_000,
  });
  await Promise.all([doomed, other].map(({ url }) => manager.connected(url)));
  const counters = new Map<string, ReturnType<typeof countsStarts>>();
  const request = (taskId: string, idempotent: boolean): TaskRequest => {
    // What is started again ends at once; what is not started again would run for a minute.
    const counter = countsStarts(
      taskId,
      `[ $(wc -l < ${join(directory, taskId)}) = 1 ] && sleep 60; echo done`,
    );
    counters.set(taskId, counter);
    return { taskId, command: counter.command, idempotent };
  };
  const tasks = ['plain-1', 'plain-2', 'again-1', 'again-2'].map((taskId) =>
    manager.run(request(taskId, taskId.startsWith('again'))),
  );
  const ends = tasks.map((task) => endOf(task));
  const starts = await Promise.all(tasks.map((task) => task.started));
  // `started` tells that there is a process; its first line may be still to come.
  const hasBegun = (counter: ReturnType<typeof countsStarts>) => counter.starts() === 1;
  await until('each has left its line', () => [...counters.values()].every(hasBegun), 20_000);
  const killedMs = performance.now();
  doomed.process.kill('SIGKILL');
  const died = starts.filter(({ workerId }) => workerId === 'doomed');
  expect(died.length).toBeGreaterThan(0);
  await Promise.all(died.map(({ pid }) => waitForDeath(pid as number)));
  tell(
    `kill -9 of a worker: its ${died.length} tasks are dead after ${(performance.now() - killedMs).toFixed(0)} ms`,
  );

  for (const [index, task] of tasks.entries()) {
    if (starts[index]?.workerId !== 'doomed') continue;
    const end = await ends[index];
    const isAgain = task.taskId.startsWith('again');
    expect({ taskId: task.taskId, ...end }).toMatchObject(
      isAgain
        ? { code: 'completed', stdout: 'done\n', attempts: 2 }
        : { code: 'LOST', detail: 'may_have_run', attempts: 1 },
    );
    expect(counters.get(task.taskId)?.starts()).toBe(isAgain ? 2 : 1);
  }
  expect(await manager.run({ command: 'echo goes on' })).toMatchObject({
    stdout: 'goes on\n',
    workerId: 'other',
  });
}, 40_000);

test('kill -9 of every worker of an embedded pool: each task is told, and the pool is whole again', async () => {
  const manager = manage({ maxWorkers: 2, embedded: { directory } });
  const before = await Promise.all([manager.createWorker(), manager.createWorker()]);
  const tasks = Array.from({ length: 6 }, (_, index) =>
    manager.run({
      taskId: `t${index}`,
      command: `mkdir ${join(directory, `pool-${index}`)} 2>/dev/null && sleep 60; echo again`,
      idempotent: index % 2 === 0,
    }),
  );
  const ends = tasks.map((task) => endOf(task));
  const starts = await Promise.all(tasks.map((task) => task.started));
  expect(new Set(starts.map(({ workerId }) => workerId)).size).toBe(2);
  // `started` tells that there is a process; its first step may be still to come.
  const hasBegun = (_: unknown, index: number) => existsSync(join(directory, `pool-${index}`));
  await until('each has made its directory', () => tasks.every(hasBegun), 20_000);
  for (const pid of ownWorkers()) process.kill(pid, 'SIGKILL');
  for (const [index, end] of (await Promise.all(ends)).entries()) {
    expect(end).toMatchObject(
      index % 2 === 0
        ? { code: 'completed', stdout: 'again\n' }
        : { code: 'LOST', detail: 'may_have_run', attempts: 1 },
    );
    // One may have been given to the other worker before that was known to be dead as well.
    if (index % 2 === 0) expect([2, 3]).toContain(end.attempts);
  }
  await Promise.all(starts.map(({ pid }) => waitForDeath(pid as number)));
  const whole = () => manager.getHealth().workers.filter(({ phase }) => phase === 'connected');
  await until('both workers are back', () => whole().length === 2, 20_000);
  const ids = whole().map(({ workerId }) => workerId);
  expect(ids.filter((id) => before.some(({ workerId }) => workerId === id))).toEqual([]);
}, 40_000);

test('a worker process that dies again and again is not started for ever: its phase is failed, and who waits is told why', async () => {
  const manager = manage({ maxWorkers: 1 });
  await manager.run({ command: 'true' });
  const phase = () => manager.getHealth().workers[0]?.phase;
  for (let deaths = 0; deaths < 6; deaths++) {
    await until('it is up', () => phase() === 'connected', 20_000);
    const gone = new Promise((resolve) => manager.once('workerDisconnected', resolve));
    for (const pid of ownWorkers()) process.kill(pid, 'SIGKILL');
    await gone;
  }
  await until('it is given up', () => phase() === 'failed', 20_000);
  expect(await endOf(manager.run({ command: 'true' }))).toMatchObject({ code: 'WORKER_FAILED' });
}, 60_000);

test('a worker that stands still for a while, and then goes on, has started nothing twice and lost no output', async () => {
  const worker = await start();
  const manager = manage({ workers: [{ url: worker.url, token: worker.token }] });
  const counter = countsStarts('stopped', 'for i in $(seq 40); do echo line $i; sleep 0.05; done; exit 4');
  const task = manager.run({ command: counter.command });
  const end = endOf(task);
  await task.started;
  worker.process.kill('SIGSTOP');
  const stopMs = sized(3_000, 90_000);
  // What is waited for is that time passes: a worker that stands still tells nothing.
  await new Promise((resolve) => setTimeout(resolve, stopMs));
  worker.process.kill('SIGCONT');
  const stdout = Array.from({ length: 40 }, (_, index) => `line ${index + 1}\n`).join('');
  expect(await end).toMatchObject({ code: 'completed', exitCode: 4, stdout, attempts: 1 });
  expect(counter.starts()).toBe(1);
  tell(`a worker stopped for ${stopMs / 1_000} s: its task ends as it would have, started once`);
}, 200_000);

testWhole(
  'a worker that stands still for longer than lostAfterMs: told as lost, started again only if idempotent',
  async () => {
    const [worker, other] = await Promise.all([start('--worker-id', 'still'), start('--worker-id', 'other')]);
    const manager = manage({
      workers: [worker, other].map(({ url, token }) => ({ url, token })),
      lostAfterMs: 20_000,
    });
    await Promise.all([worker, other].map(({ url }) => manager.connected(url)));
    const plain = countsStarts('still-plain', 'sleep 300');
    const again = countsStarts('still-again', 'sleep 5; echo done');
    const tasks = [plain, plain, again, again].map(({ command }, index) =>
      manager.run({ command, idempotent: index > 1, requirements: {} }),
    );
    const ends = tasks.map((task) => endOf(task));
    const starts = await Promise.all(tasks.map((task) => task.started));
    const beganMs = performance.now();
    worker.process.kill('SIGSTOP');
    const lost = ends.filter((_, index) => starts[index]?.workerId === 'still' && index < 2);
    expect(lost.length).toBeGreaterThan(0);
    for (const end of lost) expect(await end).toMatchObject({ code: 'LOST', detail: 'may_have_run' });
    tell(
      `a worker that stands still: noticed and lost after ${((performance.now() - beganMs) / 1_000).toFixed(0)} s (20 s of silence, lostAfterMs 20 s)`,
    );
    for (const end of ends.slice(2)) expect(await end).toMatchObject({ code: 'completed', stdout: 'done\n' });
    worker.process.kill('SIGCONT');
    await manager.connected(worker.url);
    // It comes back under the same boot, and is told to drop what was given up.
    for (const [index, { workerId, pid }] of starts.entries())
      if (workerId === 'still' && index < 2) await waitForDeath(pid as number);
  },
  200_000,
);

test('a worker that was away for longer than lostAfterMs comes back, and drops what was given up', async () => {
  const worker = await start();
  const proxy = await FaultProxy.listen(worker.url);
  const manager = manage({ workers: [{ url: proxy.url, token: worker.token }], lostAfterMs: 300 });
  const counter = countsStarts('away', 'sleep 60');
  const task = manager.run({ command: counter.command });
  const end = endOf(task);
  const { pid } = await task.started;
  await until('it has left its line', () => counter.starts() === 1, 20_000);
  proxy.refuse(true);
  proxy.cut();
  expect(await end).toMatchObject({ code: 'LOST', detail: 'may_have_run' });
  proxy.refuse(false);
  await waitForDeath(pid as number, 30_000);
  expect(await manager.run({ command: 'echo back' })).toMatchObject({ stdout: 'back\n' });
  expect(counter.starts()).toBe(1);
  await manager.close({ graceMs: 0 });
  await proxy.close();
}, 60_000);
