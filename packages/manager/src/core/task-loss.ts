/** What silence tells of a task: over its time, never sent, or lost with its worker. */
import { DEFAULT_GRACE_MS, DEFAULT_LINGER_MS, DEFAULT_TIMEOUT_MS } from '@sandcrew/protocol';
import { isHeldBack } from './output-cursor.js';
import { hasAttemptLeft, requeueTask } from './requeue.js';
import { tellRung } from './rung-news.js';
import { cancelTask, failTask } from './settlement.js';
import { leaveAlone } from './slots.js';
import { endedFor, moveTask, type Task } from './task.js';
import { cancelled, MARGIN_MS, stopFault } from './task-life.js';
import { clearTimer, placeOf, setTimer, type Turn, workerOf } from './turn.js';
import { type Worker, type WorkerIdentity, workerName } from './worker.js';

/** The worker ends a task at its timeout; this is for one that does not. */
export function armDeadline(turn: Turn, task: Task): void {
  const timeoutMs = task.body.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const timer = { kind: 'task', taskId: task.taskId } as const;
  if (task.state === 'terminating') return;
  if (timeoutMs === 0 || task.adoption !== null) clearTimer(turn, timer);
  else
    setTimer(
      turn,
      timer,
      timeoutMs + DEFAULT_GRACE_MS + (task.body.lingerMs ?? DEFAULT_LINGER_MS) + MARGIN_MS,
    );
}

/** Its worker is gone, or has lost it. An idempotent task is started again elsewhere; any other is told `LOST`. */
export function loseTask(turn: Turn, task: Task, why: string): void {
  if (mayGoAgain(turn, task)) {
    tellRequeue(turn, task, why);
    requeueTask(turn, task, why);
    return;
  }
  const detail = lossOf(task);
  const isBlocked = task.stop?.by === 'recovery';
  if (task.state === 'terminating') moveTask(task, 'disconnect', placeOf(turn, task));
  const message = `Task ${task.taskId} is lost (${detail}): ${why}`;
  failTask(turn, task, isBlocked ? stopFault(task, message) : { code: 'LOST', message, detail });
}

/** Whether it may be started again when its worker could not end it: it was never sent, or it is idempotent. */
export function mayGoAgain({ state }: Turn, task: Task): boolean {
  const isStopped = task.stop !== null && endedFor(task)?.thenRequeue !== true;
  if (isStopped || task.adoption !== null || task.detachAsked || state.closing !== 'no') return false;
  return !task.sent || (task.idempotent && hasAttemptLeft(state, task));
}

/** Where it was being ended for a block, to be started again elsewhere. */
function tellRequeue(turn: Turn, task: Task, why: string): void {
  const block = endedFor(task);
  const workerId = placeOf(turn, task).workerId ?? '';
  if (block !== null)
    tellRung(turn, { taskId: task.taskId, workerId, reason: block.reason, rung: 'requeue', why });
}

/** What is known of a task whose worker is gone. */
function lossOf(task: Task): 'never_started' | 'completed_output_lost' | 'may_have_run' {
  if (!task.sent) return 'never_started';
  return task.endedAtWorker ? 'completed_output_lost' : 'may_have_run';
}

/** `execute_command` never left: the task is as it was before it was assigned. */
export function commandUnsent(turn: Turn, task: Task): void {
  task.sent = false;
  const worker = workerOf(turn, task);
  if (worker !== null) leaveAlone(turn, worker); // that its connection is gone will be told in a moment
  if (task.stop === null) loseTask(turn, task, 'the connection was gone before the command could be sent');
  else cancelTask(turn, task, cancelled(task, task.stop.by));
}

/** A worker did not do by itself what it had to do by now. */
export function taskOverdue(turn: Turn, task: Task): void {
  const worker = workerOf(turn, task) as Worker;
  const name = workerName(worker);
  if (isReaderSlow(task, worker)) {
    // Its end waits behind output that its reader has not taken: that is no fault of the worker.
    setTimer(turn, { kind: 'task', taskId: task.taskId }, MARGIN_MS);
  } else if (task.state === 'unknown') {
    const fault = stopFault(
      task,
      `Task ${task.taskId} was to be ended while ${name} is away: it is told to drop it when it is back.`,
    );
    failTask(turn, task, fault);
  } else if (task.state === 'terminating') {
    const fault = stopFault(task, `${name} was told to end task ${task.taskId} and did not say that it has.`);
    failTask(turn, task, fault);
  } else if (task.started) {
    const message = `Task ${task.taskId} is over its timeout, and ${name} has not ended it.`;
    failTask(turn, task, { code: 'TIMED_OUT', message });
  } else {
    loseTask(turn, task, `${name} did not answer execute_command in time.`);
  }
}

/** Whether its worker can be heard, and waits for the reader of its output: it is not late by its own fault. */
export function isReaderSlow({ cursor, state }: Task, { identity }: Worker): boolean {
  return state !== 'unknown' && isHeldBack(cursor, (identity as WorkerIdentity).windowBytes);
}
