/** The one error that callers meet, and the one table of its codes. It knows what a code means, never how it came about. */

/** Each code: what it means, and what to do next. docs/errors.md is made from this table. */
export const ERROR_CODES = {
  INVALID_OPTIONS: {
    means:
      'The options of the manager, of `close()` or of a transfer of files are not valid, or a token file is not what it has to be.',
    next: 'Correct the field that the message names.',
  },
  INVALID_TASK: {
    means: 'A field of the task request, or an argument about a task, is not valid. Nothing was sent.',
    next: 'Correct the field that the message names.',
  },
  CLOSED: {
    means: 'The manager was closed before the task ended, or is closed already.',
    next: 'Make a new manager; await tasks before close().',
  },
  DETACHED: {
    means: 'The handle let go of its task, which goes on at the worker.',
    next: 'attach() to it, with the same managerId.',
  },
  NO_WORKER: {
    means:
      'No worker of the pool, nor one that could still be started, can ever meet the requirements of the task.',
    next: 'Change the requirements, or add a worker that meets them.',
  },
  POOL_FULL: {
    means: 'The pool has as many workers as `maxWorkers` allows.',
    next: 'Raise `maxWorkers`.',
  },
  WORKER_UNREACHABLE: {
    means: 'No worker that could run the task could be reached in time.',
    next: 'See that the worker runs and that its URL is right; the manager goes on dialling it.',
  },
  TOKEN_REFUSED: {
    means: 'The worker refused the token (HTTP 401).',
    next: "Give a token that stands in the worker's token file.",
  },
  RATE_LIMITED: {
    means: 'The worker had too many failed tokens from this address (HTTP 429).',
    next: 'Correct the token, then wait a minute.',
  },
  ORIGIN_REFUSED: {
    means: 'The worker, or a proxy before it, forbade the connection (HTTP 403).',
    next: "Add the origin by the worker's --allow-origin, or look at the proxy.",
  },
  WRONG_PATH: {
    means: 'There is no worker at that path (HTTP 404).',
    next: 'Use the URL that the worker printed; its path is /.',
  },
  VERSION_MISMATCH: {
    means: 'The worker speaks no protocol version that this manager speaks (HTTP 400).',
    next: 'Use a worker and a manager of the same major version.',
  },
  WORKER_FULL: {
    means: 'The worker has as many connections as it allows (HTTP 503).',
    next: 'Close a manager, or raise its limit; the manager goes on dialling it.',
  },
  CONNECTION_REPLACED: {
    means: 'Another connection with the same managerId took over (4001).',
    next: 'Give each manager that runs at the same time a managerId of its own.',
  },
  MANAGER_ID_TAKEN: {
    means: 'The managerId belongs to a token of another name (4003).',
    next: 'Use another managerId, or the token that used it first.',
  },
  WORKER_MISBEHAVED: {
    means: 'The worker broke the protocol and lost its connection.',
    next: 'Update the worker; if it is not yours, do not trust it.',
  },
  WORKER_START_FAILED: {
    means: 'A worker process on this machine could not be started.',
    next: 'Read the last lines of its log in the message.',
  },
  WORKER_FAILED: {
    means:
      'A worker process of this manager did not do what it must, and was started again; or had to be too often, and is `failed`.',
    next: 'Nothing, where it is connected again; else look at its log, then createWorker() or replace_worker.',
  },
  UNKNOWN_WORKER: {
    means: 'The pool has no worker of that id or URL.',
    next: 'Use an id that getHealth() lists.',
  },
  UNKNOWN_TASK: {
    means: 'The worker keeps no task of that id for this managerId.',
    next: 'Use an id that listTasks() lists, and the managerId that started it.',
  },
  DUPLICATE_TASK: {
    means: 'A task of that id exists already, with another content.',
    next: 'Give each task an id of its own, or none.',
  },
  REJECTED: {
    means: 'The worker would not run the command; `detail` says why. It never ran.',
    next: 'Correct what the message names.',
  },
  SPAWN_FAILED: {
    means:
      'The command could not be started: `detail` is `command_not_found` or `not_executable`, where it is one of them.',
    next: 'Install the command on the worker, or correct its name.',
  },
  CANCELLED: {
    means: 'The task was cancelled before it was started. It never ran.',
    next: 'Nothing: this was asked for.',
  },
  TERMINATED: {
    means: 'The task was ended by terminate() or by its AbortSignal.',
    next: 'Nothing: this was asked for.',
  },
  TIMED_OUT: {
    means: 'The task ran longer than its `timeoutMs` and was ended.',
    next: 'Raise `timeoutMs` (0 = none), or see in `result` where it stood.',
  },
  BLOCKED: {
    means:
      'The task could not go on by itself, and was ended for it, by its `blockPolicy`, its `onBlock` or recoverFromBlock(); `detail` is the reason.',
    next: 'See what was seen and done in `result.history`; give it input, or a command that asks nothing.',
  },
  MEMORY_EXHAUSTED: {
    means: 'The task went over its own memory limit and was killed.',
    next: 'Raise `limits.memoryBytes`.',
  },
  WORKER_SHUTDOWN: {
    means: 'The worker was shut down, and ended the task when its drain time had passed.',
    next: 'Run the task again where that is safe; `idempotent: true` does so by itself.',
  },
  ORPHANED: {
    means: 'No manager was connected for too long, and the worker ended the task.',
    next: "Raise the worker's --orphan-timeout-ms.",
  },
  LOST: {
    means:
      'The worker that had the task is gone. `detail`: `never_started`, `may_have_run` or `completed_output_lost`.',
    next: 'Run it again if that is safe; `idempotent: true` does so by itself.',
  },
  INPUT_CLOSED: {
    means: 'The task takes no input: it has no open stdin, or has ended.',
    next: "Run it with `stdin: 'pipe'` or `pty`, and write before it ends.",
  },
  OUTPUT_TAKEN: {
    means: 'The output of a task can be iterated once.',
    next: 'Iterate it in one place and hand the chunks on from there.',
  },
  OUTPUT_NOT_KEPT: {
    means: 'Iteration began after more output than is kept had come.',
    next: 'Begin to iterate right after run(), or read head and tail in the result.',
  },
  INVALID_PATH: {
    means:
      'A path of a transfer of files would leave its place, or is none that can be there. Of what was received nothing was kept.',
    next: 'Correct the path that the message names, or leave it out by `exclude`.',
  },
  INVALID_ARCHIVE: {
    means: 'What was to be a tar archive is none, is compressed, or breaks off.',
    next: 'Give a whole tar archive, decompressed; where a worker sent it, do not trust that worker.',
  },
  ARCHIVE_TOO_LARGE: {
    means: 'More files, or more bytes, were to be received than is allowed. Nothing was kept.',
    next: 'Raise `maxBytes` or `maxEntries`, or leave something out by `exclude`.',
  },
  FILES_FAILED: {
    means: 'Files could not be read or written, at the worker or here; the message says which, and why.',
    next: 'Mend what the message names, and transfer them again.',
  },
  NO_PROGRESS: {
    means: 'Not a byte of a transfer of files moved for `idleTimeoutMs`, and it was ended.',
    next: 'See whether the worker is there and its disk works; raise `idleTimeoutMs` (0 = none).',
  },
  WORKSPACE_BUSY: {
    means: 'A task runs in the workspace.',
    next: 'Wait for the task, or terminate it.',
  },
  UNKNOWN_WORKSPACE: {
    means: 'The worker has no workspace of that name.',
    next: 'Use a name that listWorkspaces() lists.',
  },
  NOT_ANSWERED: {
    means: 'The worker did not answer in time.',
    next: "Look at the worker's log.",
  },
} as const satisfies Record<string, { means: string; next: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Why something failed, as a value. */
export interface Fault {
  readonly code: ErrorCode;
  /** What was expected and what came. */
  readonly message: string;
  /** For `REJECTED`, `SPAWN_FAILED`, `BLOCKED` and `LOST`: which of the kinds that the code names. */
  readonly detail?: string;
  /** Facts for a program: URL, HTTP status, and the like. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Where it came from. */
  readonly cause?: unknown;
}

/** What Sandcrew throws and rejects with. `code` is stable; `message` is for a person and ends with what to do. */
export class SandboxError<Result = unknown> extends Error {
  override readonly name = 'SandboxError';
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  /** What to do next, in a sentence. */
  readonly next: string;
  /** Of a task that ended so: what is known of it, its output so far included. */
  readonly result: Result | undefined;

  constructor(fault: Fault, result?: Result) {
    const { next } = ERROR_CODES[fault.code];
    super(
      `${sentence(fault.message)} ${next}`,
      fault.cause === undefined ? undefined : { cause: fault.cause },
    );
    this.code = fault.code;
    this.detail = fault.detail;
    this.details = fault.details ?? {};
    this.next = next;
    this.result = result;
  }
}

/** A worker's own words may lack their end. */
function sentence(words: string): string {
  return /[.!?:\n]$/.test(words) ? words : `${words}.`;
}
