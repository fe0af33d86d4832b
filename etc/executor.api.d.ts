// Made by `npm run generate` from the declarations that the index reaches. Do not edit.

// dist/core/budget.d.ts
/** How long a step may take: its whole time as three budgets, one inside the other. Pure: the caller brings the time. */
/** The three parts; their sum is all that a step may take. */
export interface Budgets {
    /** Until a worker has begun it, milliseconds. What it does not use is its run's. */
    readonly queueMs: number;
    /** The run itself, milliseconds. */
    readonly runMs: number;
    /** How long a confirmed block may stand, and how long what is being ended may take to end, milliseconds. */
    readonly recoveryMs: number;
}
/** The 300 s of the specification. */
export declare const DEFAULT_BUDGETS: Budgets;
/** Of a step that may take `totalMs`: the same shares of it. Whole milliseconds; the run has what rounding leaves. */
export declare function shareOf(budgets: Budgets, totalMs: number): Budgets;
export declare function totalOf({ queueMs, runMs, recoveryMs }: Budgets): number;
/** When what happened to a step, milliseconds on one clock; null: not (yet). */
export interface StepTimes {
    readonly submittedAtMs: number;
    readonly startedAtMs: number | null;
    /** Since when a confirmed block stands. */
    readonly blockedAtMs: number | null;
    /** It was asked to end. */
    readonly stoppedAtMs: number | null;
}
export type BudgetVerdict = 
/** Nothing is over before `untilMs`. */
{
    readonly verdict: 'go_on';
    readonly untilMs: number;
}
/** `queue`: no worker began it in time. `run`: it is to be ended. `block`: it is to be ended for its block. `end`: it has not ended. */
 | {
    readonly verdict: 'over';
    readonly budget: 'queue' | 'run' | 'block' | 'end';
};
export declare function judgeBudget(times: StepTimes, nowMs: number, budgets: Budgets): BudgetVerdict;

// dist/core/ecosystems/ecosystem.d.ts
/** What is asked of each ecosystem: whether a workspace is one of its kind, what it needs, and its command for an intention. */
import type { Intention } from '../step-facts.js';
import type { WorkspaceFacts } from '../workspace-facts.js';
export declare const MEBIBYTE = 1048576;
/** A program that a worker must have. */
export interface Tool {
    readonly name: string;
    /** As the manifest writes it: a range, or the least version. Left out where it says none. */
    readonly version?: string;
}
export interface EcosystemNeeds {
    readonly language: string;
    /** The fewest that do: what brings another with it stands for it. */
    readonly tools: readonly Tool[];
    /** Memory below which it makes no sense to begin, bytes. */
    readonly memoryBytes: number;
    /** What in the workspace contradicts itself, and what was made of it: a sentence each. */
    readonly conflicts: readonly string[];
}
/** An argv, or why there is none. */
export type Choice = {
    readonly argv: readonly string[];
} | {
    readonly refusal: string;
};
export interface Ecosystem {
    readonly name: string;
    /** The words of a description that name it, where a workspace is of several. */
    readonly words: readonly string[];
    /** Two words that name it where one of them alone would not. */
    readonly phrases?: readonly string[];
    isIn(workspace: WorkspaceFacts): boolean;
    needs(workspace: WorkspaceFacts): EcosystemNeeds;
    /** @param files Words of the argv, safe as such: none begins with `-`. */
    choose(intention: Intention, workspace: WorkspaceFacts, files: readonly string[]): Choice;
}
/** One argv for each intention that the ecosystem has; with files, only those that take some. */
export declare function chooseFrom(name: string, table: Partial<Record<Intention, readonly string[]>>, intention: Intention, files: readonly string[], takesFiles?: readonly Intention[]): Choice;
export declare function tool(name: string, version?: string): Tool;

// dist/core/executor-error.d.ts
/** What the executor throws where it is not used as it must be. How a step ended is never thrown: it is a result. */
export type ExecutorErrorCode = 'INVALID_OPTIONS' | 'INVALID_PLAN' | 'INVALID_STEP' | 'INVALID_RECORD';
export declare class ExecutorError extends Error {
    readonly name = "ExecutorError";
    readonly code: ExecutorErrorCode;
    /** Every fault, a sentence each. */
    readonly faults: readonly string[];
    constructor(code: ExecutorErrorCode, faults: readonly string[]);
}

// dist/core/plan-record.d.ts
/** What a plan's caller keeps, so that another life of the agent can go on with it: plain JSON, and how it is judged. */
import type { StepFailure } from './step-end.js';
export type StepState = 'waiting' | 'running' | 'completed' | 'failed' | 'skipped' | 'cancelled';
export interface StepRecord {
    readonly state: StepState;
    /** How often it was begun. 0: never, and nothing of it was sent. */
    readonly runs: number;
    /** Where it runs or ran, as soon as that is known. */
    readonly workerId?: string;
    readonly failure?: StepFailure;
    /** Why it was skipped or cancelled. */
    readonly why?: string;
}
export interface PlanRecord {
    readonly version: 1;
    readonly planId: string;
    /** Of the manager whose tasks the steps are: a manager with the same id finds them again. */
    readonly managerId: string;
    readonly steps: Readonly<Record<string, StepRecord>>;
}
/** One sentence for each thing that a record must have and does not. It may come from a file: nothing is taken for granted. */
export declare function faultsOfRecord(record: unknown, planId: string, stepIds: readonly string[], managerId: string): string[];

// dist/core/plan-state.d.ts
/** A plan while it runs: its steps, and what is known of each. */
import type { PlanRecord, StepState } from './plan-record.js';
import type { StepFailure } from './step-end.js';
import type { StepFacts } from './step-facts.js';
/** Who does a step. */
export type Doer = 'sandbox' | 'handler';
export interface PlanStep {
    readonly taskId: string;
    readonly dependsOn: readonly string[];
    readonly priority: number;
    readonly idempotent: boolean;
    readonly doer: Doer;
    state: StepState;
    runs: number;
    workerId: string | null;
    failure: StepFailure | null;
    why: string | null;
    /** It was running when an earlier life of the agent ended: it is looked for, and not begun. */
    isLeftOver: boolean;
    /** It runs on at its worker, and this life of the agent knows no more of it. */
    isLeft: boolean;
}
export interface PlanState {
    readonly planId: string;
    readonly managerId: string;
    readonly maxConcurrent: number;
    /** In the order of the plan. */
    readonly steps: ReadonlyMap<string, PlanStep>;
    /** Why the plan is being cancelled; null: it is not. */
    cancelledWhy: string | null;
    hasEnded: boolean;
}
export interface PlanOpening {
    readonly planId: string;
    readonly managerId: string;
    readonly maxConcurrent: number;
    readonly steps: readonly {
        readonly facts: StepFacts;
        readonly doer: Doer;
    }[];
    /** Of an earlier life of the same plan; null: it is new. Sound: `faultsOfRecord` has judged it. */
    readonly record: PlanRecord | null;
    /** Whether steps that failed, or were ended by a cancellation, are begun again. */
    readonly retryFailed: boolean;
}
export declare function openPlan({ planId, managerId, maxConcurrent, steps, record, retryFailed, }: PlanOpening): PlanState;
export declare function recordOf(state: PlanState): PlanRecord;

// dist/core/sandbox-command.d.ts
import type { Intention, StepFacts } from './step-facts.js';
import { type WorkspaceFacts } from './workspace-facts.js';
export type SandboxCommand = {
    /** As the step gives it; else an argv. */
    readonly command: string | readonly string[];
    /** Null where the step gives its command itself. */
    readonly intention: Intention | null;
    /** What it is of: `node`, `cargo`, `files`, …; null where the step gives it. */
    readonly ecosystem: string | null;
} | {
    /** Why there is none, and what to do, in a sentence. */
    readonly refusal: string;
};
export declare function generateSandboxCommand(step: StepFacts, workspace?: WorkspaceFacts): SandboxCommand;

// dist/core/sandbox-task.d.ts
/** Judges whether a step belongs in a sandbox: by its command, its type, and the words of its description. */
import type { StepFacts, TaskStepType } from './step-facts.js';
export interface SandboxVerdict {
    readonly isSandbox: boolean;
    /** In a sentence. */
    readonly reason: string;
    /** How sure it is, from 0 to 1. */
    readonly confidence: number;
}
/** What the judgement goes by. Each field left out is the default's. */
export interface SandboxRules {
    /** Types whose steps always run in a sandbox. Default: sandbox-execution, compilation, build, test, code-execution. */
    readonly types?: readonly TaskStepType[];
    /** Types whose steps never do, whatever their words; a `command` still does. Default: none. */
    readonly neverTypes?: readonly TaskStepType[];
    /**
     * Words of a description that say so, whole and in any case, also as "tests" and "rebuild" or "re-run". Default:
     * compile, build, test, run.
     */
    readonly words?: readonly string[];
}
export declare const DEFAULT_SANDBOX_RULES: Required<SandboxRules>;
/** Below it, a step without a command is given to the agent's handler rather than to a guessed command. */
export declare const MIN_CONFIDENCE = 0.5;
export declare function isSandboxTask(step: StepFacts, rules?: SandboxRules): SandboxVerdict;

// dist/core/step-end.d.ts
/** How a step ended, as plain values: the same in the plan's machine, its record and its events. */
/**
 * Why a step failed, beside the codes of a `SandboxError`, which keep their names.
 *
 * `EXIT_CODE`: its command ended with another code than 0, or by a signal. `QUEUE_TIMEOUT`: no worker began it within its queue
 * budget. `NO_COMMAND`: none was given, and none can be made. `NO_HANDLER`: it is not for a sandbox, and the agent gave no handler.
 * `HANDLER_FAILED`: the handler threw.
 */
export declare const STEP_FAULTS: readonly ['EXIT_CODE', 'QUEUE_TIMEOUT', 'NO_COMMAND', 'NO_HANDLER', 'HANDLER_FAILED'];
export interface StepFailure {
    /** One of `STEP_FAULTS`, or the code of a `SandboxError`. */
    readonly code: string;
    /** What was expected, what came, and what to do, in sentences. */
    readonly message: string;
    /** Kinds of one code apart: the exit code, the signal, the reason of a block, … */
    readonly detail?: string;
}
/**
 * What a step came to. `stopped`: it was ended, or never begun, since its plan was cancelled. `left`: it runs on at its worker, and
 * its manager was closed.
 */
export type StepEnd = {
    readonly end: 'completed';
} | {
    readonly end: 'left';
} | {
    readonly end: 'failed';
    readonly failure: StepFailure;
} | {
    readonly end: 'stopped';
    readonly why: string;
};
export declare function isLost({ code }: StepFailure): boolean;

// dist/core/step-facts.d.ts
/** What a step of a plan says, as far as decisions rest on it. How its command is to run in detail is no business of core. */
/** The types of an agent's steps. */
export declare const STEP_TYPES: readonly ['code-execution', 'file-operation', 'git-operation', 'deployment', 'analysis', 'custom', 'sandbox-execution', 'compilation', 'build', 'test'];
export type TaskStepType = (typeof STEP_TYPES)[number];
/** What a command is to do, whatever the ecosystem. */
export declare const INTENTIONS: readonly ['install', 'compile', 'build', 'lint', 'test', 'run'];
export type Intention = (typeof INTENTIONS)[number];
/** What a worker must have to be given a step. */
export interface StepRequirements {
    /** The worker's `--type`. */
    readonly type?: string;
    /** Labels that it must have, with these values. */
    readonly labels?: Readonly<Record<string, string>>;
    /** The one worker that may have it, by id or by URL. */
    readonly worker?: string;
    /** Memory that must be free on its host, bytes. */
    readonly memoryBytes?: number;
}
export interface StepFacts {
    /** Names the step in its plan: 1 to 60 of A-Z a-z 0-9 . _ -, the first a letter or digit. */
    readonly taskId: string;
    readonly type: TaskStepType;
    /** In words. It is data: words of it choose among known commands, and none of it ever becomes part of one. */
    readonly description: string;
    /** Steps that must have completed before. */
    readonly dependsOn?: readonly string[];
    /** Of the steps that are ready, the higher goes first; equals in the plan's order. A whole number, default 0. */
    readonly priority?: number;
    /** A string is for the shell of the worker; an array is an argv. Default: what `generateSandboxCommand` makes of the step. */
    readonly command?: string | readonly string[];
    /** Relative to the workspace, and inside it. */
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** Whether it may be begun again where it is not known whether it ran: its worker was lost, or the agent died. Default false. */
    readonly idempotent?: boolean;
    /** What a generated command is to do. Default: what the type and the description say. */
    readonly intention?: Intention;
    /** Files that a generated command is about: each becomes one word of its argv. */
    readonly files?: readonly string[];
    /** A directory of the worker that outlives the step; the same name, the same worker. Default: the plan's. */
    readonly workspace?: string;
    /** Replaces, field by field, what `determineWorkerRequirements` says. */
    readonly requirements?: StepRequirements;
    /** All that the step may take: queue, run and recovery together, milliseconds. Default 300 000. */
    readonly timeoutMs?: number;
}

// dist/core/step.d.ts
/** The machine of a plan: which step is begun when, what follows from how one ended, and what the caller is told. Pure. */
import type { PlanState } from './plan-state.js';
import { type StepEnd } from './step-end.js';
export type PlanEvent = {
    readonly type: 'plan_opened';
} | {
    readonly type: 'step_started';
    readonly taskId: string;
    readonly workerId: string | null;
} | {
    readonly type: 'step_ended';
    readonly taskId: string;
    readonly end: StepEnd;
} | {
    readonly type: 'cancel_asked';
    readonly why: string;
};
export type PlanEffect = 
/** Comes before everything that must not happen unrecorded. */
{
    readonly type: 'write_record';
}
/** `adopt`: look for what an earlier life began, on this worker first where it is known; begin nothing. */
 | {
    readonly type: 'begin_step';
    readonly taskId: string;
    readonly run: number;
    readonly adopt: boolean;
} | {
    readonly type: 'stop_step';
    readonly taskId: string;
    readonly why: string;
} | {
    readonly type: 'tell_step_ended';
    readonly taskId: string;
} | {
    readonly type: 'end_plan';
    readonly state: PlanOutcome;
};
/** `left`: steps run on, or never began, since the manager was closed; another life may go on with the record. */
export type PlanOutcome = 'completed' | 'failed' | 'cancelled' | 'left';
/** Changes `state` by what happened; says what is to be done, in this order. */
export declare function step(state: PlanState, event: PlanEvent): PlanEffect[];

// dist/core/worker-requirements.d.ts
import { type Tool } from './ecosystems/ecosystem.js';
import type { StepFacts } from './step-facts.js';
import { type WorkspaceFacts } from './workspace-facts.js';
export interface StepNeeds {
    /** Null where neither manifests nor `files` tell one. */
    readonly language: string | null;
    /** The fewest programs that do. */
    readonly toolchain: readonly Tool[];
    /** Memory below which it makes no sense to begin, bytes. */
    readonly memoryBytes: number;
    /** The `--type` of its workers. Null: any. */
    readonly type: string | null;
    readonly labels: Readonly<Record<string, string>>;
    /** What contradicts itself in the workspace, and what was made of it: a sentence each. */
    readonly conflicts: readonly string[];
}
/** Worker types by language, where a pool has workers that are for one: `{ rust: 'builder' }`. */
export type WorkerTypes = Readonly<Record<string, string>>;
export declare function determineWorkerRequirements(step: StepFacts, workspace?: WorkspaceFacts, workerTypes?: WorkerTypes): StepNeeds;

// dist/core/workspace-facts.d.ts
/** What is known of a workspace: its manifests as data, and which files there are. Reading them is for others. */
/** A file of a workspace that tells how it is built. */
export interface Manifest {
    readonly text: string;
    /** What the JSON or TOML says; left out for other formats, and where it is broken. */
    readonly data?: Readonly<Record<string, unknown>>;
    /** Why it could not be read, in a sentence. */
    readonly fault?: string;
}
export interface WorkspaceFacts {
    /** By file name. */
    readonly manifests: ReadonlyMap<string, Manifest>;
}
/** Files that tell how a workspace is built: all that decisions go by. */
export declare const MANIFEST_NAMES: readonly ['package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock', '.yarnrc.yml', 'bun.lock', 'bun.lockb', 'tsconfig.json', 'Cargo.toml', 'Cargo.lock', 'go.mod', 'pyproject.toml', 'requirements.txt', 'setup.py', 'setup.cfg', 'uv.lock', 'poetry.lock', 'pytest.ini', 'tox.ini', 'manage.py', 'main.py', 'pom.xml', 'mvnw', 'build.gradle', 'build.gradle.kts', 'gradlew', 'Makefile', 'makefile', 'GNUmakefile', 'CMakeLists.txt', 'Gemfile', 'Gemfile.lock', 'Rakefile', '.rspec', 'composer.json', 'composer.lock'];
export type ManifestName = (typeof MANIFEST_NAMES)[number];
/** A lock file is known by its name: only so much of a manifest is ever read, bytes. */
export declare const MAX_MANIFEST_BYTES = 65536;
export declare const EMPTY_WORKSPACE: WorkspaceFacts;
export declare function hasFile(workspace: WorkspaceFacts, name: ManifestName): boolean;
export declare function textOf(workspace: WorkspaceFacts, name: ManifestName): string;
/** A value inside the data of a manifest, by its path; undefined where there is none. */
export declare function dataAt(workspace: WorkspaceFacts, name: ManifestName, ...path: string[]): unknown;
export declare function textAt(workspace: WorkspaceFacts, name: ManifestName, ...path: string[]): string | undefined;

// dist/events.d.ts
/** What an agent is told while a plan runs: one union, of the executor's own messages and of the manager's events. */
import type { BlockInfo, ManagerEvents, Stream } from '@sandcrew/manager';
import type { StepFailure } from './core/step-end.js';
import type { PlanResult, StepResult } from './step-result.js';
/** Which step a message is about. */
interface OfStep {
    readonly planId: string;
    readonly taskId: string;
}
/** Output of a step as it comes; a listener has no back-pressure. */
export interface SandboxOutput extends OfStep {
    readonly type: 'sandbox_output';
    readonly workerId: string;
    readonly stream: Stream;
    /** UTF-8 text, never cut inside a code point. */
    readonly output: string;
    /** Raw bytes of both streams before this chunk. */
    readonly offset: number;
}
/** A step cannot go on by itself. `PlanRun.task(taskId)` takes the answer. */
export interface SandboxBlockDetected extends OfStep {
    readonly type: 'sandbox_block_detected';
    readonly block: BlockInfo;
}
export interface TaskCompleted extends OfStep {
    readonly type: 'task_completed';
    readonly result: StepResult;
}
/** Also for a command whose exit code is not 0: the step did not do what it was for. */
export interface TaskFailed extends OfStep {
    readonly type: 'task_failed';
    readonly failure: StepFailure;
    readonly result: StepResult;
}
/** A step never ran, or was ended, for a reason that is not its own. */
export interface TaskLeft extends OfStep {
    readonly type: 'task_skipped' | 'task_cancelled';
    readonly why: string;
    readonly result: StepResult;
}
/** A step was handed to its doer: a worker runs its command, or the agent's handler was called. */
export interface TaskBegun extends OfStep {
    readonly type: 'task_started';
    readonly doer: 'sandbox' | 'handler';
    /** Null for a handler, and for a task that was taken over from an earlier life. */
    readonly command: string | readonly string[] | null;
    readonly workerId: string | null;
}
/** What contradicts itself in the workspace of a step, and what was made of it. */
export interface WorkspaceConflict extends OfStep {
    readonly type: 'workspace_conflict';
    readonly conflicts: readonly string[];
}
export interface PlanEnded {
    readonly type: 'plan_ended';
    readonly planId: string;
    readonly result: PlanResult;
}
/**
 * The manager's own events as they are, but for `taskOutput`, `blockDetected`, `taskComplete` and `taskFailed` of the executor's
 * steps, which come as the messages above.
 */
export type ManagerMessage = {
    [Name in keyof ManagerEvents]: {
        readonly type: Name;
        readonly args: ManagerEvents[Name];
    };
}[keyof ManagerEvents];
export type ExecutorMessage = SandboxOutput | SandboxBlockDetected | TaskCompleted | TaskFailed | TaskLeft | TaskBegun | WorkspaceConflict | PlanEnded;
export type EnhancedMessage = ExecutorMessage | ManagerMessage;
/** Each message under its type, and every one under `message`. */
export type ExecutorEvents = {
    [Type in EnhancedMessage['type']]: [message: Extract<EnhancedMessage, {
        readonly type: Type;
    }>];
} & {
    message: [message: EnhancedMessage];
};
export {};

// dist/index.d.ts
/** `@sandcrew/executor`: run an agent's plan on sandbox workers. */
export { type Budgets, DEFAULT_BUDGETS } from './core/budget.js';
export { ExecutorError, type ExecutorErrorCode } from './core/executor-error.js';
export type { PlanRecord, StepRecord, StepState } from './core/plan-record.js';
export type { Doer } from './core/plan-state.js';
export { generateSandboxCommand, type SandboxCommand } from './core/sandbox-command.js';
export { DEFAULT_SANDBOX_RULES, isSandboxTask, type SandboxRules, type SandboxVerdict, } from './core/sandbox-task.js';
export type { PlanOutcome } from './core/step.js';
export { STEP_FAULTS, type StepFailure } from './core/step-end.js';
export type { Intention, StepRequirements, TaskStepType } from './core/step-facts.js';
export { determineWorkerRequirements, type StepNeeds, type WorkerTypes } from './core/worker-requirements.js';
export type { Manifest, WorkspaceFacts } from './core/workspace-facts.js';
export type * from './events.js';
export { decodeManifests, readDirectory } from './io/manifest-reader.js';
export type { ExecutorOptions, HandlerContext, PlanOptions, StepHandler } from './options.js';
export type { PlanRun } from './plan-run.js';
export { SandboxExecutor } from './sandbox-executor.js';
export type { PlanResult, StepResult } from './step-result.js';
export type { TaskPlan, TaskStep } from './task-step.js';

// dist/io/manifest-reader.d.ts
import { type WorkspaceFacts } from '../core/workspace-facts.js';
/** The texts of manifests by file name, as data. What is broken has a `fault` instead. */
export declare function decodeManifests(texts: Readonly<Record<string, string>>): WorkspaceFacts;
/** Manifests of a directory of this machine; those that are not there, are no files, or are links that lead out of it, are left out. */
export declare function readDirectory(directory: string): Promise<WorkspaceFacts>;
export declare const LIST_COMMAND: readonly string[];
/** What that command wrote. Lines that are not its own are passed over. */
export declare function decodeListing(output: string): WorkspaceFacts;

// dist/manager-news.d.ts
/** Listens to a manager once: what is about a step goes to who watches it, all else is passed on as it is. */
import type { ManagerEvents, SandboxManager } from '@sandcrew/manager';
import type { ManagerMessage } from './events.js';
/** Who watches a task. */
export interface TaskWatcher {
    output(news: ManagerEvents['taskOutput'][0]): void;
    blocked(news: ManagerEvents['blockDetected'][0]): void;
    cleared(news: ManagerEvents['blockCleared'][0]): void;
    requeued(): void;
}
export declare class ManagerNews {
    #private;
    constructor(manager: SandboxManager, passOn: (message: ManagerMessage) => void);
    /** From now on the news of this task are the watcher's. */
    watch(taskId: string, watcher: TaskWatcher): void;
    unwatch(taskId: string): void;
    close(): void;
}

// dist/options.d.ts
/** What an agent says of its executor. Shapes and defaults only. */
import type { SandboxManager } from '@sandcrew/manager';
import type { Budgets } from './core/budget.js';
import type { PlanRecord } from './core/plan-record.js';
import type { SandboxRules } from './core/sandbox-task.js';
import type { WorkerTypes } from './core/worker-requirements.js';
import type { StepResult } from './step-result.js';
import type { TaskStep } from './task-step.js';
/** What a handler is given beside its step. */
export interface HandlerContext {
    readonly planId: string;
    /** Aborted when the plan is cancelled, and when the step's time is over. */
    readonly signal: AbortSignal;
    /** Steps of the plan that have ended so far, by taskId. */
    readonly results: ReadonlyMap<string, StepResult>;
}
/** Does a step that is not for a sandbox. What it throws fails the step; what it returns is the step's `value`. */
export type StepHandler = (step: TaskStep, context: HandlerContext) => unknown;
export interface ExecutorOptions {
    /** Its workers run the steps. It stays its owner's: the executor never closes it. */
    readonly manager: SandboxManager;
    /** For steps that are not for a sandbox. Default: none, and they fail as `NO_HANDLER`. */
    readonly handler?: StepHandler;
    /** Steps of one plan that run at once. Default 4. */
    readonly maxConcurrent?: number;
    /** The parts of a step's time. Default: queue 60 000, run 210 000, recovery 30 000 ms; with a step's `timeoutMs` the same shares. */
    readonly budgets?: Partial<Budgets>;
    /** What a step is for a sandbox by. */
    readonly rules?: SandboxRules;
    /** Worker types by language, where a pool has workers that are for one. Default: any worker. */
    readonly workerTypes?: WorkerTypes;
    /**
     * Where manifests are read for steps without a command: a directory of this machine. Default: the step's workspace, at its
     * worker.
     */
    readonly directory?: string;
}
export interface PlanOptions {
    /** Of an earlier life of this plan: what completed is not run again, what was running is looked for. */
    readonly record?: PlanRecord;
    /** With a record: whether steps that failed, or were ended by a cancellation, are begun again. Default false. */
    readonly retryFailed?: boolean;
    /**
     * Keeps the record, after each change. A step is begun only when the record that says so is kept; where it cannot be kept, or
     * not within 10 s, the plan is cancelled.
     */
    readonly onRecord?: (record: PlanRecord) => unknown;
    /** Cancels the plan. */
    readonly signal?: AbortSignal;
}

// dist/plan-run.d.ts
/** One plan while it runs: carries out what its machine says, and keeps its record. */
import type { TaskHandle } from '@sandcrew/manager';
import type { PlanRecord } from './core/plan-record.js';
import { type PlanState } from './core/plan-state.js';
import type { ExecutorMessage } from './events.js';
import type { PlanOptions } from './options.js';
import type { Assignment } from './sandbox-doer.js';
import type { PlanResult, StepOutcome, StepResult } from './step-result.js';
import type { TaskStep } from './task-step.js';
export interface PlanRunOptions extends PlanOptions {
    readonly state: PlanState;
    readonly steps: ReadonlyMap<string, TaskStep>;
    readonly tell: (message: ExecutorMessage) => void;
    /** Does a step, and never rejects. */
    readonly do: (step: TaskStep, assignment: Assignment & {
        readonly results: ReadonlyMap<string, StepResult>;
    }) => Promise<StepOutcome>;
}
export declare class PlanRun {
    #private;
    readonly planId: string;
    /** Settles when no step runs any more. How the plan went is in it: it never rejects. */
    readonly ended: Promise<PlanResult>;
    /** Made by `SandboxExecutor.executePlan`. */
    constructor(options: PlanRunOptions);
    /** The plan as it stands: plain JSON, that another life of the agent can resume from. */
    get record(): PlanRecord;
    /** Ends what runs, and begins nothing more. `ended` then tells what became of each step. */
    cancel(why?: string): void;
    /** The running task of a step, to write to it, signal it or end it; null where it has none now. */
    task(taskId: string): TaskHandle | null;
}
/** What is told of a step that has ended. */
export declare function messageOfEnd(result: StepResult): ExecutorMessage;

// dist/sandbox-doer.d.ts
/** Does a step in a sandbox: looks at its workspace, makes its command, runs it within its budgets, or takes it over. */
import { type SandboxManager, type TaskHandle } from '@sandcrew/manager';
import { type Budgets } from './core/budget.js';
import { type WorkerTypes } from './core/worker-requirements.js';
import type { ExecutorMessage } from './events.js';
import type { ManagerNews } from './manager-news.js';
import type { StepOutcome } from './step-result.js';
import { type TaskStep } from './task-step.js';
export interface SandboxDoerOptions {
    readonly manager: SandboxManager;
    readonly news: ManagerNews;
    readonly budgets: Budgets;
    readonly workerTypes: WorkerTypes;
    readonly directory: string | null;
    readonly tell: (message: ExecutorMessage) => void;
}
export interface Assignment {
    readonly planId: string;
    /** Which beginning of the step it is, from 1. */
    readonly run: number;
    /** Begin nothing: take over what an earlier life began. */
    readonly adopt: boolean;
    readonly signal: AbortSignal;
    /** Called when a worker runs it, and with its handle before that. */
    readonly begun?: (handle: TaskHandle) => void;
    readonly started?: (workerId: string) => void;
}
export declare class SandboxDoer {
    #private;
    constructor(options: SandboxDoerOptions);
    do(step: TaskStep, assignment: Assignment): Promise<StepOutcome>;
}
/** As settings are read: each part given, or the default's. */
export declare function budgetsOf(given?: Partial<Budgets>): Budgets;
export declare function timeOf(step: TaskStep, budgets: Budgets): number;

// dist/sandbox-executor.d.ts
/** An agent's executor: decides which steps of its plans run in a sandbox, runs them there, and tells how they went. */
import { EventEmitter } from 'node:events';
import { type SandboxCommand } from './core/sandbox-command.js';
import { type SandboxVerdict } from './core/sandbox-task.js';
import { type StepNeeds } from './core/worker-requirements.js';
import type { WorkspaceFacts } from './core/workspace-facts.js';
import type { ExecutorEvents } from './events.js';
import type { ExecutorOptions, PlanOptions } from './options.js';
import { PlanRun } from './plan-run.js';
import type { StepResult } from './step-result.js';
import { type TaskPlan, type TaskStep } from './task-step.js';
export declare class SandboxExecutor extends EventEmitter<ExecutorEvents> {
    #private;
    /** @throws {ExecutorError} INVALID_OPTIONS, naming every fault at once. */
    constructor(options: ExecutorOptions);
    /** Whether a step belongs in a sandbox, why, and how sure that is. */
    isSandboxTask(step: TaskStep): SandboxVerdict;
    /** What a worker must have for a step. @param workspace As `readDirectory` or `decodeManifests` give it. */
    determineWorkerRequirements(step: TaskStep, workspace?: WorkspaceFacts): StepNeeds;
    /** The command of a step, or why there is none. */
    generateSandboxCommand(step: TaskStep, workspace?: WorkspaceFacts): SandboxCommand;
    /**
     * Runs one step in a sandbox, whatever `isSandboxTask` says of it. It takes 300 s at most: docs/executor.md tells how they are
     * shared. How it ended is its result: it does not reject.
     * @throws {ExecutorError} INVALID_STEP
     */
    executeSandboxTask(step: TaskStep, planId: string, signal?: AbortSignal): Promise<StepResult>;
    /**
     * Runs a plan: each step once those that it needs have completed, a few at a time. It is begun when the present turn has ended, so
     * that the caller may listen before.
     * @throws {ExecutorError} INVALID_PLAN, naming cycles and unknown ids; INVALID_RECORD.
     */
    executePlan(plan: TaskPlan, options?: PlanOptions): PlanRun;
    /** Listens to its manager no more, and leaves it open. Plans that run are to be cancelled before. */
    close(): void;
}

// dist/step-result.d.ts
/** How a step, and a plan, ended: what the agent is given. */
import type { PartialTaskResult, TaskResult } from '@sandcrew/manager';
import type { StepState } from './core/plan-record.js';
import type { Doer } from './core/plan-state.js';
import type { PlanOutcome } from './core/step.js';
import type { StepEnd, StepFailure } from './core/step-end.js';
/** What a doer brings back. */
export interface StepOutcome {
    readonly end: StepEnd;
    /** The command as it was run. */
    readonly command?: string | readonly string[];
    /** Its output, exit code and history; partial where it did not come to its own end. */
    readonly task?: TaskResult | PartialTaskResult;
    /** What the handler returned. */
    readonly value?: unknown;
}
export interface StepResult {
    readonly planId: string;
    readonly taskId: string;
    /** `waiting` and `running` only where the plan was left. */
    readonly state: StepState;
    /** Who did it, or was to. */
    readonly doer: Doer;
    /** The command as it was run; null where none was. */
    readonly command: string | readonly string[] | null;
    /** Output, exit code and history of its task, partial where it did not come to its own end; null where it had none in this life. */
    readonly task: TaskResult | PartialTaskResult | null;
    /** What the handler returned. */
    readonly value: unknown;
    /** Why it failed; null for every other state. */
    readonly failure: StepFailure | null;
    /** Why it was skipped or cancelled; null for every other state. */
    readonly why: string | null;
}
export interface PlanResult {
    readonly planId: string;
    /** `completed`: every step is. `cancelled`: it was cancelled before that. `left`: its manager was closed and left steps running. `failed`: all else. */
    readonly state: PlanOutcome;
    /** By taskId, in the order of the plan. */
    readonly steps: ReadonlyMap<string, StepResult>;
}

// dist/task-step.d.ts
/** A plan as its agent writes it. Shapes and defaults only; `core/plan-check` judges them. */
import type { TaskRequest } from '@sandcrew/manager';
import type { StepFacts } from './core/step-facts.js';
/** How the command of a step is to run: as the manager's `TaskRequest` has it. */
declare const RUN_FIELDS: readonly ["stdin", "pty", "limits", "network", "allowEnv", "kind", "expectQuietMs", "lingerMs", "blockPolicy", "onBlock", "graceMs"];
/** One step of a plan. */
export interface TaskStep extends StepFacts, Pick<TaskRequest, (typeof RUN_FIELDS)[number]> {
    /** Whatever the agent's handler is to have of it. */
    readonly data?: unknown;
}
export interface TaskPlan {
    /** Names this run of the plan: 1 to 60 of A-Z a-z 0-9 . _ -, the first a letter or digit. A new run has a new one; a resumed one keeps it. */
    readonly planId: string;
    readonly steps: readonly TaskStep[];
    /** The workspace of steps that name none. */
    readonly workspace?: string;
}
export declare const STEP_FIELDS: readonly string[];
/** Those of a step that the manager's request takes over as they are. */
export declare function runFieldsOf(step: TaskStep): Pick<TaskRequest, (typeof RUN_FIELDS)[number]>;
export {};
