/** A bounded part of the simulation for each run of the tests; `npm run test:simulate` runs more of it. */
import { describe, expect, test } from '@jest/globals';
import { simulate } from './simulation.js';

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const BUDGET_MS = 15_000;
const MAX_SEEDS = 5_000;

describe(`simulated managers and workers from SEED=${SEED}`, () => {
  test('whatever goes wrong, each task ends once, each byte arrives once, and nothing stays behind', () => {
    const untilMs = performance.now() + BUDGET_MS;
    for (let seed = SEED; seed < SEED + MAX_SEEDS && performance.now() < untilMs; seed++) {
      const { violation } = simulate(seed);
      if (violation !== null)
        throw new Error(`${violation}\nits transcript: npm run test:simulate -- --seed ${seed} --trace`);
    }
  }, 60_000);

  test('a seed replays to the byte', () => {
    expect(transcriptOf(SEED)).toEqual(transcriptOf(SEED));
  });
});

function transcriptOf(seed: number): string[] {
  const lines: string[] = [];
  simulate(seed, (line) => lines.push(line));
  return lines;
}
