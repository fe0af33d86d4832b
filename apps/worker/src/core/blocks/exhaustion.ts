/** Whether a task has used up what it may have: memory, processes, CPU, room on a disk. */
import { type Claim, type Look, listNames, nameOf, type Rise } from './look.js';

/** At this share of its memory a task that still grows is as good as at its end; */
const NEARLY = 0.9;
/** … and at this one in any case. */
const FULL = 0.985;
/** It grows while it takes more than this share of the limit in so short a time, and must have done so for so long: a program that has loaded its data stops. */
const GROWTH = 0.002;
const GROWTH_WINDOW_MS = 140;
const GROWING_MS = 400;
/** A process that the kernel ended or refused counts for so long: a task that goes on after it has recovered. */
const RISEN_MS = 10_000;
const FULL_DISK_MS = 2_500;
/** A failed write, or a complaint of one, counts for so long. */
const COMPLAINT_MS = 2_000;
const CPU_WINDOW_MS = 10_000;
const THROTTLED = 0.5;
/** The share of the time it could have run in which it was given no CPU. */
const STARVED = 0.8;
const EAGER = 0.85;

export function judgeExhaustion(look: Look): (Claim | null)[] {
  return [judgeMemory(look), judgePids(look), judgeDisk(look), judgeCpu(look)];
}

function judgeMemory(look: Look): Claim | null {
  const { memory } = look;
  const use = look.evidence.limits.memory;
  if (use === undefined) return null;
  const resident = look.evidence.processes.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
  // What the kernel charges may be cached files; what is resident may be shared. The task holds neither more than the other.
  const usedBytes = Math.min(use.chargedBytes, resident);
  const earlier = memory.memoryUse.findLast(({ atMs }) => look.nowMs - atMs >= GROWTH_WINDOW_MS);
  const isRecent = ({ atMs }: { atMs: number }) => look.nowMs - atMs <= 4 * GROWTH_WINDOW_MS;
  memory.memoryUse = [...memory.memoryUse.filter(isRecent), { atMs: look.nowMs, bytes: usedBytes }];
  const hasGrown = earlier !== undefined && usedBytes - earlier.bytes > GROWTH * use.maxBytes;
  const share = usedBytes / use.maxBytes;
  if (share >= NEARLY && hasGrown) memory.memoryGrowingSinceMs ??= look.nowMs;
  else memory.memoryGrowingSinceMs = null;
  const growingMs = look.nowMs - (memory.memoryGrowingSinceMs ?? look.nowMs);
  const hasKilled = hasRisen(memory.kills, use.kills, look.nowMs);
  if (!hasKilled && share < FULL && growingMs < GROWING_MS) return null;
  const largest = [...look.evidence.processes].sort((a, b) => b.residentBytes - a.residentBytes).slice(0, 1);
  const processes = largest.map(({ pid }) => nameOf(look, pid));
  const killed = hasKilled ? '; the kernel has ended a process for it' : '';
  return {
    reason: 'memory_exhausted',
    confidence: 'confirmed',
    sinceMs: memory.memoryGrowingSinceMs ?? look.nowMs,
    summary: `it uses ${Math.round(share * 100)} % of its ${mebibytes(use.maxBytes)} MiB of memory${killed}`,
    processes,
    details: { usedBytes, maxBytes: use.maxBytes, kills: use.kills },
  };
}

function judgePids(look: Look): Claim | null {
  const use = look.evidence.limits.pids;
  if (use === undefined) return null;
  const hasRefused = hasRisen(look.memory.refusals, use.refusals, look.nowMs);
  if (!hasRefused && use.used < use.max) return null;
  const refused = hasRefused ? `; the kernel has refused it ${use.refusals} more` : '';
  return {
    reason: 'pids_exhausted',
    confidence: 'confirmed',
    sinceMs: look.nowMs,
    summary: `it has ${use.used} of its ${use.max} processes and threads${refused}`,
    processes: [],
    details: { ...use },
  };
}

function hasRisen(rise: Rise, count: number, nowMs: number): boolean {
  if (count !== rise.count) Object.assign(rise, { count, atMs: nowMs });
  return nowMs - rise.atMs < RISEN_MS;
}

function judgeDisk(look: Look): Claim | null {
  const { memory } = look;
  const failedAtMs = lastFailedWrite(look);
  const directory = look.evidence.fullDirectory;
  if (directory === null || look.nowMs - failedAtMs > COMPLAINT_MS) {
    memory.fullSinceMs = null;
    return null;
  }
  memory.fullSinceMs ??= look.nowMs;
  if (look.nowMs - memory.fullSinceMs < FULL_DISK_MS) return null;
  return {
    reason: 'disk_full',
    confidence: 'confirmed',
    sinceMs: memory.fullSinceMs,
    summary: `its writes fail: there is no room left on the file system of ${directory}`,
    processes: [],
    details: { directory },
  };
}

/** When a write failed last, by the kernel's count of calls and of what they wrote, or by what the task says itself. */
function lastFailedWrite(look: Look): number {
  let failedAtMs = look.task.output.noSpaceAtMs ?? Number.NEGATIVE_INFINITY;
  const { writing } = look.memory;
  for (const { pid, writeCalls, writtenChars } of look.evidence.processes) {
    const known = writing.get(pid);
    const hasFailed = known !== undefined && writeCalls > known.calls && writtenChars === known.chars;
    const atMs = hasFailed ? look.nowMs : (known?.failedAtMs ?? null);
    writing.set(pid, { calls: writeCalls, chars: writtenChars, failedAtMs: atMs });
    failedAtMs = Math.max(failedAtMs, atMs ?? Number.NEGATIVE_INFINITY);
  }
  const living = new Set(look.evidence.processes.map(({ pid }) => pid));
  for (const pid of writing.keys()) if (!living.has(pid)) writing.delete(pid);
  return failedAtMs;
}

function judgeCpu(look: Look): Claim | null {
  return judgeThrottled(look) ?? judgeStarved(look);
}

function judgeThrottled(look: Look): Claim | null {
  const use = look.evidence.limits.cpu;
  if (use === undefined) return null;
  const { memory, nowMs } = look;
  memory.throttling = [...memory.throttling, { atMs: nowMs, ...use }].filter(
    ({ atMs }, index, all) =>
      nowMs - atMs <= CPU_WINDOW_MS || index === all.findLastIndex((one) => nowMs - one.atMs > CPU_WINDOW_MS),
  );
  const [first] = memory.throttling;
  if (first === undefined || nowMs - first.atMs < CPU_WINDOW_MS) return null;
  const periods = use.periods - first.periods;
  const share = periods === 0 ? 0 : (use.throttled - first.throttled) / periods;
  if (share < THROTTLED) return null;
  return {
    reason: 'cpu_exhausted',
    confidence: 'suspected',
    sinceMs: first.atMs,
    summary: `its CPU limit held it back in ${Math.round(share * 100)} % of the last ${CPU_WINDOW_MS / 1_000} s`,
    processes: [],
    details: { throttled: share },
  };
}

function judgeStarved(look: Look): Claim | null {
  const starved = look.threads.filter(
    ({ eager, busy }) =>
      eager !== null && busy !== null && eager >= EAGER && (eager - busy) / eager > STARVED,
  );
  if (starved.length === 0) look.memory.starvedSinceMs = null;
  else look.memory.starvedSinceMs ??= look.nowMs;
  const sinceMs = look.memory.starvedSinceMs;
  if (sinceMs === null || look.nowMs - sinceMs < CPU_WINDOW_MS) return null;
  const processes = [...new Set(starved.map(({ pid }) => pid))].map((pid) => nameOf(look, pid));
  return {
    reason: 'cpu_exhausted',
    confidence: 'suspected',
    sinceMs,
    summary: `${listNames(processes)} could run and the host gives it hardly any CPU`,
    processes,
  };
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
