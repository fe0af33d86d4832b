/** What silence tells of a task: over its time, never sent, or lost with its worker. */
import { DEFAULT_GRACE_MS, DEFAULT_LINGER_MS, DEFAULT_TIMEOUT_MS } from '@sandcrew/protocol';
import { isHeldBack } from './output-cursor.js';
import { enqueue } from './placement.js';
import { cancelTask, failTask, release } from './settlement.js';
import { leaveAlone } from './slots.js';
import { moveTask, resetAttempt, type Task } from './task.js';
import { cancelled, MARGIN_MS, stopFault } from './task-life.js';
import { clearTimer, placeOf, setTimer, type Turn, workerOf } from './turn.js';
import { workerName } from './worker.js';

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
  const { state } = turn;
  const worker = workerOf(turn, task);
  const never = !task.sent;
  const mayRetry = (task.idempotent && task.attempt < state.policy.maxAttempts) || never;
  if (
    mayRetry &&
    task.stop === null &&
    task.adoption === null &&
    state.closing === 'no' &&
    !task.detachAsked
  ) {
    const bootId = worker?.identity?.bootId;
    if (worker !== null && bootId !== undefined && !never)
      task.failedOn.push({ workerKey: worker.key, bootId });
    release(turn, task);
    moveTask(task, 'requeue', placeOf(turn, task), why);
    if (never) task.attempt--;
    resetAttempt(task);
    enqueue(turn, task);
    turn.effects.push({ type: 'restart_task', taskId: task.taskId, attempts: task.attempt, why });
    return;
  }
  const detail = lossOf(task);
  if (task.state === 'terminating') moveTask(task, 'disconnect', placeOf(turn, task));
  failTask(turn, task, {
    code: 'LOST',
    message: `Task ${task.taskId} is lost (${detail}): ${why}`,
    detail,
  });
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
  else cancelTask(turn, task, cancelled(task));
}

/** A worker did not do by itself what it had to do by now. */
export function taskOverdue(turn: Turn, task: Task): void {
  const worker = workerOf(turn, task);
  const name = worker === null ? 'its worker' : workerName(worker);
  if (worker?.phase === 'connected' && isHeldBack(task.cursor, worker.identity?.windowBytes)) {
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
