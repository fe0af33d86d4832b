/** An agent's executor: decides which steps of its plans run in a sandbox, runs them there, and tells how they went. */
import { EventEmitter } from 'node:events';
import { SandboxManager } from '@sandcrew/manager';
import type { Budgets } from './core/budget.js';
import { chooseDoer } from './core/doer.js';
import { ExecutorError } from './core/executor-error.js';
import { judgeHandlerEnd } from './core/handler-verdict.js';
import { faultsOfOptions } from './core/option-check.js';
import { faultsOfPlan, faultsOfPlanId, faultsOfStep } from './core/plan-check.js';
import { faultsOfRecord } from './core/plan-record.js';
import { openPlan } from './core/plan-state.js';
import { generateSandboxCommand, type SandboxCommand } from './core/sandbox-command.js';
import { isSandboxTask, type SandboxVerdict } from './core/sandbox-task.js';
import type { StepEnd } from './core/step-end.js';
import { determineWorkerRequirements, type StepNeeds } from './core/worker-requirements.js';
import type { WorkspaceFacts } from './core/workspace-facts.js';
import type { EnhancedMessage, ExecutorEvents } from './events.js';
import { runHandler } from './io/handler-run.js';
import { ManagerNews } from './manager-news.js';
import type { ExecutorOptions, HandlerContext, PlanOptions } from './options.js';
import { messageOfEnd, PlanRun } from './plan-run.js';
import { budgetsOf, SandboxDoer, timeOf } from './sandbox-doer.js';
import type { StepOutcome, StepResult } from './step-result.js';
import { STEP_FIELDS, type TaskPlan, type TaskStep } from './task-step.js';

const DEFAULT_MAX_CONCURRENT = 4;

export class SandboxExecutor extends EventEmitter<ExecutorEvents> {
  readonly #options: ExecutorOptions;
  readonly #budgets: Budgets;
  readonly #news: ManagerNews;
  readonly #sandbox: SandboxDoer;

  /** @throws {ExecutorError} INVALID_OPTIONS, naming every fault at once. */
  constructor(options: ExecutorOptions) {
    super();
    const faults = faultsOfOptions(options, (value) => value instanceof SandboxManager);
    if (faults.length > 0) throw new ExecutorError('INVALID_OPTIONS', faults);
    this.#options = options;
    this.#budgets = budgetsOf(options.budgets);
    this.#news = new ManagerNews(options.manager, (message) => this.#tell(message));
    this.#sandbox = new SandboxDoer({
      manager: options.manager,
      news: this.#news,
      budgets: this.#budgets,
      workerTypes: options.workerTypes ?? {},
      directory: options.directory ?? null,
      tell: (message) => this.#tell(message),
    });
  }

  /** Whether a step belongs in a sandbox, why, and how sure that is. */
  isSandboxTask(step: TaskStep): SandboxVerdict {
    return isSandboxTask(step, this.#options.rules);
  }

  /** What a worker must have for a step. @param workspace As `readDirectory` or `decodeManifests` give it. */
  determineWorkerRequirements(step: TaskStep, workspace?: WorkspaceFacts): StepNeeds {
    return determineWorkerRequirements(step, workspace, this.#options.workerTypes);
  }

  /** The command of a step, or why there is none. */
  generateSandboxCommand(step: TaskStep, workspace?: WorkspaceFacts): SandboxCommand {
    return generateSandboxCommand(step, workspace);
  }

  /**
   * Runs one step in a sandbox, whatever `isSandboxTask` says of it. It takes 300 s at most: docs/executor.md tells how they are
   * shared. How it ended is its result: it does not reject.
   * @throws {ExecutorError} INVALID_STEP
   */
  async executeSandboxTask(step: TaskStep, planId: string, signal?: AbortSignal): Promise<StepResult> {
    const faults = [...faultsOfPlanId(planId), ...faultsOfStep(step, STEP_FIELDS, 'step')];
    if (faults.length > 0) throw new ExecutorError('INVALID_STEP', faults);
    const outcome = await this.#sandbox.do(step, {
      planId,
      run: 1,
      adopt: false,
      signal: signal ?? new AbortController().signal,
    });
    const { end, command = null, task = null } = outcome;
    const result: StepResult = {
      planId,
      taskId: step.taskId,
      state: stateOf(end),
      doer: 'sandbox',
      command,
      task,
      value: undefined,
      failure: end.end === 'failed' ? end.failure : null,
      why: end.end === 'stopped' ? end.why : null,
    };
    if (end.end !== 'left') this.#tell(messageOfEnd(result));
    return result;
  }

  /**
   * Runs a plan: each step once those that it needs have completed, a few at a time. It is begun when the present turn has ended, so
   * that the caller may listen before.
   * @throws {ExecutorError} INVALID_PLAN, naming cycles and unknown ids; INVALID_RECORD.
   */
  executePlan(plan: TaskPlan, options: PlanOptions = {}): PlanRun {
    const faults = faultsOfPlan(plan, STEP_FIELDS);
    if (faults.length > 0) throw new ExecutorError('INVALID_PLAN', faults);
    const { planId, workspace } = plan;
    const { managerId } = this.#options.manager;
    const ids = plan.steps.map(({ taskId }) => taskId);
    const { record = null, retryFailed = false } = options;
    const ofRecord = record === null ? [] : faultsOfRecord(record, planId, ids, managerId);
    if (ofRecord.length > 0) throw new ExecutorError('INVALID_RECORD', ofRecord);
    const steps = plan.steps.map(
      (step): TaskStep => (workspace === undefined ? step : { workspace, ...step }),
    );
    const state = openPlan({
      planId,
      managerId,
      maxConcurrent: this.#options.maxConcurrent ?? DEFAULT_MAX_CONCURRENT,
      steps: steps.map((facts) => ({ facts, doer: chooseDoer(facts, this.#options.rules ?? {}) })),
      record,
      retryFailed,
    });
    return new PlanRun({
      ...options,
      state,
      steps: new Map(steps.map((step) => [step.taskId, step])),
      tell: (message) => this.#tell(message),
      do: (step, { results, ...assignment }) =>
        state.steps.get(step.taskId)?.doer === 'sandbox'
          ? this.#sandbox.do(step, assignment)
          : this.#handle(step, assignment.adopt, { planId, signal: assignment.signal, results }),
    });
  }

  /** Listens to its manager no more, and leaves it open. Plans that run are to be cancelled before. */
  close(): void {
    this.#news.close();
  }

  async #handle(step: TaskStep, adopt: boolean, context: HandlerContext): Promise<StepOutcome> {
    const { handler } = this.#options;
    const { taskId } = step;
    if (adopt) {
      const message = 'its handler was at work when its agent ended';
      return { end: { end: 'failed', failure: { code: 'LOST', message } } };
    }
    if (handler === undefined) {
      const { reason } = this.isSandboxTask(step);
      const message = `Step "${taskId}" needs a handler, and the executor has none. ${reason} Give the executor a \`handler\`, or the step a \`command\`.`;
      return { end: { end: 'failed', failure: { code: 'NO_HANDLER', message } } };
    }
    this.#tell({
      type: 'task_started',
      planId: context.planId,
      taskId,
      doer: 'handler',
      command: null,
      workerId: null,
    });
    const timeoutMs = timeOf(step, this.#budgets);
    const { value, ...facts } = await runHandler(
      (signal) => handler(step, { ...context, signal }),
      timeoutMs,
      context.signal,
    );
    return { end: judgeHandlerEnd(facts, timeoutMs), value };
  }

  /** A listener that throws is its owner's fault, and told as one; no plan goes wrong by it. */
  #tell(message: EnhancedMessage): void {
    for (const name of [message.type, 'message'] as const) {
      try {
        this.emit(name, message as never);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

function stateOf({ end }: StepEnd): StepResult['state'] {
  if (end === 'stopped') return 'cancelled';
  return end === 'left' ? 'running' : end;
}
