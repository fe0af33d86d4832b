/** Does a step in a sandbox: looks at its workspace, makes its command, runs it within its budgets, or takes it over. */
import { SandboxError, type SandboxManager, type TaskHandle, type TaskRequest } from '@sandcrew/manager';
import { type Budgets, DEFAULT_BUDGETS, shareOf, totalOf } from './core/budget.js';
import { generateSandboxCommand } from './core/sandbox-command.js';
import type { StepFailure } from './core/step-end.js';
import { judgeEnd } from './core/step-verdict.js';
import { determineWorkerRequirements, type StepNeeds, type WorkerTypes } from './core/worker-requirements.js';
import { EMPTY_WORKSPACE, type WorkspaceFacts } from './core/workspace-facts.js';
import type { ExecutorMessage } from './events.js';
import { findKeeper } from './io/kept-task.js';
import { decodeListing, LIST_COMMAND, readDirectory } from './io/manifest-reader.js';
import { faultOf, SandboxRun } from './io/sandbox-run.js';
import type { ManagerNews } from './manager-news.js';
import type { StepOutcome } from './step-result.js';
import { runFieldsOf, type TaskStep } from './task-step.js';

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

const MAX_LOOK_MS = 20_000;
const DEFAULT_GRACE_MS = 5_000;

export class SandboxDoer {
  readonly #options: SandboxDoerOptions;

  constructor(options: SandboxDoerOptions) {
    this.#options = options;
  }

  async do(step: TaskStep, assignment: Assignment): Promise<StepOutcome> {
    const submittedAtMs = performance.now();
    const { budgets: given } = this.#options;
    const budgets = step.timeoutMs === undefined ? given : shareOf(given, step.timeoutMs);
    try {
      return assignment.adopt
        ? await this.#adopt(step, assignment, budgets, submittedAtMs)
        : await this.#run(step, assignment, budgets, submittedAtMs);
    } catch (error) {
      const { signal } = assignment;
      const { fault } = faultOf(error);
      const words = `step "${step.taskId}"`;
      const stoppedWhy = signal.aborted ? String(signal.reason) : null;
      return { end: judgeEnd({ result: null, fault, over: null, stoppedWhy, blockReason: null, words }) };
    }
  }

  /** What the step needs, and its command, by what its workspace holds now. */
  async #run(
    step: TaskStep,
    assignment: Assignment,
    budgets: Budgets,
    submittedAtMs: number,
  ): Promise<StepOutcome> {
    const { manager, workerTypes, tell } = this.#options;
    const { planId, run } = assignment;
    const workspace = await this.#look(step, assignment, budgets);
    const made = generateSandboxCommand(step, workspace);
    if ('refusal' in made) return failed('NO_COMMAND', `Step "${step.taskId}": ${made.refusal}`);
    const needs = determineWorkerRequirements(step, workspace, workerTypes);
    const { conflicts } = needs;
    if (conflicts.length > 0) tell({ type: 'workspace_conflict', planId, taskId: step.taskId, conflicts });
    const request: TaskRequest = {
      ...runFieldsOf(step),
      taskId: wireId(planId, step.taskId, run),
      command: made.command,
      // Held by the worker too, where the agent is gone.
      timeoutMs: budgets.queueMs + budgets.runMs,
      requirements: requirementsOf(step, needs),
      ...(step.workspace === undefined ? {} : { workspace: step.workspace }),
    };
    return await this.#follow(step, assignment, budgets, {
      submittedAtMs,
      handle: manager.run(request),
      command: made.command,
    });
  }

  async #adopt(
    step: TaskStep,
    assignment: Assignment,
    budgets: Budgets,
    submittedAtMs: number,
  ): Promise<StepOutcome> {
    const { manager } = this.#options;
    const taskId = wireId(assignment.planId, step.taskId, assignment.run);
    const keeper = await findKeeper(manager, taskId);
    if ('fault' in keeper) return failed('UNKNOWN_TASK', keeper.fault);
    const handle = manager.attach({ taskId, workerUrl: keeper.url });
    return await this.#follow(step, assignment, budgets, { submittedAtMs, handle, command: null });
  }

  async #follow(
    step: TaskStep,
    assignment: Assignment,
    budgets: Budgets,
    {
      submittedAtMs,
      handle,
      command,
    }: { submittedAtMs: number; handle: TaskHandle; command: string | readonly string[] | null },
  ): Promise<StepOutcome> {
    const { news, tell } = this.#options;
    const { planId, signal } = assignment;
    const ofStep = { planId, taskId: step.taskId };
    const run = new SandboxRun({
      handle,
      budgets,
      submittedAtMs,
      graceMs: Math.min(step.graceMs ?? DEFAULT_GRACE_MS, Math.floor(budgets.recoveryMs / 2)),
      signal,
      started: (workerId) => {
        tell({ type: 'task_started', ...ofStep, doer: 'sandbox', command, workerId });
        assignment.started?.(workerId);
      },
    });
    news.watch(handle.taskId, {
      output: ({ workerId, stream, text, offset }) =>
        tell({ type: 'sandbox_output', ...ofStep, workerId, stream, output: text, offset }),
      blocked: (block) => {
        if (block.confidence === 'confirmed') run.noteBlock(block.reason, true);
        tell({ type: 'sandbox_block_detected', ...ofStep, block });
      },
      cleared: ({ reason }) => run.noteBlock(reason, false),
      requeued: () => run.noteRequeue(),
    });
    assignment.begun?.(handle);
    const { task, ...facts } = await run.ended;
    news.unwatch(handle.taskId);
    const end = judgeEnd({ ...facts, words: wordsOf(step, command) });
    return { end, ...(command === null ? {} : { command }), ...(task === undefined ? {} : { task }) };
  }

  /** The manifests beside which the command will run. A step that has its command needs none, but where they are at hand. */
  async #look(step: TaskStep, { signal }: Assignment, budgets: Budgets): Promise<WorkspaceFacts> {
    const { manager, news, directory } = this.#options;
    if (directory !== null) return await readDirectory(directory);
    if (step.command !== undefined) return EMPTY_WORKSPACE;
    const handle = manager.run({
      command: LIST_COMMAND,
      ...(step.workspace === undefined ? {} : { workspace: step.workspace }),
      ...(step.cwd === undefined ? {} : { cwd: step.cwd }),
      ...(step.requirements === undefined ? {} : { requirements: step.requirements }),
      timeoutMs: Math.min(budgets.runMs, MAX_LOOK_MS),
      signal: AbortSignal.any([signal, AbortSignal.timeout(budgets.queueMs)]),
    });
    news.watch(handle.taskId, { output() {}, blocked() {}, cleared() {}, requeued() {} });
    try {
      return decodeListing((await handle).stdout);
    } catch (error) {
      // No such directory: the command will say so itself, in better words.
      if (error instanceof SandboxError && error.code === 'REJECTED') return EMPTY_WORKSPACE;
      throw error;
    } finally {
      news.unwatch(handle.taskId);
    }
  }
}

/** The manager's id of one beginning of a step. Ids of plans and steps have no colon, so that no two of them meet. */
function wireId(planId: string, taskId: string, run: number): string {
  return run <= 1 ? `${planId}:${taskId}` : `${planId}:${taskId}:${run}`;
}

/** Memory is asked for where the step, or what it is of, says how much. */
function requirementsOf(
  step: TaskStep,
  { language, memoryBytes, type, labels }: StepNeeds,
): NonNullable<TaskRequest['requirements']> {
  const isKnown = language !== null || step.requirements?.memoryBytes !== undefined;
  const worker = step.requirements?.worker;
  const named = worker === undefined ? {} : { worker };
  return { labels, ...named, ...(isKnown ? { memoryBytes } : {}), ...(type === null ? {} : { type }) };
}

function wordsOf({ taskId }: TaskStep, command: string | readonly string[] | null): string {
  return command === null ? `step "${taskId}"` : JSON.stringify([command].flat().join(' '));
}

function failed(code: string, message: string): { end: { end: 'failed'; failure: StepFailure } } {
  return { end: { end: 'failed', failure: { code, message } } };
}

/** As settings are read: each part given, or the default's. */
export function budgetsOf(given: Partial<Budgets> = {}): Budgets {
  return { ...DEFAULT_BUDGETS, ...given };
}

export function timeOf(step: TaskStep, budgets: Budgets): number {
  return step.timeoutMs ?? totalOf(budgets);
}
