/** How a task ended, whichever way, in one shape. */
import { type PartialTaskResult, SandboxError, type TaskResult } from '@sandcrew/manager';

/** `code`: `completed`, or that of the error. */
export type End = Partial<TaskResult | PartialTaskResult> & {
  readonly code: string;
  readonly detail?: string | undefined;
  readonly message?: string;
};

/** Never rejects, so that a test may look at it when it likes. @throws what is no `SandboxError`. */
export async function endOf(task: Promise<TaskResult>): Promise<End> {
  try {
    return { ...(await task), code: 'completed' };
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    const { code, detail, message, result } = error as SandboxError<PartialTaskResult>;
    return { ...result, code, detail, message };
  }
}
