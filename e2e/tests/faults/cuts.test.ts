/** Connections that are cut, wherever and however often: each task ends as it would have, each byte arrives once. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { FaultProxy } from '@sandcrew/testkit';
import { patternDigest, writesPattern } from '../../pattern.js';
import { startWorker, type WorkerProcess } from '../../worker-process.js';
import { sized, tell } from './size.js';

const BYTES = sized(33_554_432, 1_073_741_824);
const CUT_EVERY_MS = 100;
const AT_ONCE = 6;

let worker: WorkerProcess;

beforeAll(async () => {
  // The command is never stopped, and writes faster than anyone reads: what is to be read later has to have room.
  worker = await startWorker(['--retain-bytes', '2147483648', '--max-tasks', '64']);
});

afterAll(() => worker.stop());

function manage(url: string): SandboxManager {
  return new SandboxManager({ workers: [{ url, token: worker.token }], keepOutputBytes: 65_536 });
}

/** Reads a pattern through a proxy, which is given to `disturb` while it comes. */
async function readPattern(disturb: (proxy: FaultProxy) => () => void) {
  const proxy = await FaultProxy.listen(worker.url);
  const manager = manage(proxy.url);
  try {
    await manager.connected();
    const task = manager.run({ command: writesPattern(BYTES), timeoutMs: 0 });
    const hash = createHash('sha256');
    let bytes = 0;
    let firstMs = 0;
    let calm: (() => void) | null = null;
    for await (const chunk of task.output) {
      if (calm === null) firstMs = performance.now();
      calm ??= disturb(proxy);
      hash.update(chunk.bytes);
      bytes += chunk.bytes.length;
    }
    calm?.();
    const tookMs = performance.now() - firstMs;
    const { exitCode, gaps } = await task;
    return { exitCode, gaps, bytes, digest: hash.digest('hex'), connections: proxy.connections, tookMs };
  } finally {
    await manager.close({ graceMs: 0 });
    await proxy.close();
  }
}

test(
  'what is written while the connection is cut each 100 ms arrives exactly',
  async () => {
    const clean = await readPattern(() => () => {});
    const cut = await readPattern((proxy) => {
      proxy.cut(); // also where all of it would come within the first 100 ms
      return proxy.cutEach(CUT_EVERY_MS).calm;
    });
    const right = { exitCode: 0, gaps: [], bytes: BYTES, digest: patternDigest(BYTES) };
    expect(clean).toMatchObject({ ...right, connections: 1 });
    expect(cut).toMatchObject(right);
    expect(cut.connections).toBeGreaterThan(1);
    const [cleanRate, cutRate] = [clean, cut].map(({ tookMs }) => BYTES / 1_048_576 / (tookMs / 1_000));
    tell(
      `${BYTES} bytes under ${cut.connections - 1} cuts: exact; ${cutRate?.toFixed(0)} MiB/s, clean ${cleanRate?.toFixed(0)} MiB/s, ${((100 * clean.tookMs) / cut.tookMs).toFixed(0)} %`,
    );
  },
  sized(60_000, 900_000),
);

/** Input, both streams, more than one frame of output, an exit code of its own. */
const SESSION = 'read a; echo "got $a"; echo oops >&2; read b; printf "%05000d" 7; echo "$b"; exit 3';

async function runSession(order: ((proxy: FaultProxy) => void) | null) {
  const proxy = await FaultProxy.listen(worker.url);
  order?.(proxy);
  const manager = manage(proxy.url);
  try {
    const task = manager.run({ command: SESSION, stdin: 'pipe' });
    // A command may have ended by what it read before anyone is told that it has read it.
    for (const line of ['one\n', 'two\n']) task.write(line).catch(() => {});
    const { exitCode, stdout, stderr, attempts, gaps } = await task;
    const digest = createHash('sha256').update(stdout).digest('hex');
    const { connections } = proxy;
    return { frames: { ...proxy.frames }, connections, end: { exitCode, digest, stderr, attempts, gaps } };
  } finally {
    await manager.close({ graceMs: 0 });
    await proxy.close();
  }
}

test('a session that is cut behind any one of its frames ends as one that is not', async () => {
  const whole = await runSession(null);
  expect(whole.end).toMatchObject({ exitCode: 3, stderr: 'oops\n', attempts: 1, gaps: [] });
  const places = (['up', 'down'] as const).flatMap((direction) =>
    Array.from({ length: whole.frames[direction] }, (_, index) => ({ direction, frame: index + 1 })),
  );
  let cuts = 0;
  for (let first = 0; first < places.length; first += AT_ONCE) {
    const runs = places.slice(first, first + AT_ONCE).map(async ({ direction, frame }) => {
      const { end, connections } = await runSession((proxy) => proxy.cutAfterFrame(direction, frame));
      expect({ direction, frame, end }).toEqual({ direction, frame, end: whole.end });
      if (connections > 1) cuts++;
    });
    await Promise.all(runs);
  }
  tell(`a session cut behind each of its ${places.length} frames: the same end each time`);
  // How the output falls into frames differs from run to run, and the last of them may come after the task is done.
  expect(cuts).toBeGreaterThanOrEqual(6);
}, 90_000);
