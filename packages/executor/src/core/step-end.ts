/** How a step ended, as plain values: the same in the plan's machine, its record and its events. */

/**
 * Why a step failed, beside the codes of a `SandboxError`, which keep their names.
 *
 * `EXIT_CODE`: its command ended with another code than 0, or by a signal. `QUEUE_TIMEOUT`: no worker began it within its queue
 * budget. `NO_COMMAND`: none was given, and none can be made. `NO_HANDLER`: it is not for a sandbox, and the agent gave no handler.
 * `HANDLER_FAILED`: the handler threw.
 */
export const STEP_FAULTS = [
  'EXIT_CODE',
  'QUEUE_TIMEOUT',
  'NO_COMMAND',
  'NO_HANDLER',
  'HANDLER_FAILED',
] as const;

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
export type StepEnd =
  | { readonly end: 'completed' }
  | { readonly end: 'left' }
  | { readonly end: 'failed'; readonly failure: StepFailure }
  | { readonly end: 'stopped'; readonly why: string };

/** Codes that say that nobody knows what became of a step: it may have run, and nothing will tell. */
const LOST_CODES: readonly string[] = [
  'LOST',
  'UNKNOWN_TASK',
  'UNKNOWN_WORKER',
  'WORKER_UNREACHABLE',
  'ORPHANED',
];

export function isLost({ code }: StepFailure): boolean {
  return LOST_CODES.includes(code);
}
