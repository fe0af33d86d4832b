/** Many at once, of whom few are welcome; and readers that hardly read: nobody else is hurt. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { until } from '@sandcrew/testkit';
import { takeCensus } from '../../host-census.js';
import { WireClient } from '../../wire-client.js';
import { startWorker } from '../../worker-process.js';
import { sized, tell } from './size.js';

const STRANGERS = fileURLToPath(new URL('./programs/strangers.js', import.meta.url));
const CONNECTIONS = 1_000;
const GOOD = 10;
/** Good ones come one after the other until all strangers are refused: the slow ones are those that meet most of them. */
const GOOD_EVERY_MS = 10;

test(
  'of 1,000 connections at once, 990 of them without a token, the good ones get in and are answered',
  async () => {
    const worker = await startWorker();
    const took: number[] = [];
    const comeIn = async () => {
      const beganMs = performance.now();
      const client = await WireClient.connect(worker.url, worker.token);
      took.push(performance.now() - beganMs);
      await client.settle();
      await client.close();
    };
    await comeIn(); // code that runs for the first time is slow
    took.pop();
    const rounds = sized(1, 20);
    for (let round = 0; round < rounds; round++) {
      const strangers = new Strangers(worker.url, CONNECTIONS - GOOD);
      await strangers.ready;
      const refused = strangers.come();
      let areRefused = false;
      const all = refused.then(() => {
        areRefused = true;
      });
      const good: Promise<void>[] = [];
      while (good.length < GOOD || !areRefused) {
        good.push(comeIn());
        await (areRefused ? null : Promise.race([all, setTimeout(GOOD_EVERY_MS)]));
      }
      await Promise.all(good);
      const statuses = await refused;
      expect(Object.keys(statuses).filter((status) => status !== '401' && status !== '429')).toEqual([]);
      expect(Object.values(statuses).reduce((sum, count) => sum + count, 0)).toBe(CONNECTIONS - GOOD);
    }
    const inOrder = took.sort((one, other) => one - other);
    const at = (share: number) => inOrder[Math.ceil(share * inOrder.length) - 1] ?? Number.NaN;
    tell(
      `${CONNECTIONS - GOOD} connections without a token, ${rounds} times: of ${took.length} good ones p50 ${at(0.5).toFixed(0)} ms, p99 ${at(0.99).toFixed(0)} ms, slowest ${at(1).toFixed(0)} ms`,
    );
    expect(await worker.stop()).toBe(0);
    // Of so many alike the log has the first, and for the others sums.
    const lines = () => worker.log.filter(({ event }) => event === 'connection_refused').length;
    const sums = () => worker.log.filter(({ event }) => event === 'connections_refused');
    const summed = () => sums().reduce((sum, { count }) => sum + Number(count), 0);
    await until('the log tells of each', () => lines() + summed() === rounds * (CONNECTIONS - GOOD));
    expect(lines()).toBeLessThan(summed());
  },
  sized(60_000, 240_000),
);

class Strangers {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #said: AsyncIterator<string>;
  readonly ready: Promise<unknown>;

  constructor(url: string, count: number) {
    const port = Number(new URL(url).port);
    this.#process = spawn(process.execPath, [STRANGERS, JSON.stringify({ port, count })], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#said = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
    this.ready = this.#said.next();
  }

  /** How often they were refused by each status, once all are. */
  async come(): Promise<Record<string, number>> {
    this.#process.stdin.write('\n');
    const { value } = await this.#said.next();
    return JSON.parse(value);
  }
}

test(
  'a reader that reads nothing, and one that hardly does, cost the worker no memory',
  async () => {
    const bytes = sized(134_217_728, 1_073_741_824);
    const worker = await startWorker(['--retain-bytes', '67108864']);
    const other = await WireClient.connect(worker.url, worker.token);
    const rss: number[] = [];
    const noteRss = () => rss.push(takeCensus(worker.pid, `${worker.directory}/state`).rssBytes);
    const usualMs = await runNeighbours(other, 'before', sized(20, 400), noteRss);
    const client = await WireClient.connect(worker.url, worker.token);
    client.send({ type: 'hello', managerId: 'slow', output: 'binary' });
    const deaf = await WireClient.connect(worker.url, worker.token);
    deaf.send({ type: 'hello', managerId: 'deaf', output: 'binary' });
    const written = [client, deaf].map((_, number) => join(worker.workspace, `written-${number}`));
    for (const [number, each] of [client, deaf].entries()) {
      await each.next('welcome');
      each.execute('flood', `head -c ${bytes} /dev/zero; : > ${written[number]}; exit 6`);
      await each.next('execution_started', 'flood');
    }
    deaf.pause();
    // The first reader acks 1 KB now and then; its command is not held up by that.
    let acked = 0;
    const acks = setInterval(() => {
      acked += 200;
      client.send({ type: 'task_ack', taskId: 'flood', offset: acked });
    }, 200);
    const whileMs: number[] = [];
    while (!written.every((path) => existsSync(path)))
      whileMs.push(...(await runNeighbours(other, `while-${whileMs.length}`, 1, noteRss)));
    const besideMs = await runNeighbours(other, 'beside', sized(20, 400), noteRss);
    clearInterval(acks);
    const mostMebibytes = Math.round(Math.max(...rss) / 1_048_576);
    tell(
      `${bytes} bytes twice, one reader at 1 KB/s and one that reads nothing: RSS at most ${mostMebibytes} MiB; ` +
        `neighbours before ${spread(usualMs)}; while they are written ${spread(whileMs)}; while they are kept ${spread(besideMs)}`,
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

/** One after the other; how long each took, milliseconds. */
async function runNeighbours(
  client: WireClient,
  name: string,
  count: number,
  eachTime: () => void,
): Promise<number[]> {
  const tookMs: number[] = [];
  for (let number = 0; number < count; number++) {
    const beganMs = performance.now();
    client.execute(`${name}-${number}`, 'echo neighbour');
    expect(await client.terminal(`${name}-${number}`)).toMatchObject({ type: 'task_complete', exitCode: 0 });
    tookMs.push(performance.now() - beganMs);
    eachTime();
  }
  return tookMs;
}

function spread(tookMs: readonly number[]): string {
  const inOrder = tookMs.toSorted((one, other) => one - other);
  const at = (share: number) => `${(inOrder[Math.ceil(share * inOrder.length) - 1] ?? 0).toFixed(1)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, slowest ${at(1)}`;
}
