import Type, { type Static } from 'typebox';
import { Containment, TaskId, Timestamp, WorkerId } from './fields.js';

/** Worker -> manager: the command runs. */
export const ExecutionStarted = Type.Object(
  {
    type: Type.Literal('execution_started'),
    taskId: TaskId,
    pid: Type.Integer({
      minimum: 1,
      description: 'Process id of the command as the worker’s host numbers it.',
    }),
    containment: Containment,
    workerId: WorkerId,
    timestamp: Timestamp,
  },
  { description: 'Says that the command runs; `timeoutMs` counts from here. Answers `execute_command`.' },
);
export type ExecutionStarted = Static<typeof ExecutionStarted>;
