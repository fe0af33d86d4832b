/** One worker as the manager knows it: its record, and how it is shown. It decides nothing. */
import type { BlockReason, Containment, Heartbeat, Welcome } from '@sandcrew/protocol';
import { judgeHealth } from './health.js';
import type { SandboxWorker } from './report.js';
import { type Fault, SandboxError } from './sandbox-error.js';

/** More slots than any host has: what a worker says beyond it is not believed. */
const MAX_TASKS = 10_000;

/** What a worker told of itself in its welcome. */
export interface WorkerIdentity {
  readonly workerId: string;
  readonly bootId: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  readonly maxTasks: number;
  readonly containment: Containment;
  readonly windowBytes: number;
  /** The limits that it can hold a task to; null where it does not say. */
  readonly enforcedLimits: readonly string[] | null;
}

export interface Worker {
  /** The manager's own name for it: what it calls itself is known only later, and is its own claim. */
  readonly key: string;
  /** Empty until a worker process has told where it listens. */
  url: string;
  readonly embedded: boolean;
  /** The type that a worker process was started as; null for a worker that is named by its URL. */
  readonly startedType: string | null;
  phase: SandboxWorker['phase'];
  /** Since when no task can be given to it: the start of the first dial, or the loss of the connection. */
  awaySinceMs: number;
  /** When it last answered `hello`. */
  connectedAtMs: number;
  /** Dials that failed since the last welcome. */
  failures: number;
  /** Times that it broke the protocol since one of its tasks ended well. */
  breaches: number;
  fault: Fault | null;
  identity: WorkerIdentity | null;
  lastHeardMs: number;
  heartbeat: Pick<Heartbeat, 'status' | 'health'> | null;
  /** It said `busy` or `draining`: no task is given to it before this. */
  fullUntilMs: number;
  draining: boolean;
  readonly workspaces: Set<string>;
  /** Tasks of this manager that are on it, slots that are kept included. */
  readonly taskIds: Set<string>;
  /** Tasks that it keeps for this managerId and that no handle holds: of an earlier life, or detached. */
  readonly adoptable: Map<string, Welcome['tasks'][number]>;
  /** When its process was started again, and those before it in its place. */
  restartsAtMs: readonly number[];
  /** It took the place of one that could not be restarted, and has not come up yet. */
  isReplacement: boolean;
  /** On whose account its process was last started again. */
  restartedFor: { readonly taskId: string; readonly reason: BlockReason } | null;
}

export function openWorker(key: string, url: string, startedType: string | null, nowMs: number): Worker {
  return {
    key,
    url,
    embedded: startedType !== null,
    startedType,
    phase: startedType === null ? 'connecting' : 'starting',
    awaySinceMs: nowMs,
    connectedAtMs: nowMs,
    failures: 0,
    breaches: 0,
    fault: null,
    identity: null,
    lastHeardMs: nowMs,
    heartbeat: null,
    fullUntilMs: 0,
    draining: false,
    workspaces: new Set(),
    taskIds: new Set(),
    adoptable: new Map(),
    restartsAtMs: [],
    isReplacement: false,
    restartedFor: null,
  };
}

/** What was known of a worker's process goes with it: another is to come in its place. */
export function forgetLife(worker: Worker): void {
  worker.url = '';
  worker.identity = null;
  worker.heartbeat = null;
  worker.failures = 0;
  worker.breaches = 0;
  worker.draining = false;
  worker.workspaces.clear();
  worker.adoptable.clear();
}

/** As it names itself; before its first welcome, its URL. */
export function workerName(worker: Worker): string {
  return worker.identity?.workerId ?? (worker.url || worker.key);
}

/** Whether a worker takes tasks now, whatever they need. */
export function isOpen(worker: Worker, nowMs: number): boolean {
  return (
    worker.phase === 'connected' &&
    worker.identity !== null &&
    worker.taskIds.size < worker.identity.maxTasks &&
    !worker.draining &&
    nowMs >= worker.fullUntilMs
  );
}

export function identify(welcome: Welcome): WorkerIdentity {
  return {
    workerId: welcome.workerId,
    bootId: welcome.bootId,
    type: welcome.workerType,
    labels: welcome.labels,
    memoryBytes: welcome.resources.memoryBytes,
    maxTasks: Math.min(welcome.maxTasks, MAX_TASKS),
    containment: welcome.containment,
    windowBytes: welcome.limits.windowBytes,
    enforcedLimits: welcome.limits.enforced ?? null,
  };
}

export function showWorker(worker: Worker, nowMs: number): SandboxWorker {
  return {
    workerId: workerName(worker),
    url: worker.url,
    embedded: worker.embedded,
    phase: worker.phase,
    health: worker.phase === 'connected' ? judgeHealth(worker.lastHeardMs, nowMs) : 'lost',
    type: worker.identity?.type ?? worker.startedType,
    labels: worker.identity?.labels ?? {},
    containment: worker.identity?.containment ?? null,
    enforcedLimits: worker.identity?.enforcedLimits ?? null,
    maxTasks: worker.identity?.maxTasks ?? 0,
    taskIds: [...worker.taskIds],
    workspaces: [...worker.workspaces],
    load: worker.heartbeat?.health ?? null,
    draining: worker.draining,
    error: worker.fault === null ? null : new SandboxError(worker.fault),
  };
}
