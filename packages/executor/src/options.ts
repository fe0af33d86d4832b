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
