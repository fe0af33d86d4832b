/** Which of many alike have a line of their own in the log: whoever may make a worker write without end fills its disk. */

/** More than an operator reads; a misconfigured client or two shows whole. */
export const MAX_LINES = 20;
export const LINES_WINDOW_MS = 10_000;

export interface CrowdLines {
  beganAtMs: number;
  told: number;
  /** Of this window, without a line. */
  untold: number;
}

export function createCrowdLines(): CrowdLines {
  return { beganAtMs: Number.NEGATIVE_INFINITY, told: 0, untold: 0 };
}

/** Counts one more. Whether it has a line: else it is in the sum that `takeUntold` gives when the window is over. */
export function noteOne(lines: CrowdLines, nowMs: number): boolean {
  if (nowMs - lines.beganAtMs >= LINES_WINDOW_MS && lines.untold === 0)
    Object.assign(lines, { beganAtMs: nowMs, told: 0 });
  const hasLine = lines.told < MAX_LINES;
  if (hasLine) lines.told++;
  else lines.untold++;
  return hasLine;
}

/** How many had no line; the next one begins a new window. */
export function takeUntold(lines: CrowdLines): number {
  const { untold } = lines;
  Object.assign(lines, createCrowdLines());
  return untold;
}
