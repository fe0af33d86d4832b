/**
 * Finds the processes that began after a moment without reading all of /proc, which costs some 50 µs a process of the
 * host (measured): the kernel gives process ids in turn, so those of what began later stand behind one another.
 */
import { isAlive, type ProcessStat, readProcess } from './process-stat.js';
import { listNames, readText } from './read.js';

/** All forks of the host so far, also those of threads; null where that is not told. */
export function countForks(): number | null {
  const told = /^processes (\d+)$/m.exec(readText('/proc/stat') ?? '')?.[1];
  return told === undefined ? null : Number(told);
}

/**
 * Every process from `firstPid` on, zombies left out. Some older ones may be among them.
 *
 * @param forksBefore as counted at any time before `firstPid` began.
 */
export function readProcessesSince(firstPid: number, forksBefore: number | null): ProcessStat[] {
  const forks = countForks();
  // One fork on the whole host since then was that of the first process itself: there is no other to look for.
  const isAlone = forks !== null && forksBefore !== null && forks - forksBefore === 1;
  const pids = isAlone ? [firstPid] : listNewer(judgeAge(firstPid, forksBefore, forks));
  return pids.map(readProcess).filter((stat) => stat !== null && isAlive(stat)) as ProcessStat[];
}

function listNewer(isNewer: (pid: number) => boolean): number[] {
  const names = (listNames('/proc') ?? []).filter((name) => /^\d+$/.test(name));
  return names.map(Number).filter(isNewer);
}

/**
 * Ids go up by one for each fork, beyond those that are in use, and begin again at their end. Where they may have come
 * round meanwhile, or where it is not known how far they came, any process may be a newer one.
 */
function judgeAge(
  firstPid: number,
  forksBefore: number | null,
  forks: number | null,
): (pid: number) => boolean {
  const inUse = Number(/\/(\d+) /.exec(readText('/proc/loadavg') ?? '')?.[1] ?? Number.NaN);
  const ids = Number(readText('/proc/sys/kernel/pid_max') ?? Number.NaN);
  const advance = forks === null || forksBefore === null ? Number.NaN : forks - forksBefore + inUse;
  if (!(advance < ids / 2)) return () => true;
  return (pid) => (pid - firstPid + ids) % ids <= advance;
}
