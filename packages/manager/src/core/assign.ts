/** Which worker a task goes to, now or ever. It chooses and does not place. */
import { judgeHealth } from './health.js';
import type { Fault } from './sandbox-error.js';
import type { ManagerState } from './state.js';
import type { Task, TaskNeeds } from './task.js';
import { isOpen, type Worker, workerName } from './worker.js';

/** Names what a task needs of a worker: tasks of one name fit, and do not fit, in the same places. */
export function lineOf(state: ManagerState, task: Task): string {
  if (needsNothing(task)) return 'anywhere'; // nearly always: and no other name is like it
  const bound = homesOf(state, task).length > 0 ? task.body.workspace : null;
  return JSON.stringify([task.needs, limitNames(task), bound, task.failedOn, task.aboveMemoryBytes]);
}

function needsNothing({ needs, body, failedOn }: Task): boolean {
  const { worker, type, labels, memoryBytes } = needs;
  const isOpenToAll =
    (worker ?? type ?? labels ?? memoryBytes ?? body.limits ?? body.workspace) === undefined;
  return isOpenToAll && failedOn.length === 0; // where it ran out of memory it has failed
}

/** The worker for this task now: one that meets its needs and has room; with its workspace if any has it; least loaded. */
export function chooseWorker(state: ManagerState, task: Task, nowMs: number): Worker | null {
  const homes = homesOf(state, task);
  let second: Worker | null = null; // where it failed before, under an earlier boot: only if there is no other
  for (const key of homes.length > 0 ? homes.map((home) => home.key) : state.freeSlots) {
    const worker = state.workers.get(key) as Worker;
    if (!isOpen(worker, nowMs) || !mayMeet(worker, task) || !hasMemory(state, worker, task.needs)) continue;
    if (judgeHealth(worker.lastHeardMs, nowMs) === 'lost') continue;
    if (!task.failedOn.some((failed) => failed.workerKey === key)) return worker;
    second ??= worker;
  }
  return second;
}

/**
 * What a waiting task may hope for. `wait`: a worker that may take it is there, busy or still being started.
 * `absent`: those that may take it are all away, the last of them since `sinceMs`. `start`: none may, but one can be started.
 */
export type Prospect =
  | { readonly prospect: 'wait' | 'start' }
  | {
      readonly prospect: 'absent';
      readonly sinceMs: number;
      readonly fault: Fault | null;
      readonly workers: string[];
    }
  | { readonly prospect: 'none'; readonly fault: Fault };

export function judgeProspect(state: ManagerState, task: Task): Prospect {
  const homes = homesOf(state, task);
  const candidates: Worker[] = [];
  for (const worker of homes.length > 0 ? homes : state.workers.values()) {
    if (!mayMeet(worker, task)) continue;
    const isThere = worker.phase === 'starting' || (worker.phase === 'connected' && !worker.draining);
    if (isThere) return { prospect: 'wait' };
    candidates.push(worker);
  }
  if (candidates.length === 0) {
    return canStart(state, task) ? { prospect: 'start' } : { prospect: 'none', fault: noWorker(state, task) };
  }
  const hopeful = candidates.filter(({ phase }) => phase !== 'refused' && phase !== 'failed');
  if (hopeful.length === 0) return { prospect: 'none', fault: (candidates[0] as Worker).fault as Fault };
  return {
    prospect: 'absent',
    sinceMs: Math.max(...hopeful.map((worker) => worker.awaySinceMs)),
    fault: hopeful.find((worker) => worker.fault !== null)?.fault ?? null,
    workers: hopeful.map((worker) =>
      worker.draining ? `${workerName(worker)} (draining)` : workerName(worker),
    ),
  };
}

/** The workers that have the task's workspace and may take the task. None: it may be made anywhere. */
function homesOf(state: ManagerState, task: Task): Worker[] {
  const { workspace } = task.body;
  if (workspace === undefined) return [];
  const home = state.workers.get(state.homes.get(workspace) ?? '');
  if (home !== undefined && mayMeet(home, task)) return [home];
  return [...state.workers.values()].filter(
    (worker) => worker.workspaces.has(workspace) && mayMeet(worker, task),
  );
}

/** Whether a worker can ever meet a task's needs, as far as is known of it. */
function mayMeet(worker: Worker, task: Task): boolean {
  const { type, labels, memoryBytes } = task.needs;
  const { identity } = worker;
  if (!isNamed(worker, task.needs)) return false;
  if (identity === null)
    return worker.startedType === null || type === undefined || worker.startedType === type;
  if (type !== undefined && identity.type !== type) return false;
  if (memoryBytes !== undefined && memoryBytes > identity.memoryBytes) return false;
  if (identity.memoryBytes <= task.aboveMemoryBytes) return false;
  if (limitNames(task).some((limit) => identity.enforcedLimits?.includes(limit) === false)) return false;
  for (const [name, value] of Object.entries(labels ?? {})) if (identity.labels[name] !== value) return false;
  return !task.failedOn.some(
    (failed) => failed.workerKey === worker.key && failed.bootId === identity.bootId,
  );
}

/** The limits to which a task is to be held. */
function limitNames({ body }: Task): string[] {
  return Object.keys(body.limits ?? {});
}

/** Whether it is the worker that is asked for. One that has not said its name yet may be. */
function isNamed(worker: Worker, { worker: name }: TaskNeeds): boolean {
  if (name === undefined || worker.url === name) return true;
  return worker.identity === null ? worker.startedType === null : worker.identity.workerId === name;
}

/** Free memory is what the last heartbeat left, and never more than what the tasks placed there leave. */
function hasMemory(state: ManagerState, worker: Worker, needs: TaskNeeds): boolean {
  if (needs.memoryBytes === undefined || worker.identity === null) return true;
  const total = worker.identity.memoryBytes;
  let spokenFor = 0;
  for (const taskId of worker.taskIds) spokenFor += (state.tasks.get(taskId) as Task).needs.memoryBytes ?? 0;
  const measured = worker.heartbeat === null ? total : total * (1 - worker.heartbeat.health.memory / 100);
  return needs.memoryBytes <= Math.min(measured, total - spokenFor);
}

/** A worker that is started here has any type that is asked for, no labels, and a name that nobody can know. */
function canStart(state: ManagerState, { needs, failedOn, aboveMemoryBytes }: Task): boolean {
  const hasLabels = Object.keys(needs.labels ?? {}).length > 0;
  // Started ones had their say: if none of them meets the memory, another on this machine will not either. Where the task
  // failed on one, another may do better.
  const tried = [...state.workers.values()].some(({ key, phase, startedType, identity }) => {
    const type = identity?.type ?? startedType;
    if (needs.type !== undefined && type !== needs.type) return false;
    if (phase === 'failed') return true;
    const hasFailedTask = failedOn.some(({ workerKey }) => workerKey === key);
    return identity !== null && (aboveMemoryBytes > 0 || !hasFailedTask);
  });
  return (
    state.policy.startsWorkers &&
    needs.worker === undefined &&
    !hasLabels &&
    !tried &&
    state.workers.size < state.policy.maxWorkers
  );
}

function noWorker(state: ManagerState, task: Task): Fault {
  const held = limitNames(task);
  const needs = [
    ...(Object.keys(task.needs).length === 0 ? [] : [`with ${JSON.stringify(task.needs)}`]),
    ...(held.length === 0 ? [] : [`that can hold it to limits.${held.join(' and limits.')}`]),
  ];
  const wants = needs.length === 0 ? 'any worker' : `a worker ${needs.join(' ')}`;
  const pool = [...state.workers.values()].map(({ identity, url, startedType }) =>
    identity === null
      ? `${url || 'one being started'} (type ${startedType})`
      : `${identity.workerId} (type ${identity.type}, labels ${JSON.stringify(identity.labels)}, ${identity.memoryBytes} bytes of memory${held.length === 0 || identity.enforcedLimits === null ? '' : `, limits held: ${identity.enforcedLimits.join(', ') || 'none'}`})`,
  );
  const failed = task.failedOn.length === 0 ? '' : `, not one where it was lost (${task.failedOn.length})`;
  return {
    code: 'NO_WORKER',
    message: `Task ${task.taskId}: expected ${wants}${failed}, got ${pool.length === 0 ? 'no worker at all' : pool.join('; ')}.`,
  };
}
