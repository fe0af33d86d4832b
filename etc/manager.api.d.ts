// Made by `npm run generate` from the declarations that the index reaches. Do not edit.

// dist/core/block-orders.d.ts
/** What is to be done about the blocks of a task, as its caller ordered it: which order holds for a block, which answer fits a prompt. */
import type { BlockReason } from '@sandcrew/protocol';
import type { BlockInfo, RecoveryRung } from './report.js';
/** The rungs that a caller may order beforehand; the rest of the ladder follows from them. */
export type OrderedRung = Extract<RecoveryRung, 'answer' | 'end_input' | 'continue' | 'terminate' | 'requeue'>;
export interface Answer {
    /** A text fits every prompt that holds it; null fits any. */
    readonly prompt: RegExp | string | null;
    /** With its line end. */
    readonly text: string;
    /** Whether it may answer a prompt that asks for a password. */
    readonly password: boolean;
    /** How often it may be given in one attempt. */
    readonly times: number;
}
/** What may be done about one sort of block. */
export interface BlockPlan {
    readonly rungs: readonly OrderedRung[];
    readonly answers: readonly Answer[];
    /** A suspicion is acted upon once it has stood for so long; null = never. */
    readonly suspectedAfterMs: number | null;
}
/** `handler`: a function of the caller's is asked about each block. */
export type BlockOrders = {
    readonly by: 'handler';
} | {
    readonly by: 'table';
    readonly plans: Readonly<Partial<Record<BlockReason | 'default', BlockPlan>>>;
    /** They hold for `waiting_for_input`, whatever its plan. */
    readonly answers: readonly Answer[];
};
/** What was ordered for a reason beforehand. */
export declare function planFor(orders: BlockOrders | null, reason: BlockReason): BlockPlan;
/**
 * The first answer that fits what a block's program asks, and was not given often enough; null for none.
 * @param answered The prompt that was answered last: in a pipe, where no answer is echoed, the next stands on the same line.
 */
export declare function chooseAnswer({ evidence }: BlockInfo, answers: readonly Answer[], given: ReadonlyMap<Answer, number>, answered?: string): Answer | null;
/** What its program has on the screen, '' for nothing. */
export declare function promptOf({ prompt }: BlockInfo['evidence']): string;

// dist/core/effect.d.ts
/** What the manager's machine wants done. In the imperative; whoever runs it decides nothing. */
import type { ManagerMessage } from '@sandcrew/protocol';
import type { Timer } from './event.js';
import type { BlockInfo, HistoryEntry, OutputGapInfo, RecoveryInfo, SandboxWorker, TaskResult, TaskStart } from './report.js';
import type { Fault } from './sandbox-error.js';
/** A message for a worker, but for the time at which it is sent. */
export type Outgoing = ManagerMessage extends infer Message ? Message extends unknown ? Omit<Message, 'timestamp'> : never : never;
/** What a worker told of a command's end. */
export type TaskEnd = Pick<TaskResult, 'exitCode' | 'signal' | 'durationMs' | 'outputBytes' | 'usage' | 'leftover'>;
/** How a task ended: by itself, or with a fault and what is known all the same. */
export interface Outcome {
    readonly workerId: string | null;
    readonly attempts: number;
    readonly gaps: readonly OutputGapInfo[];
    readonly history: readonly HistoryEntry[];
    readonly receivedOffset: number;
    readonly fault: Fault | null;
    readonly end: Partial<TaskEnd>;
}
export type Effect = {
    readonly type: 'dial';
    readonly workerKey: string;
}
/** Ends a connection at once. Nothing is reported of it any more. */
 | {
    readonly type: 'drop_connection';
    readonly workerKey: string;
} | {
    readonly type: 'send';
    readonly workerKey: string;
    readonly message: Outgoing;
} | {
    readonly type: 'start_worker';
    readonly workerKey: string;
    readonly workerType: string;
}
/** Ends a worker process at once, where it still lives, and starts another in its place. */
 | {
    readonly type: 'restart_worker';
    readonly workerKey: string;
    readonly workerType: string;
}
/** Ends a worker process at once. */
 | {
    readonly type: 'stop_worker';
    readonly workerKey: string;
} | {
    readonly type: 'set_timer';
    readonly timer: Timer;
    readonly delayMs: number;
} | {
    readonly type: 'clear_timer';
    readonly timer: Timer;
}
/** Report `tick_ended` when the code that runs now has come to its end. */
 | {
    readonly type: 'await_tick_end';
} | {
    readonly type: 'tell_assigned';
    readonly taskId: string;
    readonly worker: SandboxWorker;
} | {
    readonly type: 'tell_started';
    readonly taskId: string;
    readonly start: TaskStart;
    readonly attempt: number;
} | {
    readonly type: 'settle_task';
    readonly taskId: string;
    readonly outcome: Outcome;
}
/** A new attempt: its output begins at 0 again, and what came of the last one does not count. */
 | {
    readonly type: 'restart_task';
    readonly taskId: string;
    readonly attempts: number;
    readonly why: string;
}
/** Input may go to this worker, from the first byte that the command has not taken. */
 | {
    readonly type: 'open_input';
    readonly taskId: string;
    readonly workerKey: string;
} | {
    readonly type: 'hold_input';
    readonly taskId: string;
} | {
    readonly type: 'accept_input';
    readonly taskId: string;
    readonly offset: number;
} | {
    readonly type: 'refuse_input';
    readonly taskId: string;
    readonly message: string;
}
/** An answer to a prompt: input that is of this attempt alone, and never told. */
 | {
    readonly type: 'reply_input';
    readonly taskId: string;
    readonly text: string;
} | {
    readonly type: 'end_input';
    readonly taskId: string;
}
/** Ask the caller's function what to do about a block; report `block_answered`. */
 | {
    readonly type: 'ask_handler';
    readonly taskId: string;
    readonly climbId: number;
    readonly block: BlockInfo;
} | {
    readonly type: 'tell_gap';
    readonly taskId: string;
    readonly workerId: string;
    readonly gap: OutputGapInfo;
} | {
    readonly type: 'tell_block';
    readonly block: BlockInfo;
} | {
    readonly type: 'tell_block_cleared';
    readonly block: BlockInfo;
    readonly durationMs: number;
} | {
    readonly type: 'tell_recovery';
    readonly recovery: RecoveryInfo;
} | {
    readonly type: 'tell_worker_created';
    readonly worker: SandboxWorker;
} | {
    readonly type: 'tell_worker_connected';
    readonly worker: SandboxWorker;
} | {
    readonly type: 'tell_worker_disconnected';
    readonly worker: SandboxWorker;
    readonly fault: Fault;
} | {
    readonly type: 'answer_request';
    readonly requestId: string;
    readonly worker: SandboxWorker;
} | {
    readonly type: 'refuse_request';
    readonly requestId: string;
    readonly fault: Fault;
}
/** Close every connection, end every worker process, then say that the manager is closed. */
 | {
    readonly type: 'shut_down';
};

// dist/core/event.d.ts
/** What happens to the manager: calls of its owner, news of its connections and processes, timers. In the past tense. */
import type { BlockReason, SignalName, WorkerMessage } from '@sandcrew/protocol';
import type { Answer, BlockPlan } from './block-orders.js';
import type { RecoveryRung } from './report.js';
import type { RequestKind } from './request.js';
import type { Fault } from './sandbox-error.js';
import type { CommandBody, StopOrder, Submission } from './task.js';
export type Timer = {
    readonly kind: 'redial' | 'welcome' | 'away' | 'full' | 'silence' | 'revival';
    readonly workerKey: string;
} | {
    readonly kind: 'task';
    readonly taskId: string;
} | {
    readonly kind: 'block';
    readonly taskId: string;
    readonly reason: BlockReason;
} | {
    readonly kind: 'request';
    readonly requestId: string;
} | {
    readonly kind: 'stranded' | 'close';
};
/** What a caller wants done about the oldest block of a worker. */
export interface RungOrder {
    /** Undefined: the next of the ladder. */
    readonly rung: RecoveryRung | undefined;
    readonly answer: Answer | null;
    readonly graceMs: number;
}
export type ManagerEvent = {
    readonly type: 'task_submitted';
    readonly submission: Submission;
}
/** Whoever submitted tasks has had its say: what it took back at once is gone from them. */
 | {
    readonly type: 'tick_ended';
} | {
    readonly type: 'task_commanded';
    readonly taskId: string;
    readonly command: NonNullable<CommandBody['command']>;
} | {
    readonly type: 'task_adopted';
    readonly submission: Submission;
    readonly worker: string | undefined;
    readonly offset: number;
    readonly forget: boolean;
}
/** The reader of a task that has ended took all of its output, or will take no more. */
 | {
    readonly type: 'reading_ended';
    readonly taskId: string;
} | {
    readonly type: 'stop_asked';
    readonly taskId: string;
    readonly stop: StopOrder;
} | {
    readonly type: 'signal_asked';
    readonly taskId: string;
    readonly signal: SignalName;
} | {
    readonly type: 'resize_asked';
    readonly taskId: string;
    readonly cols: number;
    readonly rows: number;
} | {
    readonly type: 'detach_asked';
    readonly taskId: string;
} | {
    readonly type: 'request_made';
    readonly requestId: string;
    readonly worker: string | undefined;
    readonly kind: RequestKind;
} | {
    readonly type: 'worker_named';
    readonly url: string;
} | {
    readonly type: 'worker_wanted';
    readonly requestId: string;
    readonly workerType: string;
} | {
    readonly type: 'worker_started';
    readonly workerKey: string;
    readonly url: string;
} | {
    readonly type: 'worker_start_failed';
    readonly workerKey: string;
    readonly fault: Fault;
} | {
    readonly type: 'worker_exited';
    readonly workerKey: string;
    readonly fault: Fault;
} | {
    readonly type: 'connection_opened';
    readonly workerKey: string;
}
/** A dial failed. `lasting`: dialling again will hardly mend it. */
 | {
    readonly type: 'dial_failed';
    readonly workerKey: string;
    readonly fault: Fault;
    readonly lasting: boolean;
}
/** An open connection ended. */
 | {
    readonly type: 'connection_lost';
    readonly workerKey: string;
    readonly fault: Fault;
    readonly lasting: boolean;
} | {
    readonly type: 'message_received';
    readonly workerKey: string;
    readonly message: WorkerMessage;
}
/** A frame, or a run of output, that the protocol does not allow. */
 | {
    readonly type: 'protocol_broken';
    readonly workerKey: string;
    readonly message: string;
}
/** `execute_command` could not be handed to the connection: nothing of it left. */
 | {
    readonly type: 'command_unsent';
    readonly taskId: string;
    readonly workerKey: string;
}
/** The caller's function has said what to do about a block, or has failed. */
 | {
    readonly type: 'block_answered';
    readonly taskId: string;
    readonly climbId: number;
    readonly answer: {
        readonly plan: BlockPlan;
    } | {
        readonly fault: string;
    };
} | {
    readonly type: 'rung_asked';
    readonly workerKey: string;
    readonly order: RungOrder;
} | {
    readonly type: 'timer_fired';
    readonly timer: Timer;
} | {
    readonly type: 'close_asked';
    readonly graceMs: number;
    readonly leaveTasks: boolean;
};

// dist/core/files/archive-ledger.d.ts
/** Judges an archive entry by entry, by what came before: nothing may lie, or lead, where it must not. It sees no bytes. */
import type { ErrorCode } from '../sandbox-error.js';
import type { IsExcluded } from './exclusion.js';
/** An entry as its header tells it. */
export interface ArchiveEntry {
    readonly name: string;
    /** As tar names them; null for one that it does not know. */
    readonly type: string | null;
    readonly bytes: number;
    readonly linkname: string | null;
}
/** What it is to have once it is unpacked. */
export interface FileFacts {
    /** Who may read, write and execute it: the lowest nine bits. Whatever else was set is dropped. */
    readonly mode: number;
    /** When it was written, seconds since the epoch. */
    readonly mtimeS: number;
}
export interface ArchiveRules {
    /** Content of all files, bytes. */
    readonly maxBytes: number;
    readonly maxEntries: number;
    readonly isExcluded: IsExcluded;
    /** Links to anywhere are kept: in a worker's workspace they lead where its tasks can go anyway. */
    readonly linksMayLeave: boolean;
    readonly isWindows: boolean;
}
type TakenKind = 'file' | 'directory' | 'symlink';
export interface ArchiveLedger {
    readonly kinds: Map<string, TakenKind>;
    nameCharacters: number;
    /** All that came, and those that were taken. */
    seen: number;
    entries: number;
    bytes: number;
}
export type EntryVerdict = {
    readonly verdict: 'take';
    readonly path: string;
    readonly kind: TakenKind | 'link';
    /** Where a link leads: as it is written for a `symlink`, the path of an entry before it for a `link`. */
    readonly to: string;
} | {
    readonly verdict: 'skip';
} | {
    readonly verdict: 'refuse';
    readonly code: ErrorCode;
    readonly message: string;
};
export declare function openLedger(): ArchiveLedger;
/** Judges the next entry and, where it is taken, writes it down. */
export declare function judgeEntry(ledger: ArchiveLedger, entry: ArchiveEntry, rules: ArchiveRules): EntryVerdict;
/** Whether an archive goes on for longer than all that it may hold. */
export declare function isTooLong(archiveBytes: number, { maxBytes, maxEntries }: ArchiveRules): boolean;
/** No archive holds this name, or may. */
export declare function refuseName(name: string, why: string): Extract<EntryVerdict, {
    verdict: 'refuse';
}>;
export {};

// dist/core/files/exclusion.d.ts
/** What a transfer leaves out: patterns of names, here and as the worker's `tar` takes them. */
/** Whether a path, or a directory above it, is left out. */
export type IsExcluded = (path: string) => boolean;
/**
 * In a pattern `*` is any characters but `/`, `?` is one of them, and everything else itself. Without a `/` it is the
 * name of a file or directory anywhere; with one, a path from the root of what is moved. What a directory holds goes with it.
 */
export declare function compileExclusion(patterns: readonly string[]): IsExcluded;
/** The same for GNU tar, so that it does not send what is then left out. */
export declare function tarExclusions(patterns: readonly string[]): string[];

// dist/core/files/tar-commands.d.ts
/**
 * Output ahead of its reader: a worker never stops a command whose reader is slow, and past what it retains the oldest bytes
 * go. So `tar` stops by itself after each so many bytes, until it is given another line of input.
 */
export declare const CREDIT_BYTES = 4194304;
/** Lines that are given before the first byte has come. */
export declare const CREDITS_AHEAD = 4;
export declare function putCommand(directory: string): string[];
/** What is wanted of a workspace: a name in a directory, or all that the directory holds. */
export interface WantedPath {
    /** Relative to the workspace; empty for the workspace itself. */
    readonly directory: string;
    /** Null: all of it. */
    readonly name: string | null;
}
export declare function getCommand(paths: readonly WantedPath[], exclude: readonly string[]): string[];
export type TarVerdict = {
    readonly ok: true;
    readonly warnings: readonly string[];
} | {
    readonly ok: false;
    readonly why: string;
};
/** What the end of the command means. @param stderr All that it said there. */
export declare function judgeTarEnd(exitCode: number | null, signal: string | null, stderr: string): TarVerdict;

// dist/core/free-slots.d.ts
/** The workers that have a free slot, by how many tasks they run: the least loaded comes first. */
export declare class FreeSlots {
    #private;
    get isEmpty(): boolean;
    /** A worker has a free slot, and runs `load` tasks. */
    open(workerKey: string, load: number): void;
    /** A worker takes no task now. */
    close(workerKey: string): void;
    /** Least loaded first. */
    [Symbol.iterator](): Generator<string>;
}

// dist/core/output-cursor.d.ts
import type { OutputGapInfo } from './report.js';
export interface OutputCursor {
    /** The offset of the next byte that is not here yet. */
    nextOffset: number;
    /** Every byte before it was taken by the consumer. The point to resume from. */
    takenOffset: number;
    ackedOffset: number;
    /** The same three, counted without what gaps left out: a gap uses no window. */
    receivedBytes: number;
    takenBytes: number;
    ackedBytes: number;
    /** What the worker told as gone although it is here: bytes before this use none of its window. */
    droppedOffset: number;
    readonly gaps: OutputGapInfo[];
}
export declare function openCursor(offset: number): OutputCursor;
/** `take`: all but the first `skipBytes` are new. `known`: nothing is. `breach`: the worker may not send this. */
export type ChunkVerdict = {
    readonly verdict: 'take';
    readonly skipBytes: number;
} | {
    readonly verdict: 'known';
} | {
    readonly verdict: 'breach';
    readonly message: string;
};
/** Judges a chunk and, where it has something new, moves on behind it. */
export declare function judgeChunk(cursor: OutputCursor, offset: number, bytes: number, windowBytes?: number): ChunkVerdict;
/** Judges a gap and, where it is new, writes it down. Returns the new part of it, null for none. */
export declare function judgeGap(cursor: OutputCursor, gap: OutputGapInfo): {
    readonly verdict: 'take';
    readonly gap: OutputGapInfo;
} | {
    readonly verdict: 'known';
} | {
    readonly verdict: 'breach';
};
/** The consumer has taken `bytes` more, up to `endOffset`. */
export declare function noteTaken(cursor: OutputCursor, bytes: number, endOffset: number): void;
/** When to tell the worker: at once, in a quiet moment, or not at all. */
export declare function chooseAck(cursor: OutputCursor, windowBytes?: number): 'now' | 'soon' | 'none';
/** Whether the worker waits for credit, and with it the task's end: its reader is slow, not the worker. */
export declare function isHeldBack(cursor: OutputCursor, windowBytes?: number): boolean;
/** The worker is being told. Returns the offset to tell. */
export declare function noteAcked(cursor: OutputCursor): number;

// dist/core/report.d.ts
/** What is told of tasks, workers and blocks: plain values, the same inside and in the public API. */
import type { BlockAction, BlockReason, Containment, Heartbeat, Stream, Usage } from '@sandcrew/protocol';
import type { SandboxError } from './sandbox-error.js';
export type TaskState = 'queued' | 'assigned' | 'running' | 'blocked' | 'unknown' | 'terminating' | 'completed' | 'failed' | 'cancelled';
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
export interface PartialTaskResult extends Pick<TaskResult, 'taskId' | 'stdout' | 'stderr' | 'stdoutOmittedBytes' | 'stderrOmittedBytes' | 'attempts' | 'outputBytes' | 'gaps' | 'history'> {
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
    readonly resourceUsage: {
        readonly cpu?: number;
        readonly memory?: number;
        readonly disk?: number;
    };
    readonly recoverable: boolean;
    readonly evidence: Readonly<Record<string, unknown>>;
    /** What the worker does about it by itself. */
    readonly action: BlockAction;
}
/** What may be done about a block, mildest first. docs/recovery.md tells what each does. */
export type RecoveryRung = 'report' | 'answer' | 'end_input' | 'continue' | 'terminate' | 'requeue' | 'restart_worker' | 'replace_worker' | 'give_up';
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
export type RecoveryRefusal = 'not_blocked' | 'unreachable' | 'not_waiting_for_input' | 'not_confirmed' | 'input_closed' | 'no_answer' | 'password_prompt' | 'not_stopped' | 'stopped_by_terminal' | 'continued_enough' | 'not_idempotent' | 'no_attempt_left' | 'no_other_worker' | 'not_started_here' | 'shared_worker' | 'too_many_restarts';
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
    readonly tasks: Readonly<Record<'queued' | 'assigned' | 'running' | 'blocked' | 'unknown' | 'terminating', number>>;
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

// dist/core/request.d.ts
/** Questions to a worker that are no tasks: "are you there?", "how loaded are you?", "remove this workspace". */
export type RequestKind = {
    readonly kind: 'ready' | 'load';
} | {
    readonly kind: 'remove_workspace';
    readonly workspace: string;
};
export interface Request {
    readonly requestId: string;
    readonly workerKey: string;
    readonly kind: RequestKind;
    /**
     * Whether the worker was asked; its load it tells by itself, and is waited for from then on. One removal at a time is:
     * its refusal does not say which workspace it is about.
     */
    sent: boolean;
}

// dist/core/sandbox-error.d.ts
/** The one error that callers meet, and the one table of its codes. It knows what a code means, never how it came about. */
/** Each code: what it means, and what to do next. docs/errors.md is made from this table. */
export declare const ERROR_CODES: {
    readonly INVALID_OPTIONS: {
        readonly means: 'The options of the manager, of `close()` or of a transfer of files are not valid, or a token file is not what it has to be.';
        readonly next: 'Correct the field that the message names.';
    };
    readonly INVALID_TASK: {
        readonly means: 'A field of the task request, or an argument about a task, is not valid. Nothing was sent.';
        readonly next: 'Correct the field that the message names.';
    };
    readonly CLOSED: {
        readonly means: 'The manager was closed before the task ended, or is closed already.';
        readonly next: 'Make a new manager; await tasks before close().';
    };
    readonly DETACHED: {
        readonly means: 'The handle let go of its task, which goes on at the worker.';
        readonly next: 'attach() to it, with the same managerId.';
    };
    readonly NO_WORKER: {
        readonly means: 'No worker of the pool, nor one that could still be started, can ever meet the requirements of the task.';
        readonly next: 'Change the requirements, or add a worker that meets them.';
    };
    readonly POOL_FULL: {
        readonly means: 'The pool has as many workers as `maxWorkers` allows.';
        readonly next: 'Raise `maxWorkers`.';
    };
    readonly WORKER_UNREACHABLE: {
        readonly means: 'No worker that could run the task could be reached in time.';
        readonly next: 'See that the worker runs and that its URL is right; the manager goes on dialling it.';
    };
    readonly TOKEN_REFUSED: {
        readonly means: 'The worker refused the token (HTTP 401).';
        readonly next: "Give a token that stands in the worker's token file.";
    };
    readonly RATE_LIMITED: {
        readonly means: 'The worker had too many failed tokens from this address (HTTP 429).';
        readonly next: 'Correct the token, then wait a minute.';
    };
    readonly ORIGIN_REFUSED: {
        readonly means: 'The worker, or a proxy before it, forbade the connection (HTTP 403).';
        readonly next: "Add the origin by the worker's --allow-origin, or look at the proxy.";
    };
    readonly WRONG_PATH: {
        readonly means: 'There is no worker at that path (HTTP 404).';
        readonly next: 'Use the URL that the worker printed; its path is /.';
    };
    readonly VERSION_MISMATCH: {
        readonly means: 'The worker speaks no protocol version that this manager speaks (HTTP 400).';
        readonly next: 'Use a worker and a manager of the same major version.';
    };
    readonly WORKER_FULL: {
        readonly means: 'The worker has as many connections as it allows (HTTP 503).';
        readonly next: 'Close a manager, or raise its limit; the manager goes on dialling it.';
    };
    readonly CONNECTION_REPLACED: {
        readonly means: 'Another connection with the same managerId took over (4001).';
        readonly next: 'Give each manager that runs at the same time a managerId of its own.';
    };
    readonly MANAGER_ID_TAKEN: {
        readonly means: 'The managerId belongs to a token of another name (4003).';
        readonly next: 'Use another managerId, or the token that used it first.';
    };
    readonly WORKER_MISBEHAVED: {
        readonly means: 'The worker broke the protocol and lost its connection.';
        readonly next: 'Update the worker; if it is not yours, do not trust it.';
    };
    readonly WORKER_START_FAILED: {
        readonly means: 'A worker process on this machine could not be started.';
        readonly next: 'Read the last lines of its log in the message.';
    };
    readonly WORKER_FAILED: {
        readonly means: 'A worker process of this manager did not do what it must, and was started again; or had to be too often, and is `failed`.';
        readonly next: 'Nothing, where it is connected again; else look at its log, then createWorker() or replace_worker.';
    };
    readonly UNKNOWN_WORKER: {
        readonly means: 'The pool has no worker of that id or URL.';
        readonly next: 'Use an id that getHealth() lists.';
    };
    readonly UNKNOWN_TASK: {
        readonly means: 'The worker keeps no task of that id for this managerId.';
        readonly next: 'Use an id that listTasks() lists, and the managerId that started it.';
    };
    readonly DUPLICATE_TASK: {
        readonly means: 'A task of that id exists already, with another content.';
        readonly next: 'Give each task an id of its own, or none.';
    };
    readonly REJECTED: {
        readonly means: 'The worker would not run the command; `detail` says why. It never ran.';
        readonly next: 'Correct what the message names.';
    };
    readonly SPAWN_FAILED: {
        readonly means: 'The command could not be started: `detail` is `command_not_found` or `not_executable`, where it is one of them.';
        readonly next: 'Install the command on the worker, or correct its name.';
    };
    readonly CANCELLED: {
        readonly means: 'The task was cancelled before it was started. It never ran.';
        readonly next: 'Nothing: this was asked for.';
    };
    readonly TERMINATED: {
        readonly means: 'The task was ended by terminate() or by its AbortSignal.';
        readonly next: 'Nothing: this was asked for.';
    };
    readonly TIMED_OUT: {
        readonly means: 'The task ran longer than its `timeoutMs` and was ended.';
        readonly next: 'Raise `timeoutMs` (0 = none), or see in `result` where it stood.';
    };
    readonly BLOCKED: {
        readonly means: 'The task could not go on by itself, and was ended for it, by its `blockPolicy`, its `onBlock` or recoverFromBlock(); `detail` is the reason.';
        readonly next: 'See what was seen and done in `result.history`; give it input, or a command that asks nothing.';
    };
    readonly MEMORY_EXHAUSTED: {
        readonly means: 'The task went over its own memory limit and was killed.';
        readonly next: 'Raise `limits.memoryBytes`.';
    };
    readonly WORKER_SHUTDOWN: {
        readonly means: 'The worker was shut down, and ended the task when its drain time had passed.';
        readonly next: 'Run the task again where that is safe; `idempotent: true` does so by itself.';
    };
    readonly ORPHANED: {
        readonly means: 'No manager was connected for too long, and the worker ended the task.';
        readonly next: "Raise the worker's --orphan-timeout-ms.";
    };
    readonly LOST: {
        readonly means: 'The worker that had the task is gone. `detail`: `never_started`, `may_have_run` or `completed_output_lost`.';
        readonly next: 'Run it again if that is safe; `idempotent: true` does so by itself.';
    };
    readonly INPUT_CLOSED: {
        readonly means: 'The task takes no input: it has no open stdin, or has ended.';
        readonly next: "Run it with `stdin: 'pipe'` or `pty`, and write before it ends.";
    };
    readonly OUTPUT_TAKEN: {
        readonly means: 'The output of a task can be iterated once.';
        readonly next: 'Iterate it in one place and hand the chunks on from there.';
    };
    readonly OUTPUT_NOT_KEPT: {
        readonly means: 'Iteration began after more output than is kept had come.';
        readonly next: 'Begin to iterate right after run(), or read head and tail in the result.';
    };
    readonly INVALID_PATH: {
        readonly means: 'A path of a transfer of files would leave its place, or is none that can be there. Of what was received nothing was kept.';
        readonly next: 'Correct the path that the message names, or leave it out by `exclude`.';
    };
    readonly INVALID_ARCHIVE: {
        readonly means: 'What was to be a tar archive is none, is compressed, or breaks off.';
        readonly next: 'Give a whole tar archive, decompressed; where a worker sent it, do not trust that worker.';
    };
    readonly ARCHIVE_TOO_LARGE: {
        readonly means: 'More files, or more bytes, were to be received than is allowed. Nothing was kept.';
        readonly next: 'Raise `maxBytes` or `maxEntries`, or leave something out by `exclude`.';
    };
    readonly FILES_FAILED: {
        readonly means: 'Files could not be read or written, at the worker or here; the message says which, and why.';
        readonly next: 'Mend what the message names, and transfer them again.';
    };
    readonly NO_PROGRESS: {
        readonly means: 'Not a byte of a transfer of files moved for `idleTimeoutMs`, and it was ended.';
        readonly next: 'See whether the worker is there and its disk works; raise `idleTimeoutMs` (0 = none).';
    };
    readonly WORKSPACE_BUSY: {
        readonly means: 'A task runs in the workspace.';
        readonly next: 'Wait for the task, or terminate it.';
    };
    readonly UNKNOWN_WORKSPACE: {
        readonly means: 'The worker has no workspace of that name.';
        readonly next: 'Use a name that listWorkspaces() lists.';
    };
    readonly NOT_ANSWERED: {
        readonly means: 'The worker did not answer in time.';
        readonly next: "Look at the worker's log.";
    };
};
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
export declare class SandboxError<Result = unknown> extends Error {
    readonly name = "SandboxError";
    readonly code: ErrorCode;
    readonly detail: string | undefined;
    readonly details: Readonly<Record<string, unknown>>;
    /** What to do next, in a sentence. */
    readonly next: string;
    /** Of a task that ended so: what is known of it, its output so far included. */
    readonly result: Result | undefined;
    constructor(fault: Fault, result?: Result);
}

// dist/core/state.d.ts
/** All that the manager's machine knows: tasks, workers, who waits for what. */
import { FreeSlots } from './free-slots.js';
import type { Request } from './request.js';
import type { Task } from './task.js';
import { WaitingLine } from './waiting-line.js';
import { type Worker } from './worker.js';
export interface ManagerPolicy {
    readonly managerId: string;
    readonly maxWorkers: number;
    readonly connectTimeoutMs: number;
    readonly lostAfterMs: number;
    readonly maxAttempts: number;
    /** Whether a worker is started on this machine when a task has none to go to. */
    readonly startsWorkers: boolean;
}
export interface ManagerState {
    readonly policy: ManagerPolicy;
    readonly workers: Map<string, Worker>;
    /** Tasks that have not ended. */
    readonly tasks: Map<string, Task>;
    /** Submitted in this tick, and not in the line yet: who submits a task may still end it before anything of it is sent. */
    readonly arrivals: Task[];
    readonly waiting: WaitingLine;
    /** Tasks that have ended, and whose reader may not have all of their output yet: their worker keeps it until then. */
    readonly beingRead: Map<string, Task>;
    readonly freeSlots: FreeSlots;
    /** Tasks that are to be taken over, and that their worker has not confirmed yet. */
    readonly adoptions: Set<string>;
    /** Where each workspace was used last: its files are there. */
    readonly homes: Map<string, string>;
    readonly requests: Map<string, Request>;
    nextSeq: number;
    nextClimb: number;
    nextWorker: number;
    /** Whether a look at the tasks that wait for an absent worker is due. */
    strandedCheckDue: boolean;
    closing: 'no' | 'ending_tasks' | 'closed';
}
export declare function openState(policy: ManagerPolicy): ManagerState;
/**
 * A worker by its URL, by what it calls itself, or, where none is named, the only one. Where two call themselves the same,
 * either may be the one that is not meant, and neither is found.
 */
export declare function findWorker(state: ManagerState, name: string | undefined): Worker | null;

// dist/core/task.d.ts
/** One task's life: its record, its states, and what leads from one to the next. It knows no worker and no queue. */
import type { BlockReason, ExecuteCommand } from '@sandcrew/protocol';
import type { Answer, BlockOrders, BlockPlan } from './block-orders.js';
import { type OutputCursor } from './output-cursor.js';
import type { BlockInfo, HistoryEntry, RecoveryRung, TaskState } from './report.js';
/** What happens to a task. */
export type TaskTrigger = 'assign' | 'start' | 'block' | 'clear' | 'disconnect' | 'terminate' | 'requeue' | 'complete' | 'fail' | 'cancel';
/** The one table of a task's states. docs/task-states.md is made from it. */
export declare const TRANSITIONS: Readonly<Record<TaskState, Partial<Record<TaskTrigger, TaskState>>>>;
/** What `execute_command` carries, but for the time at which it is sent. */
export type CommandBody = Omit<ExecuteCommand, 'type' | 'taskId' | 'timestamp' | 'command'> & {
    /** Null while a slot is only reserved. */
    readonly command: ExecuteCommand['command'] | null;
};
export interface TaskNeeds {
    readonly worker?: string;
    readonly type?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly memoryBytes?: number;
}
/** A task as a caller hands it in. */
export interface Submission {
    readonly taskId: string;
    readonly priority: number;
    readonly needs: TaskNeeds;
    readonly idempotent: boolean;
    /** What is to be done about its blocks; null = they are told. */
    readonly orders: BlockOrders | null;
    /** From SIGTERM to SIGKILL where a block ends it, milliseconds. */
    readonly graceMs: number;
    readonly body: CommandBody;
}
/** Why a task is to end before its own end. */
export interface StopOrder {
    readonly graceMs: number;
    readonly by: 'caller' | 'abort' | 'close' | 'recovery';
}
/** What is being done about a block that stands. */
export interface Climb {
    readonly block: BlockInfo;
    /** Tells this climb from an earlier one, where an answer comes late. */
    readonly id: number;
    /** Null until the caller's function has said what is to be done. */
    plan: BlockPlan | null;
    readonly tried: RecoveryRung[];
    lastTriedAtMs: number;
}
/** What is of one attempt alone, and begins anew with the next. */
export interface Attempt {
    workerKey: string | null;
    /** Whether `execute_command` was sent, and answered. */
    sent: boolean;
    started: boolean;
    /** The worker listed it as ended, or told its end before its output was complete. */
    endedAtWorker: boolean;
    /** Its output was asked for again, since its end came before all of it. */
    replayAsked: boolean;
    stop: StopOrder | null;
    /** Blocks that stand, by reason, and since when. */
    readonly blocks: Map<BlockReason, {
        readonly block: BlockInfo;
        readonly sinceMs: number;
    }>;
    /** What is being done about them. */
    readonly climbs: Map<BlockReason, Climb>;
    /** How often each answer was given, whether its input was ended and how often it was let go on, for a block. */
    readonly answersGiven: Map<Answer, number>;
    answeredPrompt: string;
    inputEnded: boolean;
    continues: number;
    cursor: OutputCursor;
}
export interface Task extends Attempt {
    readonly taskId: string;
    /** Order of acceptance; kept through requeues. */
    readonly seq: number;
    readonly priority: number;
    readonly needs: TaskNeeds;
    readonly idempotent: boolean;
    readonly orders: BlockOrders | null;
    readonly graceMs: number;
    readonly acceptedAtMs: number;
    body: CommandBody;
    state: TaskState;
    /** Starts so far, the present one included. */
    attempt: number;
    detachAsked: boolean;
    /** A task that another connection started: whether its worker has confirmed it, and may drop it after its end. */
    adoption: {
        confirmed: boolean;
        readonly forget: boolean;
    } | null;
    /** The block for which an attempt was last ended, and whether another is to follow. */
    blockedBy: {
        readonly reason: BlockReason;
        readonly why: string;
        readonly thenRequeue: boolean;
    } | null;
    /** Only a host with more memory than this may have it, bytes: it ran out of that much. */
    aboveMemoryBytes: number;
    /** Where earlier attempts were lost. */
    readonly failedOn: {
        readonly workerKey: string;
        readonly bootId: string;
    }[];
    readonly history: HistoryEntry[];
}
/** When and where something happened to a task. */
export interface Place {
    readonly nowMs: number;
    readonly workerId: string | null;
}
export declare function openTask(submission: Submission, seq: number, nowMs: number): Task;
/** Moves a task on. A trigger that its state does not know is a fault of this package. */
export declare function moveTask(task: Task, trigger: TaskTrigger, place: Place, why?: string): void;
/** Writes down where the task stands, and why. */
export declare function note(task: Task, { nowMs, workerId }: Place, why?: string, rung?: RecoveryRung): void;
/** The block for which a task is being ended; null where it is not, or for something else. */
export declare function endedFor({ stop, blockedBy }: Task): Task['blockedBy'];
/** Forgets the present attempt, so that the task can be given to a worker anew. */
export declare function resetAttempt(task: Task): void;

// dist/core/waiting-line.d.ts
import type { Task } from './task.js';
export declare class WaitingLine {
    #private;
    get size(): number;
    /** @param line Names what the task needs. */
    add(task: Task, line: string): void;
    remove(task: Task): void;
    /** The lines, each with the task at its head. */
    heads(): Generator<{
        readonly line: string;
        readonly task: Task;
    }>;
    /** Of the lines not in `passed`, the head that comes first. */
    first(passed: ReadonlySet<string>): {
        readonly line: string;
        readonly task: Task;
    } | null;
    /** Everyone in a line, in no order. */
    members(line: string): Task[];
    /** Everyone, in no order. */
    all(): Task[];
}

// dist/core/worker.d.ts
/** One worker as the manager knows it: its record, and how it is shown. It decides nothing. */
import type { BlockReason, Containment, Heartbeat, Welcome } from '@sandcrew/protocol';
import type { SandboxWorker } from './report.js';
import { type Fault } from './sandbox-error.js';
/** What a worker told of itself in its welcome. */
export interface WorkerIdentity {
    readonly workerId: string;
    readonly bootId: string;
    readonly type: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly memoryBytes: number;
    readonly maxTasks: number;
    readonly containment: Containment;
    readonly windowBytes: number;
    /** The limits that it can hold a task to; null where it does not say. */
    readonly enforcedLimits: readonly string[] | null;
}
export interface Worker {
    /** The manager's own name for it: what it calls itself is known only later, and is its own claim. */
    readonly key: string;
    /** Empty until a worker process has told where it listens. */
    url: string;
    readonly embedded: boolean;
    /** The type that a worker process was started as; null for a worker that is named by its URL. */
    readonly startedType: string | null;
    phase: SandboxWorker['phase'];
    /** Since when no task can be given to it: the start of the first dial, or the loss of the connection. */
    awaySinceMs: number;
    /** When it last answered `hello`. */
    connectedAtMs: number;
    /** Dials that failed since the last welcome. */
    failures: number;
    /** Times that it broke the protocol since one of its tasks ended well. */
    breaches: number;
    fault: Fault | null;
    identity: WorkerIdentity | null;
    lastHeardMs: number;
    heartbeat: Pick<Heartbeat, 'status' | 'health'> | null;
    /** It said `busy` or `draining`: no task is given to it before this. */
    fullUntilMs: number;
    draining: boolean;
    readonly workspaces: Set<string>;
    /** Tasks of this manager that are on it, slots that are kept included. */
    readonly taskIds: Set<string>;
    /** Tasks that it keeps for this managerId and that no handle holds: of an earlier life, or detached. */
    readonly adoptable: Map<string, Welcome['tasks'][number]>;
    /** When its process was started again, and those before it in its place. */
    restartsAtMs: readonly number[];
    /** It took the place of one that could not be restarted, and has not come up yet. */
    isReplacement: boolean;
    /** On whose account its process was last started again. */
    restartedFor: {
        readonly taskId: string;
        readonly reason: BlockReason;
    } | null;
}
export declare function openWorker(key: string, url: string, startedType: string | null, nowMs: number): Worker;
/** What was known of a worker's process goes with it: another is to come in its place. */
export declare function forgetLife(worker: Worker): void;
/** As it names itself; before its first welcome, its URL. */
export declare function workerName(worker: Worker): string;
/** Whether a worker takes tasks now, whatever they need. */
export declare function isOpen(worker: Worker, nowMs: number): boolean;
export declare function identify(welcome: Welcome): WorkerIdentity;
export declare function showWorker(worker: Worker, nowMs: number): SandboxWorker;

// dist/events.d.ts
/** The events of a `SandboxManager`: what each brings, and which news it is the telling of. */
import type { EventEmitter } from 'node:events';
import type { BlockReason } from '@sandcrew/protocol';
import type { BlockInfo, OutputChunk, OutputGapInfo, PartialTaskResult, RecoveryInfo, SandboxWorker, TaskResult, TaskStart } from './core/report.js';
import { SandboxError } from './core/sandbox-error.js';
import type { Announcement } from './io/effect-runner.js';
export interface ManagerEvents {
    /** A worker process was started by this manager, and is connected. */
    workerCreated: [worker: SandboxWorker];
    /** A worker answered `hello`; also after each reconnect. */
    workerConnected: [worker: SandboxWorker];
    /** A connection was lost, or a dial failed. The manager dials again, unless `error.code` is CONNECTION_REPLACED. */
    workerDisconnected: [worker: SandboxWorker, error: SandboxError];
    /** The command runs. */
    taskStarted: [start: TaskStart & {
        readonly taskId: string;
        readonly attempt: number;
    }];
    /** Output as it comes, whoever iterates it or not; a listener has no back-pressure. */
    taskOutput: [output: OutputChunk & {
        readonly taskId: string;
        readonly workerId: string;
    }];
    outputGap: [gap: OutputGapInfo & {
        readonly taskId: string;
        readonly workerId: string;
    }];
    /** The command came to its own end, whatever its exit code. */
    taskComplete: [result: TaskResult];
    /** The task ended otherwise, or never ran. */
    taskFailed: [error: SandboxError<PartialTaskResult>, taskId: string];
    /** An `idempotent` task goes back to the queue, its worker excluded. */
    taskRequeued: [requeue: {
        readonly taskId: string;
        readonly attempts: number;
        readonly why: string;
    }];
    blockDetected: [block: BlockInfo];
    blockCleared: [
        cleared: {
            readonly taskId: string;
            readonly workerId: string;
            readonly reason: BlockReason;
            /** How long the block stood, milliseconds. */
            readonly durationMs: number;
        }
    ];
    /** Something was done about a block. docs/recovery.md tells what each rung is. */
    blockRecovery: [recovery: RecoveryInfo];
}
/** Tells news that are no one task's. */
export declare function emitNews(emitter: EventEmitter<ManagerEvents>, news: Announcement): void;

// dist/file-options.d.ts
/** What a caller says of a transfer of files: its options, their defaults, and what is wrong with them. */
import type { Writable } from 'node:stream';
import type { ArchiveRules } from './core/files/archive-ledger.js';
import type { WantedPath } from './core/files/tar-commands.js';
/**
 * What is put: a directory (its contents arrive), a file, or several of both, each under its own name (`dir/` is what `dir`
 * holds); or a tar stream, not compressed.
 */
export type FileSource = string | readonly string[] | AsyncIterable<Uint8Array>;
export interface TransferOptions {
    /** Which worker, by id or URL. Default: the one that has the workspace, else the next that is free. */
    readonly worker?: string;
    /** The transfer is a task; this is its id. Default: a random one. */
    readonly taskId?: string;
    /** As of a task: higher goes first. Default 0. */
    readonly priority?: number;
    /**
     * What is left out: `*` and `?` are wildcards within a name. Without `/` a pattern is a name anywhere (`node_modules`,
     * `*.o`), with one a path as it arrives (`app/build`). What a directory holds goes with it.
     */
    readonly exclude?: readonly string[];
    /** How long not a byte may move before the transfer fails with NO_PROGRESS, milliseconds. Default 300 000; 0 = for ever. */
    readonly idleTimeoutMs?: number;
    readonly signal?: AbortSignal;
    /** Told ten times a second at most, and at the end. */
    readonly onProgress?: (progress: TransferProgress) => void;
}
export interface PutOptions extends TransferOptions {
    /** A directory in the workspace; it is made where there is none. Default: the workspace itself. */
    readonly target?: string;
}
export interface GetOptions extends TransferOptions {
    /** A directory, which is made where there is none; or a stream, which gets a tar archive and is not ended. */
    readonly target: string | Writable;
    /** Content of all files at most, bytes. Default 10 GiB. */
    readonly maxBytes?: number;
    /** Files, directories and links at most. Default 500 000. */
    readonly maxEntries?: number;
}
export interface TransferProgress {
    /** Files, directories and links so far. */
    readonly entries: number;
    /** Content of files so far, bytes: that of a file counts when it begins. */
    readonly bytes: number;
    /** Of the archive, sent and taken, or received, bytes. */
    readonly archiveBytes: number;
    /** The entry that was begun last. */
    readonly path: string;
}
export interface TransferReport {
    readonly taskId: string;
    readonly workerId: string;
    readonly entries: number;
    /** Content of the files, bytes. */
    readonly bytes: number;
    /** Sentences on what arrived otherwise than it lay there: a file that changed while it was read, a socket. */
    readonly warnings: readonly string[];
}
/** The options of a transfer as it works by them. */
export interface TransferSettings {
    readonly exclude: readonly string[];
    readonly idleTimeoutMs: number;
    readonly rules: ArchiveRules;
}
/** @throws {SandboxError} INVALID_OPTIONS, naming every fault; INVALID_PATH */
export declare function readPut(source: FileSource, options: PutOptions): TransferSettings & {
    readonly directory: string;
};
/** @throws {SandboxError} INVALID_OPTIONS, naming every fault; INVALID_PATH */
export declare function readGet(paths: readonly string[], options: GetOptions): TransferSettings & {
    readonly wanted: readonly WantedPath[];
};
export declare function isStream(source: unknown): source is AsyncIterable<Uint8Array>;

// dist/index.d.ts
/** `@sandcrew/manager`: run commands on sandbox workers. */
export type { BlockPolicy, BlockReason, Containment, SignalName, Stream, TaskLimits, Usage, } from '@sandcrew/protocol';
export type * from './core/report.js';
export { ERROR_CODES, type ErrorCode, type Fault, SandboxError } from './core/sandbox-error.js';
export type { ManagerEvents } from './events.js';
export type { FileSource, GetOptions, PutOptions, TransferOptions, TransferProgress, TransferReport, } from './file-options.js';
export { workerCommand } from './io/providers/process.js';
export type { AttachRequest, BlockHandler, BlockLadder, BlockReaction, BlockTable, CloseOptions, EmbeddedOptions, ManagerOptions, PromptAnswer, RecoveryOptions, Reply, TaskRequest, TaskReservation, WorkerAddress, WorkerRequirements, } from './options.js';
export { SandboxManager } from './sandbox-manager.js';
export type { TaskHandle } from './task-handle.js';

// dist/io/clock.d.ts
/** Time and timers of this machine. Monotonic: setting the wall clock moves nothing. */
export interface Clock {
    /** Milliseconds since some moment; never goes back. */
    nowMs(): number;
    /** Calls once, after `delayMs`. Returns what cancels it. */
    after(delayMs: number, call: () => void): () => void;
}
export declare const systemClock: Clock;

// dist/io/effect-runner.d.ts
import type { Effect } from '../core/effect.js';
import type { ManagerEvent } from '../core/event.js';
import type { SandboxWorker } from '../core/report.js';
import { type ManagerPolicy, type ManagerState } from '../core/state.js';
import type { Clock } from './clock.js';
import { OutputRelay } from './output-relay.js';
import type { ProcessOptions } from './providers/process.js';
import type { StaticAddress } from './providers/static.js';
import type { TaskPort } from './task-port.js';
/** News that are no one task's. */
export type Announcement = Extract<Effect, {
    type: 'tell_gap' | 'tell_block' | 'tell_block_cleared' | 'tell_recovery' | `tell_worker_${string}`;
}>;
export interface RunnerOptions {
    readonly policy: ManagerPolicy;
    readonly addresses: readonly StaticAddress[];
    readonly embedded: (workerType: string) => ProcessOptions;
    readonly clock: Clock;
    /** Whether spans and numbers go to OpenTelemetry. */
    readonly telemetry: boolean;
    readonly announce: (news: Announcement) => void;
}
export declare class EffectRunner {
    #private;
    readonly state: ManagerState;
    /** The way of output, which goes past the machine. */
    readonly relay: OutputRelay;
    /** Resolves when the manager has shut down. */
    readonly closed: Promise<void>;
    constructor(options: RunnerOptions);
    /** Something happened. What follows from it is done when this returns, unless it was called from within such doing. */
    dispatch(event: ManagerEvent): void;
    /** Says where a task's news go; its submission follows. */
    addPort(taskId: string, port: TaskPort): void;
    /** Asks something of a worker, and gives its answer. */
    request(makeEvent: (requestId: string) => ManagerEvent): Promise<SandboxWorker>;
}

// dist/io/output-excerpt.d.ts
/** Head and tail of one stream, each up to a bound, however much comes between. */
export declare class OutputExcerpt {
    #private;
    constructor(keepBytes: number);
    add(data: Uint8Array): void;
    clear(): void;
    /** All of it, or head and tail with a line between that says what is left out. */
    show(): {
        readonly text: string;
        readonly omittedBytes: number;
    };
}

// dist/io/output-relay.d.ts
/**
 * The way of output from a connection to its task, and of acks back. It goes past the machine, at a chunk's price: what
 * there is to decide is decided by the task's cursor.
 */
import { type Stream } from '@sandcrew/protocol';
import type { Outgoing } from '../core/effect.js';
import type { ManagerState } from '../core/state.js';
import type { Clock } from './clock.js';
import type { TaskPort } from './task-port.js';
export interface RelayOptions {
    readonly state: ManagerState;
    readonly clock: Clock;
    readonly portOf: (taskId: string) => TaskPort | undefined;
    /** Fresh output of a task arrived. */
    readonly count: (stream: Stream, bytes: number) => void;
    readonly send: (workerKey: string, message: Outgoing) => void;
    /** The worker sent what it may not send. */
    readonly broken: (workerKey: string, message: string) => void;
}
export declare class OutputRelay {
    #private;
    constructor(options: RelayOptions);
    /** A binary frame came from a worker. */
    receive(workerKey: string, frame: Uint8Array): void;
    /** A task's consumer has taken `bytes` more, up to `endOffset`. */
    noteTaken(taskId: string, bytes: number, endOffset: number): void;
    /** Nothing is acknowledged any more. */
    stop(): void;
}

// dist/io/providers/process.d.ts
import { type Fault } from '../../core/sandbox-error.js';
export interface ProcessOptions {
    /** The worker program; options are added behind it. */
    readonly command: readonly string[];
    readonly workerType: string;
    readonly directory: string;
    /** Null: beside the token, deleted at the end. */
    readonly stateDirectory: string | null;
    readonly args: readonly string[];
}
/** The argv of the `@sandcrew/worker` that is installed beside this package. @throws {SandboxError} WORKER_START_FAILED */
export declare function workerCommand(): readonly string[];
export declare class WorkerProcess {
    #private;
    readonly token: string;
    /** Where it listens. Rejects with a fault when it has not said so in time, or ended before. */
    readonly listening: Promise<string>;
    /** When it is gone, why. */
    readonly exited: Promise<Fault>;
    constructor(options: ProcessOptions);
    /** Ends it: its stdin closes, SIGTERM, and in the end SIGKILL. Resolves when it is gone. */
    stop(): Promise<void>;
    /** Ends it at once; what runs in it ends with it. Resolves when it is gone. */
    kill(): Promise<void>;
}

// dist/io/providers/static.d.ts
import type { Fault } from '../../core/sandbox-error.js';
export interface StaticAddress {
    readonly url: string;
    readonly token?: string;
    readonly tokenFile?: string;
    readonly ca?: string | Uint8Array;
    readonly cert?: string | Uint8Array;
    readonly key?: string | Uint8Array;
}
/** The token to dial with now: a token file is read at each dial, since tokens rotate. */
export declare function readToken({ token, tokenFile, }: StaticAddress): {
    readonly token: string;
} | {
    readonly fault: Fault;
};

// dist/io/task-input.d.ts
export interface InputPart {
    readonly offset: number;
    readonly data: Uint8Array;
    readonly end: boolean;
}
export declare class TaskInput {
    #private;
    /** Resolves when the command has taken all of `data`. */
    write(data: Uint8Array): Promise<void>;
    /** Nothing comes after this. */
    end(): Promise<void>;
    /** An answer to a prompt of this attempt. */
    reply(data: Uint8Array): void;
    /** Nothing more comes for this attempt. */
    endAttempt(): void;
    /** Input may go out by `send`, from the first byte that was not taken. */
    open(send: (part: InputPart) => void): void;
    /** Nothing can be sent for now. */
    hold(): void;
    /** The command has taken all before `offset`. */
    accept(offset: number): void;
    /** The task takes no input any more. */
    refuse(message: string): void;
    /** A new attempt reads all input from its beginning; but what an earlier one took is gone. */
    restart(): void;
}

// dist/io/task-output.d.ts
/**
 * One task's output on its way to its consumer: bytes that nobody took yet, and the head and tail that the result keeps.
 * It tells how much was taken, and knows nothing of acks.
 */
import type { Stream } from '@sandcrew/protocol';
import type { OutputChunk } from '../core/report.js';
import { OutputExcerpt } from './output-excerpt.js';
/** What becomes of the output. */
export interface OutputNews {
    /** A run of bytes needs no room here any more. */
    taken(bytes: number, endOffset: number): void;
    /** The task has ended, and its reader, if there is one, has taken all or will take no more. Once. */
    allTaken(): void;
}
export declare class TaskOutput implements AsyncIterable<OutputChunk> {
    #private;
    /** Head and tail of each stream. */
    readonly excerpts: {
        readonly stdout: OutputExcerpt;
        readonly stderr: OutputExcerpt;
    };
    constructor(keepBytes: number, news: OutputNews);
    /** What came and was not taken. */
    get pendingBytes(): number;
    /** Takes over a chunk. @param windowBytes How much the worker sends ahead: what nobody reads may not fill that. */
    push(stream: Stream, offset: number, data: Uint8Array, windowBytes: number): void;
    /** A new attempt: what came of the last does not count. */
    restart(): void;
    /** No more will come. */
    finish(): void;
    /** From here on nothing is taken but what the reader takes. */
    [Symbol.asyncIterator](): AsyncIterator<OutputChunk, undefined>;
}

// dist/io/task-port.d.ts
/** Where the news of one task go. */
import type { OutputFrame } from '@sandcrew/protocol';
import type { Outcome } from '../core/effect.js';
import type { BlockInfo, SandboxWorker, TaskStart } from '../core/report.js';
import type { TaskInput } from './task-input.js';
import type { TaskOutput } from './task-output.js';
export interface TaskPort {
    readonly output: TaskOutput;
    readonly input: TaskInput;
    onAssigned(worker: SandboxWorker): void;
    onStarted(start: TaskStart, attempt: number): void;
    /** Its output as it comes, whoever reads it. */
    onOutput(frame: OutputFrame, workerId: string): void;
    onRestarted(attempts: number, why: string): void;
    /** What is to be done about a block is the caller's to say. */
    onBlockAsked(block: BlockInfo, climbId: number): void;
    onSettled(outcome: Outcome): void;
}

// dist/options.d.ts
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
    readonly pty?: {
        readonly cols: number;
        readonly rows: number;
    };
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
export type BlockTable = {
    readonly answers?: readonly PromptAnswer[];
} & {
    readonly [reason in BlockReason | 'default']?: BlockReaction | readonly BlockReaction[] | BlockLadder;
};
/**
 * Says what is done about one block, confirmed or suspected. Nothing, where it says nothing, throws, or takes more than
 * 10 s; the history tells which.
 */
export type BlockHandler = (block: BlockInfo) => BlockReaction | readonly BlockReaction[] | undefined | Promise<BlockReaction | readonly BlockReaction[] | undefined>;
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

// dist/sandbox-manager.d.ts
import { EventEmitter } from 'node:events';
import type { BlockInfo, ManagerHealth, RecoveryResult, SandboxWorker, TaskResult, WorkerTask } from './core/report.js';
import { type ManagerEvents } from './events.js';
import type { FileSource, GetOptions, PutOptions, TransferReport } from './file-options.js';
import type { AttachRequest, CloseOptions, ManagerOptions, RecoveryOptions, TaskRequest, TaskReservation } from './options.js';
import type { TaskHandle } from './task-handle.js';
export declare class SandboxManager extends EventEmitter<ManagerEvents> {
    #private;
    readonly managerId: string;
    /** @throws {SandboxError} INVALID_OPTIONS, naming every fault at once. */
    constructor(options?: ManagerOptions);
    /**
     * Queues one command for the next free worker that meets its requirements.
     *
     * @returns a handle at once; `await handle` gives the exit code, or null and the signal that ended it. A non-zero exit
     *   is a result, not an error.
     * @throws {SandboxError} INVALID_TASK, naming the field; CLOSED after `close()`. All else rejects the handle.
     */
    run(task: TaskRequest): TaskHandle;
    /** Takes over a task that a worker already has for this managerId. `started` then tells no pid. */
    attach(request: AttachRequest): TaskHandle;
    /**
     * The tasks that a worker keeps for this managerId. Waits until it is connected.
     * @param worker Its id or URL; may be left out where the pool has one.
     */
    listTasks(worker?: string): Promise<WorkerTask[]>;
    /** The workspaces of the token's name on a worker. Waits until it is connected. */
    listWorkspaces(worker?: string): Promise<string[]>;
    /** Deletes a workspace and all in it. @throws {SandboxError} WORKSPACE_BUSY, UNKNOWN_WORKSPACE */
    removeWorkspace(workspace: string, worker?: string): Promise<void>;
    /**
     * Brings files, a directory or a tar stream into a workspace, all or nothing: docs/files.md.
     * @throws {SandboxError} INVALID_OPTIONS, INVALID_PATH, INVALID_ARCHIVE, FILES_FAILED, NO_PROGRESS; all else as a task
     */
    putFiles(workspace: string, source: FileSource, options?: PutOptions): Promise<TransferReport>;
    /**
     * Brings files and directories out of a workspace, all or nothing: docs/files.md. The worker may be hostile.
     * @throws {SandboxError} as `putFiles`, and ARCHIVE_TOO_LARGE
     */
    getFiles(workspace: string, paths: readonly string[], options: GetOptions): Promise<TransferReport>;
    /** A worker once it has answered; rejects as soon as it is known that it will not, at the latest after `connectTimeoutMs`. */
    connected(worker?: string): Promise<SandboxWorker>;
    /** A worker with its load: waits until it is connected, as `connected` does, and up to 2 s for its first heartbeat. */
    workerHealth(worker?: string): Promise<SandboxWorker>;
    /** Starts one more worker process on this machine. @throws {SandboxError} POOL_FULL, WORKER_START_FAILED */
    createWorker(type?: string): Promise<SandboxWorker>;
    /**
     * Keeps a slot for a task on the worker that it resolves with; `executeTask` then runs it there.
     * @throws {SandboxError} at once, as `run` does.
     */
    assignTask(task: TaskReservation): Promise<SandboxWorker>;
    /** Runs a command as that task: on the slot that `assignTask` kept for it, else on the next that is free. */
    executeTask(taskId: string, command?: string | readonly string[]): Promise<TaskResult>;
    /** The oldest standing block among a worker's tasks, as last reported; null for none. @throws {SandboxError} UNKNOWN_WORKER */
    detectBlock(workerId: string): BlockInfo | null;
    /**
     * Does something about the block that `detectBlock` tells: the rung that is named, or the next of the ladder. What
     * cannot be done is told in `refusal` and `why`. `restart_worker` and `replace_worker` need no block.
     * @throws {SandboxError} UNKNOWN_WORKER
     */
    recoverFromBlock(workerId: string, options?: RecoveryOptions): RecoveryResult;
    /** Workers with their health and last load, and the tasks that have not ended, by state. As known now; it asks nobody. */
    getHealth(): ManagerHealth;
    /**
     * Ends what runs, closes every connection, ends the workers that this manager started. Tasks that had not ended reject
     * with CLOSED (DETACHED where `leaveTasks` left them). Resolves when nothing is left, within `graceMs` and some seconds.
     */
    close(options?: CloseOptions): Promise<void>;
}

// dist/task-handle.d.ts
/** One task in the caller's hands: await it for its end, iterate `output` as it comes, write to it, end it. */
import type { SignalName } from '@sandcrew/protocol';
import type { Outcome } from './core/effect.js';
import type { OutputChunk, PartialTaskResult, TaskResult, TaskStart } from './core/report.js';
import { SandboxError } from './core/sandbox-error.js';
import type { StopOrder } from './core/task.js';
import type { TaskInput } from './io/task-input.js';
import type { TaskOutput } from './io/task-output.js';
/** What a handle may ask of its manager. */
export interface TaskControl {
    readonly output: TaskOutput;
    readonly input: TaskInput;
    stop(stop: StopOrder): void;
    signal(name: SignalName): void;
    resize(cols: number, rows: number): void;
    detach(): void;
}
/**
 * A promise of the task's result, and more. As with any promise, an async function that returns one awaits it: return it in
 * an object, or not from there.
 */
export declare class TaskHandle implements Promise<TaskResult> {
    #private;
    readonly [Symbol.toStringTag] = "TaskHandle";
    readonly taskId: string;
    /**
     * The output as it is written, both streams in the order in which the worker read them. Once. What came before the
     * reader did is kept up to 512 KiB. While it is read, unread output is held back at the worker (1 MiB is on its way at
     * most); when it is not, output is drained into head and tail of the result. It ends when the output is complete,
     * also where the task failed: how it ended is told by awaiting the handle. A reader that stops without `break` holds
     * the task's end back. Where a task is started again (`taskRequeued`), `offset` begins at 0 again.
     */
    readonly output: AsyncIterable<OutputChunk>;
    /** Settles when the command runs, or has run unseen during a cut; rejects as the task does where it did not. */
    readonly started: Promise<TaskStart>;
    /** Made by `SandboxManager.run` and `attach`. */
    constructor(taskId: string, control: TaskControl, started: Promise<TaskStart>, ended: Promise<TaskResult>);
    /** `await handle`: how the command ended. Rejects with a `SandboxError<PartialTaskResult>` where it did not by itself. */
    then<A = TaskResult, B = never>(onResult?: ((result: TaskResult) => A | PromiseLike<A>) | null, onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<A | B>;
    /** As of any promise. A handle at whose end nobody looks is no unhandled rejection. */
    catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<TaskResult | B>;
    /** Runs `onEnd` when the task has ended, however it did. */
    finally(onEnd?: (() => void) | null): Promise<TaskResult>;
    /**
     * Resolves when the command's stdin has taken all of it: await it, and no more is in memory than was written last.
     * Rejects with INPUT_CLOSED where the task takes none, or no more.
     */
    write(data: string | Uint8Array): Promise<void>;
    /** After all that was written: end of file (^D on a PTY). Resolves when everything before it was taken. */
    endInput(): Promise<void>;
    /**
     * To the command's process group; what it ends so is its own end, a result. Does nothing before its start and after its end.
     * @throws {SandboxError} INVALID_TASK for an unknown name.
     */
    signal(name: SignalName): void;
    /**
     * SIGTERM, after `graceMs` (5 000) SIGKILL; the handle then rejects with TERMINATED, or with CANCELLED where the task had not
     * started; in the tick that made it nothing of it is ever sent. Again with another grace: that one counts from then on.
     */
    terminate(graceMs?: number): void;
    /** The terminal of a PTY task has a new size. @throws {SandboxError} INVALID_TASK */
    resize(cols: number, rows: number): void;
    /** Lets go once the task runs: it goes on at its worker, and the handle rejects with DETACHED. Resolves when that is so. */
    detach(): Promise<void>;
}
/** How a task ended, as its handle gives it: a result, or the error that carries what is known all the same. */
export declare function endOfTask(taskId: string, outcome: Outcome, output: TaskOutput): TaskResult | SandboxError<PartialTaskResult>;
