/** Many at once, of whom few are welcome; and readers that hardly read: nobody else is hurt. */
import { expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { takeCensus } from '../../host-census.js';
import { WireClient } from '../../wire-client.js';
import { startWorker } from '../../worker-process.js';
import { sized, tell } from './size.js';

const CONNECTIONS = 1_000;
const GOOD = 10;

test('of 1,000 connections at once, 990 of them without a token, the good ones get in and are answered', async () => {
  const worker = await startWorker();
  const bad = Array.from({ length: CONNECTIONS - GOOD }, () => statusOf(worker.url));
  const took: number[] = [];
  const good = Array.from({ length: GOOD }, async () => {
    const beganMs = performance.now();
    const client = await WireClient.connect(worker.url, worker.token);
    took.push(performance.now() - beganMs);
    await client.settle();
    await client.close();
  });
  await Promise.all(good);
  const refused = await Promise.all(bad);
  for (const status of refused) expect([401, 429]).toContain(status);
  const slowest = Math.max(...took);
  tell(
    `${CONNECTIONS - GOOD} connections without a token: ${GOOD} good ones got in, the slowest after ${slowest.toFixed(0)} ms`,
  );
  expect(await worker.stop()).toBe(0);
}, 60_000);

/** With which status an upgrade without a token is refused. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.on('open', () => reject(new Error('it was let in')));
    socket.on('error', reject);
    socket.on('unexpected-response', (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
  });
}

test(
  'a reader that reads nothing, and one that hardly does, cost the worker no memory',
  async () => {
    const bytes = sized(134_217_728, 1_073_741_824);
    const worker = await startWorker(['--retain-bytes', '67108864']);
    const client = await WireClient.connect(worker.url, worker.token);
    client.send({ type: 'hello', managerId: 'slow', output: 'binary' });
    const deaf = await WireClient.connect(worker.url, worker.token);
    deaf.send({ type: 'hello', managerId: 'deaf', output: 'binary' });
    for (const each of [client, deaf]) {
      await each.next('welcome');
      each.execute('flood', `head -c ${bytes} /dev/zero; exit 6`);
      await each.next('execution_started', 'flood');
    }
    deaf.pause();
    // The first reader acks 1 KB now and then; its command is not held up by that.
    let acked = 0;
    const acks = setInterval(() => {
      acked += 1_000;
      client.send({ type: 'task_ack', taskId: 'flood', offset: acked });
    }, 200);
    const rss: number[] = [];
    const other = await WireClient.connect(worker.url, worker.token);
    for (let number = 0; number < sized(20, 200); number++) {
      other.execute(`n${number}`, 'echo neighbour');
      expect(await other.terminal(`n${number}`)).toMatchObject({ type: 'task_complete', exitCode: 0 });
      rss.push(takeCensus(worker.pid, `${worker.directory}/state`).rssBytes);
    }
    clearInterval(acks);
    const mostMebibytes = Math.round(Math.max(...rss) / 1_048_576);
    tell(
      `${bytes} bytes twice, one reader at 5 KB/s and one that reads nothing: RSS at most ${mostMebibytes} MiB`,
    );
    expect(mostMebibytes).toBeLessThanOrEqual(150);
    client.cut();
    deaf.cut();
    // Its true end is there for whoever comes back, once the command has written all.
    for (let isOver = false; !isOver; ) {
      const again = await WireClient.connect(worker.url, worker.token);
      again.send({ type: 'hello', managerId: 'slow', output: 'binary' });
      const { tasks } = (await again.next('welcome')) as unknown as { tasks: { state: string }[] };
      isOver = tasks[0]?.state === 'complete';
      if (isOver) again.send({ type: 'resume_task', taskId: 'flood', offset: bytes });
      if (isOver) expect(await again.terminal('flood')).toMatchObject({ exitCode: 6, outputBytes: bytes });
      await again.close();
    }
    await other.close();
    await worker.stop();
  },
  sized(60_000, 300_000),
);
