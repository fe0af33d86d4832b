/** What a thread that does not run waits for, read from its system call, its arguments and its memory. */
import { resolve } from 'node:path';
import type { Target, Wait } from '../../core/blocks/evidence.js';
import { readDescriptor, readEpollTargets, readTargets, type TaskEnds } from './descriptors.js';
import { readLink, readMemory, readText } from './read.js';
import { intOf, numberOf, readSystemCall, type SystemCall } from './system-calls.js';

const FUTEX_COMMANDS = 0x7f;
const FUTEX_PRIVATE = 0x80;
/** FUTEX_WAIT, LOCK_PI, WAIT_BITSET, WAIT_REQUEUE_PI, LOCK_PI2: those that wait, with the time at their fourth argument. */
const FUTEX_WAITS = [0, 6, 9, 11, 13];
/** F_SETLKW and F_OFD_SETLKW. */
const FCNTL_LOCKS = [7, 38];
const POLL_ENTRY_BYTES = 8;
/** POLLIN, POLLPRI, POLLRDHUP. */
const POLL_READING = 0x2003;
const MAX_POLLED = 1_024;
const MAX_PATH_BYTES = 256;
const AT_FDCWD = -100;

/** null where it cannot be read: another user's program, by a set-user-ID bit. */
export function readWait(pid: number, tid: number, state: string, ends: TaskEnds): Wait | null {
  if (state === 'R' || state === 'Z' || state === 'X') return { on: 'nothing' };
  if (state === 'T') return { on: 'continue', signal: null };
  if (state === 't') return tracerWait(pid, tid);
  const call = readSystemCall(pid, tid);
  if (call === null) return null;
  if (call === 'running') return { on: state === 'D' ? 'kernel' : 'nothing' };
  if (state === 'D') return { on: call.name === 'fork' ? 'children' : 'kernel' };
  return waitIn(pid, call, ends);
}

function waitIn(pid: number, { name, number, args }: SystemCall, ends: TaskEnds): Wait {
  const unknown: Wait = { on: 'unknown', call: `system call ${number}` };
  const onDescriptor = (towards: 'read' | 'write'): Wait => {
    return {
      on: 'descriptors',
      towards,
      timeoutMs: null,
      targets: readTargets(pid, intOf(args[0]), towards, ends),
    };
  };
  const onSet = (targets: Target[] | null, timeoutMs: number | null): Wait => {
    if (targets === null) return unknown;
    return { on: 'descriptors', towards: 'read', timeoutMs, targets };
  };
  switch (name) {
    case 'read':
    case 'receive':
    case 'accept':
    case 'connect':
      return onDescriptor('read');
    case 'write':
    case 'send':
      return onDescriptor('write');
    case 'poll':
      return onSet(polled(pid, args, ends), timeoutOf(intOf(args[2])));
    case 'ppoll':
      return onSet(polled(pid, args, ends), readTime(pid, args[2], 1e6));
    case 'select':
      return onSet(selected(pid, args, ends), readTime(pid, args[4], 1e3));
    case 'pselect6':
      return onSet(selected(pid, args, ends), readTime(pid, args[4], 1e6));
    case 'epoll_wait':
      return onSet(readEpollTargets(pid, intOf(args[0]), ends), timeoutOf(intOf(args[3])));
    case 'epoll_pwait2':
      return onSet(readEpollTargets(pid, intOf(args[0]), ends), readTime(pid, args[3], 1e6));
    case 'nanosleep':
    case 'clock_nanosleep':
    case 'restart': // only what is timed, or was interrupted, starts again by this call
      return { on: 'time' };
    case 'pause':
    case 'sigsuspend':
      return { on: 'signal' };
    case 'sigtimedwait':
      return { on: numberOf(args[2]) === 0 ? 'signal' : 'time' };
    case 'wait4':
    case 'waitid':
    case 'fork':
      return { on: 'children' };
    case 'futex':
      return futexWait(pid, args) ?? unknown;
    case 'flock':
      return { on: 'lock', file: readDescriptor(pid, intOf(args[0])) ?? '?' };
    case 'fcntl':
      return FCNTL_LOCKS.includes(intOf(args[1]))
        ? { on: 'lock', file: readDescriptor(pid, intOf(args[0])) ?? '?' }
        : unknown;
    case 'open':
      return { on: 'open', path: readPath(pid, AT_FDCWD, args[0]) };
    case 'openat':
      return { on: 'open', path: readPath(pid, intOf(args[0]), args[1]) };
    default:
      return unknown;
  }
}

function futexWait(pid: number, args: readonly string[]): Wait | null {
  const operation = intOf(args[1]);
  if (!FUTEX_WAITS.includes(operation & FUTEX_COMMANDS)) return null;
  const isPrivate = (operation & FUTEX_PRIVATE) !== 0;
  const sharedBy = isPrivate ? 'process' : futexSharing(pid, numberOf(args[0]));
  return { on: 'futex', sharedBy, isTimed: numberOf(args[3]) !== 0 };
}

/** Who maps the memory that a futex stands in. */
function futexSharing(pid: number, address: number): 'process' | 'tree' | 'host' {
  for (const line of (readText(`/proc/${pid}/maps`) ?? '').split('\n')) {
    const [range = '', mode = '', , , inode = '0', ...path] = line.split(/ +/);
    const [from = '0', to = '0'] = range.split('-');
    if (address < Number.parseInt(from, 16) || address >= Number.parseInt(to, 16)) continue;
    if (mode[3] !== 's' || inode === '0') return 'process';
    // Shared memory without a name passes from parent to child alone; what was unlinked nobody can open any more.
    return path.join(' ').endsWith('(deleted)') ? 'tree' : 'host';
  }
  return 'host';
}

function tracerWait(pid: number, tid: number): Wait {
  const tracer = /^TracerPid:\s*(\d+)/m.exec(readText(`/proc/${pid}/task/${tid}/status`) ?? '')?.[1];
  return { on: 'tracer', pid: Number(tracer ?? 0) };
}

function polled(pid: number, args: readonly string[], ends: TaskEnds): Target[] | null {
  const count = numberOf(args[1]);
  if (count > MAX_POLLED) return null;
  const memory = count === 0 ? Buffer.alloc(0) : readMemory(pid, numberOf(args[0]), count * POLL_ENTRY_BYTES);
  if (memory === null) return null;
  return Array.from({ length: count }, (_, index) => index * POLL_ENTRY_BYTES).flatMap((start) => {
    const fd = memory.readInt32LE(start);
    if (fd < 0) return [];
    const isForReading = (memory.readInt16LE(start + 4) & POLL_READING) !== 0;
    return readTargets(pid, fd, isForReading ? 'read' : 'write', ends);
  });
}

function selected(pid: number, args: readonly string[], ends: TaskEnds): Target[] | null {
  const count = numberOf(args[0]);
  if (count > MAX_POLLED) return null;
  const targets: Target[] = [];
  for (const [arg, towards] of [
    [args[1], 'read'],
    [args[2], 'write'],
    [args[3], 'read'],
  ] as const) {
    if (count === 0 || numberOf(arg) === 0) continue;
    // The kernel works in words of 64 bits, and so do the sets of the C library.
    const set = readMemory(pid, numberOf(arg), Math.ceil(count / 64) * 8);
    if (set === null) return null;
    for (let fd = 0; fd < count; fd++)
      if (((set[fd >> 3] ?? 0) >> (fd & 7)) & 1) targets.push(...readTargets(pid, fd, towards, ends));
  }
  return targets;
}

function timeoutOf(timeoutMs: number): number | null {
  return timeoutMs < 0 ? null : timeoutMs;
}

/** A timespec or timeval at an address: milliseconds; null for no address, which is for ever. */
function readTime(pid: number, arg: string | undefined, unitsPerMs: number): number | null {
  if (numberOf(arg) === 0) return null;
  const memory = readMemory(pid, numberOf(arg), 16);
  if (memory === null) return 0; // it is timed, for how long is not known
  return Number(memory.readBigInt64LE(0)) * 1e3 + Number(memory.readBigInt64LE(8)) / unitsPerMs;
}

function readPath(pid: number, directoryFd: number, arg: string | undefined): string {
  // A path may end right before a page that is not there: what can be read of it shrinks towards its start.
  for (let bytes = MAX_PATH_BYTES; bytes >= 16; bytes /= 2) {
    const memory = readMemory(pid, numberOf(arg), bytes);
    if (memory === null) continue;
    const path = memory.toString('utf8', 0, Math.max(0, memory.indexOf(0)));
    const base = directoryFd === AT_FDCWD ? readLink(`/proc/${pid}/cwd`) : readDescriptor(pid, directoryFd);
    return resolve(base ?? '/', path);
  }
  return '?';
}
