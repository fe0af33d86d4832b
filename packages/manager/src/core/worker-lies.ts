/** What a worker says that cannot be true, or is more than anyone has to say. That it says nothing of a task proves nothing. */
import type { TaskComplete, TaskError, Welcome, WorkerMessage } from '@sandcrew/protocol';
import type { Task } from './task.js';
import type { Worker } from './worker.js';

/** The most that is held for one slow reader; sixteen times what our own worker sends ahead, bytes. */
const MAX_WINDOW_BYTES = 16_777_216;
/** What an operator says of a worker is shown in errors and to whoever asks for the pool. */
const MAX_LABELS = 256;
const MAX_LABEL_CHARACTERS = 1_024;
const MAJOR_VERSION = /^1\./;

/** The lie of a message, in words, or null. @param taskOf the task of this worker that a message may be about. */
export function findLie(
  worker: Worker,
  message: WorkerMessage,
  taskOf: (taskId: string) => Task | undefined,
): string | null {
  if (message.type === 'welcome') return findLieOfWelcome(worker, message, taskOf);
  const { workerId } = worker.identity ?? message;
  if (message.workerId !== workerId)
    return `expected messages of ${workerId}, got one of ${message.workerId}`;
  if (message.type === 'task_complete' || message.type === 'task_error')
    return findLieOfEnd(message, taskOf(message.taskId));
  return null;
}

function findLieOfWelcome(
  { identity }: Worker,
  welcome: Welcome,
  taskOf: (taskId: string) => Task | undefined,
): string | null {
  const { protocol, workerId, bootId, workerType, labels, limits, tasks } = welcome;
  if (!MAJOR_VERSION.test(protocol)) return `expected protocol 1 under sandcrew.v1, got ${protocol}`;
  const isSameBoot = identity?.bootId === bootId;
  if (isSameBoot && identity.workerId !== workerId)
    return `expected ${identity.workerId} again, which has not restarted, got ${workerId}`;
  if (limits.windowBytes > MAX_WINDOW_BYTES)
    return `expected a window of at most ${MAX_WINDOW_BYTES} bytes, got ${limits.windowBytes}`;
  const words = [workerType, ...Object.entries(labels).flat()];
  if (words.length > 2 * MAX_LABELS + 1)
    return `expected at most ${MAX_LABELS} labels, got ${Object.keys(labels).length}`;
  const longest = Math.max(...words.map(({ length }) => length));
  if (longest > MAX_LABEL_CHARACTERS)
    return `expected labels and a type of at most ${MAX_LABEL_CHARACTERS} characters, got ${longest}`;
  return findLieOfTasks(tasks, isSameBoot ? taskOf : () => undefined);
}

function findLieOfTasks(
  tasks: Welcome['tasks'],
  taskOf: (taskId: string) => Task | undefined,
): string | null {
  const listed = new Set<string>();
  for (const { taskId, ackedOffset, endOffset } of tasks) {
    if (listed.has(taskId)) return `expected each task once, got ${taskId} again`;
    listed.add(taskId);
    if (ackedOffset > endOffset)
      return `expected task ${taskId} acknowledged up to its end ${endOffset}, got up to ${ackedOffset}`;
    const here = receivedEnd(taskOf(taskId));
    if (endOffset < here)
      return `expected task ${taskId} to have ${here} bytes, which came, got ${endOffset}`;
  }
  return null;
}

function findLieOfEnd(
  { taskId, outputBytes }: TaskComplete | TaskError,
  task: Task | undefined,
): string | null {
  const here = receivedEnd(task);
  return outputBytes !== undefined && outputBytes < here
    ? `expected task ${taskId} to end after the ${here} bytes that came, got ${outputBytes}`
    : null;
}

/** Up to where its output came. Where none did, its offset is only what somebody asked for. */
function receivedEnd(task: Task | undefined): number {
  return task === undefined || task.cursor.receivedBytes === 0 ? 0 : task.cursor.nextOffset;
}
