import Type, { type Static } from 'typebox';
import { BlockReason, byteCount, elapsedMs, ExitCode, ExitSignal, Leftover, TaskId, Timestamp, Usage, WorkerId } from './fields.js';

export const TASK_ERROR_CODES = [
  'rejected', 'spawn_failed', 'terminated', 'timed_out', 'blocked', 'memory_exhausted', 'worker_shutdown', 'orphaned',
] as const;
export type TaskErrorCode = (typeof TASK_ERROR_CODES)[number];

export const REJECTION_DETAILS = [
  'invalid_command', 'invalid_cwd', 'invalid_env', 'unenforceable_limit', 'pty_unavailable', 'busy', 'draining', 'no_space',
  'containment_unavailable',
] as const;
export type RejectionDetail = (typeof REJECTION_DETAILS)[number];

export const SPAWN_FAILURE_DETAILS = ['command_not_found', 'not_executable'] as const;
export type SpawnFailureDetail = (typeof SPAWN_FAILURE_DETAILS)[number];

/** Worker -> manager: the command did not come to its own end, or never ran. Terminal, after all output. */
export const TaskError = Type.Object({
  type: Type.Literal('task_error'),
  taskId: TaskId,
  code: Type.Union(
    TASK_ERROR_CODES.map((code) => Type.Literal(code)),
    { description: 'The first cause. `rejected` and `spawn_failed` never ran.' },
  ),
  message: Type.String({ description: 'What was expected, what came, and what to do; for a person.' }),
  detail: Type.Optional(
    Type.Union(
      [...REJECTION_DETAILS, ...SPAWN_FAILURE_DETAILS].map((detail) => Type.Literal(detail)),
      { description: 'With `rejected`: why. With `spawn_failed`: left out where neither of its two is the reason.' },
    ),
  ),
  reason: Type.Optional(BlockReason),
  exitCode: Type.Optional(ExitCode),
  signal: Type.Optional(ExitSignal),
  durationMs: Type.Optional(elapsedMs('From the start to the exit of the command.')),
  outputBytes: Type.Optional(byteCount('All output, both streams, also what a gap left out.')),
  usage: Type.Optional(Usage),
  leftover: Type.Optional(Leftover),
  workerId: WorkerId,
  timestamp: Timestamp,
});
export type TaskError = Static<typeof TaskError>;
