/** A control group of version 1 or 2: how a limit is set, and what was used. */
import { join } from 'node:path';
import type { LimitUse } from '../core/blocks/evidence.js';
import { readText } from './proc/read.js';

/** What holds: CPU time is counted by `cpuacct` in version 1, and by every group, without a controller, in version 2. */
export type Controller = 'memory' | 'pids' | 'cpu';

/** Where groups can be made for a controller, or one of them. */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly directory: string;
}

const CPU_PERIOD_US = 100_000;
const MIN_QUOTA_US = 1_000;

/** What is to be written, and where, to set a limit of a group: files of its directory, in this order. */
export function limitSettings(
  controller: Controller,
  { version, directory }: Hierarchy,
  value: number,
): readonly (readonly [file: string, text: string])[] {
  const has = (file: string) => readText(join(directory, file)) !== null;
  const set = (file: string, text: string | number) => [join(directory, file), String(text)] as const;
  if (controller === 'pids') return [set('pids.max', value)];
  const quotaUs = Math.max(MIN_QUOTA_US, Math.round(value * CPU_PERIOD_US));
  if (controller === 'cpu')
    return version === 1
      ? [set('cpu.cfs_period_us', CPU_PERIOD_US), set('cpu.cfs_quota_us', quotaUs)]
      : [set('cpu.max', `${quotaUs} ${CPU_PERIOD_US}`)];
  // Else it would swap instead.
  return version === 1
    ? [
        set('memory.limit_in_bytes', value),
        ...(has('memory.memsw.limit_in_bytes') ? [set('memory.memsw.limit_in_bytes', value)] : []),
      ]
    : [set('memory.max', value), ...(has('memory.swap.max') ? [set('memory.swap.max', 0)] : [])];
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

/** The most that was ever charged to it, bytes; null where the kernel keeps none (version 2 before Linux 5.19). */
export function readPeakBytes({ version, directory }: Hierarchy): number | null {
  const peak = readText(join(directory, version === 1 ? 'memory.max_usage_in_bytes' : 'memory.peak'));
  return peak === null ? null : Number(peak);
}

/** CPU time of all that ever ran in it, milliseconds; null where it is gone. */
export function readCpuMs({ version, directory }: Hierarchy): number | null {
  if (version === 1) {
    const nanoseconds = readText(join(directory, 'cpuacct.usage'));
    return nanoseconds === null ? null : Number(nanoseconds) / 1e6;
  }
  const stat = readText(join(directory, 'cpu.stat'));
  return stat === null ? null : fieldOf(stat, 'usage_usec') / 1e3;
}

/** The number behind a name, in a file of such lines. */
function fieldOf(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}
