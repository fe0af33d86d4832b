/** `@sandcrew/executor`: run an agent's plan on sandbox workers. */
export { type Budgets, DEFAULT_BUDGETS } from './core/budget.js';
export { ExecutorError, type ExecutorErrorCode } from './core/executor-error.js';
export type { PlanRecord, StepRecord, StepState } from './core/plan-record.js';
export type { Doer } from './core/plan-state.js';
export { generateSandboxCommand, type SandboxCommand } from './core/sandbox-command.js';
export {
  DEFAULT_SANDBOX_RULES,
  isSandboxTask,
  type SandboxRules,
  type SandboxVerdict,
} from './core/sandbox-task.js';
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
