/** Chooses what is done about a block. It does not do it. */
import type { BlockInfo, RecoveryRung } from './report.js';

/** The rungs that this manager can climb, mildest first. */
export const RECOVERY_RUNGS: readonly RecoveryRung[] = ['report', 'terminate'];

/** A confirmed block may be acted upon; a suspicion is only reported, unless the caller names the rung. */
export function chooseRecovery(
  block: BlockInfo | null,
  asked: RecoveryRung | undefined,
): { readonly rung: RecoveryRung | 'none'; readonly why: string } {
  if (block === null) return { rung: 'none', why: 'No task of the worker is blocked.' };
  if (asked !== undefined) return { rung: asked, why: `The caller asked to ${asked}.` };
  if (block.confidence === 'confirmed')
    return { rung: 'terminate', why: `${block.reason} is confirmed: the task cannot go on.` };
  return {
    rung: 'report',
    why: `${block.reason} is only suspected: nothing is done unless the caller names the rung.`,
  };
}
