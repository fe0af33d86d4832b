/** What a seed stands for: who takes part, what the tasks do, what goes wrong and when. */
import type { WorkerPolicy } from '../../apps/worker/build/core/state.js';
import type { ManagerPolicy } from '../../packages/manager/dist/core/state.js';
import type { Stream } from '../../packages/protocol/dist/index.js';
import type { Chance } from './chance.js';

export interface ScenarioPlan {
  readonly workers: readonly WorkerPlan[];
  readonly managers: readonly ManagerPlan[];
  readonly faults: readonly FaultPlan[];
  /** From here on nothing goes wrong any more, and everyone that is to come back is there. */
  readonly calmAtMs: number;
}

export interface WorkerPlan {
  readonly name: string;
  readonly policy: WorkerPolicy;
  readonly spool: { readonly delayMs: number; readonly failureRate: number };
  /** How long its sockets take for a chunk, milliseconds. */
  readonly flushMs: number;
  /** Whether it has room for all output, and a spool that works: then nothing may be missing. */
  readonly keepsAll: boolean;
}

export interface ManagerPlan {
  readonly name: string;
  readonly policy: ManagerPolicy;
  readonly tasks: readonly TaskPlan[];
  /** A crash of it is its last: nobody comes back for its tasks. */
  readonly isMortal: boolean;
}

export interface TaskPlan {
  readonly taskId: string;
  readonly submitAtMs: number;
  readonly priority: number;
  readonly idempotent: boolean;
  readonly timeoutMs: number;
  readonly lingerMs: number;
  readonly stop: { readonly afterMs: number; readonly graceMs: number } | null;
  /** How long its reader takes for what it is given; 0 = none. */
  readonly readerPauseMs: number;
  readonly input: { readonly bytes: number; readonly writes: number; readonly gapMs: number } | null;
  readonly process: ProcessPlan;
}

export interface ProcessPlan {
  readonly startMs: number;
  readonly start: 'runs' | 'rejected' | 'fails';
  readonly writes: readonly { readonly afterMs: number; readonly stream: Stream; readonly bytes: number }[];
  /** Null: it runs until it is ended, or its input is. */
  readonly exitAfterMs: number | null;
  readonly exit: { readonly exitCode: number | null; readonly signal: string | null };
  /** How long something that it leaves holds its output open, writing on; 0 = nothing. */
  readonly heldMs: number;
  readonly onTerm: 'dies' | 'finishes' | 'ignores';
}

export type FaultPlan = { readonly atMs: number } & (
  | { readonly kind: 'cut'; readonly worker: number }
  | { readonly kind: 'half_open'; readonly worker: number; readonly from: 'manager' | 'worker' }
  | {
      readonly kind: 'worker_crash' | 'worker_pause' | 'worker_drain';
      readonly worker: number;
      readonly forMs: number;
    }
  | { readonly kind: 'manager_crash'; readonly manager: number; readonly forMs: number }
);

const PROFILES: readonly (readonly FaultPlan['kind'][])[] = [
  [],
  ['cut'],
  ['cut', 'cut', 'half_open'],
  ['cut', 'worker_crash'],
  ['cut', 'manager_crash'],
  ['cut', 'half_open', 'worker_pause'],
  ['worker_drain'],
  ['cut', 'cut', 'half_open', 'worker_crash', 'worker_pause', 'manager_crash', 'worker_drain'],
];

export function planScenario(chance: Chance): ScenarioPlan {
  const windowBytes = chance.pick([200, 2_000, 70_000, 150_000]);
  const workers = Array.from({ length: chance.between(1, 3) }, (_, index) =>
    planWorker(chance, `w${index + 1}`, windowBytes),
  );
  const faultKinds = chance.pick(PROFILES);
  const calmAtMs = faultKinds.length === 0 ? 0 : chance.spread(2_000, 90_000);
  const managers = Array.from({ length: chance.is(0.3) ? 2 : 1 }, (_, index) =>
    planManager(chance, `m${index + 1}`, windowBytes),
  );
  const faults = Array.from({ length: faultKinds.length === 0 ? 0 : chance.between(1, 8) }, () =>
    planFault(chance, chance.pick(faultKinds), chance.next() * calmAtMs, workers.length, managers.length),
  );
  return { workers, managers, faults: faults.sort((a, b) => a.atMs - b.atMs), calmAtMs };
}

function planWorker(chance: Chance, name: string, windowBytes: number): WorkerPlan {
  const keepsAll = chance.is(0.7);
  const memoryBytes = Math.round(windowBytes * chance.spread(0.3 * 100, 300) * 0.01);
  const policy: WorkerPolicy = {
    bootId: `${name}-boot`,
    workerType: 'general',
    labels: {},
    resources: { cpus: 2, memoryBytes: 1_000_000, diskBytes: 1_000_000 },
    maxTasks: chance.between(1, 4),
    containment: 'process-group',
    enforcedLimits: [],
    network: 'host',
    orphanTimeoutMs: chance.spread(5_000, 120_000),
    credit: { windowBytes, socketBytes: chance.is(0.3) ? windowBytes / 4 : 1_048_576 },
    pace: {
      holdBytes: windowBytes * chance.pick([1, 2, 100]),
      releaseBytes: windowBytes / 2,
      keepingUpBytes: windowBytes / 4,
    },
    retention: {
      retainBytes: keepsAll ? 268_435_456 : Math.round(windowBytes * (0.5 + 2 * chance.next())),
      taskMemoryBytes: memoryBytes,
      memoryBytes: memoryBytes * chance.pick([1, 2, 50]),
      spoolQuotaBytes: keepsAll ? 4_294_967_296 : Math.round(windowBytes * (0.5 + 3 * chance.next())),
      segmentBytes: Math.max(64, windowBytes / 4),
      minFreedBytes: 32_768,
      keepEndedMs: 1_800_000,
      maxEndedTasks: 10_000,
    },
  };
  const failureRate = keepsAll || chance.is(0.5) ? 0 : 0.2;
  return {
    name,
    policy,
    keepsAll,
    spool: { delayMs: chance.spread(1, 300), failureRate },
    flushMs: chance.is(0.3) ? chance.spread(1, 500) : 1,
  };
}

function planManager(chance: Chance, name: string, windowBytes: number): ManagerPlan {
  const policy: ManagerPolicy = {
    managerId: name,
    maxWorkers: 10,
    connectTimeoutMs: 10_000,
    lostAfterMs: chance.spread(25_000, 300_000),
    maxAttempts: chance.between(1, 4),
    startsWorkers: false,
  };
  const tasks = Array.from({ length: chance.between(1, 5) }, (_, index) =>
    planTask(chance, `t${index + 1}`, windowBytes),
  );
  return { name, policy, tasks, isMortal: chance.is(0.15) };
}

function planTask(chance: Chance, taskId: string, windowBytes: number): TaskPlan {
  const input = chance.is(0.2)
    ? { bytes: chance.spread(1, 2_000), writes: chance.between(1, 4), gapMs: chance.spread(1, 5_000) }
    : null;
  const process = planProcess(chance, windowBytes, input !== null);
  const isEndless = process.exitAfterMs === null;
  return {
    taskId,
    submitAtMs: chance.is(0.5) ? 0 : chance.spread(1, 20_000),
    priority: chance.between(0, 2),
    idempotent: chance.is(0.4),
    timeoutMs: isEndless || chance.is(0.1) ? chance.spread(500, 40_000) : 300_000,
    lingerMs: chance.pick([0, 500, 2_000, 2_000]),
    stop: chance.is(0.15)
      ? { afterMs: chance.is(0.3) ? 0 : chance.spread(1, 20_000), graceMs: chance.pick([0, 300, 5_000]) }
      : null,
    readerPauseMs: chance.is(0.7) ? 0 : chance.spread(1, 3_000),
    input,
    process,
  };
}

function planProcess(chance: Chance, windowBytes: number, readsInput: boolean): ProcessPlan {
  const totalBytes = chance.is(0.2) ? 0 : chance.spread(1, 3 * windowBytes);
  const count = totalBytes === 0 ? 0 : chance.between(1, 10);
  let afterMs = 0;
  const writes = Array.from({ length: count }, () => {
    afterMs += chance.is(0.4) ? 0 : chance.spread(1, 4_000);
    const bytes = Math.min(65_536, 1 + Math.floor((totalBytes / count) * 2 * chance.next()));
    return { afterMs, stream: chance.pick(['stdout', 'stdout', 'stderr'] as const), bytes };
  });
  const heldMs = chance.is(0.15) ? chance.spread(10, 5_000) : 0;
  // Where something holds its output, a part of that comes after its exit.
  const exitAfterMs = heldMs > 0 ? afterMs / 2 : afterMs + chance.spread(1, 10_000);
  const signal = chance.is(0.1) ? 'SIGSEGV' : null;
  return {
    startMs: chance.spread(1, 300),
    start: chance.is(0.94) ? 'runs' : chance.pick(['rejected', 'fails'] as const),
    writes,
    exitAfterMs: readsInput || chance.is(0.1) ? null : exitAfterMs,
    exit: { exitCode: signal === null ? chance.pick([0, 0, 1, 7, 255]) : null, signal },
    heldMs,
    onTerm: chance.pick(['dies', 'finishes', 'ignores'] as const),
  };
}

function planFault(
  chance: Chance,
  kind: FaultPlan['kind'],
  atMs: number,
  workers: number,
  managers: number,
): FaultPlan {
  const worker = chance.between(0, workers - 1);
  switch (kind) {
    case 'cut':
      return { kind, atMs, worker };
    case 'half_open':
      return { kind, atMs, worker, from: chance.pick(['manager', 'worker'] as const) };
    case 'manager_crash':
      return { kind, atMs, manager: chance.between(0, managers - 1), forMs: chance.spread(10, 60_000) };
    default:
      return { kind, atMs, worker, forMs: chance.spread(10, 90_000) };
  }
}
