import Type, { type Static } from 'typebox';
import {
  BlockReason,
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
import { oneWordOf, wordsOf } from './words.js';

const TASK_ERRORS = {
  rejected: 'It was not accepted and never ran; `detail` says why. The id stays free.',
  spawn_failed: 'It was accepted and could not be started; `detail` says why where that is known.',
  terminated: 'A `terminate_task` ended it.',
  timed_out: 'Its `timeoutMs` passed.',
  blocked: 'Its `blockPolicy` ended it; `reason` says which block.',
  memory_exhausted: 'The kernel killed it at its own memory limit.',
  worker_shutdown: 'The worker was shut down, and its drain time passed.',
  orphaned: 'Its manager was away for longer than the worker’s orphan timeout.',
} as const;
export const TASK_ERROR_CODES = wordsOf(TASK_ERRORS);
export type TaskErrorCode = (typeof TASK_ERROR_CODES)[number];

const REJECTIONS = {
  invalid_command: 'The command is empty, holds a NUL, or an argv without a program.',
  invalid_cwd: '`cwd` leaves the workspace, holds a NUL, or is no directory.',
  invalid_env: 'A variable has no name, a `=` or NUL in it, or steers loaders and is not in `allowEnv`.',
  unenforceable_limit: 'A limit that this worker cannot enforce.',
  pty_unavailable: 'This worker has no terminals.',
  busy: 'As many tasks run as `welcome.maxTasks` allows, or as its host has descriptors and processes for.',
  draining: 'The worker takes no new task: it is shutting down.',
  no_space: 'No room on disk to run it or to keep its output.',
  containment_unavailable: 'The containment, or `network` `none`, cannot be had here.',
} as const;
export const REJECTION_DETAILS = wordsOf(REJECTIONS);
export type RejectionDetail = (typeof REJECTION_DETAILS)[number];

const SPAWN_FAILURES = {
  command_not_found: 'There is no such program. Shells say 127.',
  not_executable: 'The program is there and may not be run. Shells say 126.',
} as const;
export const SPAWN_FAILURE_DETAILS = wordsOf(SPAWN_FAILURES);
export type SpawnFailureDetail = (typeof SPAWN_FAILURE_DETAILS)[number];

/** Worker -> manager: the command did not come to its own end, or never ran. */
export const TaskError = Type.Object(
  {
    type: Type.Literal('task_error'),
    taskId: TaskId,
    code: oneWordOf(TASK_ERRORS, 'The first cause.'),
    message: Type.String({ description: 'What was expected, what came, and what to do; for a person.' }),
    detail: Type.Optional(
      oneWordOf(
        { ...REJECTIONS, ...SPAWN_FAILURES },
        'Why it never ran. Always with `rejected`; with `spawn_failed` where one of its two is the reason; else absent.',
      ),
    ),
    reason: Type.Optional(
      Type.Union(BlockReason.anyOf, {
        description: 'Which block ended it. Always with `blocked`, else absent.',
      }),
    ),
    exitCode: Type.Optional(ExitCode),
    signal: Type.Optional(ExitSignal),
    durationMs: Type.Optional(elapsedMs('From the start to the exit of the command.')),
    outputBytes: Type.Optional(byteCount('All output, both streams, also what a gap left out.')),
    usage: Type.Optional(Usage),
    leftover: Type.Optional(Leftover),
    workerId: WorkerId,
    timestamp: Timestamp,
  },
  {
    description:
      'Says that the command did not come to its own end, or never ran. Terminal: the last of its task, after all of its output.',
  },
);
export type TaskError = Static<typeof TaskError>;
