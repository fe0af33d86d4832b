/** The machine holds whatever callers, workers, processes, connections and clocks do, in whatever order: some workers lie. */
import { describe, expect, test } from '@jest/globals';
import { ManagerWalk } from './manager-walk.js';

const WALKS = 400;
const STEPS = 250;
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 30));

describe(`walks from FUZZ_SEED=${SEED}`, () => {
  test('whatever happens in whatever order, each task is settled once, each request answered once, and the manager closes', () => {
    const done = { settled: 0, started: 0, restarted: 0, recovered: 0 };
    for (let seed = SEED; seed < SEED + WALKS; seed++) {
      const walk = new ManagerWalk(seed);
      try {
        walk.go(STEPS);
        walk.close();
      } catch (error) {
        throw new Error(`FUZZ_SEED=${seed}: ${(error as Error).message}\n${walk.story()}`, { cause: error });
      }
      for (const [name, count] of Object.entries(walk.done)) done[name as keyof typeof done] += count;
    }
    // It has gone where it should.
    expect(Object.values(done).every((count) => count > WALKS / 20)).toBe(true);
  });
});
