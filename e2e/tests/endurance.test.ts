/** A bounded part of the endurance for each run of the tests; `npm run test:endurance` runs more of it. */
import { describe, expect, test } from '@jest/globals';
import { endure } from '../endurance/endurance.js';
import { findGrowth } from '../endurance/vitals.js';

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

describe(`mixed tasks from SEED=${SEED}`, () => {
  test('while workers die and stop and connections are cut, each task ends once and truly, and leaves nothing', async () => {
    const options = {
      tasks: 250,
      seed: SEED,
      atOnce: 8,
      withHalfOpen: false,
      share: 0.1,
      progress: () => {},
    };
    const { violations, vitals, kinds } = await endure(options);
    expect(violations).toEqual([]);
    expect(findGrowth(vitals)).toEqual([]);
    expect(kinds.size).toBeGreaterThan(5);
  }, 180_000);
});
