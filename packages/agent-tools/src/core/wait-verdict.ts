/** Judges whether a wait for a task is over, and why. */

/** What a wait ends for. `yield`: its time is up, and the task goes on. `unreachable`: nobody can tell how it is. */
export type Because = 'exit' | 'block' | 'match' | 'yield' | 'unreachable';

export interface StandingBlock {
  readonly confidence: 'confirmed' | 'suspected';
}

export interface WaitEvidence {
  readonly hasEnded: boolean;
  readonly isUnreachable: boolean;
  readonly blocks: readonly StandingBlock[];
  readonly hasMatched: boolean;
  readonly isTimeUp: boolean;
}

export interface WaitTerms {
  /** Which blocks end it. */
  readonly blocks: 'confirmed' | 'any' | 'none';
}

/** The first of them that holds: what was looked for, then what is final, then what can be acted upon. Null: wait on. */
export function judgeWait(
  { hasEnded, isUnreachable, blocks, hasMatched, isTimeUp }: WaitEvidence,
  { blocks: wanted }: WaitTerms,
): Because | null {
  if (hasMatched) return 'match';
  if (hasEnded) return 'exit';
  if (isUnreachable) return 'unreachable';
  const isBlocked = blocks.some(
    ({ confidence }) => wanted === 'any' || (wanted === 'confirmed' && confidence === 'confirmed'),
  );
  if (isBlocked) return 'block';
  return isTimeUp ? 'yield' : null;
}
