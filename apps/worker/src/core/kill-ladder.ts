/** How a task is ended: politely, then surely. It says what comes next; timers and signals are others' work. */

/** Why the worker ends a task. The first cause stands in the terminal message. */
export type EndCause =
  | 'terminated'
  | 'timed_out'
  | 'blocked'
  | 'memory_exhausted'
  | 'worker_shutdown'
  | 'orphaned';

export type KillStep =
  /** SIGTERM to the command's group, SIGKILL `killAfterMs` later. */
  | { readonly kind: 'ask'; readonly killAfterMs: number }
  /** SIGKILL to the command's group now. */
  | { readonly kind: 'kill' }
  /** It is being asked already and has less time left than this call grants. */
  | { readonly kind: 'wait' };

/**
 * The next step towards a task's end.
 * @param killDueMs when SIGKILL is due by an earlier ask, on the worker's clock, or null.
 */
export function chooseKillStep(nowMs: number, graceMs: number, killDueMs: number | null): KillStep {
  if (graceMs === 0) return { kind: 'kill' };
  if (killDueMs !== null && killDueMs <= nowMs + graceMs) return { kind: 'wait' };
  return { kind: 'ask', killAfterMs: graceMs };
}
