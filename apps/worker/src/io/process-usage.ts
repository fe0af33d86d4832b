/** What processes use, as pidusage measures it. */
import pidusage, { type Status } from 'pidusage';

/**
 * pidusage keeps a descriptor open for each process so long after it was measured, by default a minute: this is twice the
 * longest pause between two looks.
 */
const KEPT_MS = 10_000;

/**
 * CPU in percent of a core and memory in bytes, of all of them together; 0 where none of them lives. Never rejects.
 * What a process uses of the CPU is told from the second time on that it is asked for.
 */
export async function measureUsage(pids: readonly number[]): Promise<{ cpu: number; memory: number }> {
  // One that ends meanwhile is null there, or undefined where it was found and could not be read any more.
  const told: Record<string, Status | null | undefined> = await pidusage([...pids], {
    maxage: KEPT_MS,
  }).catch(() => ({}));
  const living = Object.values(told).filter((one) => one != null);
  const sum = (pick: (one: Status) => number) => living.reduce((total, one) => total + pick(one), 0);
  return { cpu: sum(({ cpu }) => cpu), memory: sum(({ memory }) => memory) };
}
