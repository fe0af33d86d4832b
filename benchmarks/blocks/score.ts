/** Scores what a worker said of the cases, by the rules of README.md. Pure. */
import { type BlockCase, type Decidability, isLoop } from './block-case.js';
import type { CaseRun } from './case-run.js';
import type { Claim } from './task-log.js';

/** A confirmed claim that comes sooner before its block is called early, and so wrong. */
const EARLY_TOLERANCE_MS = 600;
/** The reasons whose tasks end, once they are found out, without having gone on. */
const ENDS_BLOCKED: readonly (string | null)[] = ['orphaned_output', 'memory_exhausted', 'pids_exhausted'];

export interface CaseScore {
  readonly case: BlockCase;
  /** What may be expected: a loop is certain to nobody without a proof, and so is probable at most. */
  readonly decidability: Decidability | null;
  /** The first confirmed claim, or else the first suspected one, right or wrong. */
  readonly leading: Claim | null;
  /** Confirmed where nothing was blocked, or too early. */
  readonly falseAlarms: readonly Claim[];
  /** Suspected where nothing was blocked, or too early. */
  readonly falseSuspicions: readonly Claim[];
  /** Confirmed in time, of a blocked case, with a reason that is not accepted. */
  readonly wrongReasons: readonly Claim[];
  /** From becoming blocked to the first right confirmed claim, milliseconds; null where there is none. */
  readonly confirmedAfterMs: number | null;
  /** The same for the first right claim, confirmed or suspected. */
  readonly claimedAfterMs: number | null;
  /** Whether it stays blocked and each of its right claims was withdrawn. */
  readonly isWithdrawn: boolean;
  /** How it behaved otherwise than labelled, which makes it no measure; null where it did not. */
  readonly stray: string | null;
}

export function scoreCase(one: BlockCase, run: CaseRun): CaseScore {
  const earliestMs =
    one.becomesBlockedAtMs === null ? Number.POSITIVE_INFINITY : one.becomesBlockedAtMs - EARLY_TOLERANCE_MS;
  const isInTime = ({ atMs }: Claim) => atMs >= earliestMs;
  const inTime = run.claims.filter(isInTime);
  const tooSoon = run.claims.filter((claim) => !isInTime(claim));
  const right = inTime.filter(({ reason }) => one.acceptReasons.includes(reason));
  const afterMs = (claim: Claim | undefined) =>
    claim === undefined ? null : Math.max(0, claim.atMs - (one.becomesBlockedAtMs ?? 0));
  return {
    case: one,
    decidability: isLoop(one) && one.decidability === 'certain' ? 'probable' : one.decidability,
    leading: run.claims.find(isConfirmed) ?? run.claims[0] ?? null,
    falseAlarms: tooSoon.filter(isConfirmed),
    falseSuspicions: tooSoon.filter((claim) => !isConfirmed(claim)),
    wrongReasons: inTime.filter((claim) => isConfirmed(claim) && !right.includes(claim)),
    confirmedAfterMs: afterMs(right.find(isConfirmed)),
    claimedAfterMs: afterMs(right[0]),
    isWithdrawn: run.end === null && right.length > 0 && right.every((claim) => claim.clearedAtMs !== null),
    stray: findStray(one, run),
  };
}

export interface Recall {
  /** Cases that count: blocked, run, and behaving as labelled. */
  readonly cases: number;
  readonly confirmed: number;
  /** Claimed with a right reason, whether confirmed or suspected. */
  readonly claimed: number;
}

export function recallOf(scores: readonly CaseScore[]): Recall {
  const blocked = scores.filter((score) => score.case.label === 'blocked' && score.stray === null);
  return {
    cases: blocked.length,
    confirmed: blocked.filter(({ confirmedAfterMs }) => confirmedAfterMs !== null).length,
    claimed: blocked.filter(({ claimedAfterMs }) => claimedAfterMs !== null).length,
  };
}

export interface Goal {
  readonly what: string;
  readonly got: string;
  readonly isReached: boolean;
}

/** The goals, each with what was measured. One that no case can speak for is left out. */
export function judgeGoals(scores: readonly CaseScore[]): Goal[] {
  const ran = scores.filter(({ stray }) => stray === null);
  const certain = recallOf(ran.filter(({ decidability }) => decidability === 'certain'));
  const probable = recallOf(ran.filter(({ decidability }) => decidability === 'probable'));
  const falseAlarms = scores.filter((score) => score.falseAlarms.length > 0).length;
  const percent = (100 * certain.confirmed) / certain.cases;
  return [
    {
      what: 'no confirmed claim on a healthy or serving case, or too early',
      got: `${falseAlarms} of ${scores.length}`,
      isReached: falseAlarms === 0,
    },
    ...goalIf(certain.cases > 0, {
      what: 'certain cases confirmed with a right reason, 97 % or more',
      got: `${certain.confirmed} of ${certain.cases} (${percent.toFixed(0)} %)`,
      isReached: percent >= 97,
    }),
    ...goalIf(probable.cases > 0, {
      what: 'probable cases and loops at least suspected, all',
      got: `${probable.claimed} of ${probable.cases}`,
      isReached: probable.claimed === probable.cases,
    }),
    ...latencyGoal(ran, 'waiting_for_input', 2000),
    ...latencyGoal(ran, 'deadlock', 4000),
  ];
}

/** The middle value, or the mean of the two middle ones; null of none. */
export function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}

function latencyGoal(scores: readonly CaseScore[], reason: string, maxMs: number): Goal[] {
  const confirmed = scores.filter((score) => score.case.reason === reason);
  const medianMs = medianOf(confirmed.flatMap(({ confirmedAfterMs }) => confirmedAfterMs ?? []));
  return goalIf(confirmed.length > 0, {
    what: `${reason} confirmed within ${maxMs / 1000} s (median)`,
    got: medianMs === null ? 'never' : `${(medianMs / 1000).toFixed(1)} s`,
    isReached: medianMs !== null && medianMs <= maxMs,
  });
}

function goalIf(applies: boolean, goal: Goal): Goal[] {
  return applies ? [goal] : [];
}

function findStray(one: BlockCase, { end, claims }: CaseRun): string | null {
  if (one.label === 'healthy') {
    if (end === null) return 'did not end in its time';
    return end.how === 'exit 0' ? null : `ended with ${end.how}`;
  }
  if (end === null) return null;
  const mayEnd = ENDS_BLOCKED.includes(one.reason) && (claims.length > 0 || end.how !== 'exit 0');
  return mayEnd || (one.reason === 'orphaned_output' && end.how === 'exit 0')
    ? null
    : `ended with ${end.how} after ${end.atMs} ms`;
}

function isConfirmed({ confidence }: Claim): boolean {
  return confidence === 'confirmed';
}
