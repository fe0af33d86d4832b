/** How long a step may take: its whole time as three budgets, one inside the other. Pure: the caller brings the time. */

/** The three parts; their sum is all that a step may take. */
export interface Budgets {
  /** Until a worker has begun it, milliseconds. What it does not use is its run's. */
  readonly queueMs: number;
  /** The run itself, milliseconds. */
  readonly runMs: number;
  /** How long a confirmed block may stand, and how long what is being ended may take to end, milliseconds. */
  readonly recoveryMs: number;
}

/** The 300 s of the specification. */
export const DEFAULT_BUDGETS: Budgets = { queueMs: 60_000, runMs: 210_000, recoveryMs: 30_000 };

/** Of a step that may take `totalMs`: the same shares of it. Whole milliseconds; the run has what rounding leaves. */
export function shareOf(budgets: Budgets, totalMs: number): Budgets {
  const sum = totalOf(budgets);
  const queueMs = Math.floor((budgets.queueMs * totalMs) / sum);
  const recoveryMs = Math.floor((budgets.recoveryMs * totalMs) / sum);
  return { queueMs, recoveryMs, runMs: totalMs - queueMs - recoveryMs };
}

export function totalOf({ queueMs, runMs, recoveryMs }: Budgets): number {
  return queueMs + runMs + recoveryMs;
}

/** When what happened to a step, milliseconds on one clock; null: not (yet). */
export interface StepTimes {
  readonly submittedAtMs: number;
  readonly startedAtMs: number | null;
  /** Since when a confirmed block stands. */
  readonly blockedAtMs: number | null;
  /** It was asked to end. */
  readonly stoppedAtMs: number | null;
}

export type BudgetVerdict =
  /** Nothing is over before `untilMs`. */
  | { readonly verdict: 'go_on'; readonly untilMs: number }
  /** `queue`: no worker began it in time. `run`: it is to be ended. `block`: it is to be ended for its block. `end`: it has not ended. */
  | { readonly verdict: 'over'; readonly budget: 'queue' | 'run' | 'block' | 'end' };

export function judgeBudget(times: StepTimes, nowMs: number, budgets: Budgets): BudgetVerdict {
  const { submittedAtMs, startedAtMs, blockedAtMs, stoppedAtMs } = times;
  const runEndMs = submittedAtMs + budgets.queueMs + budgets.runMs;
  const limits: { readonly budget: 'queue' | 'run' | 'block' | 'end'; readonly atMs: number }[] = [];
  if (stoppedAtMs !== null) limits.push({ budget: 'end', atMs: stoppedAtMs + budgets.recoveryMs });
  else {
    if (startedAtMs === null) limits.push({ budget: 'queue', atMs: submittedAtMs + budgets.queueMs });
    if (blockedAtMs !== null) limits.push({ budget: 'block', atMs: blockedAtMs + budgets.recoveryMs });
    limits.push({ budget: 'run', atMs: runEndMs });
  }
  const next = limits.reduce((a, b) => (b.atMs < a.atMs ? b : a));
  return nowMs >= next.atMs
    ? { verdict: 'over', budget: next.budget }
    : { verdict: 'go_on', untilMs: next.atMs };
}
