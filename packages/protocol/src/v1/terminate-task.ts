import Type, { type Static } from 'typebox';
import { durationMs, TaskId, Timestamp } from './fields.js';

/** Manager -> worker: end a task. */
export const TerminateTask = Type.Object(
  {
    type: Type.Literal('terminate_task'),
    taskId: TaskId,
    graceMs: Type.Optional(durationMs('From SIGTERM to SIGKILL; default 5 000.')),
    timestamp: Timestamp,
  },
  {
    description: 'Ends a task: SIGTERM, and after `graceMs` SIGKILL.',
    answeredBy: 'the task’s terminal message',
  },
);
export type TerminateTask = Static<typeof TerminateTask>;
