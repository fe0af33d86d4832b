import Type, { type Static } from 'typebox';
import { OutputOffset, TaskId, Timestamp } from './fields.js';

/** Manager -> worker: send a task's output from an offset on. */
export const ResumeTask = Type.Object(
  {
    type: Type.Literal('resume_task'),
    taskId: TaskId,
    offset: OutputOffset,
    timestamp: Timestamp,
  },
  {
    description:
      'Asks for a task’s output from `offset` on, and for its end. Also acks `offset`. `hello.resume` is the same in one go.',
    answeredBy: 'the replay from there',
  },
);
export type ResumeTask = Static<typeof ResumeTask>;
