/** Each check passes with a manager that keeps the contract, and fails with one that is broken in just the way it looks for. */
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import type { Check, Result } from '#src/core/check.js';
import { MANAGER_CHECKS } from '#src/manager/manager-checks.js';
import { ManagerBench } from '#src/manager-bench.js';
import { runChecks } from '#src/run-checks.js';
import { MANAGER_FAULTS } from './faulty/manager-faults.js';

const PROGRAM = fileURLToPath(new URL('./faulty/reference-manager.js', import.meta.url));
const TIMEOUT_MS = 300_000;
const FAULTY_AT_ONCE = 6;

/** Holds a manager against checks, all of them at their own pace. */
function hold(fault: string, checks: readonly Check<ManagerBench>[], patienceMs: number): Promise<Result[]> {
  return runChecks(checks, {
    open: () => new ManagerBench({ words: [process.execPath, PROGRAM, fault], patienceMs }),
    atOnce: 4,
    timeoutMs: 60_000,
    runsSlow: true,
    signal: new AbortController().signal,
    onResult: () => {},
  });
}

// Both take as long as the slowest check waits, so they run beside each other.
let ofSoundManager: Promise<Result[]>;
let unseenFaults: Promise<string[]>;
beforeAll(() => {
  ofSoundManager = hold('none', MANAGER_CHECKS, 20_000);
  unseenFaults = findUnseenFaults();
});

test(
  'a manager that keeps the contract passes every check',
  async () => {
    expect((await ofSoundManager).filter(({ verdict }) => verdict.kind !== 'passed')).toEqual([]);
  },
  TIMEOUT_MS,
);

test('there is a faulty manager for each check', () => {
  expect(Object.keys(MANAGER_FAULTS).sort()).toEqual(MANAGER_CHECKS.map(({ id }) => id).sort());
});

test(
  'each check sees the manager that is broken in its way',
  async () => {
    expect(await unseenFaults).toEqual([]);
  },
  TIMEOUT_MS,
);

/** The checks that did not see the manager that is broken in their way. */
async function findUnseenFaults(): Promise<string[]> {
  const queue = MANAGER_CHECKS.toSorted((a, b) => Number(b.isSlow ?? false) - Number(a.isSlow ?? false));
  const unseen: string[] = [];
  const inTurn = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      let [result] = await hold(check.id, [check], 2_500);
      // On a host that is busy enough a fault of timing may not show at once.
      for (let more = 0; more < 2 && result?.verdict.kind === 'passed'; more++)
        [result] = await hold(check.id, [check], 2_500);
      if (result?.verdict.kind !== 'failed')
        unseen.push(`${check.id} (${MANAGER_FAULTS[check.id]}): ${JSON.stringify(result?.verdict)}`);
    }
  };
  await Promise.all(Array.from({ length: FAULTY_AT_ONCE }, inTurn));
  return unseen;
}
