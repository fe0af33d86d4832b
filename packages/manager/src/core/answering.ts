/** Sees to it that every request is answered, in time, or refused with the reason. */
import type { Request, RequestKind } from './request.js';
import type { Fault } from './sandbox-error.js';
import { findWorker } from './state.js';
import { clearTimer, send, setTimer, type Turn } from './turn.js';
import { showWorker, type Worker, workerName } from './worker.js';

const REMOVAL_TIMEOUT_MS = 60_000;
/** The first heartbeat follows the welcome; a worker that sends none so soon is shown without its load. */
const LOAD_TIMEOUT_MS = 2_000;

export function makeRequest(
  turn: Turn,
  requestId: string,
  name: string | undefined,
  kind: RequestKind,
): void {
  const worker = findWorker(turn.state, name);
  if (worker === null) {
    turn.effects.push({ type: 'refuse_request', requestId, fault: unknownWorker(turn, name) });
    return;
  }
  addRequest(turn, worker, requestId, kind);
  if (worker.phase === 'connected') advanceRequests(turn, worker);
  else if (worker.phase === 'refused' || worker.phase === 'failed')
    refuseRequests(turn, worker, worker.fault as Fault);
}

export function addRequest(turn: Turn, worker: Worker, requestId: string, kind: RequestKind): void {
  turn.state.requests.set(requestId, { requestId, workerKey: worker.key, kind, sent: false });
  // A worker process that is being started reports by itself; its connection follows.
  const patienceMs = turn.state.policy.connectTimeoutMs * (worker.phase === 'starting' ? 2.5 : 1);
  const timeoutMs = kind.kind === 'remove_workspace' ? REMOVAL_TIMEOUT_MS : patienceMs;
  setTimer(turn, { kind: 'request', requestId }, timeoutMs);
}

/** The worker is connected: who waited for that, or for the load that is known, is answered, and the next removal is sent. */
export function advanceRequests(turn: Turn, worker: Worker): void {
  const mine = requestsOf(turn, worker);
  for (const request of mine) {
    const { kind } = request.kind;
    if (kind === 'ready' || (kind === 'load' && worker.heartbeat !== null)) answer(turn, request, worker);
    else if (kind === 'load' && !request.sent) {
      request.sent = true;
      setTimer(turn, { kind: 'request', requestId: request.requestId }, LOAD_TIMEOUT_MS);
    }
  }
  const removals = removalsOf(mine);
  const next = removals.some(({ sent }) => sent) ? undefined : removals[0];
  if (next?.kind.kind === 'remove_workspace') {
    next.sent = true;
    send(turn, worker.key, { type: 'remove_workspace', workspace: next.kind.workspace });
  }
}

/** @param workspace which, where the worker says it: of another than was asked for it may say what it likes. */
export function endRemoval(turn: Turn, worker: Worker, fault: Fault | null, workspace?: string): void {
  const request = removalsOf(requestsOf(turn, worker)).find(
    ({ sent, kind }) =>
      sent && (workspace === undefined || (kind.kind === 'remove_workspace' && kind.workspace === workspace)),
  );
  if (request === undefined) return;
  if (fault === null) answer(turn, request, worker);
  else refuse(turn, request, fault);
  advanceRequests(turn, worker);
}

/** The worker cannot answer any more, or will not. */
export function refuseRequests(turn: Turn, worker: Worker, fault: Fault): void {
  for (const request of requestsOf(turn, worker)) refuse(turn, request, fault);
}

/** Its connection was lost: what was asked is asked again on the next. */
export function rewindRequests(turn: Turn, worker: Worker): void {
  for (const request of requestsOf(turn, worker)) request.sent = false;
}

export function expireRequest(turn: Turn, requestId: string): void {
  const request = turn.state.requests.get(requestId);
  if (request === undefined) return;
  const worker = turn.state.workers.get(request.workerKey) as Worker; // one that leaves has refused it
  if (request.kind.kind === 'load' && worker.phase === 'connected') {
    answer(turn, request, worker);
    return;
  }
  const silent: Fault = {
    code: 'NOT_ANSWERED',
    message: `${worker.url} was asked to ${request.kind.kind} and did not answer in time.`,
  };
  const away: Fault = worker.fault ?? {
    code: 'WORKER_UNREACHABLE',
    message: `No answer from ${worker.url} within ${turn.state.policy.connectTimeoutMs} ms.`,
  };
  refuse(turn, request, worker.phase === 'connected' ? silent : away);
}

export function unknownWorker(turn: Turn, name: string | undefined): Fault {
  const pool = [...turn.state.workers.values()].map(workerName);
  const got = pool.length === 0 ? 'an empty pool' : `the pool ${pool.join(', ')}`;
  return {
    code: 'UNKNOWN_WORKER',
    message:
      name === undefined
        ? `Expected one worker, or the name of one, got ${got}.`
        : `Expected a worker "${name}", got ${got}.`,
  };
}

function requestsOf(turn: Turn, worker: Worker): Request[] {
  return [...turn.state.requests.values()].filter(({ workerKey }) => workerKey === worker.key);
}

function removalsOf(requests: readonly Request[]): Request[] {
  return requests.filter(({ kind }) => kind.kind === 'remove_workspace');
}

function answer(turn: Turn, request: Request, worker: Worker): void {
  drop(turn, request);
  turn.effects.push({
    type: 'answer_request',
    requestId: request.requestId,
    worker: showWorker(worker, turn.nowMs),
  });
}

function refuse(turn: Turn, request: Request, fault: Fault): void {
  drop(turn, request);
  turn.effects.push({ type: 'refuse_request', requestId: request.requestId, fault });
}

function drop(turn: Turn, { requestId }: Request): void {
  turn.state.requests.delete(requestId);
  clearTimer(turn, { kind: 'request', requestId });
}
