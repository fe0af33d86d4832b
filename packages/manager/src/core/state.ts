/** All that the manager's machine knows: tasks, workers, who waits for what. */
import { FreeSlots } from './free-slots.js';
import type { Request } from './request.js';
import type { Task } from './task.js';
import { WaitingLine } from './waiting-line.js';
import { type Worker, workerName } from './worker.js';

export interface ManagerPolicy {
  readonly managerId: string;
  readonly maxWorkers: number;
  readonly connectTimeoutMs: number;
  readonly lostAfterMs: number;
  readonly maxAttempts: number;
  /** Whether a worker is started on this machine when a task has none to go to. */
  readonly startsWorkers: boolean;
}

export interface ManagerState {
  readonly policy: ManagerPolicy;
  readonly workers: Map<string, Worker>;
  /** Tasks that have not ended. */
  readonly tasks: Map<string, Task>;
  /** Submitted in this tick, and not in the line yet: who submits a task may still end it before anything of it is sent. */
  readonly arrivals: Task[];
  readonly waiting: WaitingLine;
  /** Tasks that have ended, and whose reader may not have all of their output yet: their worker keeps it until then. */
  readonly beingRead: Map<string, Task>;
  readonly freeSlots: FreeSlots;
  /** Tasks that are to be taken over, and that their worker has not confirmed yet. */
  readonly adoptions: Set<string>;
  /** Where each workspace was used last: its files are there. */
  readonly homes: Map<string, string>;
  readonly requests: Map<string, Request>;
  nextSeq: number;
  nextClimb: number;
  nextWorker: number;
  /** Whether a look at the tasks that wait for an absent worker is due. */
  strandedCheckDue: boolean;
  closing: 'no' | 'ending_tasks' | 'closed';
}

export function openState(policy: ManagerPolicy): ManagerState {
  return {
    policy,
    workers: new Map(),
    tasks: new Map(),
    arrivals: [],
    waiting: new WaitingLine(),
    beingRead: new Map(),
    freeSlots: new FreeSlots(),
    adoptions: new Set(),
    homes: new Map(),
    requests: new Map(),
    nextSeq: 1,
    nextClimb: 1,
    nextWorker: 1,
    strandedCheckDue: false,
    closing: 'no',
  };
}

/**
 * A worker by its URL, by what it calls itself, or, where none is named, the only one. Where two call themselves the same,
 * either may be the one that is not meant, and neither is found.
 */
export function findWorker(state: ManagerState, name: string | undefined): Worker | null {
  const workers = [...state.workers.values()];
  if (name === undefined) return workers.length === 1 ? (workers[0] as Worker) : null;
  const named = workers.filter((worker) => workerName(worker) === name);
  return workers.find(({ url }) => url === name) ?? (named.length === 1 ? (named[0] as Worker) : null);
}
