/** Measures what work costs: the CPU that it takes, and not the time that others take from it on a busy host. */
import { cpuUsage } from 'node:process';
import { monotonicMs } from './clock.js';

/**
 * Call it before work that does not await, and its answer after it.
 * @returns tells the CPU time spent since, milliseconds. Other threads of this process count too, up to the time that has passed.
 */
export function measureCpu(): () => number {
  const startMs = monotonicMs();
  const before = cpuUsage();
  return () => {
    const { user, system } = cpuUsage(before);
    return Math.min((user + system) / 1_000, monotonicMs() - startMs);
  };
}
