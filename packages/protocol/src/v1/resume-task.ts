import Type, { type Static } from 'typebox';
import { OutputOffset, TaskId, Timestamp } from './fields.js';

/** Manager -> worker: send a task's output from `offset` on, and its end. Also acks `offset`. Answered by the replay. */
export const ResumeTask = Type.Object({
  type: Type.Literal('resume_task'),
  taskId: TaskId,
  offset: OutputOffset,
  timestamp: Timestamp,
});
export type ResumeTask = Static<typeof ResumeTask>;
