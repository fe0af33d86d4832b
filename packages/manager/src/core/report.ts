/** What is told of tasks, workers and blocks: plain values, the same inside and in the public API. */
import type { BlockAction, BlockReason, Containment, Heartbeat, Stream, Usage } from '@sandcrew/protocol';
import type { SandboxError } from './sandbox-error.js';

export type TaskState =
  | 'queued'
  | 'assigned'
  | 'running'
  | 'blocked'
  | 'unknown'
  | 'terminating'
  | 'completed'
  | 'failed'
  | 'cancelled';

export type WorkerHealth = 'healthy' | 'late' | 'lost';

/** Bytes of output that the worker could not keep: `bytes` of them from `offset` on are gone. */
export interface OutputGapInfo {
  readonly offset: number;
  readonly bytes: number;
}

/** One step of a task's life. */
export interface HistoryEntry {
  /** Since the task was accepted, milliseconds. */
  readonly afterMs: number;
  readonly state: TaskState;
  /** Starts so far, this one included. */
  readonly attempt: number;
  readonly workerId: string | null;
  /** Why, in words: an error, a block and its evidence. */
  readonly note?: string;
  /** What was done about a block. */
  readonly rung?: RecoveryRung;
}

/** How a command ended that came to its own end, whatever its exit code. */
export interface TaskResult {
  readonly taskId: string;
  /** 0-255, or null where `signal` ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** All of it, or head and tail with a line between that says how much was left out. Invalid UTF-8 is U+FFFD. */
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes that `stdout` (`stderr`) leaves out between its head and its tail. 0 = it is whole but for `gaps`. */
  readonly stdoutOmittedBytes: number;
  readonly stderrOmittedBytes: number;
  /** From the start to the exit of the command, by the worker's clock, milliseconds. */
  readonly durationMs: number;
  readonly workerId: string;
  /** Starts, this one included. 1 but for `idempotent` tasks. */
  readonly attempts: number;
  /** Output of both streams as the worker read it, also what a gap left out, bytes. */
  readonly outputBytes: number;
  readonly gaps: readonly OutputGapInfo[];
  /** Processes that the task left behind and that the worker ended. */
  readonly leftover: number;
  readonly usage: Usage;
  readonly history: readonly HistoryEntry[];
}

/** What is known of a task that did not come to its own end: the output so far, and the rest where it was told. */
export interface PartialTaskResult
  extends Pick<
    TaskResult,
    | 'taskId'
    | 'stdout'
    | 'stderr'
    | 'stdoutOmittedBytes'
    | 'stderrOmittedBytes'
    | 'attempts'
    | 'outputBytes'
    | 'gaps'
    | 'history'
  > {
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly durationMs?: number;
  readonly leftover?: number;
  readonly usage?: Usage;
  /** Null where it never had a worker. */
  readonly workerId: string | null;
}

/** A standing block: a task that cannot go on by itself. */
export interface BlockInfo {
  readonly taskId: string;
  readonly workerId: string;
  readonly reason: BlockReason;
  /** `confirmed`: the evidence excludes every other reading. */
  readonly confidence: 'confirmed' | 'suspected';
  /** How long it had stood when it was reported, milliseconds. */
  readonly durationMs: number;
  /** CPU in percent of a core, memory in bytes, disk in bytes written; unknown ones are left out. */
  readonly resourceUsage: { readonly cpu?: number; readonly memory?: number; readonly disk?: number };
  readonly recoverable: boolean;
  readonly evidence: Readonly<Record<string, unknown>>;
  /** What the worker does about it by itself. */
  readonly action: BlockAction;
}

/** What may be done about a block, mildest first. docs/recovery.md tells what each does. */
export type RecoveryRung =
  | 'report'
  | 'answer'
  | 'end_input'
  | 'continue'
  | 'terminate'
  | 'requeue'
  | 'restart_worker'
  | 'replace_worker'
  | 'give_up';

/** What was done about a block of a task. */
export interface RecoveryInfo {
  readonly taskId: string;
  readonly workerId: string;
  readonly reason: BlockReason;
  readonly rung: RecoveryRung;
  /** In a sentence. */
  readonly why: string;
}

/** Why a rung cannot be climbed. */
export type RecoveryRefusal =
  | 'not_blocked'
  | 'unreachable'
  | 'not_waiting_for_input'
  | 'not_confirmed'
  | 'input_closed'
  | 'no_answer'
  | 'password_prompt'
  | 'not_stopped'
  | 'stopped_by_terminal'
  | 'continued_enough'
  | 'not_idempotent'
  | 'no_attempt_left'
  | 'no_other_worker'
  | 'not_started_here'
  | 'shared_worker'
  | 'too_many_restarts';

/** What `recoverFromBlock` did. */
export interface RecoveryResult {
  /** Null where no task of the worker is blocked. */
  readonly block: BlockInfo | null;
  /** `none`: nothing is blocked, or the rung that was asked for cannot be climbed: see `refusal`. */
  readonly rung: 'none' | RecoveryRung;
  readonly refusal: RecoveryRefusal | null;
  /** The rungs that there are, mildest first. */
  readonly rungs: readonly RecoveryRung[];
  /** Why this rung, or why none, in a sentence. */
  readonly why: string;
}

/** A worker of the pool, as it is now. */
export interface SandboxWorker {
  /** As the worker names itself; before its first welcome, its URL. */
  readonly workerId: string;
  readonly url: string;
  /** Whether this manager started it. */
  readonly embedded: boolean;
  /**
   * `refused`: the last dial was refused for a reason that dialling again will hardly mend; `error` says which.
   * `failed`: this manager restarted it too often within a minute, and does so no more.
   */
  readonly phase: 'starting' | 'connecting' | 'connected' | 'away' | 'refused' | 'failed';
  readonly health: WorkerHealth;
  readonly type: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly containment: Containment | null;
  /** The `limits` that it can hold a task to; null where it has not said. A task with others goes elsewhere. */
  readonly enforcedLimits: readonly string[] | null;
  readonly maxTasks: number;
  /** Tasks of this manager that are on it. */
  readonly taskIds: readonly string[];
  readonly workspaces: readonly string[];
  /** From its last heartbeat: percent of the host, load, event-loop delay. */
  readonly load: Heartbeat['health'] | null;
  readonly draining: boolean;
  readonly error: SandboxError | null;
}

/** A task that a worker keeps for this managerId. */
export interface WorkerTask {
  readonly taskId: string;
  readonly workerId: string;
  /** `complete` and `error`: it has ended and is kept until it is read and forgotten. */
  readonly state: 'running' | 'terminating' | 'complete' | 'error';
  /** Output before this point was taken by a reader and may be gone, bytes. */
  readonly ackedOffset: number;
  /** Output so far, bytes. */
  readonly endOffset: number;
}

export interface ManagerHealth {
  /** `healthy`: every worker is. `degraded`: some are not. `unavailable`: none is connected, or there is none. */
  readonly status: 'healthy' | 'degraded' | 'unavailable';
  readonly workers: readonly SandboxWorker[];
  /** Tasks that have not ended, by state. */
  readonly tasks: Readonly<
    Record<'queued' | 'assigned' | 'running' | 'blocked' | 'unknown' | 'terminating', number>
  >;
}

/** One chunk of a task's output. */
export interface OutputChunk {
  readonly stream: Stream;
  /** UTF-8 text, never cut inside a code point: that of the code points which this chunk completes. */
  readonly text: string;
  /** The raw bytes. Empty only where a code point that the task cut off is told at the end. */
  readonly bytes: Uint8Array;
  /** Raw bytes of both streams before this chunk. It jumps where there is a gap. */
  readonly offset: number;
}

/** Where and how a task was started. */
export interface TaskStart {
  readonly workerId: string;
  /** As the worker's host numbers it. Null for a task that was attached to, or whose start and end fell into one cut. */
  readonly pid: number | null;
  readonly containment: Containment;
}
