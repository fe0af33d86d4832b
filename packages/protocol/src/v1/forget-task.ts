import Type, { type Static } from 'typebox';
import { TaskId, Timestamp } from './fields.js';

/** Manager -> worker: drop a task. */
export const ForgetTask = Type.Object(
  {
    type: Type.Literal('forget_task'),
    taskId: TaskId,
    timestamp: Timestamp,
  },
  {
    description:
      'Makes the worker drop what it keeps of an ended task, and end a running one without a terminal message.',
    answeredBy: 'nothing',
  },
);
export type ForgetTask = Static<typeof ForgetTask>;
