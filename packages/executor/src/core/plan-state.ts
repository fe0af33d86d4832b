/** A plan while it runs: its steps, and what is known of each. */
import type { PlanRecord, StepRecord, StepState } from './plan-record.js';
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
  readonly steps: readonly { readonly facts: StepFacts; readonly doer: Doer }[];
  /** Of an earlier life of the same plan; null: it is new. Sound: `faultsOfRecord` has judged it. */
  readonly record: PlanRecord | null;
  /** Whether steps that failed, or were ended by a cancellation, are begun again. */
  readonly retryFailed: boolean;
}

export function openPlan({
  planId,
  managerId,
  maxConcurrent,
  steps,
  record,
  retryFailed,
}: PlanOpening): PlanState {
  const opened = steps.map(({ facts, doer }) => {
    const kept =
      record !== null && Object.hasOwn(record.steps, facts.taskId) ? record.steps[facts.taskId] : undefined;
    const step: PlanStep = {
      taskId: facts.taskId,
      dependsOn: facts.dependsOn ?? [],
      priority: facts.priority ?? 0,
      idempotent: facts.idempotent ?? false,
      doer,
      state: 'waiting',
      runs: 0,
      workerId: null,
      failure: null,
      why: null,
      isLeftOver: false,
      isLeft: false,
    };
    return [facts.taskId, kept === undefined ? step : restore(step, kept, retryFailed)] as const;
  });
  return { planId, managerId, maxConcurrent, steps: new Map(opened), cancelledWhy: null, hasEnded: false };
}

/** What was skipped is judged anew, and what was cancelled before it began waits again. */
function restore(step: PlanStep, kept: StepRecord, retryFailed: boolean): PlanStep {
  const { state, runs, workerId = null, failure = null, why = null } = kept;
  const isOver = state === 'failed' || (state === 'cancelled' && runs > 0);
  if (state === 'completed' || (isOver && !retryFailed))
    return { ...step, state, runs, workerId, failure, why };
  return { ...step, runs, workerId, isLeftOver: state === 'running' };
}

export function recordOf(state: PlanState): PlanRecord {
  const steps = [...state.steps.values()].map(
    ({ taskId, state: at, runs, workerId, failure, why, isLeftOver }) => {
      const record: StepRecord = {
        // What was running is so until it is known what became of it.
        state: isLeftOver && at === 'waiting' ? 'running' : at,
        runs,
        ...(workerId === null ? {} : { workerId }),
        ...(failure === null ? {} : { failure }),
        ...(why === null ? {} : { why }),
      };
      return [taskId, record] as const;
    },
  );
  return { version: 1, planId: state.planId, managerId: state.managerId, steps: Object.fromEntries(steps) };
}
