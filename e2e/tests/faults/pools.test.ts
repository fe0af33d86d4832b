/** Several workers, several managers: restarts in good order fail nothing, and managers see nothing of each other. */
import { afterEach, expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { FaultProxy } from '@sandcrew/testkit';
import { endOf } from '../../task-end.js';
import { startWorker, type WorkerProcess } from '../../worker-process.js';
import { tell } from './size.js';

const managers: SandboxManager[] = [];
const workers: WorkerProcess[] = [];

afterEach(async () => {
  await Promise.all(managers.splice(0).map((manager) => manager.close({ graceMs: 0 })));
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
});

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

test('a pool whose workers are restarted one after the other fails no task', async () => {
  const args = (index: number) => [
    '--worker-id',
    `r${index}`,
    '--max-tasks',
    '4',
    '--drain-timeout-ms',
    '20000',
  ];
  const places = await Promise.all(
    [0, 1, 2].map(async (index) => {
      const worker = await start(...args(index));
      return { worker, proxy: await FaultProxy.listen(worker.url) }; // a place that stays, whatever port the next has
    }),
  );
  const manager = manage({
    workers: places.map(({ worker, proxy }) => ({ url: proxy.url, token: worker.token })),
  });
  const ends: Promise<unknown>[] = [];
  let isRolling = true;
  const flow = async () => {
    for (let number = 0; isRolling; number++) {
      const task = manager.run({ command: `echo ${number}; sleep 0.02; exit ${number % 3}` });
      const end = endOf(task);
      ends.push(end.then((it) => [number, it]));
      await end;
    }
  };
  const flows = Array.from({ length: 6 }, flow);
  for (const [index, { worker, proxy }] of places.entries()) {
    const exited = new Promise((resolve) => worker.process.once('exit', resolve));
    worker.process.kill('SIGTERM');
    expect(await exited).toBe(0);
    const next = await startWorker(args(index), [worker.token]);
    workers.push(next);
    proxy.redirect(next.url);
    await manager.connected(proxy.url);
  }
  isRolling = false;
  await Promise.all(flows);
  for (const [number, end] of (await Promise.all(ends)) as [number, object][])
    expect(end).toMatchObject({
      code: 'completed',
      exitCode: number % 3,
      stdout: `${number}\n`,
      attempts: 1,
    });
  await manager.close({ graceMs: 0 });
  for (const { proxy } of places) await proxy.close();
  tell(`three workers restarted in turn under a flow of tasks: ${ends.length} tasks, none failed`);
}, 90_000);

test('two managers on one worker see nothing of each other', async () => {
  const worker = await start();
  const [one, two] = [manage({ workers: [addressOf(worker)] }), manage({ workers: [addressOf(worker)] })];
  const task = one.run({ taskId: 'mine', command: 'echo one; sleep 60' });
  const end = endOf(task);
  await task.started;
  expect(await two.listTasks()).toEqual([]);
  expect(await endOf(two.attach({ taskId: 'mine' }))).toMatchObject({ code: 'UNKNOWN_TASK' });
  // The same id is another task where it is another's.
  expect(await two.run({ taskId: 'mine', command: 'echo two' })).toMatchObject({ stdout: 'two\n' });
  await two.close({ graceMs: 0 });
  expect((await one.listTasks()).map(({ taskId, state }) => [taskId, state])).toEqual([['mine', 'running']]);
  task.terminate(0);
  expect(await end).toMatchObject({ code: 'TERMINATED', stdout: 'one\n' });
}, 60_000);

function addressOf({ url, token }: WorkerProcess) {
  return { url, token };
}
