import Type, { type Static } from 'typebox';
import { OutputOffset, TaskId, Timestamp } from './fields.js';

/** Manager -> worker: every byte before `offset` is taken. Gives credit, and lets the worker drop them. Not answered. */
export const TaskAck = Type.Object({
  type: Type.Literal('task_ack'),
  taskId: TaskId,
  offset: OutputOffset,
  timestamp: Timestamp,
});
export type TaskAck = Static<typeof TaskAck>;
