/**
 * Gives tasks control groups, versions 1 and 2, where this worker may make them: to hold them to their limits, and to count what they use.
 * A fork bomb keeps the kernel's lock of control groups busy, for seconds at worst: whatever takes it is done beside the event loop.
 */
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { TaskLimits, Usage } from '@sandcrew/protocol';
import pLimit, { type LimitFunction } from 'p-limit';
import type { LimitUse } from '../core/blocks/evidence.js';
import {
  type Controller,
  type Hierarchy,
  limitSettings,
  readCpuMs,
  readCpuUse,
  readMemoryUse,
  readPeakBytes,
  readPidsUse,
} from './control-groups.js';
import { claimHierarchies, GROUP_PREFIX, type Hierarchies } from './group-hierarchies.js';

export type EnforcedLimit = 'memoryBytes' | 'pids' | 'cpus';

const CONTROLLER_OF: Readonly<Record<EnforcedLimit, Controller>> = {
  memoryBytes: 'memory',
  pids: 'pids',
  cpus: 'cpu',
};
/** Of the threads that Node has for files (4, by UV_THREADPOOL_SIZE of libuv) as many may stand behind that lock: the others are for output. */
const MAX_THREADS = 2;
/** A group goes when the last of its dead is reaped: mostly within a moment, but a process may hang in the kernel. */
const REMOVE_TIMEOUT_MS = 600_000;
const REMOVE_PAUSE_MS = { first: 25, most: 1_000 } as const;
/** So long a worker that ends waits for it; what is left then, the next start removes. */
const REMOVE_BEFORE_END_MS = 2_000;

export class LimitKeeper {
  readonly #hierarchies: Hierarchies;
  readonly #inTurn = pLimit(MAX_THREADS);
  #made = 0;

  /** `LimitKeeper.find` makes one. */
  constructor(hierarchies: Hierarchies) {
    this.#hierarchies = hierarchies;
  }

  /** Finds out by trying, and removes the groups that dead workers left. */
  static find(): LimitKeeper {
    return new LimitKeeper(claimHierarchies());
  }

  /** The limits that this worker can hold a task to. */
  get enforced(): EnforcedLimit[] {
    return (Object.keys(CONTROLLER_OF) as EnforcedLimit[]).filter((limit) =>
      this.#hierarchies.limits.has(CONTROLLER_OF[limit]),
    );
  }

  /**
   * A group for a task whose limits may not be known yet. Where no group can be made, it holds and counts nothing.
   * Rejects with NodeJS.ErrnoException, and leaves nothing behind.
   */
  async makeGroup(): Promise<TaskGroup> {
    const group = new TaskGroup(
      this.#hierarchies,
      `${GROUP_PREFIX}${process.pid}-${++this.#made}`,
      this.#inTurn,
    );
    await group.count();
    return group;
  }
}

/** The control groups of one task, a directory in each hierarchy that it needs. */
export class TaskGroup {
  readonly #hierarchies: Hierarchies;
  readonly #name: string;
  readonly #inTurn: LimitFunction;
  readonly #made = new Map<string, 1 | 2>();
  #limits: TaskLimits = {};

  /** `LimitKeeper.makeGroup` makes one. */
  constructor(hierarchies: Hierarchies, name: string, inTurn: LimitFunction) {
    this.#hierarchies = hierarchies;
    this.#name = name;
    this.#inTurn = inTurn;
  }

  /** Makes what counts memory and CPU time. Rejects with NodeJS.ErrnoException, and leaves nothing behind. */
  async count(): Promise<void> {
    const { limits, cpuTime } = this.#hierarchies;
    const memory = limits.get('memory');
    await this.#make(async () => {
      for (const hierarchy of [memory, cpuTime]) if (hierarchy != null) await this.#enterable(hierarchy);
    });
  }

  /** Holds what is in it, and what will be, to these limits. Call it once. Rejects with NodeJS.ErrnoException, and leaves nothing behind. */
  async hold(limits: TaskLimits): Promise<void> {
    this.#limits = limits;
    await this.#make(async () => {
      for (const [limit, controller] of Object.entries(CONTROLLER_OF) as [EnforcedLimit, Controller][]) {
        const value = limits[limit];
        const hierarchy = this.#hierarchies.limits.get(controller);
        if (value === undefined || hierarchy === undefined) continue;
        const group = await this.#enterable(hierarchy);
        for (const [file, text] of limitSettings(controller, group, value))
          await this.#inTurn(() => writeFile(file, text));
      }
    });
  }

  /**
   * A process whose pid is written to each of them is in the group, with all that it starts then; 0 is the writer itself. It has
   * one thread, and in version 1 a thread that moves itself waits for no lock.
   */
  get files(): string[] {
    return [...this.#made].map(([directory, version]) =>
      join(directory, version === 1 ? 'tasks' : 'cgroup.procs'),
    );
  }

  /** What was used of its limits. */
  use(): LimitUse {
    const { memoryBytes, pids, cpus } = this.#limits;
    const memory = this.#group('memory');
    const pid = this.#group('pids');
    const cpu = this.#group('cpu');
    return {
      ...(memory === null || memoryBytes === undefined ? {} : { memory: readMemoryUse(memory, memoryBytes) }),
      ...(pid === null || pids === undefined ? {} : { pids: readPidsUse(pid, pids) }),
      ...(cpu === null || cpus === undefined ? {} : { cpu: readCpuUse(cpu) }),
    };
  }

  /** Whether `usage` tells all of it. */
  get countsAll(): boolean {
    return this.#hierarchies.countUsage;
  }

  /** What all that was ever in it has used, by the kernel's count; without what cannot be known. */
  usage(): Usage {
    const { cpuTime } = this.#hierarchies;
    const memory = this.#group('memory');
    const peakBytes = memory === null ? null : readPeakBytes(memory);
    const cpuMs = cpuTime === null ? null : readCpuMs(this.#in(cpuTime));
    return {
      ...(cpuMs === null ? {} : { cpuMs }),
      ...(peakBytes === null ? {} : { maxMemoryBytes: peakBytes }),
    };
  }

  /** Call it when nothing of the task lives. */
  async remove(): Promise<void> {
    await Promise.all([...this.#made.keys()].map((directory) => this.#remove(directory)));
  }

  async #remove(directory: string): Promise<void> {
    const beganMs = performance.now();
    let pauseMs: number = REMOVE_PAUSE_MS.first;
    while (!(await this.#inTurn(() => isRemoved(directory)))) {
      const triedMs = performance.now() - beganMs;
      if (triedMs > REMOVE_TIMEOUT_MS) return;
      await setTimeout(pauseMs, undefined, { ref: triedMs < REMOVE_BEFORE_END_MS });
      pauseMs = Math.min(2 * pauseMs, REMOVE_PAUSE_MS.most);
    }
  }

  async #make(make: () => Promise<void>): Promise<void> {
    try {
      await make();
    } catch (error) {
      void this.remove();
      throw error;
    }
  }

  /** Its directory there, made where it was not. */
  async #enterable(hierarchy: Hierarchy): Promise<Hierarchy> {
    const group = this.#in(hierarchy);
    if (!this.#made.has(group.directory)) {
      await this.#inTurn(() => mkdir(group.directory, { recursive: true }));
      this.#made.set(group.directory, group.version);
    }
    return group;
  }

  #group(controller: Controller): Hierarchy | null {
    const hierarchy = this.#hierarchies.limits.get(controller);
    return hierarchy === undefined ? null : this.#in(hierarchy);
  }

  #in({ version, directory }: Hierarchy): Hierarchy {
    return { version, directory: join(directory, this.#name) };
  }
}

async function isRemoved(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
