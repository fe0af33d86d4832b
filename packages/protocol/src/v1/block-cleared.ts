import Type, { type Static } from 'typebox';
import { BlockReason, elapsedMs, TaskId, Timestamp, WorkerId } from './fields.js';

/** Worker -> manager: the evidence of an earlier `block_detected` is gone. */
export const BlockCleared = Type.Object({
  type: Type.Literal('block_cleared'),
  taskId: TaskId,
  reason: BlockReason,
  duration: elapsedMs('How long the block stood.'),
  workerId: WorkerId,
  timestamp: Timestamp,
});
export type BlockCleared = Static<typeof BlockCleared>;
