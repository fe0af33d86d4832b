/** Whether a task is blocked, from what is known of it. Pure: evidence and policy in, a verdict out. */
import {
  type BlockAction,
  type BlockPolicy,
  type BlockReason,
  ORPHANED_OUTPUT_AFTER_MS,
} from '@sandcrew/protocol';

export interface BlockEvidence {
  /** Since `execution_started`, milliseconds. */
  readonly runningMs: number;
  /** Since the command exited while its output is still held open, milliseconds; null while it runs. */
  readonly lingeringMs: number | null;
}

export interface BlockVerdict {
  /** `timeout` has no `block_detected`: the task ends as `timed_out`. */
  readonly reason: BlockReason | 'timeout';
  readonly confidence: 'confirmed';
}

/** The verdict on a task, or null where nothing speaks against its going on by itself. */
export function judgeBlock(evidence: BlockEvidence, timeoutMs: number): BlockVerdict | null {
  if (evidence.lingeringMs !== null) {
    return evidence.lingeringMs >= ORPHANED_OUTPUT_AFTER_MS
      ? { reason: 'orphaned_output', confidence: 'confirmed' }
      : null;
  }
  return timeoutMs > 0 && evidence.runningMs >= timeoutMs
    ? { reason: 'timeout', confidence: 'confirmed' }
    : null;
}

/** What the worker itself does about a confirmed block. `end_input` helps against `waiting_for_input` alone. */
export function chooseBlockAction(reason: BlockReason, policy: BlockPolicy): BlockAction {
  const entry = policy[reason] ?? policy.default ?? 'report';
  const action = typeof entry === 'string' ? entry : entry.action;
  return action === 'end_input' && reason !== 'waiting_for_input' ? 'report' : action;
}
