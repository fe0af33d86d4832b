/** How often tasks are looked at, and how often what was seen is worth telling. Pure: the caller brings the times. */

/** Looking may take this share of one CPU; where it costs more, looks are rarer. */
const MAX_SHARE = 0.04;
const MAX_INTERVAL_MS = 5_000;
/** With a task near a limit of its own, all are looked at so often: from there to its end it may be a moment. */
const CLOSE_TO_LIMIT = 0.7;
const CLOSE_TO_LIMIT_MS = 150;
/** A task of which nothing has run for so long has shown what it will: it is told only so often, unless it runs again. */
const SETTLED_MS = 10_000;
const SETTLED_INTERVAL_MS = 2_500;

/**
 * How long to wait between two rounds of looks, milliseconds.
 * @param intervalMs what the operator asked for
 * @param spentMs what the last round cost, in CPU time
 * @param limitShare the largest share that a task uses of one of its limits
 */
export function choosePauseMs(intervalMs: number, spentMs: number, limitShare: number): number {
  const paceMs = limitShare >= CLOSE_TO_LIMIT ? Math.min(intervalMs, CLOSE_TO_LIMIT_MS) : intervalMs;
  return Math.max(paceMs, Math.min(spentMs / MAX_SHARE, MAX_INTERVAL_MS));
}

/**
 * Whether a look is worth telling.
 * @param ranAtMs when anything of the task was last seen to have run
 * @param toldAtMs when a look at it was last told
 */
export function isWorthTelling(nowMs: number, ranAtMs: number, toldAtMs: number): boolean {
  return nowMs - ranAtMs <= SETTLED_MS || nowMs - toldAtMs >= SETTLED_INTERVAL_MS;
}
