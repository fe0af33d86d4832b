/** Samples the whole process tree of one task. It reports what the kernel shows; what that means is judged elsewhere. */
import type { Evidence, LimitUse, ThreadEvidence } from '../core/blocks/evidence.js';
import type { ContainedProcess } from './containment/containment.js';
import type { TaskEnds } from './proc/descriptors.js';
import { KnownProcess } from './proc/known-process.js';
import { readProcess } from './proc/process-stat.js';
import { readSurroundings } from './proc/surroundings.js';

/** What is not the tree's own: others read it. */
export type Bystanders = Pick<Evidence, 'terminal' | 'fullDirectory' | 'usage'> & {
  readonly limits: LimitUse;
};

export class ProcessSampler {
  readonly #contained: ContainedProcess;
  readonly #ends: TaskEnds;
  readonly #known = new Map<number, KnownProcess>();

  constructor(contained: ContainedProcess, ends: TaskEnds) {
    this.#contained = contained;
    this.#ends = ends;
  }

  /** Looks at what there is. What has not run since the last look costs one read a thread. False where nothing has. */
  look(nowMs: number): boolean {
    const before = new Set(this.#known.values());
    this.#walk(this.#contained.topPids(), nowMs);
    const known = [...this.#known.values()];
    return known.length !== before.size || known.some((process) => process.hasRun || !before.has(process));
  }

  /** What the last look saw. */
  tell(nowMs: number, bystanders: Bystanders): Evidence {
    return this.#evidence(nowMs, bystanders, false);
  }

  /** Reads everything again, looks for what left the tree, and for who else holds what is waited for. */
  lookCloser(nowMs: number, bystanders: Bystanders): Evidence {
    for (const process of this.#known.values()) process.refreshChildren();
    this.#walk([...this.#contained.topPids(), ...this.#contained.processes().map(({ pid }) => pid)], nowMs);
    for (const process of this.#known.values()) process.refreshWaits();
    const seen = this.#evidence(nowMs, bystanders, true);
    // What ran while it was looked at was seen half before and half after: it counts as running.
    const afterMs = nowMs + 0.001;
    this.#walk(this.#contained.topPids(), afterMs);
    const still = new Set(
      this.#threads(afterMs)
        .filter(({ stillMs }) => stillMs > 0)
        .map(({ tid }) => tid),
    );
    const threads = seen.threads.map((thread) =>
      still.has(thread.tid) ? thread : { ...thread, stillMs: 0, wait: { on: 'nothing' } as const },
    );
    return { ...seen, threads };
  }

  /** Call it when its task has ended. */
  close(): void {
    for (const process of this.#known.values()) process.close();
    this.#known.clear();
  }

  #walk(tops: readonly number[], nowMs: number): void {
    const waiting = [...tops, ...this.#known.keys()];
    const seen = new Set<number>();
    for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
      if (seen.has(pid)) continue;
      seen.add(pid);
      const process = this.#lookAt(pid, nowMs);
      if (process !== null) waiting.push(...process.children);
    }
  }

  #lookAt(pid: number, nowMs: number): KnownProcess | null {
    const known = this.#known.get(pid);
    if (known?.look(nowMs)) return known;
    known?.close();
    this.#known.delete(pid);
    const stat = known === undefined ? readProcess(pid) : null; // a pid that was reused is met where its parent lists it
    if (stat === null) return null;
    const process = new KnownProcess(stat, this.#ends);
    if (!process.look(nowMs)) {
      process.close();
      return null;
    }
    this.#known.set(pid, process);
    return process;
  }

  #threads(nowMs: number): ThreadEvidence[] {
    return [...this.#known.values()].flatMap((process) => process.threads(nowMs));
  }

  #evidence(nowMs: number, bystanders: Bystanders, isCloser: boolean): Evidence {
    const known = [...this.#known.values()];
    const processes = known.map(({ process }) => process);
    const threads = this.#threads(nowMs);
    const unreadable = known.flatMap((process) => process.unreadable);
    const surroundings = isCloser ? readSurroundings(threads, processes, this.#ends) : null;
    return { processes, threads, unreadable, surroundings, ...bystanders };
  }
}
