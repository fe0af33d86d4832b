/** Holds tasks to their limits by control groups, versions 1 and 2, where this worker may make groups of its own. */
import { mkdirSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { TaskLimits } from '@sandcrew/protocol';
import type { LimitUse } from '../core/blocks/evidence.js';
import {
  type Controller,
  canMakeGroup,
  findHierarchy,
  GROUP_PREFIX,
  type Hierarchy,
  readCpuUse,
  readMemoryUse,
  readPidsUse,
  removeLeftGroups,
  setLimit,
} from './control-groups.js';

export type EnforcedLimit = 'memoryBytes' | 'pids' | 'cpus';

const CONTROLLER_OF: Readonly<Record<EnforcedLimit, Controller>> = {
  memoryBytes: 'memory',
  pids: 'pids',
  cpus: 'cpu',
};
/** A group goes when the last of its dead is reaped, which may take a moment. */
const REMOVE_TRIES = 20;
const REMOVE_PAUSE_MS = 25;

export class LimitKeeper {
  readonly #hierarchies: ReadonlyMap<Controller, Hierarchy>;
  #made = 0;

  /** `LimitKeeper.find` makes one. */
  constructor(hierarchies: ReadonlyMap<Controller, Hierarchy>) {
    this.#hierarchies = hierarchies;
  }

  /** Finds out by trying, and removes the groups that dead workers left. */
  static find(): LimitKeeper {
    const found = new Map<Controller, Hierarchy>();
    for (const controller of ['memory', 'pids', 'cpu'] as const) {
      const hierarchy = findHierarchy(controller);
      if (hierarchy === null) continue;
      removeLeftGroups(hierarchy.directory);
      if (canMakeGroup(hierarchy, controller)) found.set(controller, hierarchy);
    }
    return new LimitKeeper(found);
  }

  /** The limits that this worker can hold a task to. */
  get enforced(): EnforcedLimit[] {
    return (Object.keys(CONTROLLER_OF) as EnforcedLimit[]).filter((limit) =>
      this.#hierarchies.has(CONTROLLER_OF[limit]),
    );
  }

  /** A group with these limits; null where there are none. @throws {NodeJS.ErrnoException} and leaves nothing behind. */
  makeGroup(limits: TaskLimits): LimitGroup | null {
    const directories = new Map<Controller, Hierarchy>();
    const group = new LimitGroup(directories, limits);
    const name = `${GROUP_PREFIX}${process.pid}-${++this.#made}`;
    try {
      for (const [limit, controller] of Object.entries(CONTROLLER_OF) as [EnforcedLimit, Controller][]) {
        const value = limits[limit];
        const hierarchy = this.#hierarchies.get(controller);
        if (value === undefined || hierarchy === undefined) continue;
        const directory = join(hierarchy.directory, name);
        mkdirSync(directory, { recursive: true });
        directories.set(controller, { ...hierarchy, directory });
        setLimit(controller, hierarchy.version, directory, value);
      }
    } catch (error) {
      void group.remove();
      throw error;
    }
    return directories.size === 0 ? null : group;
  }
}

export class LimitGroup {
  readonly #directories: ReadonlyMap<Controller, Hierarchy>;
  readonly #limits: TaskLimits;

  constructor(directories: ReadonlyMap<Controller, Hierarchy>, limits: TaskLimits) {
    this.#directories = directories;
    this.#limits = limits;
  }

  /** A process whose pid is written to each of them is in the group, with all that it starts. */
  get files(): string[] {
    return [
      ...new Set([...this.#directories.values()].map(({ directory }) => join(directory, 'cgroup.procs'))),
    ];
  }

  use(): LimitUse {
    const { memoryBytes, pids } = this.#limits;
    const memory = this.#directories.get('memory');
    const pid = this.#directories.get('pids');
    const cpu = this.#directories.get('cpu');
    return {
      ...(memory === undefined || memoryBytes === undefined
        ? {}
        : { memory: readMemoryUse(memory, memoryBytes) }),
      ...(pid === undefined || pids === undefined ? {} : { pids: readPidsUse(pid, pids) }),
      ...(cpu === undefined ? {} : { cpu: readCpuUse(cpu) }),
    };
  }

  /** Call it when nothing of the task lives. */
  async remove(): Promise<void> {
    for (const { directory } of this.#directories.values()) {
      for (let tries = 0; tries < REMOVE_TRIES; tries++) {
        const isGone = await rmdir(directory).then(
          () => true,
          (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
        );
        if (isGone) break;
        await setTimeout(REMOVE_PAUSE_MS);
      }
    }
  }
}
