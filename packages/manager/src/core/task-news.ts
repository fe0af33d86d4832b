/** What a worker tells of a task. Its blocks are `task-blocks`, its silence is `task-loss`. */
import type {
  BlockReason,
  ExecutionStarted,
  ProtocolError,
  TaskComplete,
  TaskError,
} from '@sandcrew/protocol';
import { blockEnded } from './block-end.js';
import type { TaskEnd } from './effect.js';
import { noteAcked } from './output-cursor.js';
import { enqueue } from './placement.js';
import { requeueTask } from './requeue.js';
import type { Fault } from './sandbox-error.js';
import { cancelTask, completeTask, failTask, letGo, release } from './settlement.js';
import { leaveAlone } from './slots.js';
import { endedFor, moveTask, resetAttempt, type Task } from './task.js';
import { cancelled, stopFault, tellUnseenStart } from './task-life.js';
import { armDeadline, loseTask, mayGoAgain } from './task-loss.js';
import { placeOf, send, type Turn } from './turn.js';
import { type Worker, workerName } from './worker.js';

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

export function taskCompleted(turn: Turn, task: Task, worker: Worker, message: TaskComplete): void {
  if (awaitsOutput(turn, task, worker, message.outputBytes)) return;
  worker.breaches = 0;
  // Started and ended while its worker was out of sight, it is known by its end alone.
  if (!task.started) tellUnseenStart(turn, task, worker);
  completeTask(turn, task, endOf(message));
}

export function taskErred(turn: Turn, task: Task, worker: Worker, message: TaskError): void {
  if (
    message.code === 'rejected' &&
    (message.detail === 'busy' || message.detail === 'draining') &&
    task.stop === null
  ) {
    // One that a closing manager would have left there has no queue to go back to.
    if (turn.state.closing === 'no') standBack(turn, task, worker, message.detail);
    else cancelTask(turn, task, cancelled(task, 'close'));
    return;
  }
  if (awaitsOutput(turn, task, worker, message.outputBytes ?? 0)) return;
  worker.breaches = 0;
  const fault = faultOf(task, message);
  const reason = blockThatEnded(task, message);
  if (reason !== null) blockEnded(turn, task, worker, { reason, fault, end: endOf(message) });
  else if (task.stop !== null && message.code === 'rejected')
    cancelTask(turn, task, cancelled(task, task.stop.by));
  else if (task.stop !== null && message.code === 'terminated') cancelTask(turn, task, fault, endOf(message));
  else if (message.code === 'worker_shutdown' && task.stop === null && mayGoAgain(turn, task)) {
    send(turn, worker.key, { type: 'forget_task', taskId: task.taskId });
    requeueTask(turn, task, `${workerName(worker)} was shut down.`);
  } else failTask(turn, task, fault, endOf(message));
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
  send(turn, worker.key, { type: 'resume_task', taskId: task.taskId, offset: noteAcked(cursor) });
  return true;
}

/** The worker had no room after all: the task goes back to its place in the queue, and the worker is left alone for a while. */
function standBack(turn: Turn, task: Task, worker: Worker, why: 'busy' | 'draining'): void {
  if (why === 'draining') {
    worker.draining = true;
    worker.awaySinceMs = turn.nowMs;
  } else {
    leaveAlone(turn, worker);
  }
  release(turn, task);
  moveTask(task, 'requeue', placeOf(turn, task), `the worker is ${why}`);
  task.attempt--; // it was not started
  resetAttempt(task);
  enqueue(turn, task);
}

/** A message about a task was refused. Late ones are no news; the rest tells that the task, or its input, is gone. */
export function taskMessageRefused(
  turn: Turn,
  task: Task,
  worker: Worker,
  { code, message }: Pick<ProtocolError, 'code' | 'message'>,
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

/** The block for which it was ended, by this manager or by the worker itself; null where it ended for something else. */
function blockThatEnded(task: Task, { code, reason }: TaskError): BlockReason | null {
  if (task.stop !== null && task.stop.by !== 'recovery') return null;
  if (code === 'memory_exhausted') return 'memory_exhausted';
  if (code === 'blocked') return reason ?? null;
  return code === 'terminated' ? (endedFor(task)?.reason ?? null) : null;
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

/** Without what the message leaves out; the end of a command that came to its own leaves out nothing. */
function endOf(message: TaskComplete | TaskError): Partial<TaskEnd> {
  const { exitCode, signal, durationMs, outputBytes, usage, leftover } = message;
  const end = { exitCode, signal, durationMs, outputBytes, usage, leftover };
  return Object.fromEntries(Object.entries(end).filter(([, value]) => value !== undefined));
}
