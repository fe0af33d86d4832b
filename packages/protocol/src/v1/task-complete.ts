import Type, { type Static } from 'typebox';
import { byteCount, elapsedMs, ExitCode, ExitSignal, Leftover, TaskId, Timestamp, Usage, WorkerId } from './fields.js';

/** Worker -> manager: the command came to its own end, whatever its exit code. Terminal, after all output. */
export const TaskComplete = Type.Object({
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
});
export type TaskComplete = Static<typeof TaskComplete>;
