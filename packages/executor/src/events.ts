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
  [Name in keyof ManagerEvents]: { readonly type: Name; readonly args: ManagerEvents[Name] };
}[keyof ManagerEvents];

export type ExecutorMessage =
  | SandboxOutput
  | SandboxBlockDetected
  | TaskCompleted
  | TaskFailed
  | TaskLeft
  | TaskBegun
  | WorkspaceConflict
  | PlanEnded;

export type EnhancedMessage = ExecutorMessage | ManagerMessage;

/** Each message under its type, and every one under `message`. */
export type ExecutorEvents = {
  [Type in EnhancedMessage['type']]: [message: Extract<EnhancedMessage, { readonly type: Type }>];
} & { message: [message: EnhancedMessage] };
