/** Whether a task only burns CPU. From outside a loop looks like hard work, so this is never more than a suspicion. */
import type { ThreadEvidence } from './evidence.js';
import { type Claim, type HotProcess, type Look, listNames, nameOf } from './look.js';
import { tellThreads } from './standstill.js';

/** CPU and the wait for one, as a share of the time: the second keeps it true on a loaded machine. */
const HOT = 0.85;
/** Several threads that hand each other the CPU: each so much of the time, */
const WARM = 0.3;
/** … and scheduled so often in a second. */
const WARM_SWITCHES = 50;
const SPINNING_MS = 12_000;
/** Work that takes memory is work of some sort: it is suspected later. Page faults in a second: */
const FAULTS_OF_WORK = 16;
const WORKING_MS = 20_000;
/** On a loaded machine a look may come late, and its shares are off: so many in a row are passed over. */
const MAX_MISSES = 2;

export function judgeSpinning(look: Look): Claim | null {
  const hot = look.threads.filter(isHot);
  const warm = look.threads.filter(isWarm);
  const spinning = hot.length > 0 || warm.length === 1 ? hot : warm;
  remember(look, new Set(spinning.map(({ pid }) => pid)));
  // What is not hot now begins no claim; one that stands outlives a look that came late.
  const isClaimed = look.memory.spinning !== null;
  const ripe = [...look.memory.hot].filter(
    ([pid, known]) => (isClaimed || known.misses === 0) && isRipe(look, pid, known),
  );
  const [oldest] = ripe.sort(([, one], [, other]) => one.sinceMs - other.sinceMs);
  if (oldest === undefined) {
    look.memory.spinning = null;
    return null;
  }
  const { sinceMs } = oldest[1];
  const busyThreads = ripe.reduce((sum, [, process]) => sum + countBusy(process), 0);
  look.memory.spinning ??= busyThreads > 1 ? 'livelock' : 'infinite_loop';
  const processes = ripe.map(([pid]) => nameOf(look, pid));
  const does = look.memory.spinning === 'livelock' ? 'keep each other busy' : 'burns a CPU';
  const seconds = Math.round((look.nowMs - sinceMs) / 1_000);
  return {
    reason: look.memory.spinning,
    confidence: 'suspected',
    sinceMs,
    summary: `${listNames(processes)} ${does} for ${seconds} s, without input, output or new processes`,
    processes,
    details: { threads: tellThreads(spinning) },
  };
}

/** Threads that had a good part of the process's time: one alone is a loop, several take turns. */
function countBusy({ shares, looks }: HotProcess): number {
  return [...shares.values()].filter((sum) => sum / looks >= WARM).length;
}

function isHot({ eager }: ThreadEvidence): boolean {
  return eager !== null && eager >= HOT;
}

function isWarm({ eager, switchesPerSecond }: ThreadEvidence): boolean {
  return eager !== null && eager >= WARM && switchesPerSecond >= WARM_SWITCHES;
}

/** The window begins anew with every sign of work: bytes in or out, a new process. */
function remember(look: Look, pids: ReadonlySet<number>): void {
  const { hot, metAtMs } = look.memory;
  for (const [pid, known] of hot) {
    known.misses = pids.has(pid) ? 0 : known.misses + 1;
    if (known.misses > MAX_MISSES) hot.delete(pid);
  }
  for (const pid of pids) {
    const process = look.evidence.processes.find((one) => one.pid === pid);
    if (process === undefined) continue;
    const known = hot.get(pid);
    const hasWorked =
      known === undefined ||
      known.ioBytes !== process.ioBytes ||
      known.sinceMs < Math.max(metAtMs, look.task.output.lastAtMs);
    if (hasWorked)
      hot.set(pid, {
        sinceMs: look.nowMs,
        ioBytes: process.ioBytes,
        minorFaults: process.minorFaults,
        misses: 0,
        looks: 0,
        shares: new Map(),
      });
  }
  for (const { pid, tid, eager } of look.threads) {
    const known = hot.get(pid);
    if (known !== undefined && eager !== null) known.shares.set(tid, (known.shares.get(tid) ?? 0) + eager);
  }
  for (const known of hot.values()) known.looks++;
}

/** Whether a process has spun for long enough to be suspected. */
function isRipe(look: Look, pid: number, known: HotProcess): boolean {
  const process = look.evidence.processes.find((one) => one.pid === pid);
  if (process === undefined) return false; // it has ended
  const spunMs = look.nowMs - known.sinceMs;
  const faults = ((process.minorFaults - known.minorFaults) / spunMs) * 1_000;
  const limitMs = faults < FAULTS_OF_WORK ? SPINNING_MS : WORKING_MS;
  return spunMs >= Math.max(limitMs, look.task.expectQuietMs ?? 0);
}
