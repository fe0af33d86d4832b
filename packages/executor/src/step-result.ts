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
