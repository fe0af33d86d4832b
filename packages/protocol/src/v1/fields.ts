/** The fields that several messages share. Each has its unit and meaning here, once. */
import Type, { type Static } from 'typebox';
import { oneNameOf, oneWordOf, wordsOf } from './words.js';

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

/** A duration that was measured, milliseconds. It is never a timer's, so a double's exactness is its only bound. */
export function elapsedMs(description: string) {
  return Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: `${description} Milliseconds.`,
  });
}

/** A count of bytes that a double holds exactly. */
export function byteCount(description: string) {
  return Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: `${description} Bytes.` });
}

/** A share of what the host has. Without a maximum: rounding may tell a hair over 100. */
export function percent(description: string) {
  return Type.Number({ minimum: 0, description: `${description} Percent of the host, 0 to 100.` });
}

export const OutputOffset = byteCount(
  'Raw bytes of the task before this point, both streams in the order read.',
);

export const Stream = oneWordOf(
  {
    stdout: 'Standard output, and all output of a PTY.',
    stderr: 'Standard error.',
  },
  'The stream of the command that the bytes came from.',
);
export type Stream = Static<typeof Stream>;

export const Containment = oneWordOf(
  {
    bubblewrap: 'Namespaces of its own and a read-only root: holds every process and hides the host’s files.',
    'pid-namespace': 'A PID namespace of its own: holds every process, hides no files.',
    'process-group': 'A process group: a daemon that leaves it with a cleaned environment may escape.',
  },
  'What holds the processes of a task on this worker.',
);
export type Containment = Static<typeof Containment>;

export const ColumnCount = Type.Integer({
  minimum: 1,
  maximum: 65_535,
  description: 'Width of the terminal, characters.',
});
export const RowCount = Type.Integer({
  minimum: 1,
  maximum: 65_535,
  description: 'Height of the terminal, lines.',
});

/** The signals that `signal_task` may name: those of Linux and macOS, by their usual names. */
export const SIGNAL_NAMES = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGUSR1',
  'SIGSEGV',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGTERM',
  'SIGCHLD',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGVTALRM',
  'SIGPROF',
  'SIGWINCH',
  'SIGIO',
  'SIGSYS',
] as const;
export const SignalName = oneNameOf(SIGNAL_NAMES, 'The signal to send, by name.');
export type SignalName = Static<typeof SignalName>;

const BLOCK_REASON_MEANINGS = {
  waiting_for_input: 'It reads its stdin or its terminal, and nobody has fed it.',
  deadlock: 'No thread of the tree can run, and whatever could wake one is inside the tree.',
  infinite_loop: 'It burns CPU without input, output or new children.',
  livelock: 'Several of its threads or processes keep each other busy without input or output.',
  stopped: 'It is stopped by a signal (SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU).',
  zombie: 'A dead child is never reaped by its parent, which is itself blocked for ever.',
  orphaned_output: 'The command has exited, and something it left holds its output open.',
  memory_exhausted: 'It is at its memory limit.',
  pids_exhausted: 'It is at its limit of processes and threads.',
  cpu_exhausted: 'It is throttled by its CPU limit, or starved by the host.',
  disk_full: 'Its writes fail, or the file system of its workspace is full.',
  output_flood: 'Its output is over the limit and does not slow.',
  network_wait: 'It waits for a peer outside the tree.',
  lock_wait: 'It waits for a lock that something outside the tree holds.',
  no_progress: 'It waits on timers alone, without input or output.',
} as const;
export const BLOCK_REASONS = wordsOf(BLOCK_REASON_MEANINGS);
export const BlockReason = oneWordOf(BLOCK_REASON_MEANINGS, 'Why the task cannot go on by itself.');
export type BlockReason = Static<typeof BlockReason>;

export const BlockAction = oneWordOf(
  {
    report: 'Say so, and do nothing.',
    end_input: 'Close the stdin of a task that waits for input (^D on a PTY); on any other reason, report.',
    terminate: 'End the task: `task_error` `blocked`, with the `reason`.',
  },
  'What the worker does about a block by itself.',
);
export type BlockAction = Static<typeof BlockAction>;

export const ExitCode = Type.Union([Type.Integer({ minimum: 0, maximum: 255 }), Type.Null()], {
  description: 'What the command exited with, 0 to 255, or null where a signal ended it.',
});

export const ExitSignal = Type.Union([Type.String({ pattern: '^SIG[A-Z0-9+-]{1,16}$' }), Type.Null()], {
  description: 'The signal that ended the command, by name, or null where it exited.',
});

export const Usage = Type.Object(
  {
    cpuMs: Type.Optional(
      Type.Number({
        minimum: 0,
        description: 'CPU time of the whole tree, milliseconds. Left out where unknown.',
      }),
    ),
    maxMemoryBytes: Type.Optional(
      byteCount(
        'Most memory of the whole tree: what the kernel charged to its control group, cached files too, where the worker makes one, else resident memory as measured. Left out where unknown.',
      ),
    ),
  },
  { description: 'What the whole process tree of the task used.' },
);
export type Usage = Static<typeof Usage>;

export const Leftover = Type.Integer({
  minimum: 0,
  description:
    'Processes that the task left behind and that the worker ended. None of them lives when this is sent.',
});
