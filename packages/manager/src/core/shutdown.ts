/** The manager's own end: tasks first, then connections and worker processes, all within a time. */
import { DEFAULT_LINGER_MS } from '@sandcrew/protocol';
import { endReading, failTask, letGo } from './settlement.js';
import { stopTask } from './task-life.js';
import { setTimer, type Turn, workerOf } from './turn.js';
import { workerName } from './worker.js';

/** For the last messages on their way, beyond what the tasks may take. */
const CLOSE_MARGIN_MS = 3_000;

export function askClose(
  turn: Turn,
  { graceMs, leaveTasks }: { graceMs: number; leaveTasks: boolean },
): void {
  const { state } = turn;
  if (state.closing !== 'no') return;
  state.closing = 'ending_tasks';
  for (const task of [...state.tasks.values()]) {
    const worker = workerOf(turn, task);
    const mayStay = leaveTasks && worker !== null && !worker.embedded;
    if (mayStay && task.started)
      letGo(turn, task, `Task ${task.taskId} was left at ${workerName(worker)}: the manager was closed.`);
    else if (mayStay && task.sent) task.detachAsked = true;
    else stopTask(turn, task, { graceMs, by: 'close' });
    if (task.state === 'unknown' && state.tasks.has(task.taskId)) {
      const message = `Task ${task.taskId} could not be ended, since its worker is away: it ends at the worker's orphan timeout.`;
      failTask(turn, task, { code: 'CLOSED', message });
    }
  }
  setTimer(turn, { kind: 'close' }, graceMs + DEFAULT_LINGER_MS + CLOSE_MARGIN_MS);
}

/** What still runs has had its time. */
export function forceClose(turn: Turn): void {
  for (const task of [...turn.state.tasks.values()]) {
    const message = `Task ${task.taskId} did not end in time after the manager was closed; its worker is told to drop it.`;
    failTask(turn, task, { code: 'CLOSED', message });
  }
}

/** Shuts down when the last task has ended. */
export function closeWhenIdle(turn: Turn): void {
  const { state, effects } = turn;
  if (state.closing !== 'ending_tasks' || state.tasks.size > 0) return;
  state.closing = 'closed';
  for (const taskId of [...state.beingRead.keys()]) endReading(turn, taskId);
  for (const { requestId } of state.requests.values()) {
    effects.push({
      type: 'refuse_request',
      requestId,
      fault: { code: 'CLOSED', message: 'The manager was closed.' },
    });
  }
  effects.push({ type: 'shut_down' });
}
