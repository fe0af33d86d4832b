/** What a worker tells of a task, and what its silence tells. */
import type {
  BlockCleared,
  BlockDetected,
  ExecutionStarted,
  ProtocolError,
  TaskComplete,
  TaskError,
} from '@sandcrew/protocol';
import { DEFAULT_GRACE_MS, DEFAULT_LINGER_MS, DEFAULT_TIMEOUT_MS } from '@sandcrew/protocol';
import type { TaskEnd } from './effect.js';
import { isHeldBack } from './output-cursor.js';
import { enqueue } from './placement.js';
import type { BlockInfo } from './report.js';
import type { Fault } from './sandbox-error.js';
import { cancelTask, completeTask, failTask, letGo, release } from './settlement.js';
import { refreshSlots } from './slots.js';
import { moveTask, note, resetAttempt, type Task } from './task.js';
import { cancelled, MARGIN_MS } from './task-life.js';
import { clearTimer, placeOf, send, setTimer, type Turn, workerOf } from './turn.js';
import { type Worker, workerName } from './worker.js';

/** A worker that said `busy` is asked again after this. */
const FULL_FOR_MS = 1_000;

export function taskStarted(
  turn: Turn,
  task: Task,
  worker: Worker,
  { pid, containment }: ExecutionStarted,
): void {
  const first = !task.started;
  task.started = true;
  if (task.state === 'assigned') moveTask(task, 'start', placeOf(turn, task));
  if (!first) return;
  armDeadline(turn, task);
  const start = { workerId: workerName(worker), pid, containment };
  turn.effects.push(
    { type: 'tell_started', taskId: task.taskId, start, attempt: task.attempt },
    { type: 'open_input', taskId: task.taskId, workerKey: worker.key },
  );
  if (task.detachAsked) letGo(turn, task, `Task ${task.taskId} goes on without this handle.`);
}

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

export function taskCompleted(turn: Turn, task: Task, worker: Worker, message: TaskComplete): void {
  if (awaitsOutput(turn, task, worker, message.outputBytes)) return;
  worker.breaches = 0;
  completeTask(turn, task, endOf(message));
}

export function taskErred(turn: Turn, task: Task, worker: Worker, message: TaskError): void {
  if (
    message.code === 'rejected' &&
    (message.detail === 'busy' || message.detail === 'draining') &&
    task.stop === null
  ) {
    standBack(turn, task, worker, message.detail);
    return;
  }
  if (awaitsOutput(turn, task, worker, message.outputBytes ?? 0)) return;
  worker.breaches = 0;
  const fault = faultOf(task, message);
  if (task.stop !== null && message.code === 'rejected') cancelTask(turn, task, cancelled(task));
  else if (task.stop !== null && message.code === 'terminated') cancelTask(turn, task, fault, endOf(message));
  else failTask(turn, task, fault, endOf(message));
}

/** Whether a task's end came before all of its output. Then that is asked for again, once; what still lacks is a gap. */
function awaitsOutput(turn: Turn, task: Task, worker: Worker, outputBytes: number): boolean {
  const { cursor } = task;
  if (outputBytes <= cursor.nextOffset) return false;
  if (task.replayAsked) {
    const gap = { offset: cursor.nextOffset, bytes: outputBytes - cursor.nextOffset };
    cursor.gaps.push(gap);
    cursor.nextOffset = outputBytes;
    turn.effects.push({ type: 'tell_gap', taskId: task.taskId, workerId: workerName(worker), gap });
    return false;
  }
  task.replayAsked = true;
  task.endedAtWorker = true;
  send(turn, worker.key, { type: 'resume_task', taskId: task.taskId, offset: cursor.takenOffset });
  return true;
}

/** The worker had no room after all: the task goes back to its place in the queue, and the worker is left alone for a while. */
function standBack(turn: Turn, task: Task, worker: Worker, why: 'busy' | 'draining'): void {
  if (why === 'draining') {
    worker.draining = true;
    turn.outlookChanged = true;
    worker.awaySinceMs = turn.nowMs;
  } else {
    leaveAlone(turn, worker);
  }
  release(turn, task);
  refreshSlots(turn, worker);
  moveTask(task, 'requeue', placeOf(turn, task), `the worker is ${why}`);
  task.attempt--; // it was not started
  resetAttempt(task);
  enqueue(turn, task);
}

function leaveAlone(turn: Turn, worker: Worker): void {
  worker.fullUntilMs = turn.nowMs + FULL_FOR_MS;
  setTimer(turn, { kind: 'full', workerKey: worker.key }, FULL_FOR_MS);
  refreshSlots(turn, worker);
}

export function taskBlocked(turn: Turn, task: Task, worker: Worker, message: BlockDetected): void {
  const { reason, confidence, resourceUsage, recoverable, evidence, action } = message;
  const block: BlockInfo = {
    taskId: task.taskId,
    workerId: workerName(worker),
    reason,
    confidence,
    durationMs: message.duration,
    resourceUsage,
    recoverable,
    evidence,
    action,
  };
  task.blocks.set(reason, { block, sinceMs: turn.nowMs - message.duration });
  const why = `${reason}, ${confidence}${evidence.summary === undefined ? '' : `: ${evidence.summary}`}`;
  if (task.state === 'running') moveTask(task, 'block', placeOf(turn, task), why);
  else note(task, placeOf(turn, task), why);
  turn.effects.push({ type: 'tell_block', block });
}

export function blockCleared(turn: Turn, task: Task, message: BlockCleared): void {
  const standing = task.blocks.get(message.reason);
  if (standing === undefined) return;
  task.blocks.delete(message.reason);
  if (task.blocks.size === 0 && task.state === 'blocked') {
    moveTask(task, 'clear', placeOf(turn, task), `${message.reason} has cleared`);
  }
  turn.effects.push({ type: 'tell_block_cleared', block: standing.block, durationMs: message.duration });
}

/** A message about a task was refused. Late ones are no news; the rest tells that the task, or its input, is gone. */
export function taskMessageRefused(
  turn: Turn,
  task: Task,
  worker: Worker,
  { code, message }: ProtocolError,
): void {
  if (code === 'stdin_closed' || code === 'task_ended' || code === 'input_full') {
    turn.effects.push({ type: 'refuse_input', taskId: task.taskId, message });
  } else if (code === 'duplicate_task') {
    failTask(turn, task, {
      code: 'DUPLICATE_TASK',
      message: `Task ${task.taskId} at ${workerName(worker)}: ${message}`,
    });
  } else if (code === 'unknown_task' && task.started) {
    loseTask(turn, task, `${workerName(worker)} knows no task ${task.taskId} any more.`);
  } else if (code === 'invalid_message' && !task.started) {
    const said = `${workerName(worker)} would not take task ${task.taskId}: ${message}`;
    failTask(turn, task, { code: 'REJECTED', message: said, detail: code });
  }
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

function stopFault(task: Task, message: string): Fault {
  return { code: task.stop?.by === 'close' ? 'CLOSED' : 'TERMINATED', message };
}

function faultOf(task: Task, { code, message, detail, reason }: TaskError): Fault {
  if (code === 'terminated') return stopFault(task, message);
  const kind = code === 'blocked' ? reason : detail;
  return { code: FAULT_CODES[code], message, ...(kind === undefined ? {} : { detail: kind }) };
}

const FAULT_CODES = {
  rejected: 'REJECTED',
  spawn_failed: 'SPAWN_FAILED',
  timed_out: 'TIMED_OUT',
  blocked: 'BLOCKED',
  memory_exhausted: 'MEMORY_EXHAUSTED',
  worker_shutdown: 'WORKER_SHUTDOWN',
  orphaned: 'ORPHANED',
} as const;

function endOf(message: TaskComplete | TaskError): Partial<TaskEnd> {
  const { exitCode, signal, durationMs, outputBytes, usage, leftover } = message;
  return Object.fromEntries(
    Object.entries({ exitCode, signal, durationMs, outputBytes, usage, leftover }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}
