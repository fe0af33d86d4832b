/** Control groups of versions 1 and 2: where this worker may make them, how a limit is set, and what was used of it. */
import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LimitUse } from '../core/blocks/evidence.js';
import { readText } from './proc/read.js';

export type Controller = 'memory' | 'pids' | 'cpu';

/** Where groups can be made for a controller, or one of them. */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly directory: string;
}

export const GROUP_PREFIX = 'sandcrew-';
const CPU_PERIOD_US = 100_000;
const MIN_QUOTA_US = 1_000;

export function setLimit(controller: Controller, version: 1 | 2, directory: string, value: number): void {
  const write = (file: string, text: string | number) => writeFileSync(join(directory, file), String(text));
  if (controller === 'pids') write('pids.max', value);
  else if (controller === 'memory' && version === 1) {
    write('memory.limit_in_bytes', value);
    if (readText(join(directory, 'memory.memsw.limit_in_bytes')) !== null)
      write('memory.memsw.limit_in_bytes', value); // else it would swap instead
  } else if (controller === 'memory') {
    write('memory.max', value);
    if (readText(join(directory, 'memory.swap.max')) !== null) write('memory.swap.max', 0);
  } else if (version === 1) {
    write('cpu.cfs_period_us', CPU_PERIOD_US);
    write('cpu.cfs_quota_us', Math.max(MIN_QUOTA_US, Math.round(value * CPU_PERIOD_US)));
  } else write('cpu.max', `${Math.max(MIN_QUOTA_US, Math.round(value * CPU_PERIOD_US))} ${CPU_PERIOD_US}`);
}

/** All that is charged to it, also the pages of files that the kernel keeps and can drop. */
export function readMemoryUse(
  { version, directory }: Hierarchy,
  maxBytes: number,
): NonNullable<LimitUse['memory']> {
  const used = readText(join(directory, version === 1 ? 'memory.usage_in_bytes' : 'memory.current'));
  const events = readText(join(directory, version === 1 ? 'memory.oom_control' : 'memory.events')) ?? '';
  return { chargedBytes: Number(used ?? 0), maxBytes, kills: fieldOf(events, 'oom_kill') };
}

export function readPidsUse({ directory }: Hierarchy, max: number): NonNullable<LimitUse['pids']> {
  const used = Number(readText(join(directory, 'pids.current')) ?? 0);
  return { used, max, refusals: fieldOf(readText(join(directory, 'pids.events')) ?? '', 'max') };
}

export function readCpuUse({ directory }: Hierarchy): NonNullable<LimitUse['cpu']> {
  const stat = readText(join(directory, 'cpu.stat')) ?? '';
  return { periods: fieldOf(stat, 'nr_periods'), throttled: fieldOf(stat, 'nr_throttled') };
}

/** The number behind a name, in a file of such lines. */
function fieldOf(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

/** The worker's own group of the hierarchy that has the controller: what it makes lies below it. */
export function findHierarchy(controller: Controller): Hierarchy | null {
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
    const path = line?.[2] ?? '/';
    const directory = join(mountPoint, path.startsWith(root) ? path.slice(root.length) : path);
    if (version === 1) return { version, directory };
    if (readText(join(directory, 'cgroup.controllers'))?.trim().split(' ').includes(controller))
      return { version, directory };
  }
  return null;
}

export function canMakeGroup({ version, directory }: Hierarchy, controller: Controller): boolean {
  const probe = join(directory, `${GROUP_PREFIX}${process.pid}-0`);
  try {
    if (
      version === 2 &&
      !readText(join(directory, 'cgroup.subtree_control'))?.split(/\s+/).includes(controller)
    )
      writeFileSync(join(directory, 'cgroup.subtree_control'), `+${controller}`);
    mkdirSync(probe);
    setLimit(controller, version, probe, controller === 'memory' ? 1_048_576 : 1);
    return true;
  } catch {
    return false;
  } finally {
    tryRemove(probe);
  }
}

/** Call it before this worker makes any: one that bears its own pid is another's then, as in a container that starts again. */
export function removeLeftGroups(directory: string): void {
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
