/** How a task ended, whichever way, in one shape; and which worker processes this process has. */
import { readdirSync, readFileSync } from 'node:fs';
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

/** The embedded workers that this process has started. */
export function ownWorkers(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [status, command] = [read(`/proc/${pid}/status`), read(`/proc/${pid}/cmdline`)];
      return (
        status.includes(`\nPPid:\t${process.pid}\n`) &&
        command.includes('--until-stdin-closes') &&
        command.includes('unix:')
      );
    });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
