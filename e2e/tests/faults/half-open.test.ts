/** Networks that swallow what is sent, are slow, or lose packets: who is gone is noticed, who is slow is not dropped. */
import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { FaultProxy, until } from '@sandcrew/testkit';
import { patternDigest, writesPattern } from '../../pattern.js';
import { startWorker } from '../../worker-process.js';
import { tell } from './size.js';

/** 20 s of silence, the pace at which each side looks, and a machine that has other things to do. */
const NOTICE_WITHIN_MS = 40_000;

test('a connection that is dead in one direction or both is noticed by both ends, and its task goes on exactly', async () => {
  const worker = await startWorker();
  const closed = () => worker.log.filter(({ event }) => event === 'connection_closed').length;
  const runs = ([['up'], ['down'], ['up', 'down']] as const).map(async (directions) => {
    const proxy = await FaultProxy.listen(worker.url);
    const manager = new SandboxManager({ workers: [{ url: proxy.url, token: worker.token }] });
    const task = manager.run({ command: 'echo before; read line; echo "after $line"', stdin: 'pipe' });
    await task.started;
    let noticedMs = 0;
    manager.once('workerDisconnected', () => {
      noticedMs = performance.now();
    });
    const deadMs = performance.now();
    for (const direction of directions) proxy.halfOpen(direction);
    await until(`the manager notices that ${directions} is dead`, () => noticedMs > 0, NOTICE_WITHIN_MS);
    task.write('it\n').catch(() => {}); // the command may end before anyone is told that it has read this
    expect(await task).toMatchObject({ exitCode: 0, stdout: 'before\nafter it\n', attempts: 1, gaps: [] });
    tell(
      `dead ${directions.join(' and ')}: the manager noticed after ${((noticedMs - deadMs) / 1_000).toFixed(1)} s`,
    );
    return { manager, proxy };
  });
  const beganMs = performance.now();
  const ends = Promise.all(runs);
  await until('the worker has noticed all three', () => closed() >= 3, NOTICE_WITHIN_MS);
  tell(
    `dead connections: the worker noticed the last after ${((performance.now() - beganMs) / 1_000).toFixed(1)} s`,
  );
  for (const { manager, proxy } of await ends) {
    await manager.close({ graceMs: 0 });
    await proxy.close();
  }
  await worker.stop();
}, 90_000);

test('10 MB come exactly over a way of 200 ms in each direction, and nobody is taken for dead', async () => {
  const bytes = 10_000_000;
  const worker = await startWorker();
  const proxy = await FaultProxy.listen(worker.url);
  for (const direction of ['up', 'down'] as const) proxy.pass(direction, { delayMs: 200 });
  const manager = new SandboxManager({ workers: [{ url: proxy.url, token: worker.token }] });
  const task = manager.run({ command: writesPattern(bytes) });
  const hash = createHash('sha256');
  for await (const chunk of task.output) hash.update(chunk.bytes);
  expect(await task).toMatchObject({ exitCode: 0, outputBytes: bytes, gaps: [] });
  expect([hash.digest('hex'), proxy.connections]).toEqual([patternDigest(bytes), 1]);
  await manager.close({ graceMs: 0 });
  await proxy.close();
  await worker.stop();
}, 60_000);
