/** Who holds the file locks that a task's processes wait for. */
import type { Holders } from '../../core/blocks/evidence.js';
import { readDescriptorInfo } from './descriptors.js';
import { type HeldDescriptor, namesOf } from './held-descriptors.js';
import { readText } from './read.js';

/** `1: FLOCK ADVISORY WRITE 123 08:01:4711 0 EOF`; one that waits has `->` before its kind. */
const LOCK_LINE = /^\d+:( ->)? (\S+)\s+\S+\s+\S+\s+(-?\d+) (\S+)/;

/**
 * @param waiting the processes that wait for it
 * @param insideHeld descriptors of the task that lead to the file; `outsideHeld` those of others
 */
export function readLockHolders(
  waiting: readonly number[],
  insideHeld: readonly HeldDescriptor[],
  inside: ReadonlySet<number>,
  outsideHeld: readonly HeldDescriptor[],
): Holders {
  const locks = (readText('/proc/locks') ?? '').split('\n').flatMap((line) => {
    const [, waits, , pid, file] = LOCK_LINE.exec(line) ?? [];
    return file === undefined ? [] : [{ isHeld: waits === undefined, pid: Number(pid), file }];
  });
  const file = locks.find(({ isHeld, pid }) => !isHeld && waiting.includes(pid))?.file;
  const owners = locks
    .filter((lock) => lock.isHeld && lock.file === file && lock.pid > 0)
    .map(({ pid }) => pid);
  // A lock of flock() belongs to the open file: to all who have it from the one that asked for it, also once that is gone.
  const holds = ({ pid, fd }: HeldDescriptor) => /^lock:\s*\d+: [A-Z]/m.test(readDescriptorInfo(pid, fd));
  const insideOwners = [
    ...owners.filter((pid) => inside.has(pid)),
    ...insideHeld.filter(holds).map(({ pid }) => pid),
  ];
  const outsideOwners = [
    ...owners
      .filter((pid) => !inside.has(pid) && readText(`/proc/${pid}/comm`) !== null)
      .map((pid) => ({ pid })),
    ...outsideHeld.filter(holds),
  ];
  const isKnown = file !== undefined && insideOwners.length + outsideOwners.length > 0;
  return {
    inside: [...new Set(insideOwners)],
    outside: isKnown ? namesOf(outsideOwners) : ['a holder that cannot be seen'],
  };
}
