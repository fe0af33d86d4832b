/** One turn of the machine: the state, the time, and the effects that it asks for so far. */
import type { WorkerEffect } from './effect.js';
import type { Session, Task, WorkerState } from './state.js';

export interface Turn {
  readonly state: WorkerState;
  /** The worker's monotonic clock, milliseconds. */
  readonly nowMs: number;
  readonly effects: WorkerEffect[];
}

/** What runs against a task. Named in one place, so that all of them can be cleared when it is gone. */
export const TASK_TIMERS = [
  'timeout',
  'kill',
  'linger',
  'orphaned-output',
  'orphan',
  'keep',
  'close-output',
  'pace',
] as const;
export type TaskTimer = (typeof TASK_TIMERS)[number];

export function setTaskTimer(turn: Turn, task: Task, timer: TaskTimer, delayMs: number): void {
  turn.effects.push({ type: 'set_timer', timer: `${timer} ${task.key}`, delayMs });
}

export function clearTaskTimer(turn: Turn, task: Task, timer: TaskTimer): void {
  turn.effects.push({ type: 'clear_timer', timer: `${timer} ${task.key}` });
}

/** The timer and the task that a timer's name tells, or null for one of another kind. */
export function readTaskTimer(name: string): { timer: TaskTimer; taskKey: string } | null {
  const space = name.indexOf(' ');
  const timer = TASK_TIMERS.find((known) => known === name.slice(0, space));
  return timer === undefined ? null : { timer, taskKey: name.slice(space + 1) };
}

/** The live session of a task's owner, or null. */
export function sessionOf(state: WorkerState, owner: string): Session | null {
  for (const session of state.sessions.values()) if (session.owner === owner) return session;
  return null;
}

export function runningTasks(state: WorkerState): number {
  let count = 0;
  for (const task of state.tasks.values()) if (task.phase !== 'ended') count++;
  return count;
}
