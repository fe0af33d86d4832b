/** What tests of this package share: the error that a promise rejects with, and the end of a fake worker's tasks. */
import type { FakeWorker } from '@sandcrew/testkit';
import { type PartialTaskResult, SandboxError } from '#src/index.js';

/** The error that `promise` rejects with. Fails where it does not. */
export async function faultOf(promise: PromiseLike<unknown>): Promise<SandboxError<PartialTaskResult>> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof SandboxError) return error as SandboxError<PartialTaskResult>;
    throw error;
  }
  throw new Error('expected a SandboxError, got a result');
}

/** Has a worker end each task that it is told to end. */
export function endsTasks(worker: FakeWorker): void {
  const { script } = worker;
  worker.script = (message) => {
    script(message);
    if (message.type !== 'terminate_task') return;
    worker.send({ type: 'task_error', taskId: message.taskId, code: 'terminated', message: 'Ended.' });
  };
}
