import Type, { type Static } from 'typebox';
import {
  byteCount,
  ExitCode,
  ExitSignal,
  elapsedMs,
  Leftover,
  TaskId,
  Timestamp,
  Usage,
  WorkerId,
} from './fields.js';

/** Worker -> manager: the command came to its own end. */
export const TaskComplete = Type.Object(
  {
    type: Type.Literal('task_complete'),
    taskId: TaskId,
    exitCode: ExitCode,
    signal: ExitSignal,
    durationMs: elapsedMs('From the start to the exit of the command.'),
    outputBytes: byteCount('All output, both streams, also what a gap left out.'),
    usage: Usage,
    leftover: Leftover,
    workerId: WorkerId,
    timestamp: Timestamp,
  },
  {
    description:
      'Says that the command came to its own end, whatever its exit code. Terminal: the last of its task, after all of its output.',
  },
);
export type TaskComplete = Static<typeof TaskComplete>;
