/** How often tasks are looked at. */
import { expect, test } from '@jest/globals';
import { choosePauseMs, isWorthTelling } from '#src/core/blocks/pace.js';

test.each([
  ['as asked while looking is cheap', 500, 10, 0, 500],
  ['rarer, so that looking takes 4 % of a CPU at most', 500, 40, 0, 1_000],
  ['never rarer than each 5 s', 500, 10_000, 0, 5_000],
  ['often near a limit', 500, 1, 0.7, 150],
  ['as asked below that', 500, 1, 0.69, 500],
  ['no rarer near a limit than was asked', 100, 1, 0.9, 100],
  ['no more often near a limit than is cheap', 500, 40, 0.9, 1_000],
])('tasks are looked at %s', (_, intervalMs, spentMs, limitShare, expected) => {
  expect(choosePauseMs(intervalMs, spentMs, limitShare)).toBe(expected);
});

test.each([
  ['while it runs', 10_000, 10_000, 9_900, true],
  ['for 10 s after it ran', 20_000, 10_000, 19_900, true],
  ['not at each look once it has settled', 20_001, 10_000, 19_900, false],
  ['each 2.5 s once it has settled', 22_500, 10_000, 20_000, true],
  ['at once when it runs again', 60_000, 60_000, 59_900, true],
])('a task is told %s', (_, nowMs, ranAtMs, toldAtMs, expected) => {
  expect(isWorthTelling(nowMs, ranAtMs, toldAtMs)).toBe(expected);
});
