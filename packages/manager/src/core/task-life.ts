/** What callers ask of a task, from its submission to its end. What workers tell of it is `task-news`. */
import type { SignalName } from '@sandcrew/protocol';
import { DEFAULT_LINGER_MS } from '@sandcrew/protocol';
import { unknownWorker } from './answering.js';
import { openCursor } from './output-cursor.js';
import { enqueue, sendCommand } from './placement.js';
import { ENDING_MARGIN_MS } from './recovery.js';
import type { Fault } from './sandbox-error.js';
import { cancelTask, failTask, letGo } from './settlement.js';
import { findWorker } from './state.js';
import {
  type CommandBody,
  endedFor,
  moveTask,
  note,
  openTask,
  type StopOrder,
  type Submission,
  type Task,
} from './task.js';
import { placeOf, send, setTimer, type Turn, workerOf } from './turn.js';
import { type Worker, type WorkerIdentity, workerName } from './worker.js';

/** How much longer than it says itself a worker may take for what it has to do by a time. */
export const MARGIN_MS = 10_000;

export function submitTask(turn: Turn, submission: Submission): void {
  const task = openTask(submission, turn.state.nextSeq++, turn.nowMs);
  turn.state.tasks.set(task.taskId, task);
  if (turn.state.arrivals.push(task) === 1) turn.effects.push({ type: 'await_tick_end' });
}

/** What was submitted in the tick that ends takes its place in the line, but for what was ended since. */
export function enqueueArrivals(turn: Turn): void {
  const { arrivals, tasks } = turn.state;
  for (const task of arrivals.splice(0)) if (tasks.has(task.taskId)) enqueue(turn, task);
}

/** The command of a task for which only a slot was kept. */
export function commandTask(turn: Turn, taskId: string, command: NonNullable<CommandBody['command']>): void {
  const task = turn.state.tasks.get(taskId);
  if (task === undefined) return;
  task.body = { ...task.body, command };
  const worker = workerOf(turn, task);
  if (task.state === 'assigned' && worker !== null) sendCommand(turn, task, worker);
}

/** Takes over a task that a worker already has: at once where the worker is connected, else when it is. */
export function adoptTask(
  turn: Turn,
  order: { submission: Submission; worker: string | undefined; offset: number; forget: boolean },
): void {
  const task = openTask(order.submission, turn.state.nextSeq++, turn.nowMs);
  turn.state.tasks.set(task.taskId, task);
  task.cursor = openCursor(order.offset);
  task.adoption = { confirmed: false, forget: order.forget };
  const worker = findWorker(turn.state, order.worker);
  if (worker === null) {
    failTask(turn, task, unknownWorker(turn, order.worker));
    return;
  }
  turn.state.adoptions.add(task.taskId);
  task.workerKey = worker.key;
  task.attempt = 1;
  worker.taskIds.add(task.taskId);
  turn.outlookChanged = true;
  moveTask(task, 'assign', placeOf(turn, task));
  moveTask(task, 'disconnect', placeOf(turn, task), 'not confirmed by its worker yet');
  if (worker.phase === 'connected') confirmAdoption(turn, task, worker);
}

/** The worker has, or has not, the task that is to be taken over. */
export function confirmAdoption(turn: Turn, task: Task, worker: Worker): void {
  const listed = worker.adoptable.get(task.taskId);
  if (listed === undefined || task.adoption === null) {
    const message = `Expected ${workerName(worker)} to keep task ${task.taskId}, got ${worker.adoptable.size} others.`;
    failTask(turn, task, { code: 'UNKNOWN_TASK', message });
    return;
  }
  worker.adoptable.delete(task.taskId);
  turn.state.adoptions.delete(task.taskId);
  task.adoption.confirmed = true;
  task.sent = true;
  task.started = true;
  task.endedAtWorker = listed.state === 'complete' || listed.state === 'error';
  moveTask(task, 'start', placeOf(turn, task));
  send(turn, worker.key, { type: 'resume_task', taskId: task.taskId, offset: task.cursor.takenOffset });
  tellUnseenStart(turn, task, worker);
  turn.effects.push({ type: 'open_input', taskId: task.taskId, workerKey: worker.key });
}

/** It runs, or has run, and `execution_started` was not for this connection: its pid is not known. */
export function tellUnseenStart(turn: Turn, task: Task, worker: Worker): void {
  const { workerId, containment } = worker.identity as WorkerIdentity; // it is connected
  const start = { workerId, pid: null, containment };
  turn.effects.push({ type: 'tell_started', taskId: task.taskId, attempt: task.attempt, start });
}

/** Ends a task before its own end: in the queue at once, at a worker by asking it. */
export function stopTask(turn: Turn, task: Task, stop: StopOrder): void {
  // Whoever asked first is told why; but what was only to be ended for a block is now not to be started again.
  const by = task.stop === null || task.stop.by === 'recovery' ? stop.by : task.stop.by;
  task.stop = { graceMs: stop.graceMs, by };
  if (task.state === 'queued' || (task.state === 'assigned' && !task.sent)) {
    cancelTask(turn, task, cancelled(task, by));
  } else if (task.adoption?.confirmed === false) {
    cancelTask(turn, task, {
      code: 'CANCELLED',
      message: `Task ${task.taskId} was not attached to yet.`,
    });
  } else if (task.state === 'unknown') {
    note(task, placeOf(turn, task), 'to be ended when its worker is back');
    setTimer(turn, { kind: 'task', taskId: task.taskId }, stop.graceMs + MARGIN_MS);
  } else {
    orderEnd(turn, task, workerOf(turn, task) as Worker, task.stop);
  }
}

export function orderEnd(turn: Turn, task: Task, worker: Worker, { graceMs, by }: StopOrder): void {
  if (task.state !== 'terminating') moveTask(task, 'terminate', placeOf(turn, task));
  send(turn, worker.key, { type: 'terminate_task', taskId: task.taskId, graceMs });
  const marginMs =
    by === 'recovery' ? ENDING_MARGIN_MS : (task.body.lingerMs ?? DEFAULT_LINGER_MS) + MARGIN_MS;
  setTimer(turn, { kind: 'task', taskId: task.taskId }, graceMs + marginMs);
}

/** The fault of a task of which nothing has run. */
export function cancelled({ taskId }: Task, by: StopOrder['by']): Fault {
  return by === 'close'
    ? { code: 'CLOSED', message: `Task ${taskId} was never started: the manager was closed.` }
    : { code: 'CANCELLED', message: `Task ${taskId} was cancelled before it was started.` };
}

/** The fault of a task that ended, or was given up, because it was asked to end. */
export function stopFault(task: Task, message: string): Fault {
  const block = endedFor(task);
  if (block !== null) return { code: 'BLOCKED', message: block.why, detail: block.reason };
  return { code: task.stop?.by === 'close' ? 'CLOSED' : 'TERMINATED', message };
}

/** A signal, or a size, is for a command that runs; there is nothing to do for one that waits or has ended. */
export function signalTask(turn: Turn, task: Task, signal: SignalName): void {
  if (isReachable(task))
    send(turn, task.workerKey as string, { type: 'signal_task', taskId: task.taskId, signal });
}

export function resizeTask(turn: Turn, task: Task, cols: number, rows: number): void {
  if (task.body.pty !== undefined) task.body = { ...task.body, pty: { cols, rows } };
  if (isReachable(task))
    send(turn, task.workerKey as string, { type: 'resize_pty', taskId: task.taskId, cols, rows });
}

/** Lets go of a task as soon as it runs. */
export function detachTask(turn: Turn, task: Task): void {
  if (task.started) letGo(turn, task, `Task ${task.taskId} goes on without this handle.`);
  else task.detachAsked = true;
}

function isReachable(task: Task): boolean {
  return task.started && task.state !== 'unknown';
}
