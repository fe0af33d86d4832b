/** The worker processes of this manager: started, gone, started again in their place, or given up. */
import { addRequest, refuseRequests } from './answering.js';
import { judgeProspect } from './assign.js';
import { lastWord, startWorker } from './placement.js';
import type { RecoveryRung } from './report.js';
import { tellRung } from './rung-news.js';
import type { Fault } from './sandbox-error.js';
import { failTask } from './settlement.js';
import { refreshSlots } from './slots.js';
import { endedFor } from './task.js';
import { loseTask } from './task-loss.js';
import { clearTimer, setTimer, type Turn, tasksOf } from './turn.js';
import { forgetLife, showWorker, type Worker, workerName } from './worker.js';

/** More often within the span, and a worker is `failed`: what ends it will end the next one too. */
const MAX_RESTARTS = 5;
const RESTART_SPAN_MS = 60_000;
/** A process that was started again and is not connected by then is replaced by another. */
const REVIVAL_TIMEOUT_MS = 20_000;

/** A caller wants one more worker process. */
export function createWorker(turn: Turn, requestId: string, workerType: string): void {
  const { workers, policy } = turn.state;
  const size = [...workers.values()].filter(({ phase }) => phase !== 'failed').length;
  if (size >= policy.maxWorkers) {
    const message = `Expected fewer than ${policy.maxWorkers} workers, got ${size}.`;
    turn.effects.push({ type: 'refuse_request', requestId, fault: { code: 'POOL_FULL', message } });
    return;
  }
  addRequest(turn, startWorker(turn, workerType), requestId, { kind: 'ready' });
}

export function workerStarted(turn: Turn, worker: Worker, url: string): void {
  worker.url = url;
  worker.phase = 'connecting';
  worker.awaySinceMs = turn.nowMs;
  turn.effects.push({ type: 'dial', workerKey: worker.key });
}

/** Its process has ended, or could not be started: one that had come up is started again, one that never did is given up. */
export function processEnded(turn: Turn, worker: Worker, fault: Fault): void {
  if (worker.phase === 'failed') return;
  const isOpen = turn.state.closing === 'no';
  if (isOpen && worker.identity !== null) restartWorker(turn, worker, fault);
  else if (isOpen && worker.restartsAtMs.length > 0 && !worker.isReplacement)
    replaceWorker(turn, worker, fault);
  else giveWorkerUp(turn, worker, fault);
}

/**
 * Ends a worker process that does not do what it must, or has ended already, and starts it again in its place.
 * @param why On whose account; by default that of the first of its tasks that is blocked.
 */
export function restartWorker(
  turn: Turn,
  worker: Worker,
  fault: Fault,
  why: Worker['restartedFor'] = blockedOn(turn, worker),
): void {
  const { nowMs } = turn;
  const isOver = !hasRestartLeft(worker, nowMs);
  const last: Fault = isOver
    ? {
        code: 'WORKER_FAILED',
        message: `${fault.message} It was restarted ${MAX_RESTARTS} times within a minute, and is not again.`,
      }
    : fault;
  worker.restartedFor = why;
  tellWorkerRung(turn, worker, isOver ? 'give_up' : 'restart_worker', last.message);
  takeDown(turn, worker, last, isOver ? 'failed' : 'starting');
  if (isOver) {
    turn.effects.push({ type: 'stop_worker', workerKey: worker.key });
    return;
  }
  worker.restartsAtMs = [...recentRestarts(worker, nowMs), nowMs];
  forgetLife(worker);
  turn.effects.push({
    type: 'restart_worker',
    workerKey: worker.key,
    workerType: worker.startedType as string,
  });
  setTimer(turn, { kind: 'revival', workerKey: worker.key }, REVIVAL_TIMEOUT_MS);
}

/** Lets another worker take the place of one. */
export function replaceWorker(turn: Turn, worker: Worker, fault: Fault): void {
  worker.restartedFor ??= blockedOn(turn, worker);
  tellWorkerRung(turn, worker, 'replace_worker', fault.message);
  takeDown(turn, worker, fault, 'away');
  turn.state.workers.delete(worker.key);
  turn.effects.push({ type: 'stop_worker', workerKey: worker.key });
  const heir = startWorker(turn, worker.startedType as string);
  heir.restartsAtMs = recentRestarts(worker, turn.nowMs);
  heir.restartedFor = worker.restartedFor;
  heir.isReplacement = true;
  setTimer(turn, { kind: 'revival', workerKey: heir.key }, REVIVAL_TIMEOUT_MS);
}

/** It was started again, and has not come up. */
export function revivalOverdue(turn: Turn, worker: Worker): void {
  const message = `A worker process was started again and did not connect within ${REVIVAL_TIMEOUT_MS} ms.`;
  const fault: Fault = { code: 'WORKER_FAILED', message };
  if (!worker.isReplacement) {
    replaceWorker(turn, worker, fault);
    return;
  }
  turn.effects.push({ type: 'stop_worker', workerKey: worker.key });
  giveWorkerUp(turn, worker, fault);
}

export function hasRestartLeft(worker: Worker, nowMs: number): boolean {
  return recentRestarts(worker, nowMs).length < MAX_RESTARTS;
}

/** Its process could not be started, or is gone: so are its tasks, and it leaves the pool. */
function giveWorkerUp(turn: Turn, worker: Worker, fault: Fault): void {
  if (worker.isReplacement) tellWorkerRung(turn, worker, 'give_up', fault.message);
  takeDown(turn, worker, fault, 'away');
  turn.state.workers.delete(worker.key);
  // Who waited for this one would only wait for the next to fail the same way.
  for (const task of turn.state.waiting.all()) {
    if (judgeProspect(turn.state, task).prospect === 'start') failTask(turn, task, lastWord(task, fault));
  }
}

/** Its connection ends, and so do its tasks. */
function takeDown(turn: Turn, worker: Worker, fault: Fault, phase: 'away' | 'failed' | 'starting'): void {
  worker.fault = fault;
  worker.phase = phase;
  refreshSlots(turn, worker);
  turn.effects.push({ type: 'drop_connection', workerKey: worker.key });
  for (const kind of ['redial', 'welcome', 'full', 'silence', 'revival'] as const) {
    clearTimer(turn, { kind, workerKey: worker.key });
  }
  for (const task of tasksOf(turn, worker)) loseTask(turn, task, fault.message);
  refuseRequests(turn, worker, fault);
  turn.outlookChanged = true;
  turn.effects.push({ type: 'tell_worker_disconnected', worker: showWorker(worker, turn.nowMs), fault });
}

function recentRestarts({ restartsAtMs }: Worker, nowMs: number): number[] {
  return restartsAtMs.filter((atMs) => nowMs - atMs < RESTART_SPAN_MS);
}

/** The first of its tasks that is blocked, or is being ended since it was. */
function blockedOn(turn: Turn, worker: Worker): Worker['restartedFor'] {
  for (const task of tasksOf(turn, worker)) {
    const [standing] = task.blocks.keys();
    const reason = standing ?? endedFor(task)?.reason;
    if (reason !== undefined) return { taskId: task.taskId, reason };
  }
  return null;
}

/** A rung that is about a worker is told of the task on whose account it is climbed; without one it is the worker's news alone. */
function tellWorkerRung(turn: Turn, worker: Worker, rung: RecoveryRung, why: string): void {
  if (worker.restartedFor !== null)
    tellRung(turn, { ...worker.restartedFor, workerId: workerName(worker), rung, why });
}
