/** Tasks that take all they can get under their limits: how fast their neighbours are meanwhile, and how soon after. */
import { spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { endOf } from '../../task-end.js';
import { startWorker, type WorkerProcess } from '../../worker-process.js';
import {
  halfSeconds,
  longestSilenceMs,
  Neighbour,
  type Probe,
  recoveredAfterMs,
  type Spread,
  spreadOf,
} from './latencies.js';
import { tell, testWhole } from './size.js';

const MIB = 1_048_576;
const LIMITS = { pids: 200, memoryBytes: 256 * MIB };
const PACE_MS = 50;
const BEFORE_MS = 4_000;
const BOMB_MS = 6_000;
const AFTER_MS = 6_000;
const ANSWERS_WITHIN_MS = 2_000;
const RECOVERS_WITHIN_MS = 2_000;

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
const hasBubblewrap = spawnSync('bwrap', ['--ro-bind', '/', '/', 'true']).status === 0;
const LEVELS = ['pid-namespace', ...(hasBubblewrap ? ['bubblewrap'] : [])];

/** Each bounds itself as well, were its limits not to hold. */
const EATS = `perl -e 'my @all; for (1 .. 1024) { push @all, "y" x ${MIB} }; sleep 20'`;
const NEVER_STOPS = 'a fork bomb that never stops trying';
const FORKS = `timeout -s KILL 20 perl -e 'while (time - $^T < 20) { fork }'`;
const BOMBS: Readonly<Record<string, string>> = {
  'a fork bomb of shells': 'ulimit -t 20; bomb() { bomb | bomb & }; bomb; sleep 20',
  [NEVER_STOPS]: FORKS,
  [`${NEVER_STOPS}, on one core`]: FORKS,
  'a fork bomb whose processes live for a moment': `timeout -s KILL 20 perl -e '
    $SIG{CHLD} = "IGNORE"; while (time - $^T < 20) { if (!(fork // 1)) { fork; fork; exit } }'`,
  'a memory bomb': EATS,
  'a memory bomb of many processes': `for n in $(seq 40); do ${EATS} & done; wait`,
  'a memory bomb that stays just below its limit': `perl -e '
    while (time - $^T < 20) { my @all; for (1 .. 200) { push @all, "y" x ${MIB} } }'`,
};

/** What a bomb is given is `LIMITS`, and beside them this. */
const MORE_LIMITS: Readonly<Record<string, { readonly cpus: number }>> = {
  [`${NEVER_STOPS}, on one core`]: { cpus: 1 },
};

let worker: WorkerProcess;
let manager: SandboxManager;
afterEach(async () => {
  await manager?.close({ graceMs: 0 });
  await worker?.stop();
});

test('a neighbour is as fast as usual again from the first command on whose half second is', () => {
  const at = (tookMs: number) => (_: unknown, index: number) => ({ beganMs: index * PACE_MS, tookMs });
  const slow = Array.from({ length: 40 }, at(90));
  const usual = Array.from({ length: 80 }, at(10)).slice(40);
  expect(recoveredAfterMs([...slow, ...usual], 1_000, 10)).toBe(1_010);
  expect(recoveredAfterMs(usual, 2_000, 10)).toBe(10);
  expect(recoveredAfterMs(slow, 1_000, 10)).toBe(Number.POSITIVE_INFINITY);
  const oneIsFast = slow.map((probe, index) => (index === 25 ? { ...probe, tookMs: 10 } : probe));
  expect(recoveredAfterMs([...oneIsFast, ...usual], 1_000, 10)).toBe(1_010);
  expect(recoveredAfterMs(slow, 1_000, 60)).toBe(90);
});

test('the longest silence of a neighbour is that between two ends, or before the first, or after the last', () => {
  const endedAt = (...ms: number[]) => ms.map((endMs) => ({ beganMs: endMs - 10, tookMs: 10 }));
  expect(longestSilenceMs(endedAt(1_500, 1_100, 1_900), 1_000, 2_000)).toBe(400);
  expect(longestSilenceMs(endedAt(1_700, 1_800), 1_000, 2_000)).toBe(700);
  expect(longestSilenceMs(endedAt(900, 1_200, 2_900), 1_000, 2_000)).toBe(800);
  expect(longestSilenceMs([], 1_000, 2_000)).toBe(1_000);
});

const rows = LEVELS.flatMap((level) => Object.keys(BOMBS).map((kind) => ({ level, kind })));
(isRoot ? testWhole : test.skip).each(rows)(
  '$kind leaves its neighbours answered, and 2 s after it they are as fast as before ($level)',
  async ({ level, kind }) => {
    worker = await startWorker(['--containment', level, '--max-tasks', '64']);
    const only = { workers: [{ url: worker.url, token: worker.token }] };
    manager = new SandboxManager(only);
    const other = new SandboxManager(only); // the bomb is another agent's
    try {
      await expectLimitsHold(other);
      const neighbour = new Neighbour(manager, PACE_MS);
      await setTimeout(1_000); // code that runs for the first time is slow
      const beganMs = performance.now();
      await setTimeout(BEFORE_MS);
      const bomb = other.run({
        command: BOMBS[kind] ?? '',
        limits: { ...LIMITS, ...MORE_LIMITS[kind] },
        timeoutMs: 20_000,
      });
      const end = endOf(bomb);
      await bomb.started.catch(() => {});
      const litMs = performance.now();
      await Promise.race([end, setTimeout(BOMB_MS)]);
      const askedMs = performance.now();
      bomb.terminate(0); // which does nothing where it has ended by itself
      const { code } = await end;
      const endedMs = performance.now();
      await setTimeout(AFTER_MS);
      await neighbour.stop();

      const usual = spreadOf(neighbour.probes, beganMs, litMs);
      const during = spreadOf(neighbour.probes, litMs, endedMs);
      const recoveredMs = recoveredAfterMs(neighbour.probes, endedMs, usual.p50Ms);
      const silentMs = longestSilenceMs(neighbour.probes, litMs, endedMs);
      tell(
        `${kind} (${level}): before ${text(usual)}; while it ran for ${seconds(endedMs - litMs)} ${text(during)}, none ended for ${seconds(silentMs)}; ` +
          `${code} ${seconds(endedMs - askedMs)} after it was asked to; as fast as before ${seconds(recoveredMs)} after its end`,
      );
      tell(`half seconds from its start (p50/worst, ms): ${line(neighbour.probes, litMs)}`);
      expect(neighbour.failures).toEqual([]);
      expect(silentMs).toBeLessThan(ANSWERS_WITHIN_MS);
      expect(recoveredMs).toBeLessThan(RECOVERS_WITHIN_MS);
    } finally {
      await other.close({ graceMs: 0 });
    }
  },
  90_000,
);

/** No bomb is lit where what is to hold it does not. */
async function expectLimitsHold(held: SandboxManager): Promise<void> {
  const forks = `perl -e 'for (1 .. 250) { my $pid = fork; last if !defined $pid; if (!$pid) { sleep 5; exit } $made++ } print $made'`;
  const { stdout } = await held.run({ command: forks, limits: LIMITS, lingerMs: 0, timeoutMs: 20_000 });
  expect(Number(stdout)).toBeGreaterThan(100);
  expect(Number(stdout)).toBeLessThan(LIMITS.pids);
  const eats = `perl -e 'my @all; for (1 .. 300) { push @all, "y" x ${MIB} }'`;
  const end = await endOf(held.run({ command: eats, limits: LIMITS, timeoutMs: 20_000 }));
  expect(end.code).toBe('MEMORY_EXHAUSTED');
}

function line(probes: readonly Probe[], fromMs: number): string {
  const toMs = probes.at(-1)?.beganMs ?? fromMs;
  return halfSeconds(probes, fromMs, toMs)
    .map(({ p50Ms, worstMs }) => `${p50Ms.toFixed(0)}/${worstMs.toFixed(0)}`)
    .join(' ');
}

function text({ probes, p50Ms, worstMs }: Spread): string {
  return `p50 ${p50Ms.toFixed(0)} ms, worst ${worstMs.toFixed(0)} ms of ${probes}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}
