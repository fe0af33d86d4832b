/** Runs many cases at once, and few of those that take a whole core. */
import type { BlockCase } from './block-case.js';

const MAX_CPU_BOUND = 2;

/** Runs each case once, the longest first; at most `jobs` at a time, of which at most two are `cpuBound`. */
export async function runAll(
  cases: readonly BlockCase[],
  jobs: number,
  run: (one: BlockCase) => Promise<void>,
): Promise<void> {
  const waiting = [...cases].sort((a, b) => b.durationMs - a.durationMs);
  const running = new Map<BlockCase, Promise<void>>();
  const next = () => {
    const hot = [...running.keys()].filter(({ cpuBound }) => cpuBound).length;
    const index = waiting.findIndex(({ cpuBound }) => !cpuBound || hot < MAX_CPU_BOUND);
    return index < 0 ? undefined : waiting.splice(index, 1)[0];
  };
  while (waiting.length > 0 || running.size > 0) {
    while (running.size < jobs) {
      const one = next();
      if (one === undefined) break;
      running.set(
        one,
        run(one).finally(() => running.delete(one)),
      );
    }
    await Promise.race(running.values());
  }
}
