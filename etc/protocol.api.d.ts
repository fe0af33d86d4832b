// Made by `npm run generate` from the declarations that the index reaches. Do not edit.

// dist/binary-frame.d.ts
/**
 * Output chunks as binary frames, worker -> manager, big-endian:
 *
 *     u8 kind = 1 | u8 stream (1 stdout, 2 stderr) | u16 length of taskId | u64 offset | taskId (UTF-8) | the bytes
 */
import { type Decoded } from './refusal.js';
import { type Stream } from './v1/fields.js';
export interface OutputFrame {
    readonly taskId: string;
    readonly stream: Stream;
    /** Raw bytes of the task before this chunk, both streams. */
    readonly offset: number;
    /** The chunk, at most `MAX_CHUNK_BYTES`. After decoding: a view into the frame, not a copy. */
    readonly data: Uint8Array;
}
/** `kind` of an output frame. */
export declare const OUTPUT_FRAME_KIND = 1;
/** The frame's bytes: header, id, and a copy of `data`. */
export declare function encodeOutputFrame(frame: OutputFrame): Uint8Array;
/**
 * What stands before the bytes, for a sender that writes both parts without a copy.
 * @throws {TypeError} where the id, the stream, the offset or the size breaks the contract.
 */
export declare function encodeOutputFrameHead({ taskId, stream, offset, data }: OutputFrame): Uint8Array;
/** Decodes a binary frame that a worker sent. Never throws. */
export declare function decodeOutputFrame(frame: Uint8Array): Decoded<OutputFrame>;

// dist/codec.d.ts
import type { Decoded } from './refusal.js';
import { type ManagerMessage, type WorkerMessage } from './v1/messages.js';
/** Decodes a text frame that a manager sent. */
export declare function decodeManagerMessage(text: string): Decoded<ManagerMessage>;
/** Decodes a text frame that a worker sent. */
export declare function decodeWorkerMessage(text: string): Decoded<WorkerMessage>;
/**
 * Encodes a message for a worker. Only what the schema declares is sent.
 * @throws {TypeError} where the message breaks its schema: naming the field, what was expected and what came.
 */
export declare function encodeManagerMessage(message: ManagerMessage): string;
/**
 * Encodes a message for a manager. Only what the schema declares is sent.
 * @throws {TypeError} where the message breaks its schema: naming the field, what was expected and what came.
 */
export declare function encodeWorkerMessage(message: WorkerMessage): string;

// dist/index.d.ts
/** `@sandcrew/protocol`: the contract between a manager and a worker. Runs in Node and in a browser. */
export { decodeOutputFrame, encodeOutputFrame, encodeOutputFrameHead, OUTPUT_FRAME_KIND, type OutputFrame, } from './binary-frame.js';
export { decodeManagerMessage, decodeWorkerMessage, encodeManagerMessage, encodeWorkerMessage, } from './codec.js';
export type { Decoded, Refusal } from './refusal.js';
export { BlockCleared } from './v1/block-cleared.js';
export { BlockDetected } from './v1/block-detected.js';
export * from './v1/defaults.js';
export { BlockPolicy, ExecuteCommand, TaskLimits } from './v1/execute-command.js';
export { ExecutionStarted } from './v1/execution-started.js';
export { BLOCK_REASONS, BlockAction, BlockReason, Containment, isTaskId, ManagerId, SIGNAL_NAMES, SignalName, Stream, TaskId, Usage, WorkerId, WorkspaceName, } from './v1/fields.js';
export { ForgetTask } from './v1/forget-task.js';
export { Heartbeat } from './v1/heartbeat.js';
export { Hello } from './v1/hello.js';
export { InputAck } from './v1/input-ack.js';
export { MANAGER_MESSAGES, type ManagerMessage, WORKER_MESSAGES, type WorkerMessage } from './v1/messages.js';
export { OutputGap } from './v1/output-gap.js';
export { Ping } from './v1/ping.js';
export { Pong } from './v1/pong.js';
export { MALFORMED_CODES, PROTOCOL_ERROR_CODES, ProtocolError, type ProtocolErrorCode, } from './v1/protocol-error.js';
export { RemoveWorkspace } from './v1/remove-workspace.js';
export { ResizePty } from './v1/resize-pty.js';
export { ResumeTask } from './v1/resume-task.js';
export { SendInput } from './v1/send-input.js';
export { SignalTask } from './v1/signal-task.js';
export { TaskAck } from './v1/task-ack.js';
export { TaskComplete } from './v1/task-complete.js';
export { REJECTION_DETAILS, type RejectionDetail, SPAWN_FAILURE_DETAILS, type SpawnFailureDetail, TASK_ERROR_CODES, TaskError, type TaskErrorCode, } from './v1/task-error.js';
export { TaskOutput } from './v1/task-output.js';
export { TerminateTask } from './v1/terminate-task.js';
export { Welcome } from './v1/welcome.js';
export { WorkspaceRemoved } from './v1/workspace-removed.js';
export * from './version.js';

// dist/refusal.d.ts
/** Why a frame was not accepted: a value, with what a `protocol_error` needs to say so. */
import type { MALFORMED_CODES } from './v1/protocol-error.js';
export interface Refusal {
    /** What kind of fault it is. */
    readonly code: (typeof MALFORMED_CODES)[number];
    /** What was expected and what came, for a person. At most 500 characters, whatever came. */
    readonly message: string;
    /** JSON Pointer of the field at fault, as in `/limits/pids`; empty for the whole message, absent for no JSON. */
    readonly path?: string;
    /** The `taskId` of the refused message, where it has a valid one. */
    readonly taskId?: string;
}
/** A message, or why there is none. Decoders return this and never throw. */
export type Decoded<Message> = {
    readonly ok: true;
    readonly message: Message;
} | {
    readonly ok: false;
    readonly refusal: Refusal;
};
/** Shows what came: its kind, and its value where that is short. Never throws, whatever JSON it is given. */
export declare function describeValue(value: unknown): string;

// dist/v1/block-cleared.d.ts
import Type, { type Static } from 'typebox';
/** Worker -> manager: a block is over. */
export declare const BlockCleared: Type.TObject<{
    type: Type.TLiteral<"block_cleared">;
    taskId: Type.TString;
    reason: Type.TUnion<[Type.TLiteral<"cpu_exhausted" | "deadlock" | "disk_full" | "infinite_loop" | "livelock" | "lock_wait" | "memory_exhausted" | "network_wait" | "no_progress" | "orphaned_output" | "output_flood" | "pids_exhausted" | "stopped" | "waiting_for_input" | "zombie">]>;
    duration: Type.TInteger;
    workerId: Type.TString;
    timestamp: Type.TInteger;
}>;
export type BlockCleared = Static<typeof BlockCleared>;

// dist/v1/block-detected.d.ts
import Type, { type Static } from 'typebox';
/** Worker -> manager: a task cannot go on by itself. */
export declare const BlockDetected: Type.TObject<{
    type: Type.TLiteral<"block_detected">;
    taskId: Type.TString;
    reason: Type.TUnion<[Type.TLiteral<"cpu_exhausted" | "deadlock" | "disk_full" | "infinite_loop" | "livelock" | "lock_wait" | "memory_exhausted" | "network_wait" | "no_progress" | "orphaned_output" | "output_flood" | "pids_exhausted" | "stopped" | "waiting_for_input" | "zombie">]>;
    confidence: Type.TUnion<[Type.TLiteral<"confirmed" | "suspected">]>;
    duration: Type.TInteger;
    resourceUsage: Type.TObject<{
        cpu: Type.TOptional<Type.TNumber>;
        memory: Type.TOptional<Type.TNumber>;
        disk: Type.TOptional<Type.TNumber>;
    }>;
    recoverable: Type.TBoolean;
    evidence: Type.TObject<{
        summary: Type.TOptional<Type.TString>;
        processes: Type.TOptional<Type.TArray<Type.TObject<{
            pid: Type.TInteger;
            name: Type.TString;
        }>>>;
    }>;
    action: Type.TUnion<[Type.TLiteral<"end_input" | "report" | "terminate">]>;
    workerId: Type.TString;
    timestamp: Type.TInteger;
}>;
export type BlockDetected = Omit<Static<typeof BlockDetected>, 'evidence'> & {
    evidence: Static<typeof BlockDetected>['evidence'] & Record<string, unknown>;
};

// dist/v1/defaults.d.ts
/** What a field of `execute_command` or `terminate_task` means where it is left out. Source: docs/protocol.md. */
/** Wall clock of a task from `execution_started`, milliseconds. 0 = none. */
export declare const DEFAULT_TIMEOUT_MS = 300000;
/** From SIGTERM to SIGKILL, milliseconds. */
export declare const DEFAULT_GRACE_MS = 5000;
/** How long output is read on after the command's exit while something holds it open, milliseconds. */
export declare const DEFAULT_LINGER_MS = 2000;
/** When output still held open after the command's exit is reported as `orphaned_output`, milliseconds. */
export declare const ORPHANED_OUTPUT_AFTER_MS = 1500;

// dist/v1/execute-command.d.ts
import Type, { type Static } from 'typebox';
import { type BlockReason } from './fields.js';
declare const BlockPolicyEntry: Type.TUnion<[Type.TUnion<[Type.TLiteral<"end_input" | "report" | "terminate">]>, Type.TObject<{
    action: Type.TUnion<[Type.TLiteral<"end_input" | "report" | "terminate">]>;
    suspectedAfterMs: Type.TInteger;
}>]>;
type BlockPolicyEntry = Static<typeof BlockPolicyEntry>;
/** What the worker does on a block, by reason. `default` (itself `report` where left out) covers every reason not named. */
export declare const BlockPolicy: Type.TObject<{
    [k: string]: Type.TOptional<Type.TUnion<[Type.TUnion<[Type.TLiteral<"end_input" | "report" | "terminate">]>, Type.TObject<{
        action: Type.TUnion<[Type.TLiteral<"end_input" | "report" | "terminate">]>;
        suspectedAfterMs: Type.TInteger;
    }>]>>;
}>;
export type BlockPolicy = {
    [reason in BlockReason | 'default']?: BlockPolicyEntry;
};
export declare const TaskLimits: Type.TObject<{
    memoryBytes: Type.TOptional<Type.TInteger>;
    pids: Type.TOptional<Type.TInteger>;
    cpus: Type.TOptional<Type.TNumber>;
    outputBytes: Type.TOptional<Type.TInteger>;
}>;
export type TaskLimits = Static<typeof TaskLimits>;
/** Manager -> worker: run one command. */
export declare const ExecuteCommand: Type.TObject<{
    type: Type.TLiteral<"execute_command">;
    taskId: Type.TString;
    command: Type.TUnion<[Type.TString, Type.TArray<Type.TString>]>;
    workspace: Type.TOptional<Type.TString>;
    cwd: Type.TOptional<Type.TString>;
    env: Type.TOptional<Type.TObject<{}>>;
    stdin: Type.TOptional<Type.TUnion<[Type.TLiteral<"none" | "pipe">]>>;
    pty: Type.TOptional<Type.TObject<{
        cols: Type.TInteger;
        rows: Type.TInteger;
    }>>;
    timeoutMs: Type.TOptional<Type.TInteger>;
    limits: Type.TOptional<Type.TObject<{
        memoryBytes: Type.TOptional<Type.TInteger>;
        pids: Type.TOptional<Type.TInteger>;
        cpus: Type.TOptional<Type.TNumber>;
        outputBytes: Type.TOptional<Type.TInteger>;
    }>>;
    network: Type.TOptional<Type.TUnion<[Type.TLiteral<"host" | "none">]>>;
    allowEnv: Type.TOptional<Type.TUnion<[Type.TBoolean, Type.TArray<Type.TString>]>>;
    kind: Type.TOptional<Type.TUnion<[Type.TLiteral<"batch" | "interactive" | "service">]>>;
    expectQuietMs: Type.TOptional<Type.TInteger>;
    lingerMs: Type.TOptional<Type.TInteger>;
    blockPolicy: Type.TOptional<Type.TObject<{
        [k: string]: Type.TOptional<Type.TUnion<[Type.TUnion<[Type.TLiteral<"end_input" | "report" | "terminate">]>, Type.TObject<{
            action: Type.TUnion<[Type.TLiteral<"end_input" | "report" | "terminate">]>;
            suspectedAfterMs: Type.TInteger;
        }>]>>;
    }>>;
    timestamp: Type.TInteger;
}>;
export type ExecuteCommand = Omit<Static<typeof ExecuteCommand>, 'env' | 'blockPolicy'> & {
    env?: Record<string, string>;
    blockPolicy?: BlockPolicy;
};
export {};

// dist/v1/execution-started.d.ts
import Type, { type Static } from 'typebox';
/** Worker -> manager: the command runs. */
export declare const ExecutionStarted: Type.TObject<{
    type: Type.TLiteral<"execution_started">;
    taskId: Type.TString;
    pid: Type.TInteger;
    containment: Type.TUnion<[Type.TLiteral<"bubblewrap" | "pid-namespace" | "process-group">]>;
    workerId: Type.TString;
    timestamp: Type.TInteger;
}>;
export type ExecutionStarted = Static<typeof ExecutionStarted>;

// dist/v1/fields.d.ts
/** The fields that several messages share. Each has its unit and meaning here, once. */
import Type, { type Static } from 'typebox';
/** Whether `value` can be a `taskId`. */
export declare function isTaskId(value: unknown): value is string;
export declare const TaskId: Type.TString;
export declare const ManagerId: Type.TString;
export declare const WorkerId: Type.TString;
export declare const WorkspaceName: Type.TString;
export declare const Timestamp: Type.TInteger;
/** A duration, milliseconds, at most what a 32-bit timer holds (24.8 days). */
export declare function durationMs(description: string): Type.TInteger;
/** A duration that was measured, milliseconds. It is never a timer's, so a double's exactness is its only bound. */
export declare function elapsedMs(description: string): Type.TInteger;
/** A count of bytes that a double holds exactly. */
export declare function byteCount(description: string): Type.TInteger;
/** A share of what the host has. Without a maximum: rounding may tell a hair over 100. */
export declare function percent(description: string): Type.TNumber;
export declare const OutputOffset: Type.TInteger;
export declare const Stream: Type.TUnion<[Type.TLiteral<"stderr" | "stdout">]>;
export type Stream = Static<typeof Stream>;
export declare const Containment: Type.TUnion<[Type.TLiteral<"bubblewrap" | "pid-namespace" | "process-group">]>;
export type Containment = Static<typeof Containment>;
export declare const ColumnCount: Type.TInteger;
export declare const RowCount: Type.TInteger;
/** The signals that `signal_task` may name: those of Linux and macOS, by their usual names. */
export declare const SIGNAL_NAMES: readonly ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGKILL', 'SIGUSR1', 'SIGSEGV', 'SIGUSR2', 'SIGPIPE', 'SIGALRM', 'SIGTERM', 'SIGCHLD', 'SIGCONT', 'SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGURG', 'SIGXCPU', 'SIGXFSZ', 'SIGVTALRM', 'SIGPROF', 'SIGWINCH', 'SIGIO', 'SIGSYS'];
export declare const SignalName: Type.TUnion<[Type.TLiteral<"SIGABRT" | "SIGALRM" | "SIGBUS" | "SIGCHLD" | "SIGCONT" | "SIGFPE" | "SIGHUP" | "SIGILL" | "SIGINT" | "SIGIO" | "SIGKILL" | "SIGPIPE" | "SIGPROF" | "SIGQUIT" | "SIGSEGV" | "SIGSTOP" | "SIGSYS" | "SIGTERM" | "SIGTRAP" | "SIGTSTP" | "SIGTTIN" | "SIGTTOU" | "SIGURG" | "SIGUSR1" | "SIGUSR2" | "SIGVTALRM" | "SIGWINCH" | "SIGXCPU" | "SIGXFSZ">]>;
export type SignalName = Static<typeof SignalName>;
export declare const BLOCK_REASONS: readonly ("cpu_exhausted" | "deadlock" | "disk_full" | "infinite_loop" | "livelock" | "lock_wait" | "memory_exhausted" | "network_wait" | "no_progress" | "orphaned_output" | "output_flood" | "pids_exhausted" | "stopped" | "waiting_for_input" | "zombie")[];
export declare const BlockReason: Type.TUnion<[Type.TLiteral<"cpu_exhausted" | "deadlock" | "disk_full" | "infinite_loop" | "livelock" | "lock_wait" | "memory_exhausted" | "network_wait" | "no_progress" | "orphaned_output" | "output_flood" | "pids_exhausted" | "stopped" | "waiting_for_input" | "zombie">]>;
export type BlockReason = Static<typeof BlockReason>;
export declare const BlockAction: Type.TUnion<[Type.TLiteral<"end_input" | "report" | "terminate">]>;
export type BlockAction = Static<typeof BlockAction>;
export declare const ExitCode: Type.TUnion<[Type.TInteger, Type.TNull]>;
export declare const ExitSignal: Type.TUnion<[Type.TString, Type.TNull]>;
export declare const Usage: Type.TObject<{
    cpuMs: Type.TOptional<Type.TNumber>;
    maxMemoryBytes: Type.TOptional<Type.TInteger>;
}>;
export type Usage = Static<typeof Usage>;
export declare const Leftover: Type.TInteger;

// dist/v1/forget-task.d.ts
import Type, { type Static } from 'typebox';
/** Manager -> worker: drop a task. */
export declare const ForgetTask: Type.TObject<{
    type: Type.TLiteral<"forget_task">;
    taskId: Type.TString;
    timestamp: Type.TInteger;
}>;
export type ForgetTask = Static<typeof ForgetTask>;

// dist/v1/heartbeat.d.ts
import Type, { type Static } from 'typebox';
/** Worker -> manager: load and health, after `welcome` and at a pace. */
export declare const Heartbeat: Type.TObject<{
    type: Type.TLiteral<"heartbeat">;
    status: Type.TUnion<[Type.TLiteral<"busy" | "draining" | "idle">]>;
    runningTasks: Type.TInteger;
    health: Type.TObject<{
        cpu: Type.TNumber;
        memory: Type.TNumber;
        disk: Type.TNumber;
        loadAverage: Type.TArray<Type.TNumber>;
        eventLoopDelayMs: Type.TNumber;
        uptimeMs: Type.TInteger;
    }>;
    workerId: Type.TString;
    timestamp: Type.TInteger;
}>;
export type Heartbeat = Static<typeof Heartbeat>;

// dist/v1/hello.d.ts
import Type, { type Static } from 'typebox';
/** Manager -> worker: who speaks. */
export declare const Hello: Type.TObject<{
    type: Type.TLiteral<"hello">;
    managerId: Type.TString;
    output: Type.TUnion<[Type.TLiteral<"binary" | "text">]>;
    resume: Type.TOptional<Type.TArray<Type.TObject<{
        taskId: Type.TString;
        offset: Type.TInteger;
    }>>>;
    timestamp: Type.TInteger;
}>;
export type Hello = Static<typeof Hello>;

// dist/v1/input-ack.d.ts
import Type, { type Static } from 'typebox';
/** Worker -> manager: how much input the command has taken. */
export declare const InputAck: Type.TObject<{
    type: Type.TLiteral<"input_ack">;
    taskId: Type.TString;
    offset: Type.TInteger;
    workerId: Type.TString;
    timestamp: Type.TInteger;
}>;
export type InputAck = Static<typeof InputAck>;

// dist/v1/messages.d.ts
/** The one list of messages, in two tables: who sends what. Everything else (codec, schema, docs) is made from these. */
import { BlockCleared } from './block-cleared.js';
import { BlockDetected } from './block-detected.js';
import { ExecuteCommand } from './execute-command.js';
import { ExecutionStarted } from './execution-started.js';
import { ForgetTask } from './forget-task.js';
import { Heartbeat } from './heartbeat.js';
import { Hello } from './hello.js';
import { InputAck } from './input-ack.js';
import { OutputGap } from './output-gap.js';
import { Ping } from './ping.js';
import { Pong } from './pong.js';
import { ProtocolError } from './protocol-error.js';
import { RemoveWorkspace } from './remove-workspace.js';
import { ResizePty } from './resize-pty.js';
import { ResumeTask } from './resume-task.js';
import { SendInput } from './send-input.js';
import { SignalTask } from './signal-task.js';
import { TaskAck } from './task-ack.js';
import { TaskComplete } from './task-complete.js';
import { TaskError } from './task-error.js';
import { TaskOutput } from './task-output.js';
import { TerminateTask } from './terminate-task.js';
import { Welcome } from './welcome.js';
import { WorkspaceRemoved } from './workspace-removed.js';
/** What a manager sends, by `type`. */
export declare const MANAGER_MESSAGES: {
    readonly hello: import("typebox").TObject<{
        type: import("typebox").TLiteral<"hello">;
        managerId: import("typebox").TString;
        output: import("typebox").TUnion<[import("typebox").TLiteral<"binary" | "text">]>;
        resume: import("typebox").TOptional<import("typebox").TArray<import("typebox").TObject<{
            taskId: import("typebox").TString;
            offset: import("typebox").TInteger;
        }>>>;
        timestamp: import("typebox").TInteger;
    }>;
    readonly execute_command: import("typebox").TObject<{
        type: import("typebox").TLiteral<"execute_command">;
        taskId: import("typebox").TString;
        command: import("typebox").TUnion<[import("typebox").TString, import("typebox").TArray<import("typebox").TString>]>;
        workspace: import("typebox").TOptional<import("typebox").TString>;
        cwd: import("typebox").TOptional<import("typebox").TString>;
        env: import("typebox").TOptional<import("typebox").TObject<{}>>;
        stdin: import("typebox").TOptional<import("typebox").TUnion<[import("typebox").TLiteral<"none" | "pipe">]>>;
        pty: import("typebox").TOptional<import("typebox").TObject<{
            cols: import("typebox").TInteger;
            rows: import("typebox").TInteger;
        }>>;
        timeoutMs: import("typebox").TOptional<import("typebox").TInteger>;
        limits: import("typebox").TOptional<import("typebox").TObject<{
            memoryBytes: import("typebox").TOptional<import("typebox").TInteger>;
            pids: import("typebox").TOptional<import("typebox").TInteger>;
            cpus: import("typebox").TOptional<import("typebox").TNumber>;
            outputBytes: import("typebox").TOptional<import("typebox").TInteger>;
        }>>;
        network: import("typebox").TOptional<import("typebox").TUnion<[import("typebox").TLiteral<"host" | "none">]>>;
        allowEnv: import("typebox").TOptional<import("typebox").TUnion<[import("typebox").TBoolean, import("typebox").TArray<import("typebox").TString>]>>;
        kind: import("typebox").TOptional<import("typebox").TUnion<[import("typebox").TLiteral<"batch" | "interactive" | "service">]>>;
        expectQuietMs: import("typebox").TOptional<import("typebox").TInteger>;
        lingerMs: import("typebox").TOptional<import("typebox").TInteger>;
        blockPolicy: import("typebox").TOptional<import("typebox").TObject<{
            [k: string]: import("typebox").TOptional<import("typebox").TUnion<[import("typebox").TUnion<[import("typebox").TLiteral<"end_input" | "report" | "terminate">]>, import("typebox").TObject<{
                action: import("typebox").TUnion<[import("typebox").TLiteral<"end_input" | "report" | "terminate">]>;
                suspectedAfterMs: import("typebox").TInteger;
            }>]>>;
        }>>;
        timestamp: import("typebox").TInteger;
    }>;
    readonly resume_task: import("typebox").TObject<{
        type: import("typebox").TLiteral<"resume_task">;
        taskId: import("typebox").TString;
        offset: import("typebox").TInteger;
        timestamp: import("typebox").TInteger;
    }>;
    readonly send_input: import("typebox").TObject<{
        type: import("typebox").TLiteral<"send_input">;
        taskId: import("typebox").TString;
        input: import("typebox").TString;
        encoding: import("typebox").TOptional<import("typebox").TUnion<[import("typebox").TLiteral<"base64" | "utf8">]>>;
        offset: import("typebox").TOptional<import("typebox").TInteger>;
        end: import("typebox").TOptional<import("typebox").TBoolean>;
        timestamp: import("typebox").TInteger;
    }>;
    readonly signal_task: import("typebox").TObject<{
        type: import("typebox").TLiteral<"signal_task">;
        taskId: import("typebox").TString;
        signal: import("typebox").TUnion<[import("typebox").TLiteral<"SIGABRT" | "SIGALRM" | "SIGBUS" | "SIGCHLD" | "SIGCONT" | "SIGFPE" | "SIGHUP" | "SIGILL" | "SIGINT" | "SIGIO" | "SIGKILL" | "SIGPIPE" | "SIGPROF" | "SIGQUIT" | "SIGSEGV" | "SIGSTOP" | "SIGSYS" | "SIGTERM" | "SIGTRAP" | "SIGTSTP" | "SIGTTIN" | "SIGTTOU" | "SIGURG" | "SIGUSR1" | "SIGUSR2" | "SIGVTALRM" | "SIGWINCH" | "SIGXCPU" | "SIGXFSZ">]>;
        timestamp: import("typebox").TInteger;
    }>;
    readonly terminate_task: import("typebox").TObject<{
        type: import("typebox").TLiteral<"terminate_task">;
        taskId: import("typebox").TString;
        graceMs: import("typebox").TOptional<import("typebox").TInteger>;
        timestamp: import("typebox").TInteger;
    }>;
    readonly resize_pty: import("typebox").TObject<{
        type: import("typebox").TLiteral<"resize_pty">;
        taskId: import("typebox").TString;
        cols: import("typebox").TInteger;
        rows: import("typebox").TInteger;
        timestamp: import("typebox").TInteger;
    }>;
    readonly task_ack: import("typebox").TObject<{
        type: import("typebox").TLiteral<"task_ack">;
        taskId: import("typebox").TString;
        offset: import("typebox").TInteger;
        timestamp: import("typebox").TInteger;
    }>;
    readonly forget_task: import("typebox").TObject<{
        type: import("typebox").TLiteral<"forget_task">;
        taskId: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
    readonly remove_workspace: import("typebox").TObject<{
        type: import("typebox").TLiteral<"remove_workspace">;
        workspace: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
    readonly ping: import("typebox").TObject<{
        type: import("typebox").TLiteral<"ping">;
        id: import("typebox").TOptional<import("typebox").TString>;
        timestamp: import("typebox").TInteger;
    }>;
};
/** What a worker sends, by `type`. */
export declare const WORKER_MESSAGES: {
    readonly welcome: import("typebox").TObject<{
        type: import("typebox").TLiteral<"welcome">;
        bootId: import("typebox").TString;
        protocol: import("typebox").TString;
        workerType: import("typebox").TString;
        labels: import("typebox").TObject<{}>;
        resources: import("typebox").TObject<{
            cpus: import("typebox").TNumber;
            memoryBytes: import("typebox").TInteger;
            diskBytes: import("typebox").TInteger;
        }>;
        maxTasks: import("typebox").TInteger;
        containment: import("typebox").TUnion<[import("typebox").TLiteral<"bubblewrap" | "pid-namespace" | "process-group">]>;
        limits: import("typebox").TObject<{
            maxPayloadBytes: import("typebox").TInteger;
            windowBytes: import("typebox").TInteger;
            retainBytes: import("typebox").TInteger;
            enforced: import("typebox").TOptional<import("typebox").TArray<import("typebox").TString>>;
        }>;
        tasks: import("typebox").TArray<import("typebox").TObject<{
            taskId: import("typebox").TString;
            state: import("typebox").TUnion<[import("typebox").TLiteral<"complete" | "error" | "running" | "terminating">]>;
            ackedOffset: import("typebox").TInteger;
            endOffset: import("typebox").TInteger;
        }>>;
        workspaces: import("typebox").TArray<import("typebox").TString>;
        workerId: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
    readonly execution_started: import("typebox").TObject<{
        type: import("typebox").TLiteral<"execution_started">;
        taskId: import("typebox").TString;
        pid: import("typebox").TInteger;
        containment: import("typebox").TUnion<[import("typebox").TLiteral<"bubblewrap" | "pid-namespace" | "process-group">]>;
        workerId: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
    readonly task_output: import("typebox").TObject<{
        type: import("typebox").TLiteral<"task_output">;
        taskId: import("typebox").TString;
        stream: import("typebox").TUnion<[import("typebox").TLiteral<"stderr" | "stdout">]>;
        output: import("typebox").TString;
        offset: import("typebox").TInteger;
        bytes: import("typebox").TInteger;
        workerId: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
    readonly output_gap: import("typebox").TObject<{
        type: import("typebox").TLiteral<"output_gap">;
        taskId: import("typebox").TString;
        offset: import("typebox").TInteger;
        bytes: import("typebox").TInteger;
        workerId: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
    readonly input_ack: import("typebox").TObject<{
        type: import("typebox").TLiteral<"input_ack">;
        taskId: import("typebox").TString;
        offset: import("typebox").TInteger;
        workerId: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
    readonly workspace_removed: import("typebox").TObject<{
        type: import("typebox").TLiteral<"workspace_removed">;
        workspace: import("typebox").TString;
        workerId: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
    readonly block_detected: import("typebox").TObject<{
        type: import("typebox").TLiteral<"block_detected">;
        taskId: import("typebox").TString;
        reason: import("typebox").TUnion<[import("typebox").TLiteral<"cpu_exhausted" | "deadlock" | "disk_full" | "infinite_loop" | "livelock" | "lock_wait" | "memory_exhausted" | "network_wait" | "no_progress" | "orphaned_output" | "output_flood" | "pids_exhausted" | "stopped" | "waiting_for_input" | "zombie">]>;
        confidence: import("typebox").TUnion<[import("typebox").TLiteral<"confirmed" | "suspected">]>;
        duration: import("typebox").TInteger;
        resourceUsage: import("typebox").TObject<{
            cpu: import("typebox").TOptional<import("typebox").TNumber>;
            memory: import("typebox").TOptional<import("typebox").TNumber>;
            disk: import("typebox").TOptional<import("typebox").TNumber>;
        }>;
        recoverable: import("typebox").TBoolean;
        evidence: import("typebox").TObject<{
            summary: import("typebox").TOptional<import("typebox").TString>;
            processes: import("typebox").TOptional<import("typebox").TArray<import("typebox").TObject<{
                pid: import("typebox").TInteger;
                name: import("typebox").TString;
            }>>>;
        }>;
        action: import("typebox").TUnion<[import("typebox").TLiteral<"end_input" | "report" | "terminate">]>;
        workerId: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
    readonly block_cleared: import("typebox").TObject<{
        type: import("typebox").TLiteral<"block_cleared">;
        taskId: import("typebox").TString;
        reason: import("typebox").TUnion<[import("typebox").TLiteral<"cpu_exhausted" | "deadlock" | "disk_full" | "infinite_loop" | "livelock" | "lock_wait" | "memory_exhausted" | "network_wait" | "no_progress" | "orphaned_output" | "output_flood" | "pids_exhausted" | "stopped" | "waiting_for_input" | "zombie">]>;
        duration: import("typebox").TInteger;
        workerId: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
    readonly task_complete: import("typebox").TObject<{
        type: import("typebox").TLiteral<"task_complete">;
        taskId: import("typebox").TString;
        exitCode: import("typebox").TUnion<[import("typebox").TInteger, import("typebox").TNull]>;
        signal: import("typebox").TUnion<[import("typebox").TString, import("typebox").TNull]>;
        durationMs: import("typebox").TInteger;
        outputBytes: import("typebox").TInteger;
        usage: import("typebox").TObject<{
            cpuMs: import("typebox").TOptional<import("typebox").TNumber>;
            maxMemoryBytes: import("typebox").TOptional<import("typebox").TInteger>;
        }>;
        leftover: import("typebox").TInteger;
        workerId: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
    readonly task_error: import("typebox").TObject<{
        type: import("typebox").TLiteral<"task_error">;
        taskId: import("typebox").TString;
        code: import("typebox").TUnion<[import("typebox").TLiteral<"blocked" | "memory_exhausted" | "orphaned" | "rejected" | "spawn_failed" | "terminated" | "timed_out" | "worker_shutdown">]>;
        message: import("typebox").TString;
        detail: import("typebox").TOptional<import("typebox").TUnion<[import("typebox").TLiteral<"busy" | "command_not_found" | "containment_unavailable" | "draining" | "invalid_command" | "invalid_cwd" | "invalid_env" | "no_space" | "not_executable" | "pty_unavailable" | "unenforceable_limit">]>>;
        reason: import("typebox").TOptional<import("typebox").TUnion<[import("typebox").TLiteral<"cpu_exhausted" | "deadlock" | "disk_full" | "infinite_loop" | "livelock" | "lock_wait" | "memory_exhausted" | "network_wait" | "no_progress" | "orphaned_output" | "output_flood" | "pids_exhausted" | "stopped" | "waiting_for_input" | "zombie">]>>;
        exitCode: import("typebox").TOptional<import("typebox").TUnion<[import("typebox").TInteger, import("typebox").TNull]>>;
        signal: import("typebox").TOptional<import("typebox").TUnion<[import("typebox").TString, import("typebox").TNull]>>;
        durationMs: import("typebox").TOptional<import("typebox").TInteger>;
        outputBytes: import("typebox").TOptional<import("typebox").TInteger>;
        usage: import("typebox").TOptional<import("typebox").TObject<{
            cpuMs: import("typebox").TOptional<import("typebox").TNumber>;
            maxMemoryBytes: import("typebox").TOptional<import("typebox").TInteger>;
        }>>;
        leftover: import("typebox").TOptional<import("typebox").TInteger>;
        workerId: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
    readonly heartbeat: import("typebox").TObject<{
        type: import("typebox").TLiteral<"heartbeat">;
        status: import("typebox").TUnion<[import("typebox").TLiteral<"busy" | "draining" | "idle">]>;
        runningTasks: import("typebox").TInteger;
        health: import("typebox").TObject<{
            cpu: import("typebox").TNumber;
            memory: import("typebox").TNumber;
            disk: import("typebox").TNumber;
            loadAverage: import("typebox").TArray<import("typebox").TNumber>;
            eventLoopDelayMs: import("typebox").TNumber;
            uptimeMs: import("typebox").TInteger;
        }>;
        workerId: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
    readonly pong: import("typebox").TObject<{
        type: import("typebox").TLiteral<"pong">;
        id: import("typebox").TOptional<import("typebox").TString>;
        workerId: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
    readonly protocol_error: import("typebox").TObject<{
        type: import("typebox").TLiteral<"protocol_error">;
        code: import("typebox").TUnion<[import("typebox").TLiteral<"duplicate_task" | "input_full" | "invalid_json" | "invalid_message" | "invalid_offset" | "stdin_closed" | "task_ended" | "unexpected_hello" | "unknown_task" | "unknown_type" | "unknown_workspace" | "workspace_busy">]>;
        message: import("typebox").TString;
        path: import("typebox").TOptional<import("typebox").TString>;
        taskId: import("typebox").TOptional<import("typebox").TString>;
        workerId: import("typebox").TString;
        timestamp: import("typebox").TInteger;
    }>;
};
/** Any message from a manager, told apart by `type`. */
export type ManagerMessage = Hello | ExecuteCommand | ResumeTask | SendInput | SignalTask | TerminateTask | ResizePty | TaskAck | ForgetTask | RemoveWorkspace | Ping;
/** Any message from a worker, told apart by `type`. */
export type WorkerMessage = Welcome | ExecutionStarted | TaskOutput | OutputGap | InputAck | WorkspaceRemoved | BlockDetected | BlockCleared | TaskComplete | TaskError | Heartbeat | Pong | ProtocolError;

// dist/v1/output-gap.d.ts
import Type, { type Static } from 'typebox';
/** Worker -> manager: bytes of a task's output are gone. */
export declare const OutputGap: Type.TObject<{
    type: Type.TLiteral<"output_gap">;
    taskId: Type.TString;
    offset: Type.TInteger;
    bytes: Type.TInteger;
    workerId: Type.TString;
    timestamp: Type.TInteger;
}>;
export type OutputGap = Static<typeof OutputGap>;

// dist/v1/ping.d.ts
import Type, { type Static } from 'typebox';
export declare const PingId: Type.TString;
/** Manager -> worker: are you there? */
export declare const Ping: Type.TObject<{
    type: Type.TLiteral<"ping">;
    id: Type.TOptional<Type.TString>;
    timestamp: Type.TInteger;
}>;
export type Ping = Static<typeof Ping>;

// dist/v1/pong.d.ts
import Type, { type Static } from 'typebox';
/** Worker -> manager: answers `ping`. */
export declare const Pong: Type.TObject<{
    type: Type.TLiteral<"pong">;
    id: Type.TOptional<Type.TString>;
    workerId: Type.TString;
    timestamp: Type.TInteger;
}>;
export type Pong = Static<typeof Pong>;

// dist/v1/protocol-error.d.ts
import Type, { type Static } from 'typebox';
export declare const PROTOCOL_ERROR_CODES: readonly ("duplicate_task" | "input_full" | "invalid_json" | "invalid_message" | "invalid_offset" | "stdin_closed" | "task_ended" | "unexpected_hello" | "unknown_task" | "unknown_type" | "unknown_workspace" | "workspace_busy")[];
export type ProtocolErrorCode = (typeof PROTOCOL_ERROR_CODES)[number];
/** The codes that say a frame was malformed; only these count towards closing with 1008. */
export declare const MALFORMED_CODES: ["invalid_json", "invalid_message", "unknown_type"];
/** Worker -> manager: a message was not accepted, and changed nothing. */
export declare const ProtocolError: Type.TObject<{
    type: Type.TLiteral<"protocol_error">;
    code: Type.TUnion<[Type.TLiteral<"duplicate_task" | "input_full" | "invalid_json" | "invalid_message" | "invalid_offset" | "stdin_closed" | "task_ended" | "unexpected_hello" | "unknown_task" | "unknown_type" | "unknown_workspace" | "workspace_busy">]>;
    message: Type.TString;
    path: Type.TOptional<Type.TString>;
    taskId: Type.TOptional<Type.TString>;
    workerId: Type.TString;
    timestamp: Type.TInteger;
}>;
export type ProtocolError = Static<typeof ProtocolError>;

// dist/v1/remove-workspace.d.ts
import Type, { type Static } from 'typebox';
/** Manager -> worker: delete a workspace. */
export declare const RemoveWorkspace: Type.TObject<{
    type: Type.TLiteral<"remove_workspace">;
    workspace: Type.TString;
    timestamp: Type.TInteger;
}>;
export type RemoveWorkspace = Static<typeof RemoveWorkspace>;

// dist/v1/resize-pty.d.ts
import Type, { type Static } from 'typebox';
/** Manager -> worker: a PTY has a new size. */
export declare const ResizePty: Type.TObject<{
    type: Type.TLiteral<"resize_pty">;
    taskId: Type.TString;
    cols: Type.TInteger;
    rows: Type.TInteger;
    timestamp: Type.TInteger;
}>;
export type ResizePty = Static<typeof ResizePty>;

// dist/v1/resume-task.d.ts
import Type, { type Static } from 'typebox';
/** Manager -> worker: send a task's output from an offset on. */
export declare const ResumeTask: Type.TObject<{
    type: Type.TLiteral<"resume_task">;
    taskId: Type.TString;
    offset: Type.TInteger;
    timestamp: Type.TInteger;
}>;
export type ResumeTask = Static<typeof ResumeTask>;

// dist/v1/send-input.d.ts
import Type, { type Static } from 'typebox';
/** Manager -> worker: bytes for a command's stdin. */
export declare const SendInput: Type.TObject<{
    type: Type.TLiteral<"send_input">;
    taskId: Type.TString;
    input: Type.TString;
    encoding: Type.TOptional<Type.TUnion<[Type.TLiteral<"base64" | "utf8">]>>;
    offset: Type.TOptional<Type.TInteger>;
    end: Type.TOptional<Type.TBoolean>;
    timestamp: Type.TInteger;
}>;
export type SendInput = Static<typeof SendInput>;

// dist/v1/signal-task.d.ts
import Type, { type Static } from 'typebox';
/** Manager -> worker: send a signal to a command. */
export declare const SignalTask: Type.TObject<{
    type: Type.TLiteral<"signal_task">;
    taskId: Type.TString;
    signal: Type.TUnion<[Type.TLiteral<"SIGABRT" | "SIGALRM" | "SIGBUS" | "SIGCHLD" | "SIGCONT" | "SIGFPE" | "SIGHUP" | "SIGILL" | "SIGINT" | "SIGIO" | "SIGKILL" | "SIGPIPE" | "SIGPROF" | "SIGQUIT" | "SIGSEGV" | "SIGSTOP" | "SIGSYS" | "SIGTERM" | "SIGTRAP" | "SIGTSTP" | "SIGTTIN" | "SIGTTOU" | "SIGURG" | "SIGUSR1" | "SIGUSR2" | "SIGVTALRM" | "SIGWINCH" | "SIGXCPU" | "SIGXFSZ">]>;
    timestamp: Type.TInteger;
}>;
export type SignalTask = Static<typeof SignalTask>;

// dist/v1/task-ack.d.ts
import Type, { type Static } from 'typebox';
/** Manager -> worker: credit and resume point of a task's output. */
export declare const TaskAck: Type.TObject<{
    type: Type.TLiteral<"task_ack">;
    taskId: Type.TString;
    offset: Type.TInteger;
    timestamp: Type.TInteger;
}>;
export type TaskAck = Static<typeof TaskAck>;

// dist/v1/task-complete.d.ts
import Type, { type Static } from 'typebox';
/** Worker -> manager: the command came to its own end. */
export declare const TaskComplete: Type.TObject<{
    type: Type.TLiteral<"task_complete">;
    taskId: Type.TString;
    exitCode: Type.TUnion<[Type.TInteger, Type.TNull]>;
    signal: Type.TUnion<[Type.TString, Type.TNull]>;
    durationMs: Type.TInteger;
    outputBytes: Type.TInteger;
    usage: Type.TObject<{
        cpuMs: Type.TOptional<Type.TNumber>;
        maxMemoryBytes: Type.TOptional<Type.TInteger>;
    }>;
    leftover: Type.TInteger;
    workerId: Type.TString;
    timestamp: Type.TInteger;
}>;
export type TaskComplete = Static<typeof TaskComplete>;

// dist/v1/task-error.d.ts
import Type, { type Static } from 'typebox';
export declare const TASK_ERROR_CODES: readonly ("blocked" | "memory_exhausted" | "orphaned" | "rejected" | "spawn_failed" | "terminated" | "timed_out" | "worker_shutdown")[];
export type TaskErrorCode = (typeof TASK_ERROR_CODES)[number];
export declare const REJECTION_DETAILS: readonly ("busy" | "containment_unavailable" | "draining" | "invalid_command" | "invalid_cwd" | "invalid_env" | "no_space" | "pty_unavailable" | "unenforceable_limit")[];
export type RejectionDetail = (typeof REJECTION_DETAILS)[number];
export declare const SPAWN_FAILURE_DETAILS: readonly ("command_not_found" | "not_executable")[];
export type SpawnFailureDetail = (typeof SPAWN_FAILURE_DETAILS)[number];
/** Worker -> manager: the command did not come to its own end, or never ran. */
export declare const TaskError: Type.TObject<{
    type: Type.TLiteral<"task_error">;
    taskId: Type.TString;
    code: Type.TUnion<[Type.TLiteral<"blocked" | "memory_exhausted" | "orphaned" | "rejected" | "spawn_failed" | "terminated" | "timed_out" | "worker_shutdown">]>;
    message: Type.TString;
    detail: Type.TOptional<Type.TUnion<[Type.TLiteral<"busy" | "command_not_found" | "containment_unavailable" | "draining" | "invalid_command" | "invalid_cwd" | "invalid_env" | "no_space" | "not_executable" | "pty_unavailable" | "unenforceable_limit">]>>;
    reason: Type.TOptional<Type.TUnion<[Type.TLiteral<"cpu_exhausted" | "deadlock" | "disk_full" | "infinite_loop" | "livelock" | "lock_wait" | "memory_exhausted" | "network_wait" | "no_progress" | "orphaned_output" | "output_flood" | "pids_exhausted" | "stopped" | "waiting_for_input" | "zombie">]>>;
    exitCode: Type.TOptional<Type.TUnion<[Type.TInteger, Type.TNull]>>;
    signal: Type.TOptional<Type.TUnion<[Type.TString, Type.TNull]>>;
    durationMs: Type.TOptional<Type.TInteger>;
    outputBytes: Type.TOptional<Type.TInteger>;
    usage: Type.TOptional<Type.TObject<{
        cpuMs: Type.TOptional<Type.TNumber>;
        maxMemoryBytes: Type.TOptional<Type.TInteger>;
    }>>;
    leftover: Type.TOptional<Type.TInteger>;
    workerId: Type.TString;
    timestamp: Type.TInteger;
}>;
export type TaskError = Static<typeof TaskError>;

// dist/v1/task-output.d.ts
import Type, { type Static } from 'typebox';
/** Worker -> manager: one chunk of a task's output, in order. */
export declare const TaskOutput: Type.TObject<{
    type: Type.TLiteral<"task_output">;
    taskId: Type.TString;
    stream: Type.TUnion<[Type.TLiteral<"stderr" | "stdout">]>;
    output: Type.TString;
    offset: Type.TInteger;
    bytes: Type.TInteger;
    workerId: Type.TString;
    timestamp: Type.TInteger;
}>;
export type TaskOutput = Static<typeof TaskOutput>;

// dist/v1/terminate-task.d.ts
import Type, { type Static } from 'typebox';
/** Manager -> worker: end a task. */
export declare const TerminateTask: Type.TObject<{
    type: Type.TLiteral<"terminate_task">;
    taskId: Type.TString;
    graceMs: Type.TOptional<Type.TInteger>;
    timestamp: Type.TInteger;
}>;
export type TerminateTask = Static<typeof TerminateTask>;

// dist/v1/welcome.d.ts
import Type, { type Static } from 'typebox';
/** Worker -> manager: answers `hello`. */
export declare const Welcome: Type.TObject<{
    type: Type.TLiteral<"welcome">;
    bootId: Type.TString;
    protocol: Type.TString;
    workerType: Type.TString;
    labels: Type.TObject<{}>;
    resources: Type.TObject<{
        cpus: Type.TNumber;
        memoryBytes: Type.TInteger;
        diskBytes: Type.TInteger;
    }>;
    maxTasks: Type.TInteger;
    containment: Type.TUnion<[Type.TLiteral<"bubblewrap" | "pid-namespace" | "process-group">]>;
    limits: Type.TObject<{
        maxPayloadBytes: Type.TInteger;
        windowBytes: Type.TInteger;
        retainBytes: Type.TInteger;
        enforced: Type.TOptional<Type.TArray<Type.TString>>;
    }>;
    tasks: Type.TArray<Type.TObject<{
        taskId: Type.TString;
        state: Type.TUnion<[Type.TLiteral<"complete" | "error" | "running" | "terminating">]>;
        ackedOffset: Type.TInteger;
        endOffset: Type.TInteger;
    }>>;
    workspaces: Type.TArray<Type.TString>;
    workerId: Type.TString;
    timestamp: Type.TInteger;
}>;
export type Welcome = Omit<Static<typeof Welcome>, 'labels'> & {
    labels: Record<string, string>;
};

// dist/v1/workspace-removed.d.ts
import Type, { type Static } from 'typebox';
/** Worker -> manager: answers `remove_workspace`. */
export declare const WorkspaceRemoved: Type.TObject<{
    type: Type.TLiteral<"workspace_removed">;
    workspace: Type.TString;
    workerId: Type.TString;
    timestamp: Type.TInteger;
}>;
export type WorkspaceRemoved = Static<typeof WorkspaceRemoved>;

// dist/version.d.ts
/** The revision of the wire that this package speaks, and the numbers and close codes both sides rely on. */
/** `welcome.protocol`. The major part is the subprotocol's; the minor part grows when fields are added. */
export declare const PROTOCOL_VERSION = "1.0";
/** `Sec-WebSocket-Protocol` of this major version. */
export declare const SUBPROTOCOL = "sandcrew.v1";
/** The largest WebSocket message that either side accepts, bytes. Larger ones close with 1009. */
export declare const MAX_PAYLOAD_BYTES = 1048576;
/** The most fragments of one message. More close with 1008. */
export declare const MAX_FRAGMENTS = 64;
/** The deepest nesting of arrays and objects in a text frame; deeper ones are refused before they are parsed. */
export declare const MAX_JSON_DEPTH = 32;
/** How far past a task's last ack a worker sends, raw bytes (the credit window). */
export declare const WINDOW_BYTES = 1048576;
/** The most raw bytes in one chunk of output. */
export declare const MAX_CHUNK_BYTES = 65536;
/** The most input of one task that its command has not taken, bytes. More is refused with `input_full`. */
export declare const MAX_PENDING_INPUT_BYTES = 1048576;
/** Both sides send a WebSocket ping at this pace, milliseconds. */
export declare const PING_INTERVAL_MS = 10000;
/** A peer from which no byte came for so long is dropped, milliseconds. */
export declare const PEER_SILENCE_MS = 20000;
/** So many malformed frames within `MALFORMED_WINDOW_MS` close with 1008. */
export declare const MAX_MALFORMED_FRAMES = 100;
/** For how long a malformed frame counts, milliseconds. */
export declare const MALFORMED_WINDOW_MS = 60000;
/** WebSocket close codes and what each says. */
export declare const CLOSE_CODES: {
    /** The side that closes is done. */
    readonly normal: 1000;
    /** The side that closes shuts down. */
    readonly goingAway: 1001;
    /** A binary frame was sent to a worker. */
    readonly unsupportedData: 1003;
    /** Too many fragments, or too many malformed frames. */
    readonly policyViolation: 1008;
    /** A message over `MAX_PAYLOAD_BYTES`. */
    readonly messageTooBig: 1009;
    /** A newer connection with the same `managerId` took over. */
    readonly replaced: 4001;
    /** The `managerId` belongs to a token of another name. */
    readonly managerIdTaken: 4003;
};
