/** Notices that a run stands still, and says where: the next hang is to be explained by what the run itself wrote down. */
import { readdirSync, readFileSync } from 'node:fs';
import type { SandboxManager } from '@sandcrew/manager';

export interface OpenErrand {
  readonly kind: string;
  readonly sinceMs: number;
}

/** A worker that is dialled again and again with full jitter is back within half of this, most times. */
const STALL_MS = 60_000;

export class StallWatch {
  readonly #open: ReadonlyMap<string, OpenErrand>;
  readonly #manager: SandboxManager;
  readonly #workerPids: () => readonly number[];
  #done = 0;
  #movedAtMs = performance.now();

  constructor(
    open: ReadonlyMap<string, OpenErrand>,
    manager: SandboxManager,
    workerPids: () => readonly number[],
  ) {
    this.#open = open;
    this.#manager = manager;
    this.#workerPids = workerPids;
  }

  /** What stands where, once a minute in which no task has ended; else null. */
  look(done: number, nowMs: number): string | null {
    if (done === this.#done && nowMs - this.#movedAtMs < STALL_MS) return null;
    const hasMoved = done !== this.#done;
    this.#done = done;
    this.#movedAtMs = nowMs;
    return hasMoved ? null : this.#describe(nowMs);
  }

  #describe(nowMs: number): string {
    const errands = [...this.#open].map(
      ([taskId, { kind, sinceMs }]) => `  ${taskId} ${kind}, for ${Math.round(nowMs - sinceMs)} ms`,
    );
    const { tasks, workers } = this.#manager.getHealth();
    const seen = workers.map(
      ({ workerId, phase, taskIds, error }) =>
        `  ${workerId} ${phase}, with ${taskIds.join(' ') || 'no task'}${error === null ? '' : `: ${error.message}`}`,
    );
    return [
      `STALLED: no task has ended for ${STALL_MS} ms. Errands that are open:`,
      ...errands,
      `at the manager, by state: ${JSON.stringify(tasks)}; its workers:`,
      ...seen,
      'processes:',
      ...this.#workerPids().flatMap((pid) => describeTree(pid, 1)),
    ].join('\n');
  }
}

/** A process and those below it: its state, and where in the kernel each of its threads waits. */
function describeTree(pid: number, depth: number): string[] {
  const name = readText(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 100);
  const state = /^State:\s+(.*)$/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 'gone';
  const threads = list(`/proc/${pid}/task`);
  const waits = threads.map((thread) => readText(`/proc/${pid}/task/${thread}/wchan`));
  const children = threads.flatMap((thread) =>
    readText(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [
    `${'  '.repeat(depth)}${pid} ${state}, waits in ${[...new Set(waits)].join(' ')}: ${name}`,
    ...children.flatMap((child) => describeTree(child, depth + 1)),
  ];
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Empty where the process has ended. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
