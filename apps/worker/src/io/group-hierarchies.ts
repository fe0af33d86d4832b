/** Where this worker may make control groups: found out by making one. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Controller, type Hierarchy, limitSettings, readPeakBytes } from './control-groups.js';
import { readText } from './proc/read.js';

/** A task's group is `sandcrew-PID-N`, by the pid of its worker. */
export const GROUP_PREFIX = 'sandcrew-';

/**
 * Where the worker itself goes in version 2. A group that has processes of its own cannot give its controllers to groups
 * below it ("no internal processes", cgroup-v2.rst of the kernel), unless it is the root of all.
 */
const WORKER_LEAF = 'sandcrew-worker';
const ENTRY_TIMEOUT_MS = 5_000;

/** Those that work, for what holds a task to its limits and for what counts its CPU time. */
export interface Hierarchies {
  readonly limits: ReadonlyMap<Controller, Hierarchy>;
  readonly cpuTime: Hierarchy | null;
  /** Whether both the most memory and the CPU time of a group can be read, so that its processes need not be looked at for it. */
  readonly countUsage: boolean;
}

/** Tries them all, and removes the groups that dead workers left. */
export function claimHierarchies(): Hierarchies {
  const limits = new Map<Controller, Hierarchy>();
  for (const controller of ['memory', 'pids', 'cpu'] as const) {
    const hierarchy = findHierarchy(controller);
    if (hierarchy === null) continue;
    removeLeftGroups(hierarchy.directory);
    const { version, directory } = hierarchy;
    if (version === 2 && !passesOn(directory, controller)) continue;
    if (canMakeGroup(hierarchy, (probe) => setSmallest(controller, { version, directory: probe })))
      limits.set(controller, hierarchy);
  }
  const counting = [...limits.values()].find(({ version }) => version === 2) ?? findHierarchy('cpuacct');
  if (counting !== null) removeLeftGroups(counting.directory);
  const cpuTime = counting !== null && canMakeGroup(counting) ? counting : null;
  const memory = limits.get('memory');
  let hasPeak = false;
  if (memory !== undefined)
    canMakeGroup(memory, (directory) => {
      hasPeak = readPeakBytes({ ...memory, directory }) !== null;
    });
  return { limits, cpuTime, countUsage: cpuTime !== null && hasPeak };
}

const SMALLEST: Readonly<Record<Controller, number>> = { memory: 1_048_576, pids: 1, cpu: 1 };

function setSmallest(controller: Controller, probe: Hierarchy): void {
  for (const [file, text] of limitSettings(controller, probe, SMALLEST[controller]))
    writeFileSync(file, text);
}

/** The group of the hierarchy that has the controller, below which this worker's groups lie: its own, or where that is its leaf, the one above. */
export function findHierarchy(controller: Controller | 'cpuacct'): Hierarchy | null {
  const own = (readText('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const mounts = (readText('/proc/self/mountinfo') ?? '').split('\n').map((line) => line.split(' '));
  for (const fields of mounts) {
    const [root = '/', mountPoint = ''] = [fields[3], fields[4]];
    const [type, , options = ''] = fields.slice(fields.indexOf('-') + 1);
    if (type !== 'cgroup' && type !== 'cgroup2') continue;
    const version = type === 'cgroup2' ? 2 : 1;
    if (version === 1 && !options.split(',').includes(controller)) continue;
    const line = own.find(([id, names]) =>
      version === 2 ? id === '0' : names?.split(',').includes(controller),
    );
    const path = line?.slice(2).join(':') ?? '/';
    const here = join(mountPoint, path.startsWith(root) ? path.slice(root.length) : path);
    if (version === 1) return { version, directory: here };
    const directory = basename(here) === WORKER_LEAF ? dirname(here) : here;
    if (hasWord(join(directory, 'cgroup.controllers'), controller)) return { version, directory };
  }
  return null;
}

/**
 * Whether groups below this one, of version 2, have the controller. Where they do not, it is given to them. With processes
 * in the group some controllers could still be given, and no process could enter a group that has them.
 */
function passesOn(directory: string, controller: string): boolean {
  const isRootOfAll = readText(join(directory, 'cgroup.events')) === null;
  if (!isRootOfAll && !isEmpty(directory) && !stepAside(directory)) return false;
  const file = join(directory, 'cgroup.subtree_control');
  if (hasWord(file, controller)) return true;
  try {
    writeFileSync(file, `+${controller}`);
    return true;
  } catch {
    return false;
  }
}

/**
 * Moves this worker out of the group into a leaf below it. Others in it are left where they are, and the controllers then
 * stay out of reach; but in a container's own root (its path is `/`) those go along from which the worker descends, which
 * are its init. False, and nothing has changed, where that does not empty the group.
 */
function stepAside(directory: string): boolean {
  const leaf = join(directory, WORKER_LEAF);
  const isOwnRoot = /^0::\/$/m.test(readText('/proc/self/cgroup') ?? '');
  const moved = [process.pid, ...(isOwnRoot ? ancestors() : [])];
  try {
    mkdirSync(leaf, { recursive: true });
    if (moveAll(moved, leaf) && isEmpty(directory)) return true;
    moveAll(moved, directory);
    tryRemove(leaf);
  } catch {
    // No group can be made here at all.
  }
  return false;
}

/** Whether no process is in the group itself. */
function isEmpty(directory: string): boolean {
  return readText(join(directory, 'cgroup.procs'))?.trim() === '';
}

function moveAll(pids: readonly number[], directory: string): boolean {
  try {
    for (const pid of pids) writeFileSync(join(directory, 'cgroup.procs'), String(pid));
    return true;
  } catch {
    return false;
  }
}

function ancestors(): number[] {
  const found: number[] = [];
  for (let pid = process.ppid; pid > 0; ) {
    found.push(pid);
    pid = Number(/^PPid:\s+(\d+)$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1] ?? 0);
  }
  return found;
}

function canMakeGroup({ version, directory }: Hierarchy, use: (probe: string) => void = () => {}): boolean {
  const probe = join(directory, `${GROUP_PREFIX}${process.pid}-0`);
  try {
    mkdirSync(probe);
    if (!canEnter(join(probe, version === 1 ? 'tasks' : 'cgroup.procs'))) return false;
    use(probe);
    return true;
  } catch {
    return false;
  } finally {
    tryRemove(probe);
  }
}

/** Whether a process may move there: a group may be made where that is refused. */
function canEnter(file: string): boolean {
  return (
    spawnSync('/bin/sh', ['-c', 'echo 0 >"$0"', file], { stdio: 'ignore', timeout: ENTRY_TIMEOUT_MS })
      .status === 0
  );
}

/** Call it before this worker makes any: one that bears its own pid is another's then, as in a container that starts again. */
function removeLeftGroups(directory: string): void {
  let names: string[] = [];
  try {
    names = readdirSync(directory);
  } catch {
    return;
  }
  for (const name of names) {
    const pid = new RegExp(`^${GROUP_PREFIX}(\\d+)-\\d+$`).exec(name)?.[1];
    const isLeft = Number(pid) === process.pid || readText(`/proc/${pid}/comm`) === null;
    if (pid !== undefined && isLeft) tryRemove(join(directory, name));
  }
}

function tryRemove(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // It is not there, or something still lives in it: the next start tries again.
  }
}

function hasWord(file: string, word: string): boolean {
  return readText(file)?.trim().split(/\s+/).includes(word) ?? false;
}
