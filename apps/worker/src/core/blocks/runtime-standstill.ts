/**
 * Deadlocks that only a runtime can tell. A thread of the JVM that waits for a monitor wakes up each second to look
 * again, so that to the kernel it is no different from one that sleeps; the JVM itself knows who owns what.
 */
import type { ThreadEvidence } from './evidence.js';
import { type Claim, type Look, listNames, nameOf } from './look.js';
import { SOURCE, type WakeSources } from './wake-sources.js';
import type { StackReport } from './watch.js';

/** So long must the task have been quiet before its runtime is asked. */
const QUIET_MS = 6_000;

export function judgeRuntimeStandstill(look: Look, sources: WakeSources): Claim | null {
  const [machine] = javaMachines(look.evidence.threads);
  const quietMs = look.nowMs - look.memory.quietSinceMs;
  if (machine === undefined || quietMs < QUIET_MS || look.task.kind === 'service') return null;
  // Nothing but monitors and sleeps: what serves, reads or waits for a peer is at its work.
  if ((sources.all & ~(SOURCE.time | SOURCE.signal)) !== 0 || sources.all === 0) return null;
  if (!look.threads.some(({ pid, wait }) => pid === machine && wait.on === 'futex')) return null;
  const processes = [nameOf(look, machine)];
  return {
    reason: 'deadlock',
    confidence: 'unsure',
    proof: 'stacks',
    sinceMs: look.memory.quietSinceMs,
    summary: `threads of ${listNames(processes)} wait for each other, by the word of its JVM`,
    processes,
  };
}

/** Whether stacks hold a deadlock that their runtime has found, as `jstack` prints it. */
export function provesDeadlock(stacks: readonly StackReport[]): boolean {
  return stacks.some(({ text }) => /^Found (?:one|\d+) Java-level deadlock/m.test(text));
}

/** Processes that run a JVM, by the thread that each of them has. */
export function javaMachines(threads: readonly ThreadEvidence[]): Set<number> {
  return new Set(threads.filter(({ name }) => name === 'VM Periodic Tas').map(({ pid }) => pid));
}
