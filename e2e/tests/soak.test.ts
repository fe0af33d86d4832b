/**
 * Thousands of short tasks on one worker, sampled all along: what grows shows as a slope, not only as a bad end.
 * SOAK_TASKS sets how many (default 4,000: V8's heap rises and falls over 1,000 of them; the whole is 10,000, by `npm run test:soak`).
 */
import { expect, test } from '@jest/globals';
import { until } from '@sandcrew/testkit';
import { type Census, describeFds, takeCensus } from '../host-census.js';
import { WireClient } from '../wire-client.js';
import { startWorker } from '../worker-process.js';

const TASKS = Number(process.env.SOAK_TASKS ?? 4_000);
const AT_ONCE = 8;
const BATCH = Math.ceil(TASKS / 30);

test.each(['pid-namespace', 'process-group'])(
  'short tasks in a row leave no zombie, descriptor, directory or memory behind (%s)',
  async (containment) => {
    const worker = await startWorker(['--containment', containment]);
    const client = await WireClient.connect(worker.url, worker.token);
    client.send({ type: 'hello', managerId: 'soak', output: 'text' });
    const samples: Census[] = [];
    const zombies: number[] = [];
    const runOne = async (number: number) => {
      const taskId = `t${number}`;
      client.execute(taskId, `echo ${number}; exit ${number % 7}`);
      expect(await client.terminal(taskId)).toMatchObject({
        type: 'task_complete',
        exitCode: number % 7,
        leftover: 0,
      });
      expect(client.text(taskId)).toBe(`${number}\n`);
      client.send({ type: 'forget_task', taskId });
      client.forget(taskId);
    };
    const runMany = async (numbers: IterableIterator<number>) => {
      for (const number of numbers) await runOne(number);
    };
    for (let first = 0; first < TASKS; first += BATCH) {
      const numbers = Array.from({ length: BATCH }, (_, index) => first + index).values();
      const runners = Array.from({ length: AT_ONCE }, () => runMany(numbers));
      zombies.push(takeCensus(worker.pid, `${worker.directory}/state`).zombies);
      await Promise.all(runners);
      await client.settle();
      samples.push(await takeQuietCensus(worker));
    }

    const warm = samples.slice(Math.ceil(samples.length / 2)); // the first half fills pools, caches and V8's heap
    const mebibytes = warm.map(({ rssBytes }) => Math.round(rssBytes / 1_048_576));
    console.info(
      `${containment}: ${TASKS} tasks; RSS ${mebibytes.join(' ')} MiB; fds ${warm.map(({ fds }) => fds).join(' ')}`,
    );
    expect(Math.max(...zombies)).toBeLessThanOrEqual(AT_ONCE);
    expect(Math.abs(slopePerThousand(warm.map(({ fds }) => fds)))).toBeLessThan(0.5);
    expect(Math.max(...mebibytes)).toBeLessThan(150);
    expect(slopePerThousand(mebibytes)).toBeLessThan(TASKS >= 10_000 ? 1 : 10);
    expect(samples.at(-1)).toMatchObject({ zombies: 0, stateFiles: 0 });
    expect(describeFds(worker.pid).filter((name) => name.includes('/pipes/'))).toEqual([]);
    await client.close();
    expect(await worker.stop()).toBe(0);
  },
  600_000,
);

/** When nothing runs: neither a task nor the mkfifo that makes pipes ahead, whose own pipes would be counted. */
async function takeQuietCensus({ pid, directory }: { pid: number; directory: string }): Promise<Census> {
  let census = takeCensus(pid, `${directory}/state`);
  const isQuiet = () => {
    census = takeCensus(pid, `${directory}/state`);
    return census.children <= 1; // the guardian of process-group
  };
  await until('the worker is quiet', isQuiet, 20_000);
  return census;
}

/** Least squares over equally spaced samples of the whole run, as growth per 1,000 tasks. */
function slopePerThousand(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = (values.length - 1) / 2;
  let product = 0;
  let square = 0;
  for (const [index, value] of values.entries()) {
    product += (index - middle) * (value - mean);
    square += (index - middle) ** 2;
  }
  return (product / square) * (1_000 / BATCH);
}
