/** Which connections that have asked for nothing yet are sent away, so that a crowd of silent ones leaves room for the next. */

export interface WaitingPolicy {
  /** So many may wait as long as they like, which is the time for their headers. */
  readonly roomy: number;
  /** So many at most, however short they have waited. */
  readonly most: number;
  /** Each of more than `roomy` has this time for its request, milliseconds. */
  readonly patienceMs: number;
}

/** What a host with many open files affords; a good client's request is there within its first round trips. */
const AFFORDED: WaitingPolicy = { roomy: 512, most: 1_024, patienceMs: 1_000 };

/** @param maxOpenFiles what the process may have open, of which half are for its tasks and connections. */
export function chooseWaitingPolicy(maxOpenFiles: number): WaitingPolicy {
  const most = Math.min(AFFORDED.most, Math.floor(maxOpenFiles / 2));
  return { ...AFFORDED, most, roomy: Math.min(AFFORDED.roomy, Math.floor(most / 2)) };
}

/**
 * How many of them are sent away, the longest waiting first.
 * @param sinceMs since when each waits, in that order; no more of it is read than needed.
 */
export function chooseSentAway(
  waiting: number,
  sinceMs: Iterable<number>,
  nowMs: number,
  policy: WaitingPolicy,
): number {
  const beyondMost = Math.max(0, waiting - policy.most);
  const beyondRoomy = Math.max(0, waiting - policy.roomy);
  let impatient = 0;
  for (const each of sinceMs) {
    if (impatient >= beyondRoomy || nowMs - each < policy.patienceMs) break;
    impatient++;
  }
  return Math.max(beyondMost, impatient);
}
