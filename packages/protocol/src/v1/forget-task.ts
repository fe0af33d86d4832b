import Type, { type Static } from 'typebox';
import { TaskId, Timestamp } from './fields.js';

/** Manager -> worker: drop what is kept of an ended task; end a running one, without a terminal message. Not answered. */
export const ForgetTask = Type.Object({
  type: Type.Literal('forget_task'),
  taskId: TaskId,
  timestamp: Timestamp,
});
export type ForgetTask = Static<typeof ForgetTask>;
