/** Each check passes with a worker that keeps the contract, and fails with one that is broken in just the way it looks for. */
import { beforeAll, expect, test } from '@jest/globals';
import type { Check, Result } from '#src/core/check.js';
import { runChecks } from '#src/run-checks.js';
import { WORKER_CHECKS } from '#src/worker/worker-checks.js';
import { WorkerBench, type WorkerTarget } from '#src/worker-bench.js';
import { WORKER_FAULTS } from './faulty/faults.js';
import { ReferenceWorker } from './faulty/reference-worker.js';

const onLinux = process.platform === 'linux' ? test : test.skip;
const TIMEOUT_MS = 300_000;
const FAULTY_AT_ONCE = 8;

/** Holds a worker against checks, all of them at their own pace. */
async function hold(
  worker: ReferenceWorker,
  checks: readonly Check<WorkerBench>[],
  patienceMs: number,
): Promise<Result[]> {
  const target: WorkerTarget = {
    url: await worker.listen(),
    token: worker.tokens.get('main') ?? '',
    otherToken: worker.tokens.get('other') ?? '',
    patienceMs,
  };
  try {
    return await runChecks(checks, {
      open: () => new WorkerBench(target),
      atOnce: 5,
      timeoutMs: 60_000,
      runsSlow: true,
      signal: new AbortController().signal,
      onResult: () => {},
    });
  } finally {
    await worker.close();
  }
}

// Both take as long as the slowest check waits, so they run beside each other.
let ofSoundWorker: Promise<Result[]>;
let unseenFaults: Promise<string[]>;
beforeAll(() => {
  if (process.platform !== 'linux') return;
  ofSoundWorker = hold(new ReferenceWorker(null), WORKER_CHECKS, 20_000);
  unseenFaults = findUnseenFaults();
});

onLinux(
  'a worker that keeps the contract passes every check but the optional ones',
  async () => {
    const results = await ofSoundWorker;
    const others = results.filter(({ verdict }) => verdict.kind !== 'passed');
    expect(others.filter(({ verdict }) => verdict.kind !== 'absent')).toEqual([]);
    expect(others.map(({ id }) => id)).toEqual(['ends.waiting-for-input', 'ends.end-input']);
  },
  TIMEOUT_MS,
);

test('there is a faulty worker for each check', () => {
  expect(Object.keys(WORKER_FAULTS).sort()).toEqual(WORKER_CHECKS.map(({ id }) => id).sort());
});

onLinux(
  'each check sees the worker that is broken in its way',
  async () => {
    expect(await unseenFaults).toEqual([]);
  },
  TIMEOUT_MS,
);

/** The checks that did not see the worker that is broken in their way. */
async function findUnseenFaults(): Promise<string[]> {
  const queue = WORKER_CHECKS.toSorted((a, b) => Number(b.isSlow ?? false) - Number(a.isSlow ?? false));
  const unseen: string[] = [];
  const inTurn = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      let [result] = await hold(new ReferenceWorker(check.id), [check], 2_500);
      // On a host that is busy enough a fault of timing may not show at once.
      for (let more = 0; more < 2 && result?.verdict.kind === 'passed'; more++)
        [result] = await hold(new ReferenceWorker(check.id), [check], 2_500);
      const expected = check.isOptional ? 'absent' : 'failed';
      if (result?.verdict.kind !== expected)
        unseen.push(`${check.id} (${WORKER_FAULTS[check.id]}): ${JSON.stringify(result?.verdict)}`);
    }
  };
  await Promise.all(Array.from({ length: FAULTY_AT_ONCE }, inTurn));
  return unseen;
}
