/** What the executor throws where it is not used as it must be. How a step ended is never thrown: it is a result. */

export type ExecutorErrorCode = 'INVALID_OPTIONS' | 'INVALID_PLAN' | 'INVALID_STEP' | 'INVALID_RECORD';

const NEXT: Readonly<Record<ExecutorErrorCode, string>> = {
  INVALID_OPTIONS: 'Correct the fields that are named.',
  INVALID_PLAN: 'Correct the steps that are named. Nothing was begun.',
  INVALID_STEP: 'Correct the fields that are named. Nothing was begun.',
  INVALID_RECORD:
    'Resume with the record of this plan, and a manager of the same managerId. Nothing was begun.',
};

export class ExecutorError extends Error {
  override readonly name = 'ExecutorError';
  readonly code: ExecutorErrorCode;
  /** Every fault, a sentence each. */
  readonly faults: readonly string[];

  constructor(code: ExecutorErrorCode, faults: readonly string[]) {
    super(`${faults.join('; ')}. ${NEXT[code]}`);
    this.code = code;
    this.faults = faults;
  }
}
