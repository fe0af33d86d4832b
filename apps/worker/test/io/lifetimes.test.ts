/** How a worker ends, and what of its tasks it leaves: nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Client, LEVELS, Place, TestWorker, TOKEN, until, WorkerRun } from '../worker-process.js';

describe.each(LEVELS)('%s', (containment) => {
  test('a drain lets a task end by itself, takes no other, and exits 0', async () => {
    const worker = await TestWorker.start(['--containment', containment, '--drain-timeout-ms', '60000']);
    const client = await worker.manager();
    const taskId = await client.start('echo ready; read -r line; echo $line', { stdin: 'pipe' });
    await client.output(taskId, 'ready');
    worker.run.kill('SIGTERM');
    await draining(client);
    client.send({ type: 'send_input', taskId, input: 'bye\n' });
    const { stdout, terminal } = await client.outcome(taskId);
    expect([stdout.toString(), terminal.exitCode]).toEqual(['ready\nbye\n', 0]);
    expect(await client.closed()).toBe(1001);
    expect(await worker.run.ended).toBe(0);
    worker.place.remove();
  });

  test('a second SIGTERM ends the tasks at once', async () => {
    const worker = await TestWorker.start(['--containment', containment, '--drain-timeout-ms', '60000']);
    const client = await worker.manager();
    const taskId = await client.start(['sleep', '60']);
    worker.run.kill('SIGTERM');
    await draining(client);
    worker.run.kill('SIGTERM');
    expect(await client.terminal(taskId)).toMatchObject({ code: 'worker_shutdown', signal: 'SIGTERM' });
    expect(await worker.run.ended).toBe(0);
    worker.place.remove();
  });

  test('a worker that is told to end with its stdin does, tasks and all', async () => {
    const place = new Place();
    const run = new WorkerRun([...place.arguments, '--containment', containment, '--until-stdin-closes']);
    const client = await Client.connect((await run.listening()).url, TOKEN);
    client.send({ type: 'hello', managerId: 'm1', output: 'binary' });
    const taskId = await client.start(['sleep', '60']);
    run.child.stdin?.end();
    expect(await client.terminal(taskId)).toMatchObject({ code: 'worker_shutdown' });
    expect(await run.ended).toBe(0);
    place.remove();
  });
});

test('SIGTERM ends a worker whose stdin stays open', async () => {
  const place = new Place();
  const run = new WorkerRun([...place.arguments, '--until-stdin-closes']);
  await run.listening();
  run.kill('SIGTERM');
  expect(await run.ended).toBe(0);
  place.remove();
});

test('a worker that looked into a block exits without delay', async () => {
  const worker = await TestWorker.start(['--containment', 'process-group']);
  const client = await worker.manager();
  const taskId = client.execute('sleep 60 & true', { lingerMs: 60_000 });
  await client.next('block_detected', taskId);
  client.send({ type: 'terminate_task', taskId });
  await client.terminal(taskId);
  const beganMs = performance.now();
  worker.run.kill('SIGTERM');
  expect(await worker.run.ended).toBe(0);
  expect(performance.now() - beganMs).toBeLessThan(10_000); // what it was looked into with keeps a timer of half a minute
  worker.place.remove();
});

test('after 180 tasks there is no zombie, no descriptor and no file more than before', async () => {
  const worker = await TestWorker.start(['--containment', 'pid-namespace', '--max-tasks', '6']);
  const client = await worker.manager();
  const look = () => ({
    descriptors: readdirSync(`/proc/${worker.run.pid}/fd`).length,
    spool: readdirSync(join(worker.place.stateDir, 'spool')).length,
  });
  const runSome = async (count: number) => {
    const outcomes = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        client.run(
          index % 3 === 0 ? 'seq 1 20000' : 'cat',
          index % 3 === 1 ? { pty: { cols: 80, rows: 24 }, timeoutMs: 100 } : {},
        ),
      ),
    );
    for (const { terminal } of outcomes) client.send({ type: 'forget_task', taskId: terminal.taskId });
  };
  // The mkfifo that makes pipes ahead is a child that has descriptors, too.
  const isQuiet = () => childrenOf(worker.run.pid).length === 0;
  await runSome(6);
  await until(isQuiet);
  const before = look();
  for (let round = 0; round < 30; round++) await runSome(6);
  client.send({ type: 'ping' });
  await client.next('pong');
  await until(() => isQuiet() && isDeepStrictEqual(look(), before)).catch(() => {});
  expect(look()).toEqual(before);
  expect(childrenOf(worker.run.pid)).toEqual([]);
  await worker.stop();
}, 240_000);

/** Settles when the worker takes no task any more. */
async function draining(client: Client): Promise<void> {
  for (let detail: string | undefined; detail !== 'draining'; ) {
    const { terminal } = await client.run('true');
    detail = terminal.type === 'task_error' ? terminal.detail : undefined;
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((other) => other > 0 && parentOf(other) === pid);
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return 0;
  }
}
