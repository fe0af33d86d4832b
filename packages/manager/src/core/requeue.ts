/** Gives a task back to the queue for another attempt, where it may have one. */
import type { BlockReason } from '@sandcrew/protocol';
import { judgeProspect } from './assign.js';
import { enqueue } from './placement.js';
import type { RecoveryRefusal } from './report.js';
import { release } from './settlement.js';
import type { ManagerState } from './state.js';
import { moveTask, resetAttempt, type Task } from './task.js';
import { placeOf, type Turn, workerOf } from './turn.js';
import type { Worker, WorkerIdentity } from './worker.js';

/** Why a task that blocked on a worker may not be started on another, or null. */
export function judgeRequeue(
  state: ManagerState,
  task: Task,
  worker: Worker,
  reason: BlockReason,
): RecoveryRefusal | null {
  if (!task.idempotent || task.adoption !== null) return 'not_idempotent';
  if (!hasAttemptLeft(state, task)) return 'no_attempt_left';
  return hasOtherWorker(state, task, worker, reason) ? null : 'no_other_worker';
}

export function hasAttemptLeft({ policy, closing }: ManagerState, task: Task): boolean {
  return task.attempt < policy.maxAttempts && closing === 'no';
}

/** Whether any worker but this one may ever take the task. */
export function hasOtherWorker(
  state: ManagerState,
  task: Task,
  worker: Worker,
  reason: BlockReason,
): boolean {
  const elsewhere = {
    ...task,
    failedOn: [...task.failedOn, presentLifeOf(worker)],
    aboveMemoryBytes: memoryToExceed(task, worker, reason),
  };
  return judgeProspect(state, elsewhere).prospect !== 'none';
}

/** Takes the task from its worker, which is not to have it again under this boot, and puts it in the line. */
export function requeueTask(turn: Turn, task: Task, why: string): void {
  const worker = workerOf(turn, task);
  const wasSent = task.sent;
  if (worker !== null && wasSent) {
    task.failedOn.push(presentLifeOf(worker));
    if (task.blockedBy !== null) task.aboveMemoryBytes = memoryToExceed(task, worker, task.blockedBy.reason);
  }
  release(turn, task);
  moveTask(task, 'requeue', placeOf(turn, task), why);
  if (!wasSent) task.attempt--; // it was not started
  resetAttempt(task);
  enqueue(turn, task);
  turn.effects.push({ type: 'restart_task', taskId: task.taskId, attempts: task.attempt, why });
}

function presentLifeOf({ key, identity }: Worker): Task['failedOn'][number] {
  return { workerKey: key, bootId: (identity as WorkerIdentity).bootId };
}

function memoryToExceed(task: Task, { identity }: Worker, reason: BlockReason): number {
  const here = reason === 'memory_exhausted' ? (identity as WorkerIdentity).memoryBytes : 0;
  return Math.max(task.aboveMemoryBytes, here);
}
