/** A bounded part of the fuzzing for each run of the tests; `npm run test:fuzz` runs all of it. FUZZ_SEED repeats one. */
import { describe, expect, test } from '@jest/globals';
import { readCorpus } from './corpus.js';
import { runDecoders } from './decoder-run.js';
import { runGuided } from './guided-run.js';
import { Progress } from './progress.js';
import { runSockets } from './socket-run.js';
import { checkAnswer, TARGETS } from './soundness.js';

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const within = (timeMs: number) => new Progress(() => {}, timeMs);

describe(`from FUZZ_SEED=${seed}`, () => {
  test('what coverage leads to is answered, and no decoder throws', async () => {
    expect((await runGuided(readCorpus(), 20_000, seed, within(6_000))).reached).toBeGreaterThan(200);
  }, 60_000);

  test('frames that are nearly right are answered, and no decoder throws', async () => {
    expect(await runDecoders('structured', 200_000, seed, within(8_000))).toBeGreaterThan(0);
  }, 60_000);

  test('frames that were damaged are answered, and no decoder throws', async () => {
    expect(await runDecoders('mutated', 500_000, seed, within(8_000))).toBeGreaterThan(0);
  }, 60_000);

  test('frames of all kinds against a real worker leave it up, and a good client beside them served', async () => {
    expect(await runSockets(10_000, seed, within(10_000))).toBeGreaterThan(0);
  }, 90_000);
});

test('all that is in the corpus is answered, some of it taken and some refused', () => {
  const corpus = readCorpus();
  for (const target of TARGETS) {
    const answers = corpus
      .filter((input) => input.target === target)
      .map(({ bytes }) => checkAnswer(target, bytes));
    expect(new Set(answers)).toEqual(new Set([true, false]));
  }
});
