import Type, { type Static } from 'typebox';
import { durationMs, TaskId, Timestamp } from './fields.js';

/** Manager -> worker: end a task, SIGTERM first, SIGKILL after `graceMs`. Answered by its terminal message. */
export const TerminateTask = Type.Object({
  type: Type.Literal('terminate_task'),
  taskId: TaskId,
  graceMs: Type.Optional(durationMs('From SIGTERM to SIGKILL; default 5 000.')),
  timestamp: Timestamp,
});
export type TerminateTask = Static<typeof TerminateTask>;
