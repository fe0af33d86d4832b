// Made by `npm run generate` from the declarations that the index reaches. Do not edit.

// dist/agent-tools.d.ts
/** The tools over one manager: their list, and the one way to call them. Each face (MCP, an SDK) is a thin layer over this. */
import type { SandboxManager } from '@sandcrew/manager';
import type { TaskLedger } from './task-ledger.js';
import type { CallContext } from './task-wait.js';
import type { ToolAnnotations } from './tool.js';
import { type ToolFault } from './tool-error.js';
export interface AgentToolsOptions {
    /** Whose commands they run. It is its maker's to close. */
    readonly manager: SandboxManager;
    /** How long a call waits, by default and at most, milliseconds. Default 45 000. */
    readonly yieldMs?: number;
    /** Where tasks are written down so that they are found again after a restart. Default: nowhere. */
    readonly ledger?: TaskLedger;
    /** The worker at which tasks outlive this process, where `ledger` is given and there is one. */
    readonly stayingWorkerUrl?: string;
}
/** A tool as plain data. `inputSchema` and `outputSchema` are JSON Schema. */
export interface ToolDefinition {
    readonly name: string;
    readonly title: string;
    readonly description: string;
    readonly annotations: ToolAnnotations;
    readonly inputSchema: JsonSchema;
    readonly outputSchema: JsonSchema;
}
export type JsonSchema = {
    readonly type: 'object';
    readonly [keyword: string]: unknown;
};
/** A value that fits the tool's `outputSchema`, or why there is none. */
export type ToolAnswer = {
    readonly isError: false;
    readonly value: Readonly<Record<string, unknown>>;
} | {
    readonly isError: true;
    readonly fault: ToolFault;
};
export declare class AgentTools {
    #private;
    readonly definitions: readonly ToolDefinition[];
    constructor({ manager, yieldMs, ledger, stayingWorkerUrl }: AgentToolsOptions);
    /** Calls a tool. It never throws: what went wrong is told as a fault. */
    call(name: string, given: unknown, context?: CallContext): Promise<ToolAnswer>;
    /** Lets go of the manager. Tasks go on until it is closed. */
    close(): void;
}

// dist/core/output-record.d.ts
/**
 * What is kept of one task's output: its beginning and its end, within a bound, each byte at its offset. It knows which
 * bytes it does not have and why, and nothing of text.
 */
export type Stream = 'stdout' | 'stderr';
/** A run of bytes of one stream. `offset` counts the bytes of both streams before it. */
export interface Piece {
    readonly stream: Stream;
    readonly offset: number;
    readonly bytes: Uint8Array;
}
/** Bytes that are not here: `lost` ones the worker could not keep, `dropped` ones were more than is kept here. */
export interface Hole {
    readonly offset: number;
    readonly bytes: number;
    readonly why: 'lost' | 'dropped';
}
export interface KeepBounds {
    /** Of the beginning, bytes. */
    readonly headBytes: number;
    /** Of the end, bytes. */
    readonly tailBytes: number;
}
export declare class OutputRecord {
    #private;
    constructor(bounds: KeepBounds);
    /** The offset of the next byte. */
    get endOffset(): number;
    /** Takes over what follows; a jump of the offset is a gap. */
    append(stream: Stream, offset: number, bytes: Uint8Array): void;
    /** All bytes before `offset` that did not come are gone. */
    skipTo(offset: number): void;
    /** The pieces of a range that are here, in order. */
    piecesBetween(from: number, to: number): Piece[];
    /** The parts of a range that are not here, in order. */
    holesBetween(from: number, to: number): Hole[];
}

// dist/core/wait-verdict.d.ts
/** Judges whether a wait for a task is over, and why. */
/** What a wait ends for. `yield`: its time is up, and the task goes on. `unreachable`: nobody can tell how it is. */
export type Because = 'exit' | 'block' | 'match' | 'yield' | 'unreachable';
export interface StandingBlock {
    readonly confidence: 'confirmed' | 'suspected';
}
export interface WaitEvidence {
    readonly hasEnded: boolean;
    readonly isUnreachable: boolean;
    readonly blocks: readonly StandingBlock[];
    readonly hasMatched: boolean;
    readonly isTimeUp: boolean;
}
export interface WaitTerms {
    /** Which blocks end it. */
    readonly blocks: 'confirmed' | 'any' | 'none';
}
/** The first of them that holds: what was looked for, then what is final, then what can be acted upon. Null: wait on. */
export declare function judgeWait({ hasEnded, isUnreachable, blocks, hasMatched, isTimeUp }: WaitEvidence, { blocks: wanted }: WaitTerms): Because | null;

// dist/index.d.ts
/** `@sandcrew/agent-tools`: Sandcrew as the tools of an agent. */
export { AgentTools, type AgentToolsOptions, type JsonSchema, type ToolAnswer, type ToolDefinition, } from './agent-tools.js';
export type { LedgerEntry, TaskEnd, TaskLedger } from './task-ledger.js';
export type { CallContext, Progress } from './task-wait.js';
export type { ToolAnnotations } from './tool.js';
export { ToolError, type ToolFault } from './tool-error.js';

// dist/output-search.d.ts
import type { OutputRecord, Stream } from './core/output-record.js';
import type { Pattern } from './pattern.js';
export interface Match {
    readonly stream: Stream;
    /** The line without its end, escape sequences taken out. */
    readonly line: string;
}
export declare class OutputSearch {
    #private;
    constructor(record: OutputRecord, pattern: Pattern, fromOffset: number);
    /** Whether there is output that was not looked at yet. */
    get isBehind(): boolean;
    /** Looks at the next step of what has come. @returns the first line that has it, or null. */
    find(): Match | null;
}

// dist/pattern.d.ts
export declare const MAX_PATTERN_CHARACTERS = 256;
/** Whether a line has it. */
export type Pattern = (line: string) => boolean;
export interface PatternRequest {
    readonly text?: string | undefined;
    readonly regex?: string | undefined;
}
/** @returns null where nothing is looked for. @throws {ToolError} INVALID_PATTERN */
export declare function compilePattern({ text, regex }: PatternRequest): Pattern | null;

// dist/task-ledger.d.ts
/** What outlives this process of each task, so that its id means the same after a restart. */
import type { ToolFault } from './tool-error.js';
/** How a task ended. `error` is null where its command came to its own end. */
export interface TaskEnd {
    readonly exitCode: number | null;
    readonly signal: string | null;
    readonly durationMs: number | null;
    /** Processes that it left behind and that were ended. */
    readonly leftover: number | null;
    readonly error: ToolFault | null;
}
export interface LedgerEntry {
    readonly taskId: string;
    /** The command in one line, shortened. */
    readonly command: string;
    /** SHA-256 of all that it was started with, hexadecimal: the same again is the same task. */
    readonly digest: string;
    /** When it was asked for, milliseconds since the epoch. */
    readonly startedAtMs: number;
    readonly takesInput: boolean;
    /** Null while it runs. */
    readonly end: TaskEnd | null;
    /** Bytes of output that it wrote, once it has ended. */
    readonly outputBytes: number;
}
/** Where the entries are kept. Both must be durable when they return: `put` is called before a command is sent. */
export interface TaskLedger {
    entries(): readonly LedgerEntry[];
    put(entry: LedgerEntry): void;
    remove(taskId: string): void;
}

// dist/task-registry.d.ts
/** The tasks of one server: those that run, and the last of those that ended. Each id stands for one start, also after a restart. */
import type { SandboxManager, TaskRequest } from '@sandcrew/manager';
import type { LedgerEntry, TaskLedger } from './task-ledger.js';
import { TrackedTask } from './tracked-task.js';
export interface RegistryOptions {
    readonly manager: SandboxManager;
    readonly ledger: TaskLedger | null;
    /** The one worker that keeps tasks over a restart; null for none. */
    readonly stayingWorkerUrl: string | null;
}
export declare class TaskRegistry {
    #private;
    constructor({ manager, ledger, stayingWorkerUrl }: RegistryOptions);
    /** Newest first. */
    list(): TrackedTask[];
    /**
     * One of an earlier life of this server is asked for at its worker first, where that is still to be done: it resolves
     * when the worker has answered, or cannot be reached. @throws {ToolError} UNKNOWN_TASK
     */
    find(taskId: string): Promise<TrackedTask>;
    /** The task that has this id already, if it was started with the same. @throws {ToolError} INVALID_ARGUMENTS */
    known(taskId: string, digest: string): Promise<TrackedTask | null>;
    /** Starts a task. @throws {SandboxError} as `manager.run` does. @throws {ToolError} TOO_MANY_TASKS */
    start(request: TaskRequest, entry: Omit<LedgerEntry, 'end' | 'outputBytes'>): TrackedTask;
    /** Stops listening to the manager, which is its maker's to close. */
    close(): void;
}

// dist/task-wait.d.ts
import { type Because, type WaitTerms } from './core/wait-verdict.js';
import { type Match } from './output-search.js';
import type { Pattern } from './pattern.js';
import type { TrackedTask } from './tracked-task.js';
/** While a call lasts: how long it has, of how long at most, and what the task wrote last. */
export interface Progress {
    readonly elapsedMs: number;
    readonly totalMs: number;
    readonly message: string;
}
/** What a call brings along beside its arguments. */
export interface CallContext {
    /** Cancels the call. What becomes of the task, the tool says. */
    readonly signal?: AbortSignal | undefined;
    /** Called about once a second while a call waits. */
    readonly onProgress?: ((progress: Progress) => void) | undefined;
}
export interface WaitRequest extends WaitTerms {
    readonly yieldMs: number;
    readonly pattern: Pattern | null;
    /** Where the pattern is looked for from. */
    readonly fromOffset: number;
}
export interface WaitOutcome {
    readonly because: Because;
    readonly match: Match | null;
}
/** @throws {ToolError} CALL_CANCELLED as soon as the signal says so; the task goes on. */
export declare function waitForTask(task: TrackedTask, request: WaitRequest, { signal, onProgress }: CallContext): Promise<WaitOutcome>;

// dist/tool-error.d.ts
/** What a tool answers where it cannot do what was asked: a code, what was expected and came, and what to do next. */
import { type ErrorCode, SandboxError } from '@sandcrew/manager';
/** The codes that are not the manager's own (docs/errors.md has those), and what to do about each. */
export declare const TOOL_CODES: {
    readonly INVALID_ARGUMENTS: 'Correct the arguments that the message names and call the tool again.';
    readonly UNKNOWN_TOOL: 'Call one of the tools that are listed.';
    readonly UNKNOWN_TASK: 'Use a taskId that list_tasks shows, or start the command with run.';
    readonly TOO_MANY_TASKS: 'Wait for a task with wait_for, or end one with terminate, then run again.';
    readonly INVALID_PATTERN: 'Give the words themselves as text, or a pattern in RE2 syntax of at most 256 characters.';
    readonly CALL_CANCELLED: 'Nothing: the call was cancelled by its caller.';
    readonly INTERNAL: 'This is a fault of Sandcrew itself; please report it with the message.';
};
export type ToolCode = keyof typeof TOOL_CODES | ErrorCode;
/** An error as plain data, as it is told to a model. */
export interface ToolFault {
    readonly code: ToolCode;
    /** Which of the kinds that the code names, for `REJECTED`, `SPAWN_FAILED`, `BLOCKED` and `LOST`. */
    readonly detail?: string;
    readonly message: string;
    /** What to do next, in a sentence. */
    readonly next: string;
}
export declare class ToolError extends Error {
    readonly name = "ToolError";
    readonly fault: ToolFault;
    constructor(fault: ToolFault, cause?: unknown);
}
export declare function toolError(code: keyof typeof TOOL_CODES, message: string, cause?: unknown): ToolError;
/** Whatever was thrown, as a fault that a model can act upon. */
export declare function faultOf(error: unknown): ToolFault;
/** By its code too: an agent may link another copy of the manager than this package does. */
export declare function isSandboxError(error: unknown): error is SandboxError;

// dist/tool.d.ts
/** What a tool is: data that a model and its client read, and the one function that does it. */
import type { SandboxManager } from '@sandcrew/manager';
import type { Static, TObject } from 'typebox';
import type { TaskRegistry } from './task-registry.js';
import type { CallContext } from './task-wait.js';
/** As MCP has them: what a client may think of a tool before it asks its user. */
export interface ToolAnnotations {
    /** It changes nothing. */
    readonly readOnlyHint: boolean;
    /** It may undo or end something. */
    readonly destructiveHint: boolean;
    /** Called again with the same arguments, it does nothing more. */
    readonly idempotentHint: boolean;
    /** What it does reaches beyond the sandbox, as a command on a network does. */
    readonly openWorldHint: boolean;
}
/** What the tools work on. */
export interface Desk {
    readonly manager: SandboxManager;
    readonly registry: TaskRegistry;
    /** How long a call waits at most, milliseconds. */
    readonly yieldMs: number;
}
export interface Tool<Input extends TObject = TObject> {
    readonly name: string;
    readonly title: string;
    /** For the model. */
    readonly description: string;
    readonly annotations: ToolAnnotations;
    readonly input: Input;
    readonly output: TObject;
    /** @throws what `faultOf` knows to tell. */
    handle(given: Static<Input>, desk: Desk, context: CallContext): Promise<object>;
}
/** Keeps the types of a tool's arguments where it is written, and gives them up where all tools are one list. */
export declare function defineTool<Input extends TObject>(tool: Tool<Input>): Tool;
export declare const LOOKS: ToolAnnotations;

// dist/tracked-task.d.ts
/** One task as the tools know it: its output as far as it is kept, its standing blocks, its end. It outlives its handle. */
import type { BlockInfo, BlockReason, TaskHandle } from '@sandcrew/manager';
import { OutputRecord } from './core/output-record.js';
import type { LedgerEntry, TaskEnd } from './task-ledger.js';
import { type ToolFault } from './tool-error.js';
/**
 * `waiting`: no worker has started it yet. `unreachable`: it is of an earlier life of this server, and its worker cannot be
 * asked about it; `fault` says why.
 */
export type TaskCondition = 'waiting' | 'running' | 'blocked' | 'unreachable' | 'ended';
export declare class TrackedTask {
    #private;
    readonly record: OutputRecord;
    readonly entry: Omit<LedgerEntry, 'end' | 'outputBytes'>;
    constructor(entry: Omit<LedgerEntry, 'end' | 'outputBytes'>, onEnd: (task: TrackedTask) => void);
    /** One that had ended before this process was started: its output is gone, and said to be. */
    static ended({ end, outputBytes, ...entry }: LedgerEntry): TrackedTask;
    get taskId(): string;
    /** Resolves when it is known whether its worker has it; at once where this process has started it. */
    get confirmed(): Promise<unknown>;
    get end(): TaskEnd | null;
    /** Why nothing can be told of it now. */
    get fault(): ToolFault | null;
    /** Null where it cannot be reached, or ended before this process was started. */
    get handle(): TaskHandle | null;
    /** Standing blocks, what is sure first, then the oldest. */
    get blocks(): readonly BlockInfo[];
    get condition(): TaskCondition;
    /** Follows a task that was just started or taken over. @param isAdopted of an earlier life: its end may not be known. */
    follow(handle: TaskHandle, isAdopted: boolean): void;
    /** Nobody knows it any more. */
    forgotten(): void;
    /** Calls `onChange` at whatever happens to it, until the answer is called. */
    watch(onChange: () => void): () => void;
    blockDetected(block: BlockInfo): void;
    blockCleared(reason: BlockReason): void;
    /** Its input was taken: what it waited for has come. If it waits again, its worker tells so anew. */
    answered(): void;
}
