import Type, { type Static } from 'typebox';
import { byteCount, TaskId, Timestamp, WorkerId } from './fields.js';

/** Worker -> manager: how much input the command has taken. */
export const InputAck = Type.Object(
  {
    type: Type.Literal('input_ack'),
    taskId: TaskId,
    offset: byteCount('Input of this task that the command’s stdin has taken.'),
    workerId: WorkerId,
    timestamp: Timestamp,
  },
  { description: 'Says how much of a task’s input the command’s stdin has taken. Answers `send_input`.' },
);
export type InputAck = Static<typeof InputAck>;
