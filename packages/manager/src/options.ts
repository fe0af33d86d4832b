/** What a caller says: the options of a manager, and of one task. Shapes and defaults only; `settings` and `task-request` judge them. */
import type { BlockPolicy, BlockReason, TaskLimits } from '@sandcrew/protocol';
import type { BlockInfo, RecoveryRung } from './core/report.js';

export interface ManagerOptions {
  /** Workers that run already. None named: one is started on this machine when the first task needs it. */
  readonly workers?: readonly WorkerAddress[];
  /** Most workers of the pool, those that are named included. Default 10. */
  readonly maxWorkers?: number;
  /**
   * Names this manager over all its connections: its tasks belong to it. Default: a random one. Give a fixed one to find
   * detached tasks again; of two managers that use one id at the same time, the newer wins.
   */
  readonly managerId?: string;
  /** How the worker processes are started that this manager starts itself. */
  readonly embedded?: EmbeddedOptions;
  /** One attempt to connect, and how long a task waits for a worker that cannot be reached. Default 10 000. */
  readonly connectTimeoutMs?: number;
  /** How long a worker may be away before its tasks are `LOST`. Default 300 000. */
  readonly lostAfterMs?: number;
  /** Starts of an `idempotent` task at most. Default 3. */
  readonly maxAttempts?: number;
  /** The result keeps so much of the head of each stream, and as much of its tail, bytes. Default 1 MiB. */
  readonly keepOutputBytes?: number;
  /**
   * Whether spans and metrics go to OpenTelemetry's global API, and the trace context into the environment of commands
   * (docs/telemetry.md). Without an SDK that does nothing. Default true.
   */
  readonly telemetry?: boolean;
}

export interface WorkerAddress {
  /** `ws://`, `wss://`, or `ws+unix:/path/to.sock:/`. */
  readonly url: string;
  /** The token itself, or the file that holds it (first line `[NAME:]TOKEN`, mode 0600; read at each dial). One of the two. */
  readonly token?: string;
  readonly tokenFile?: string;
  /** `wss:` only: trust this CA (PEM) and no other. */
  readonly ca?: string | Uint8Array;
  /** `wss:` only, both or none: the certificate to show to a worker that asks for one (`--tls-client-ca`), and its key (PEM). */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
}

export interface EmbeddedOptions {
  /** The worker program as an argv. Default: the `@sandcrew/worker` that is installed beside this package, by this Node. */
  readonly command?: readonly string[];
  /** The directory of tasks that name no workspace. Default: the current one. */
  readonly directory?: string;
  /** Where named workspaces live. Default: a temporary directory that is deleted with the worker. */
  readonly stateDirectory?: string;
  /** Further options of `sandcrew-worker`. */
  readonly args?: readonly string[];
}

/** One command to run, and what it needs. */
export interface TaskRequest {
  /** A string is for the shell (`bash -c`); an array is an argv and no shell is involved. */
  readonly command: string | readonly string[];
  /** Default: a random one. Two tasks of one manager never share an id. */
  readonly taskId?: string;
  /** Higher goes first; equals go oldest first. A whole number, default 0. */
  readonly priority?: number;
  readonly requirements?: WorkerRequirements;
  /**
   * A directory of the worker that outlives tasks. Tasks that name the same one run on the same worker.
   * `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`
   */
  readonly workspace?: string;
  /** Relative to the workspace, and inside it. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** `none` (default): the command reads end of file at once. `pipe`: it reads what `write()` brings. */
  readonly stdin?: 'none' | 'pipe';
  /** Run on a terminal of this size; implies an open stdin, and all output is `stdout`. */
  readonly pty?: { readonly cols: number; readonly rows: number };
  /** Wall clock from its start at the worker, milliseconds. Default 300 000; 0 = none. */
  readonly timeoutMs?: number;
  readonly limits?: TaskLimits;
  readonly network?: 'none' | 'host';
  /** Which variables of `env` that steer loaders and interpreters are meant: true = all, or their names. */
  readonly allowEnv?: boolean | readonly string[];
  readonly kind?: 'batch' | 'service' | 'interactive';
  /** Silence up to so long is expected, milliseconds. */
  readonly expectQuietMs?: number;
  /** How long output is read on after the exit while something holds it open, milliseconds. Default 2 000. */
  readonly lingerMs?: number;
  /** What the worker itself does on a block. Default: it reports. */
  readonly blockPolicy?: BlockPolicy;
  /**
   * What this manager does on a block, beside that: a table, or a function that is asked about each block. Default: it
   * tells them. docs/recovery.md tells how the ladder is climbed.
   */
  readonly onBlock?: BlockTable | BlockHandler;
  /**
   * Whether it may be started again: when its worker was lost or shut down, and where `onBlock` says `requeue`. Default
   * false: it is reported `LOST`, `WORKER_SHUTDOWN` or `BLOCKED` instead.
   */
  readonly idempotent?: boolean;
  /** Ends the task: `CANCELLED` before its start (aborted already: nothing is ever sent), `TERMINATED` after it. */
  readonly signal?: AbortSignal;
  /** From SIGTERM to SIGKILL where `signal` or `onBlock` ends the task, milliseconds. Default 5 000. */
  readonly graceMs?: number;
}

/** An answer to a prompt, as a line: a line end is added where it has none. */
export interface Reply {
  readonly reply: string;
  /** Whether it may answer a prompt that asks for a password, which no other answer does. Default false. */
  readonly password?: boolean;
  /** How often it may be given in one attempt, so that a wrong one does not circle. Default 1. */
  readonly times?: number;
}

/** An answer to those prompts alone that hold the text, or fit the pattern: the line without its end, in which the program waits. */
export interface PromptAnswer extends Reply {
  readonly prompt: RegExp | string;
}

/**
 * `report`: nothing. `answer`: by one of `answers`. `end_input`: end of file. `continue`: SIGCONT. `terminate`: the task ends
 * as `BLOCKED`. `requeue`: it is ended and started again on another worker (`idempotent: true` alone).
 */
export type BlockReaction = 'report' | 'answer' | 'end_input' | 'continue' | 'terminate' | 'requeue' | Reply;

/** What may be done, mildest first whatever the order here. */
export interface BlockLadder {
  readonly ladder: BlockReaction | readonly BlockReaction[];
  /** A suspicion that has stood for so long is acted upon like what is confirmed, milliseconds. Default: never. */
  readonly suspectedAfterMs?: number;
}

/** By reason; `default` for those not named. `answers` hold for every confirmed `waiting_for_input`, in their order. */
export type BlockTable = { readonly answers?: readonly PromptAnswer[] } & {
  readonly [reason in BlockReason | 'default']?: BlockReaction | readonly BlockReaction[] | BlockLadder;
};

/**
 * Says what is done about one block, confirmed or suspected. Nothing, where it says nothing, throws, or takes more than
 * 10 s; the history tells which.
 */
export type BlockHandler = (
  block: BlockInfo,
) =>
  | BlockReaction
  | readonly BlockReaction[]
  | undefined
  | Promise<BlockReaction | readonly BlockReaction[] | undefined>;

/** What a worker must have to be given a task. */
export interface WorkerRequirements {
  /** The one worker that may have it, by id or by URL. */
  readonly worker?: string;
  /** The worker's `--type`. */
  readonly type?: string;
  /** Labels that it must have, with these values. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Memory that must be free on its host, bytes. */
  readonly memoryBytes?: number;
}

/** Without a command yet: what `assignTask` reserves a slot for. */
export type TaskReservation = Omit<TaskRequest, 'command'> & Partial<Pick<TaskRequest, 'command'>>;

export interface AttachRequest {
  readonly taskId: string;
  /** Which worker has it, by id or by URL. May be left out where the pool has one worker. */
  readonly workerId?: string;
  readonly workerUrl?: string;
  /** The first byte of output that is wanted. What the worker no longer keeps is told as a gap. Default 0. */
  readonly offset?: number;
  /** Whether the worker may drop the task once it has ended and its output was read to the end, or nobody reads it. Default true. */
  readonly forget?: boolean;
}

export interface CloseOptions {
  /** From SIGTERM to SIGKILL of what still runs, milliseconds. Default 5 000. */
  readonly graceMs?: number;
  /** Leave tasks running at their workers (not those of embedded workers, which end with the manager). Default false. */
  readonly leaveTasks?: boolean;
}

export interface RecoveryOptions {
  /**
   * Default: for a confirmed block the next that was not tried and can be done, up to `terminate` (and `requeue`, where the
   * task is `idempotent`); a suspected one is only reported.
   */
  readonly rung?: RecoveryRung;
  /** The answer to its prompt, for `answer`; a line end is added where it has none. Default: the task's own `answers`. */
  readonly reply?: string;
  /** Whether `reply` may answer a prompt that asks for a password. Default false. */
  readonly password?: boolean;
  /** From SIGTERM to SIGKILL where the task is ended, milliseconds. Default 5 000. */
  readonly graceMs?: number;
}
