import Type, { type Static } from 'typebox';
import { BlockReason, elapsedMs, TaskId, Timestamp, WorkerId } from './fields.js';

/** Worker -> manager: a block is over. */
export const BlockCleared = Type.Object(
  {
    type: Type.Literal('block_cleared'),
    taskId: TaskId,
    reason: BlockReason,
    duration: elapsedMs('How long the block stood.'),
    workerId: WorkerId,
    timestamp: Timestamp,
  },
  { description: 'Withdraws an earlier `block_detected`: its evidence is gone.' },
);
export type BlockCleared = Static<typeof BlockCleared>;
