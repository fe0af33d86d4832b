/** Reads the kernel's account of processes (Linux, /proc). It reports; what that means is judged elsewhere. */
import { readFileSync } from 'node:fs';
import { listNames, readText } from './read.js';

/** What `/proc/PID/stat` tells. A pid alone may be reused; with `startTicks` it names one process for ever. */
export interface ProcessStat {
  readonly pid: number;
  readonly name: string;
  /** One letter, as in proc(5): R, S, D, T, Z, … */
  readonly state: string;
  /** It is on its way out by itself: its descriptors are closed already, and it runs nothing more. */
  readonly isExiting: boolean;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  /** The foreground group of its controlling terminal, -1 without one. */
  readonly foregroundGroupId: number;
  /** Its controlling terminal, as a device number; 0 without one. */
  readonly terminalNumber: number;
  readonly minorFaults: number;
  /** Its own CPU time, milliseconds. */
  readonly cpuMs: number;
  /** CPU time of its children that it has reaped, milliseconds. */
  readonly reapedCpuMs: number;
  readonly threadCount: number;
  readonly startTicks: number;
  readonly residentBytes: number;
  /** The number of the signal that stopped it, while it is stopped; 0 where the kernel does not tell (before 5.18). */
  readonly stopSignal: number;
}

/** USER_HZ is 100 on every architecture that Node runs on. */
const MS_PER_TICK = 10;
const PAGE_BYTES = 4_096;
/** A process flag of the kernel (include/linux/sched.h). */
const PF_EXITING = 0x4;

/** The process as it is now, or null where there is none (any more). */
export function readProcess(pid: number): ProcessStat | null {
  const text = readText(`/proc/${pid}/stat`);
  const stat = text === null ? null : parseStat(pid, text);
  // What is told is of the first thread: it may have ended by itself, and the others go on.
  const mayLiveOn = stat !== null && stat.isExiting && stat.threadCount > 1;
  return mayLiveOn && hasLivingThread(pid) ? { ...stat, isExiting: false } : stat;
}

/** The same of one that is there. Throws NodeJS.ErrnoException where it is not, or cannot be read, as for want of a descriptor. */
export function requireProcess(pid: number): ProcessStat {
  return parseStat(pid, readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

function hasLivingThread(pid: number): boolean {
  const threads = listNames(`/proc/${pid}/task`) ?? [];
  return threads.some((tid) => readThread(pid, Number(tid))?.isExiting === false);
}

/** The same of one of its threads. */
export function readThread(pid: number, tid: number): ProcessStat | null {
  const text = readText(`/proc/${pid}/task/${tid}/stat`);
  return text === null ? null : parseStat(pid, text);
}

function parseStat(pid: number, text: string): ProcessStat {
  const nameEnd = text.lastIndexOf(')'); // the name may hold anything, also blanks and brackets
  const fields = text.slice(nameEnd + 2).split(' ');
  const number = (index: number) => Number(fields[index]);
  return {
    pid,
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    state: fields[0] ?? '?',
    isExiting: (number(6) & PF_EXITING) !== 0,
    parentPid: number(1),
    groupId: number(2),
    sessionId: number(3),
    foregroundGroupId: number(5),
    terminalNumber: number(4),
    minorFaults: number(7),
    cpuMs: (number(11) + number(12)) * MS_PER_TICK,
    reapedCpuMs: (number(13) + number(14)) * MS_PER_TICK,
    threadCount: number(17),
    startTicks: number(19),
    residentBytes: number(21) * PAGE_BYTES,
    stopSignal: fields[0] === 'T' ? number(49) & 0x7f : 0,
  };
}

/** The children of every thread of a process. */
export function readChildren(pid: number): number[] {
  const threads = listNames(`/proc/${pid}/task`) ?? [];
  return threads.flatMap((thread) =>
    (readText(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

/** The first child of a process of one thread. Throws NodeJS.ErrnoException: ESRCH where it has none. */
export function requireChild(pid: number): number {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  if (!child) throw Object.assign(new Error(`process ${pid} has no child`), { code: 'ESRCH' });
  return Number(child);
}

/** All processes below `pid`, without itself; zombies left out, since they hold and run nothing. */
export function readDescendants(pid: number): ProcessStat[] {
  const found = new Map<number, ProcessStat>();
  const waiting = readChildren(pid);
  for (let child = waiting.pop(); child !== undefined; child = waiting.pop()) {
    if (found.has(child)) continue;
    const stat = readProcess(child);
    if (stat === null) continue;
    found.set(child, stat);
    waiting.push(...readChildren(child));
  }
  return [...found.values()].filter(isAlive);
}

/** A process whose first thread has ended shows as a zombie while its others live. */
export function isAlive({ state, threadCount }: ProcessStat): boolean {
  return state !== 'Z' || threadCount > 1;
}

/** Whether the environment that a process was started with holds `entry` (NAME=VALUE). False where it cannot be read. */
export function hasEnvironmentEntry({ pid, state }: ProcessStat, entry: string): boolean {
  // A first thread that has ended has none any more; the others of its process still do.
  const others =
    state === 'Z' ? (listNames(`/proc/${pid}/task`) ?? []).filter((tid) => tid !== String(pid)) : [];
  const paths =
    state === 'Z' ? others.map((tid) => `/proc/${pid}/task/${tid}/environ`) : [`/proc/${pid}/environ`];
  return paths.some((path) => readText(path)?.split('\0').includes(entry));
}

/** Bytes that a process caused to be written to disk so far; 0 where it cannot be read. */
export function readWrittenBytes(pid: number): number {
  return Number(/^write_bytes: (\d+)/m.exec(readText(`/proc/${pid}/io`) ?? '')?.[1] ?? 0);
}
