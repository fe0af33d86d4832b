/** Ends a task in the manager's books, once: frees its slot, tells its owner, and when that has read it, lets its worker drop it. */
import type { TaskEnd } from './effect.js';
import { chooseAck, noteAcked } from './output-cursor.js';
import type { WorkerTask } from './report.js';
import type { Fault } from './sandbox-error.js';
import { refreshSlots } from './slots.js';
import { moveTask, type Task } from './task.js';
import { clearTimer, placeOf, send, type Turn, workerOf } from './turn.js';

/** The command came to its own end. */
export function completeTask(turn: Turn, task: Task, end: Partial<TaskEnd>): void {
  settle(turn, task, { trigger: 'complete', fault: null, end });
}

export function failTask(turn: Turn, task: Task, fault: Fault, end: Partial<TaskEnd> = {}): void {
  settle(turn, task, { trigger: 'fail', fault, end });
}

/** It ended because this was asked for. */
export function cancelTask(turn: Turn, task: Task, fault: Fault, end: Partial<TaskEnd> = {}): void {
  settle(turn, task, { trigger: 'cancel', fault, end });
}

interface Ending {
  readonly fault: Fault | null;
  readonly end: Partial<TaskEnd>;
}

function settle(turn: Turn, task: Task, ending: Ending & { trigger: 'complete' | 'fail' | 'cancel' }): void {
  moveTask(task, ending.trigger, placeOf(turn, task), ending.fault?.message);
  release(turn, task);
  tellEnd(turn, task, ending);
  if (isKept(task, ending.fault)) turn.state.beingRead.set(task.taskId, task);
}

/** Nobody will read more of an ended task: its worker may drop it, unless it is to be kept for another `attach`. */
export function endReading(turn: Turn, taskId: string): void {
  const task = turn.state.beingRead.get(taskId);
  if (task === undefined) return;
  turn.state.beingRead.delete(taskId);
  if (task.adoption?.confirmed && !task.adoption.forget) {
    keepForLater(turn, task, task.state === 'completed' ? 'complete' : 'error');
    return;
  }
  // A worker that is away hears of it when it is back: it lists the task, and the task is no longer wanted.
  const worker = workerOf(turn, task);
  if (worker?.phase === 'connected') send(turn, worker.key, { type: 'forget_task', taskId });
}

/** Lets a task go on without this manager. */
export function letGo(turn: Turn, task: Task, message: string): void {
  release(turn, task);
  keepForLater(turn, task, task.stop === null ? 'running' : 'terminating');
  tellEnd(turn, task, { fault: { code: 'DETACHED', message }, end: {} });
}

/** The task stays at its worker, for another `attach`: which bytes its reader took is told now, as none will be later. */
function keepForLater(turn: Turn, task: Task, state: WorkerTask['state']): void {
  const worker = workerOf(turn, task);
  if (worker === null) return;
  const { taskId, cursor } = task;
  if (worker.phase === 'connected' && chooseAck(cursor) !== 'none') {
    send(turn, worker.key, { type: 'task_ack', taskId, offset: noteAcked(cursor) });
  }
  const { ackedOffset, nextOffset } = cursor;
  worker.adoptable.set(taskId, { taskId, state, ackedOffset, endOffset: nextOffset });
}

function tellEnd(turn: Turn, task: Task, { fault, end }: Ending): void {
  turn.state.tasks.delete(task.taskId);
  turn.effects.push({
    type: 'settle_task',
    taskId: task.taskId,
    outcome: {
      workerId: placeOf(turn, task).workerId,
      attempts: task.attempt,
      gaps: task.cursor.gaps,
      history: task.history,
      receivedOffset: task.cursor.nextOffset,
      fault,
      end,
    },
  });
}

/** Takes a task from its worker and out of the line. */
export function release(turn: Turn, task: Task): void {
  const worker = workerOf(turn, task);
  turn.state.waiting.remove(task);
  turn.state.adoptions.delete(task.taskId);
  clearTimer(turn, { kind: 'task', taskId: task.taskId });
  dropClimbs(turn, task);
  if (!worker?.taskIds.delete(task.taskId)) return;
  refreshSlots(turn, worker);
  if (worker.taskIds.size === 0) clearTimer(turn, { kind: 'away', workerKey: worker.key });
}

/** Nothing more is done about its blocks: its worker cannot be told, or need not. */
export function dropClimbs(turn: Turn, task: Task): void {
  for (const reason of task.climbs.keys()) clearTimer(turn, { kind: 'block', taskId: task.taskId, reason });
  task.climbs.clear();
}

/** Whether the worker keeps a record of the task that it may drop. */
function isKept(task: Task, fault: Fault | null): boolean {
  if (!task.sent) return false;
  return fault === null || !['REJECTED', 'DUPLICATE_TASK'].includes(fault.code);
}
