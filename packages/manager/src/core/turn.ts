/** One turn of the machine: the state it works on, the time it is, and what it wants done so far. */
import type { Effect, Outgoing } from './effect.js';
import type { Timer } from './event.js';
import type { ManagerState } from './state.js';
import type { Place, Task } from './task.js';
import { type Worker, workerName } from './worker.js';

/** When a step is made, and the chance that goes with it. */
export interface Moment {
  /** Monotonic, milliseconds. */
  readonly nowMs: number;
  /** From 0 to 1. */
  readonly random: number;
}

export interface Turn extends Moment {
  readonly state: ManagerState;
  readonly effects: Effect[];
  /** Whether those who wait may hope for something else than before: they are looked at again at the end of the turn. */
  outlookChanged: boolean;
}

export function send(turn: Turn, workerKey: string, message: Outgoing): void {
  turn.effects.push({ type: 'send', workerKey, message });
}

export function setTimer(turn: Turn, timer: Timer, delayMs: number): void {
  turn.effects.push({ type: 'set_timer', timer, delayMs });
}

export function clearTimer(turn: Turn, timer: Timer): void {
  turn.effects.push({ type: 'clear_timer', timer });
}

/** The worker that has a task, null for none. */
export function workerOf({ state }: Pick<Turn, 'state'>, task: Task): Worker | null {
  return state.workers.get(task.workerKey ?? '') ?? null;
}

/** Now, and at the worker that has the task. */
export function placeOf(turn: Turn, task: Task): Place {
  const worker = workerOf(turn, task);
  return { nowMs: turn.nowMs, workerId: worker === null ? null : workerName(worker) };
}

/** The tasks that a worker has. */
export function tasksOf({ state }: Pick<Turn, 'state'>, worker: Worker): Task[] {
  return [...worker.taskIds].map((taskId) => state.tasks.get(taskId) as Task);
}
