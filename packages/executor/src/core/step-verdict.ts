/** What the end of a command, or of a handler, means for its step. */
import type { StepEnd, StepFailure } from './step-end.js';

/** What is known when a command's task has settled. */
export interface TaskFacts {
  /** How the command came to its own end; null: it did not, and `fault` tells why. */
  readonly result: { readonly exitCode: number | null; readonly signal: string | null } | null;
  readonly fault: StepFailure | null;
  /** Which budget was over first; null: none was. */
  readonly over: 'queue' | 'run' | 'block' | 'end' | null;
  /** Why the plan ended it; null: it did not. */
  readonly stoppedWhy: string | null;
  /** Of the confirmed block that stood when its budget was over. */
  readonly blockReason: string | null;
  /** As it was run, for the message. */
  readonly words: string;
}

export function judgeEnd(facts: TaskFacts): StepEnd {
  const { result, fault, over, stoppedWhy, words } = facts;
  if (result !== null) {
    if (result.exitCode === 0) return { end: 'completed' };
    const how = result.exitCode === null ? `signal ${result.signal}` : `exit code ${result.exitCode}`;
    const detail = String(result.exitCode ?? result.signal);
    return failed(
      'EXIT_CODE',
      `Expected ${words} to end with exit code 0, got ${how}. Read its output.`,
      detail,
    );
  }
  if (fault?.code === 'DETACHED') return { end: 'left' };
  const wasEnded = fault === null || fault.code === 'TERMINATED' || fault.code === 'CANCELLED';
  if (over === 'end' && fault === null)
    return failed(
      'LOST',
      `${words} was to end, and its worker has not said within its recovery budget that it has. Look at the worker.`,
      'may_have_run',
    );
  if (wasEnded && stoppedWhy !== null) return { end: 'stopped', why: stoppedWhy };
  if (wasEnded && over !== null) return overBudget(over, facts);
  return {
    end: 'failed',
    failure: fault ?? { code: 'LOST', message: `It is not known what became of ${words}.` },
  };
}

function overBudget(over: NonNullable<TaskFacts['over']>, { words, blockReason }: TaskFacts): StepEnd {
  if (over === 'queue')
    return failed(
      'QUEUE_TIMEOUT',
      `No worker began ${words} within its queue budget. Add workers, or raise \`budgets.queueMs\`.`,
    );
  if (over === 'block')
    return failed(
      'BLOCKED',
      `${words} could not go on by itself for all of its recovery budget, and was ended. Give it input, or a command that asks nothing.`,
      blockReason ?? undefined,
    );
  return failed(
    'TIMED_OUT',
    `${words} ran for all of its run budget and was ended. Raise the step's \`timeoutMs\`.`,
  );
}

function failed(code: string, message: string, detail?: string): StepEnd {
  return { end: 'failed', failure: detail === undefined ? { code, message } : { code, message, detail } };
}
