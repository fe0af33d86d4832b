import { expect, test } from '@jest/globals';
import { createCrowdLines, LINES_WINDOW_MS, MAX_LINES, noteOne, takeUntold } from '#src/core/crowd-lines.js';

/** How many of so many at one moment have a line. */
function countLines(lines: ReturnType<typeof createCrowdLines>, count: number, nowMs: number): number {
  return Array.from({ length: count }, () => noteOne(lines, nowMs)).filter(Boolean).length;
}

test('of many in a window the first have lines, and the sum has the others', () => {
  const lines = createCrowdLines();
  expect(countLines(lines, 5, 100)).toBe(5);
  expect(countLines(lines, 1_000, 100 + LINES_WINDOW_MS - 1)).toBe(MAX_LINES - 5);
  expect(takeUntold(lines)).toBe(1_005 - MAX_LINES);
});

test('a window in which none went without a line is followed by the next', () => {
  const lines = createCrowdLines();
  expect(countLines(lines, MAX_LINES, 0)).toBe(MAX_LINES);
  expect(countLines(lines, MAX_LINES, LINES_WINDOW_MS)).toBe(MAX_LINES);
  expect(noteOne(lines, LINES_WINDOW_MS)).toBe(false);
});

test('until the sum is told, all are in it, and after it each has a line again', () => {
  const lines = createCrowdLines();
  countLines(lines, MAX_LINES + 3, 0);
  expect(countLines(lines, 4, 2 * LINES_WINDOW_MS)).toBe(0);
  expect(takeUntold(lines)).toBe(7);
  expect(countLines(lines, 4, 2 * LINES_WINDOW_MS)).toBe(4);
  expect(takeUntold(lines)).toBe(0);
});
