import Type, { type Static } from 'typebox';
import { byteCount, OutputOffset, TaskId, Timestamp, WorkerId } from './fields.js';

/** Worker -> manager: bytes of a task's output are gone. */
export const OutputGap = Type.Object(
  {
    type: Type.Literal('output_gap'),
    taskId: TaskId,
    offset: OutputOffset,
    bytes: byteCount('How many are gone.'),
    workerId: WorkerId,
    timestamp: Timestamp,
  },
  {
    description:
      'Says which bytes of a task’s output are gone; the next chunk starts behind them. Uses no credit.',
  },
);
export type OutputGap = Static<typeof OutputGap>;
