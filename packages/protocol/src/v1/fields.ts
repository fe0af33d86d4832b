/** The fields that several messages share. Each has its unit and meaning here, once. */
import Type, { type Static } from 'typebox';

const ID_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$';

/** Whether `value` can be a `taskId`. */
export function isTaskId(value: unknown): value is string {
  return typeof value === 'string' && TASK_ID.test(value);
}
const TASK_ID = new RegExp(ID_PATTERN);

export const TaskId = Type.String({
  pattern: ID_PATTERN,
  description: 'Names one task of its owner; also the idempotency key of `execute_command`.',
});

export const ManagerId = Type.String({
  pattern: ID_PATTERN,
  description: 'Names a manager over all of its connections; its tasks belong to it.',
});

export const WorkerId = Type.String({
  pattern: ID_PATTERN,
  description: 'Names the worker that sends this.',
});

export const WorkspaceName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  description: 'Names a directory that outlives tasks, in the scope of the token that asks.',
});

export const Timestamp = Type.Integer({
  minimum: 0,
  description: 'When the sender sent this, milliseconds since the epoch by its own clock.',
});

/** A duration, milliseconds, at most what a 32-bit timer holds (24.8 days). */
export function durationMs(description: string) {
  return Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: `${description} Milliseconds.` });
}

/** A duration that was measured, milliseconds, without a timer's bound. */
export function elapsedMs(description: string) {
  return Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: `${description} Milliseconds.` });
}

/** A count of bytes that a double holds exactly. */
export function byteCount(description: string) {
  return Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: `${description} Bytes.` });
}

export function percent(description: string) {
  return Type.Number({ minimum: 0, description: `${description} Percent of the host, 0 to 100.` });
}

export const OutputOffset = byteCount('Raw bytes of the task before this point, both streams in the order read.');

export const Stream = Type.Union([Type.Literal('stdout'), Type.Literal('stderr')], {
  description: 'The stream of the command that the bytes came from. A PTY has `stdout` alone.',
});
export type Stream = Static<typeof Stream>;

export const Containment = Type.Union(
  [Type.Literal('bubblewrap'), Type.Literal('pid-namespace'), Type.Literal('process-group')],
  { description: 'What holds the processes of a task on this worker, strongest first.' },
);
export type Containment = Static<typeof Containment>;

export const ColumnCount = Type.Integer({ minimum: 1, maximum: 65_535, description: 'Width of the terminal, characters.' });
export const RowCount = Type.Integer({ minimum: 1, maximum: 65_535, description: 'Height of the terminal, lines.' });

/** The signals that `signal_task` may name: those of Linux and macOS, by their usual names. */
export const SIGNAL_NAMES = [
  'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGKILL', 'SIGUSR1',
  'SIGSEGV', 'SIGUSR2', 'SIGPIPE', 'SIGALRM', 'SIGTERM', 'SIGCHLD', 'SIGCONT', 'SIGSTOP', 'SIGTSTP', 'SIGTTIN',
  'SIGTTOU', 'SIGURG', 'SIGXCPU', 'SIGXFSZ', 'SIGVTALRM', 'SIGPROF', 'SIGWINCH', 'SIGIO', 'SIGSYS',
] as const;
export const SignalName = Type.Union(
  SIGNAL_NAMES.map((name) => Type.Literal(name)),
  { description: 'The signal to send, by name.' },
);
export type SignalName = (typeof SIGNAL_NAMES)[number];

export const BLOCK_REASONS = [
  'waiting_for_input', 'deadlock', 'infinite_loop', 'livelock', 'stopped', 'zombie', 'orphaned_output',
  'memory_exhausted', 'pids_exhausted', 'cpu_exhausted', 'disk_full', 'output_flood', 'network_wait', 'lock_wait',
  'no_progress',
] as const;
export type BlockReason = (typeof BLOCK_REASONS)[number];
export const BlockReason = Type.Union(
  BLOCK_REASONS.map((reason) => Type.Literal(reason)),
  { description: 'Why the task cannot go on by itself.' },
);

export const BlockAction = Type.Union([Type.Literal('report'), Type.Literal('end_input'), Type.Literal('terminate')], {
  description: 'What the worker does about a block by itself.',
});
export type BlockAction = Static<typeof BlockAction>;

export const ExitCode = Type.Union([Type.Integer({ minimum: 0, maximum: 255 }), Type.Null()], {
  description: 'What the command exited with, 0 to 255, or null where a signal ended it.',
});

export const ExitSignal = Type.Union([Type.String({ pattern: '^SIG[A-Z0-9+-]{1,16}$' }), Type.Null()], {
  description: 'The signal that ended the command, by name, or null where it exited.',
});

export const Usage = Type.Object(
  {
    cpuMs: Type.Optional(Type.Number({ minimum: 0, description: 'CPU time of the whole tree, milliseconds. Left out where unknown.' })),
    maxMemoryBytes: Type.Optional(byteCount('Most resident memory of the whole tree as measured. Left out where unknown.')),
  },
  { description: 'What the whole process tree of the task used.' },
);
export type Usage = Static<typeof Usage>;

export const Leftover = Type.Integer({
  minimum: 0,
  description: 'Processes that the task left behind and that the worker ended. None of them lives when this is sent.',
});
