/** What the descriptors of a process lead to. It tells by name and number, and never opens the files themselves. */
import { statSync } from 'node:fs';
import type { Target } from '../../core/blocks/evidence.js';
import { listNames, readLink, readText } from './read.js';

/** How a task's own ends look in `/proc/PID/fd`. */
export interface TaskEnds {
  /** The path of its stdin; null where it has none. */
  readonly input: string | null;
  /** The paths of its stdout and stderr. */
  readonly outputs: readonly string[];
  /** The path of its terminal (`/dev/pts/N`), which is both; null where it has none. */
  readonly terminal: string | null;
}

/** An epoll set may hold another; what lies deeper than this is not told. */
const MAX_EPOLL_DEPTH = 4;
/** A process that waits on more than this is told as waiting on something unknown. */
const MAX_EPOLL_TARGETS = 512;
/** EPOLLIN, EPOLLPRI, EPOLLRDHUP. */
const EPOLL_READING = 0x2003;

const DELETED = ' (deleted)';

/** What a process waits on by descriptor `fd`: one target, or those of an epoll set. */
export function readTargets(pid: number, fd: number, towards: 'read' | 'write', ends: TaskEnds): Target[] {
  return targetsAt(pid, fd, towards, ends, 0);
}

/** What `epoll_wait` on `fd` waits for. */
export function readEpollTargets(pid: number, fd: number, ends: TaskEnds): Target[] {
  return epollTargets(pid, fd, ends, 0);
}

/** What a descriptor leads to, as the kernel names it; that a file was deleted is left out. */
export function readDescriptor(pid: number, fd: number | string): string | null {
  return readLink(`/proc/${pid}/fd/${fd}`)?.replace(/ \(deleted\)$/, '') ?? null;
}

export function listDescriptors(pid: number): string[] | null {
  return listNames(`/proc/${pid}/fd`);
}

/** Fields of `/proc/PID/fdinfo/FD`. */
export function readDescriptorInfo(pid: number, fd: number | string): string {
  return readText(`/proc/${pid}/fdinfo/${fd}`) ?? '';
}

/**
 * The name of a terminal: `/dev/pts/N` for its master's descriptor too; null for what is no terminal. Those of a sandbox
 * that has a /dev/pts of its own are counted anew from 0 there: behind their names stands which one it is.
 */
export function terminalOf(pid: number, fd: number | string, link: string): string | null {
  const index = /^\/dev\/pts\/?(\d+)$/.exec(link)?.[1]; // bubblewrap shows a task its own as /dev/ptsN
  if (index !== undefined) return `/dev/pts/${index}${whichPts(pid, fd)}`;
  if (!/^\/dev\/(pts\/)?ptmx$/.test(link)) return null;
  const master = /^tty-index:\s*(\d+)/m.exec(readDescriptorInfo(pid, fd))?.[1];
  if (master === undefined) return null;
  return `/dev/pts/${master}${link === '/dev/ptmx' ? '' : whichPts(pid, fd)}`; // the host's is no file of its /dev/pts
}

/** Empty for the host's. */
function whichPts(pid: number, fd: number | string): string {
  const there = statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false })?.dev;
  const here = statSync('/dev/pts', { throwIfNoEntry: false })?.dev;
  return there === undefined || there === here ? '' : ` of ${there}`;
}

/** `/dev/pts/N` from the number in `/proc/PID/stat`; null for none, or one of another kind. */
function terminalOfNumber(deviceNumber: number): string | null {
  const major = (deviceNumber >> 8) & 0xfff;
  const minor = (deviceNumber & 0xff) | ((deviceNumber >> 12) & 0xfff00);
  return major >= 136 && major <= 143 ? `/dev/pts/${minor + (major - 136) * 256}` : null; // Documentation/admin-guide/devices.txt
}

function targetsAt(
  pid: number,
  fd: number,
  towards: 'read' | 'write',
  ends: TaskEnds,
  depth: number,
): Target[] {
  const link = readDescriptor(pid, fd);
  if (link === null) return [{ kind: 'unknown', name: `descriptor ${fd}` }];
  if (link.endsWith('[eventpoll]')) return epollTargets(pid, fd, ends, depth + 1);
  return [targetOf(pid, fd, link, towards, ends)];
}

function targetOf(pid: number, fd: number, link: string, towards: 'read' | 'write', ends: TaskEnds): Target {
  if (link === ends.input) return { kind: 'input' };
  if (ends.outputs.includes(link)) return { kind: 'output' };
  const terminal = link === '/dev/tty' ? controllingTerminal(pid) : terminalOf(pid, fd, link);
  if (terminal !== null) {
    if (terminal !== ends.terminal) return { kind: 'terminal', id: terminal };
    return { kind: towards === 'read' ? 'input' : 'output' };
  }
  if (link.startsWith('socket:[')) return { kind: 'socket', id: link.slice(8, -1) };
  if (link.startsWith('anon_inode:')) return anonymousTarget(pid, fd, link.slice('anon_inode:'.length));
  const end = towards === 'read' ? 'writers' : 'readers';
  if (link.startsWith('pipe:[') || (link.startsWith('/') && !link.startsWith('/dev/')))
    return { kind: 'pipe', id: link, end, ...(isNamed(pid, fd) ? { isNamed: true } : {}) };
  return { kind: 'unknown', name: link };
}

/** Whether a pipe has a name by which others can open it: not one that was deleted, which nobody can any more. */
function isNamed(pid: number, fd: number): boolean {
  const link = readLink(`/proc/${pid}/fd/${fd}`) ?? '';
  return link.startsWith('/') && !link.endsWith(DELETED);
}

function anonymousTarget(pid: number, fd: number, name: string): Target {
  const info = readDescriptorInfo(pid, fd);
  const field = (pattern: RegExp) => pattern.exec(info)?.[1];
  switch (name.replace(/[[\]]/g, '')) {
    case 'eventfd':
      return { kind: 'event', id: field(/^eventfd-id:\s*(\d+)/m) ?? `of ${pid}` };
    case 'timerfd':
      return { kind: 'timer', isArmed: field(/^it_value: \((0, 0)\)/m) === undefined };
    case 'signalfd':
      return { kind: 'signals' };
    case 'pidfd':
      return { kind: 'process', pid: Number(field(/^Pid:\s*(-?\d+)/m) ?? -1) };
    case 'inotify':
    case 'fanotify':
      return { kind: 'files' };
    default:
      return { kind: 'unknown', name };
  }
}

function epollTargets(pid: number, fd: number, ends: TaskEnds, depth: number): Target[] {
  const watched = [...readDescriptorInfo(pid, fd).matchAll(/^tfd:\s*(\d+) events:\s*([0-9a-f]+)/gm)];
  if (depth > MAX_EPOLL_DEPTH || watched.length > MAX_EPOLL_TARGETS)
    return [{ kind: 'unknown', name: 'epoll' }];
  return watched.flatMap(([, target, events]) => {
    const isForReading = (Number.parseInt(events ?? '0', 16) & EPOLL_READING) !== 0;
    return targetsAt(pid, Number(target), isForReading ? 'read' : 'write', ends, depth);
  });
}

/** The kernel tells its number alone; which /dev/pts counts so is seen by a standard stream of it or of its session's first process. */
function controllingTerminal(pid: number): string | null {
  const stat = readText(`/proc/${pid}/stat`);
  const [, , , session, number] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const name = number === undefined ? null : terminalOfNumber(Number(number));
  if (name === null) return null;
  for (const holder of [pid, Number(session)]) {
    for (const fd of [0, 1, 2]) {
      const terminal = terminalOf(holder, fd, readDescriptor(holder, fd) ?? '');
      if (terminal?.split(' ')[0] === name) return terminal;
    }
  }
  return name;
}
