/** A worker's comings and goings, and what they mean for its tasks. */
import type { Heartbeat } from '@sandcrew/protocol';
import { advanceRequests, refuseRequests, rewindRequests } from './answering.js';
import { nextDelayMs, nextSoonDelayMs } from './backoff.js';
import { HEALTH_POLICY } from './health.js';
import { noteAcked } from './output-cursor.js';
import type { Fault } from './sandbox-error.js';
import { dropClimbs } from './settlement.js';
import { refreshSlots } from './slots.js';
import { moveTask } from './task.js';
import { MARGIN_MS } from './task-life.js';
import { loseTask } from './task-loss.js';
import { clearTimer, placeOf, send, setTimer, type Turn, tasksOf } from './turn.js';
import { openWorker, showWorker, type Worker, workerName } from './worker.js';
import { restartWorker } from './worker-process.js';

/** After so many breaches of the protocol nothing that a worker says is waited for any more. */
const MAX_BREACHES = 3;
/** A worker that refuses is asked again at this pace: its token file may be mended. */
const REFUSED_REDIAL_MS = 30_000;

export function nameWorker(turn: Turn, url: string): void {
  const worker = openWorker(`w${turn.state.nextWorker++}`, url, null, turn.nowMs);
  turn.state.workers.set(worker.key, worker);
  turn.effects.push({ type: 'dial', workerKey: worker.key });
}

/** The socket is open: says who speaks, and where to go on with each task. */
export function connectionOpened(turn: Turn, worker: Worker): void {
  const resume = tasksOf(turn, worker)
    .filter((task) => task.started && task.adoption?.confirmed !== false)
    .map((task) => ({ taskId: task.taskId, offset: noteAcked(task.cursor) }));
  send(turn, worker.key, {
    type: 'hello',
    managerId: turn.state.policy.managerId,
    output: 'binary',
    ...(resume.length === 0 ? {} : { resume }),
  });
  setTimer(turn, { kind: 'welcome', workerKey: worker.key }, turn.state.policy.connectTimeoutMs);
}

/** A dial failed, or an open connection ended. */
export function connectionLost(
  turn: Turn,
  worker: Worker,
  { fault, lasting }: { readonly fault: Fault; readonly lasting: boolean },
): void {
  const wasConnected = worker.phase === 'connected';
  if (wasConnected) worker.awaySinceMs = turn.nowMs;
  worker.phase = lasting ? 'refused' : 'away';
  worker.fault = fault;
  turn.outlookChanged = true;
  clearTimer(turn, { kind: 'welcome', workerKey: worker.key });
  clearTimer(turn, { kind: 'silence', workerKey: worker.key });
  refreshSlots(turn, worker);
  rewindRequests(turn, worker);
  if (wasConnected) loseSight(turn, worker, fault);
  else if (worker.breaches >= MAX_BREACHES) loseTasks(turn, worker, fault);
  if (lasting) refuseRequests(turn, worker, fault);
  // The newer connection of the same managerId would be thrown out by this one, and this one by it again.
  if (fault.code !== 'CONNECTION_REPLACED') {
    const soonMs = wasConnected ? nextSoonDelayMs(turn.nowMs - worker.connectedAtMs, turn.random) : null;
    const delayMs = lasting ? REFUSED_REDIAL_MS : (soonMs ?? nextDelayMs(worker.failures++, turn.random));
    setTimer(turn, { kind: 'redial', workerKey: worker.key }, delayMs);
  }
  turn.effects.push({ type: 'tell_worker_disconnected', worker: showWorker(worker, turn.nowMs), fault });
}

function loseSight(turn: Turn, worker: Worker, fault: Fault): void {
  for (const task of tasksOf(turn, worker)) {
    const timer = { kind: 'task', taskId: task.taskId } as const;
    // One that is to end is not waited for until the worker may be back.
    if (task.stop === null) clearTimer(turn, timer);
    else setTimer(turn, timer, task.stop.graceMs + MARGIN_MS);
    turn.effects.push({ type: 'hold_input', taskId: task.taskId });
    dropClimbs(turn, task);
    if (!task.sent) loseTask(turn, task, fault.message);
    else moveTask(task, 'disconnect', placeOf(turn, task), fault.message);
  }
  if (fault.code === 'CONNECTION_REPLACED' || worker.breaches >= MAX_BREACHES) loseTasks(turn, worker, fault);
  if (worker.taskIds.size > 0)
    setTimer(turn, { kind: 'away', workerKey: worker.key }, turn.state.policy.lostAfterMs);
}

function loseTasks(turn: Turn, worker: Worker, fault: Fault): void {
  for (const task of tasksOf(turn, worker)) loseTask(turn, task, fault.message);
}

export function protocolBroken(turn: Turn, worker: Worker, message: string): void {
  worker.breaches++;
  turn.effects.push({ type: 'drop_connection', workerKey: worker.key });
  const fault: Fault = {
    code: 'WORKER_MISBEHAVED',
    message: `${worker.url} broke the protocol: ${message}.`,
  };
  connectionLost(turn, worker, { fault, lasting: worker.breaches >= MAX_BREACHES });
}

/**
 * Away for too long: its tasks are given up. Should it come back, they are no longer wanted, and it drops them. One that
 * this manager started is not waited for: its process is there and does not answer.
 */
export function workerAwayTooLong(turn: Turn, worker: Worker): void {
  const message = `${workerName(worker)} has been away for ${turn.state.policy.lostAfterMs} ms.`;
  if (worker.embedded) restartWorker(turn, worker, { code: 'WORKER_FAILED', message });
  else for (const task of tasksOf(turn, worker)) loseTask(turn, task, message);
}

/** It took the connection and did not answer `hello`. */
export function helloUnanswered(turn: Turn, worker: Worker): void {
  turn.effects.push({ type: 'drop_connection', workerKey: worker.key });
  const message = `${worker.url} did not answer hello within ${turn.state.policy.connectTimeoutMs} ms.`;
  connectionLost(turn, worker, { fault: { code: 'WORKER_UNREACHABLE', message }, lasting: false });
}

export function workerBeat(turn: Turn, worker: Worker, { status, health }: Heartbeat): void {
  worker.heartbeat = { status, health };
  const draining = status === 'draining';
  if (draining && !worker.draining) worker.awaySinceMs = turn.nowMs;
  if (worker.draining !== draining) turn.outlookChanged = true;
  worker.draining = draining;
  refreshSlots(turn, worker);
  advanceRequests(turn, worker);
}

/** Nothing was heard for a while: asks, and in the end gives the connection up. */
export function workerSilent(turn: Turn, worker: Worker): void {
  const silentMs = turn.nowMs - worker.lastHeardMs;
  if (silentMs > HEALTH_POLICY.lostAfterMs) {
    turn.effects.push({ type: 'drop_connection', workerKey: worker.key });
    const message = `${workerName(worker)} (${worker.url}) gave no sign of life for ${Math.round(silentMs / 1000)} s.`;
    connectionLost(turn, worker, { fault: { code: 'WORKER_UNREACHABLE', message }, lasting: false });
    return;
  }
  if (silentMs >= HEALTH_POLICY.heartbeatMs) send(turn, worker.key, { type: 'ping' });
  setTimer(turn, { kind: 'silence', workerKey: worker.key }, HEALTH_POLICY.heartbeatMs / 2);
}
