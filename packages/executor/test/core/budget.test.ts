/** A step's 300 s: three budgets, one inside the other. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Budgets,
  DEFAULT_BUDGETS,
  judgeBudget,
  type StepTimes,
  shareOf,
  totalOf,
} from '#src/core/budget.js';

const BUDGETS: Budgets = { queueMs: 60, runMs: 210, recoveryMs: 30 };
const NEW: StepTimes = { submittedAtMs: 1_000, startedAtMs: null, blockedAtMs: null, stoppedAtMs: null };

test('the three budgets are the 300 s of the specification', () => {
  expect(totalOf(DEFAULT_BUDGETS)).toBe(300_000);
});

test("a step's own time is shared in the same proportions, and none of it is lost", () => {
  expect(shareOf(DEFAULT_BUDGETS, 10_000)).toEqual({ queueMs: 2_000, runMs: 7_000, recoveryMs: 1_000 });
  expect(shareOf(DEFAULT_BUDGETS, 10_004)).toEqual({ queueMs: 2_000, runMs: 7_004, recoveryMs: 1_000 });
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 2 ** 31 - 1 }), (totalMs) => {
      const shares = shareOf(DEFAULT_BUDGETS, totalMs);
      expect(totalOf(shares)).toBe(totalMs);
      expect(Math.min(...Object.values(shares))).toBeGreaterThan(0);
    }),
  );
});

describe('what is over when', () => {
  test.each<[string, Partial<StepTimes>, number, ReturnType<typeof judgeBudget>]>([
    ['nothing while it waits', {}, 1_059, { verdict: 'go_on', untilMs: 1_060 }],
    ['its queue budget, where no worker began it', {}, 1_060, { verdict: 'over', budget: 'queue' }],
    ['nothing once it runs', { startedAtMs: 1_050 }, 1_061, { verdict: 'go_on', untilMs: 1_270 }],
    [
      'its run budget, with what its queue left',
      { startedAtMs: 1_001 },
      1_270,
      { verdict: 'over', budget: 'run' },
    ],
    [
      'nothing while its block is new',
      { startedAtMs: 1_001, blockedAtMs: 1_100 },
      1_129,
      { verdict: 'go_on', untilMs: 1_130 },
    ],
    [
      'its recovery budget, where its block stands',
      { startedAtMs: 1_001, blockedAtMs: 1_100 },
      1_130,
      { verdict: 'over', budget: 'block' },
    ],
    [
      'its run budget, where its block is late',
      { startedAtMs: 1_001, blockedAtMs: 1_269 },
      1_270,
      { verdict: 'over', budget: 'run' },
    ],
    [
      'its recovery budget, where it is over in the same moment as that of its run',
      { startedAtMs: 1_001, blockedAtMs: 1_240 },
      1_270,
      { verdict: 'over', budget: 'block' },
    ],
    [
      'nothing while it is being ended',
      { startedAtMs: 1_001, stoppedAtMs: 1_270 },
      1_299,
      { verdict: 'go_on', untilMs: 1_300 },
    ],
    [
      'its recovery budget, where it does not end',
      { startedAtMs: 1_001, stoppedAtMs: 1_270 },
      1_300,
      { verdict: 'over', budget: 'end' },
    ],
  ])('%s', (_what, times, nowMs, verdict) => {
    expect(judgeBudget({ ...NEW, ...times }, nowMs, BUDGETS)).toEqual(verdict);
  });

  test('whatever happens, a step is over when its whole time is', () => {
    const moment = fc.option(fc.integer({ min: 1_000, max: 1_270 }), { nil: null });
    fc.assert(
      fc.property(moment, moment, moment, (startedAtMs, blockedAtMs, stoppedAtMs) => {
        const verdict = judgeBudget(
          { submittedAtMs: 1_000, startedAtMs, blockedAtMs, stoppedAtMs },
          1_300,
          BUDGETS,
        );
        expect(verdict.verdict).toBe('over');
      }),
    );
  });
});
