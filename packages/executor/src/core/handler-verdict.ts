/** What the end of a handler's call means for its step. */
import type { StepEnd } from './step-end.js';

/** How a call ended. */
export interface HandlerFacts {
  /** What it threw; null: nothing. */
  readonly error: string | null;
  /** Its time was over before. */
  readonly isOver: boolean;
  /** Why the plan ended it before; null: it did not. */
  readonly stoppedWhy: string | null;
}

export function judgeHandlerEnd({ error, isOver, stoppedWhy }: HandlerFacts, timeoutMs: number): StepEnd {
  if (stoppedWhy !== null) return { end: 'stopped', why: stoppedWhy };
  if (isOver) {
    const message = `Expected the handler to end within ${timeoutMs} ms, and it has not; its signal is aborted. Raise the step's \`timeoutMs\`.`;
    return { end: 'failed', failure: { code: 'TIMED_OUT', message } };
  }
  if (error === null) return { end: 'completed' };
  return { end: 'failed', failure: { code: 'HANDLER_FAILED', message: `The handler threw: ${error}` } };
}
