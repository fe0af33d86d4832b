/** Finds a task at a worker that stays, and follows it across the visits of other commands of the same user. */
import { SandboxError, type SandboxManager, type WorkerTask } from '@sandcrew/manager';
import type { TaskChoice } from './commands/task-choice.js';
import { LOST_AFTER_MS } from './connection.js';
import { followTask } from './follow-task.js';
import { LOOKING, withManager } from './manager-lease.js';
import type { TaskRenderer } from './render/task-renderer.js';

/** @throws {SandboxError} UNKNOWN_TASK, and what connecting may throw. */
export async function findTask(manager: SandboxManager, taskId: string): Promise<WorkerTask> {
  const tasks = await manager.listTasks();
  const task = tasks.find((candidate) => candidate.taskId === taskId);
  if (task !== undefined) return task;
  const known =
    tasks.length === 0 ? 'it has none' : `it has ${tasks.map((candidate) => candidate.taskId).join(', ')}`;
  throw new SandboxError({
    code: 'UNKNOWN_TASK',
    message: `The worker has no task "${taskId}" of manager "${manager.managerId}"; ${known}.`,
  });
}

/** Shows a task from an offset to its end. `forget`: the worker may drop it then. @returns what to exit with. */
export function followRemoteTask(
  { manager: options, taskId, offset }: TaskChoice,
  forget: boolean,
  renderer: TaskRenderer,
): Promise<number> {
  let from = offset;
  const onShown = (nextOffset: number) => {
    from = nextOffset;
  };
  return withManager(options, LOOKING, async (manager) => {
    const task = await findTask(manager, taskId);
    const handle = manager.attach({ taskId, offset: from ?? task.ackedOffset, forget });
    const { lostAfterMs = LOST_AFTER_MS } = options;
    return followTask(manager, handle, renderer, { input: 'none', isOurs: false, lostAfterMs, onShown });
  });
}
