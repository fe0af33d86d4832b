/**
 * The manager's machine: what happened goes in, what is to be done comes out. It decides everything and touches
 * nothing; time and chance arrive with the event.
 */
import { expireRequest, makeRequest } from './answering.js';
import { climbAsked } from './asked-recovery.js';
import { endingOverdue } from './block-end.js';
import { blockAnswered, blockOutstood } from './climb.js';
import type { Effect } from './effect.js';
import type { ManagerEvent, Timer } from './event.js';
import { judgeWaits, placeTasks } from './placement.js';
import { endReading } from './settlement.js';
import { askClose, closeWhenIdle, forceClose } from './shutdown.js';
import { refreshSlots } from './slots.js';
import type { ManagerState } from './state.js';
import type { Task } from './task.js';
import {
  adoptTask,
  commandTask,
  detachTask,
  enqueueArrivals,
  resizeTask,
  signalTask,
  stopTask,
  submitTask,
} from './task-life.js';
import { commandUnsent, taskOverdue } from './task-loss.js';
import type { Moment, Turn } from './turn.js';
import type { Worker } from './worker.js';
import {
  connectionLost,
  connectionOpened,
  helloUnanswered,
  nameWorker,
  protocolBroken,
  workerAwayTooLong,
  workerSilent,
} from './worker-life.js';
import { handleMessage } from './worker-message.js';
import { createWorker, processEnded, revivalOverdue, workerStarted } from './worker-process.js';

/** One step. @returns what to do, in this order. */
export function step(state: ManagerState, event: ManagerEvent, moment: Moment): Effect[] {
  if (state.closing === 'closed') return [];
  const turn: Turn = { state, ...moment, effects: [], outlookChanged: false };
  handle(turn, event);
  placeTasks(turn);
  if (turn.outlookChanged) judgeWaits(turn);
  closeWhenIdle(turn);
  return turn.effects;
}

function handle(turn: Turn, event: ManagerEvent): void {
  switch (event.type) {
    case 'task_submitted':
      submitTask(turn, event.submission);
      return;
    case 'tick_ended':
      enqueueArrivals(turn);
      return;
    case 'task_commanded':
      commandTask(turn, event.taskId, event.command);
      return;
    case 'task_adopted':
      adoptTask(turn, event);
      return;
    case 'reading_ended':
      endReading(turn, event.taskId);
      return;
    case 'stop_asked':
      withTask(turn, event.taskId, (task) => stopTask(turn, task, event.stop));
      return;
    case 'signal_asked':
      withTask(turn, event.taskId, (task) => signalTask(turn, task, event.signal));
      return;
    case 'resize_asked':
      withTask(turn, event.taskId, (task) => resizeTask(turn, task, event.cols, event.rows));
      return;
    case 'detach_asked':
      withTask(turn, event.taskId, (task) => detachTask(turn, task));
      return;
    case 'request_made':
      makeRequest(turn, event.requestId, event.worker, event.kind);
      return;
    case 'worker_named':
      nameWorker(turn, event.url);
      return;
    case 'worker_wanted':
      createWorker(turn, event.requestId, event.workerType);
      return;
    case 'block_answered':
      withTask(turn, event.taskId, (task) => blockAnswered(turn, task, event.climbId, event.answer));
      return;
    case 'timer_fired':
      handleTimer(turn, event.timer);
      return;
    case 'close_asked':
      askClose(turn, event);
      return;
    default: {
      const worker = turn.state.workers.get(event.workerKey);
      if (worker !== undefined) handleWorker(turn, worker, event);
    }
  }
}

type WorkerEvent = Extract<ManagerEvent, { readonly workerKey: string }>;

function handleWorker(turn: Turn, worker: Worker, event: WorkerEvent): void {
  switch (event.type) {
    case 'worker_started':
      workerStarted(turn, worker, event.url);
      return;
    case 'worker_start_failed':
    case 'worker_exited':
      processEnded(turn, worker, event.fault);
      return;
    case 'rung_asked':
      climbAsked(turn, worker, event.order);
      return;
    case 'connection_opened':
      connectionOpened(turn, worker);
      return;
    case 'dial_failed':
    case 'connection_lost':
      connectionLost(turn, worker, event);
      return;
    case 'protocol_broken':
      protocolBroken(turn, worker, event.message);
      return;
    case 'command_unsent':
      withTask(turn, event.taskId, (task) => commandUnsent(turn, task));
      return;
    case 'message_received':
      worker.lastHeardMs = turn.nowMs;
      handleMessage(turn, worker, event.message);
      return;
  }
}

function handleTimer(turn: Turn, timer: Timer): void {
  const { state } = turn;
  switch (timer.kind) {
    case 'task':
      withTask(turn, timer.taskId, (task) =>
        task.stop?.by === 'recovery' ? endingOverdue(turn, task) : taskOverdue(turn, task),
      );
      return;
    case 'block':
      withTask(turn, timer.taskId, (task) => blockOutstood(turn, task, timer.reason));
      return;
    case 'request':
      expireRequest(turn, timer.requestId);
      return;
    case 'close':
      forceClose(turn);
      return;
    case 'stranded':
      state.strandedCheckDue = false;
      turn.outlookChanged = true;
      return;
    default: {
      const worker = state.workers.get(timer.workerKey);
      if (worker === undefined) return;
      if (timer.kind === 'redial') turn.effects.push({ type: 'dial', workerKey: worker.key });
      else if (timer.kind === 'welcome') helloUnanswered(turn, worker);
      else if (timer.kind === 'away') workerAwayTooLong(turn, worker);
      else if (timer.kind === 'silence') workerSilent(turn, worker);
      else if (timer.kind === 'revival') revivalOverdue(turn, worker);
      else refreshSlots(turn, worker);
    }
  }
}

function withTask(turn: Turn, taskId: string, act: (task: Task) => void): void {
  const task = turn.state.tasks.get(taskId);
  if (task !== undefined) act(task);
}
