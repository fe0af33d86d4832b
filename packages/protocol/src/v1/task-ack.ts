import Type, { type Static } from 'typebox';
import { OutputOffset, TaskId, Timestamp } from './fields.js';

/** Manager -> worker: credit and resume point of a task's output. */
export const TaskAck = Type.Object(
  {
    type: Type.Literal('task_ack'),
    taskId: TaskId,
    offset: OutputOffset,
    timestamp: Timestamp,
  },
  {
    description:
      'Says that every byte before `offset` is taken. Gives credit for as many more, and lets the worker drop them.',
    answeredBy: 'nothing',
  },
);
export type TaskAck = Static<typeof TaskAck>;
