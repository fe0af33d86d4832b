/** The system calls that a thread can be seen waiting in, by number, for each architecture that is known. */
import { arch } from 'node:process';
import { readText } from './read.js';

export type CallName =
  | 'read'
  | 'write'
  | 'receive'
  | 'send'
  | 'accept'
  | 'connect'
  | 'poll'
  | 'ppoll'
  | 'select'
  | 'pselect6'
  | 'epoll_wait'
  | 'epoll_pwait2'
  | 'pause'
  | 'sigsuspend'
  | 'sigtimedwait'
  | 'nanosleep'
  | 'clock_nanosleep'
  | 'restart'
  | 'wait4'
  | 'waitid'
  | 'futex'
  | 'flock'
  | 'fcntl'
  | 'open'
  | 'openat'
  | 'fork';

/** From arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux. */
// biome-ignore format: a table
const NUMBERS: Readonly<Record<string, Readonly<Record<number, CallName>>>> = {
  x64: {
    0: 'read', 1: 'write', 2: 'open', 7: 'poll', 17: 'read', 18: 'write', 19: 'read', 20: 'write', 23: 'select',
    34: 'pause', 35: 'nanosleep', 42: 'connect', 43: 'accept', 44: 'send', 45: 'receive', 46: 'send',
    47: 'receive', 56: 'fork', 57: 'fork', 58: 'fork', 61: 'wait4', 72: 'fcntl', 73: 'flock', 128: 'sigtimedwait',
    130: 'sigsuspend', 202: 'futex', 219: 'restart', 230: 'clock_nanosleep', 232: 'epoll_wait', 247: 'waitid',
    257: 'openat', 270: 'pselect6', 271: 'ppoll', 281: 'epoll_wait', 288: 'accept', 295: 'read', 296: 'write',
    299: 'receive', 307: 'send', 435: 'fork', 441: 'epoll_pwait2',
  },
  arm64: {
    22: 'epoll_wait', 25: 'fcntl', 32: 'flock', 56: 'openat', 63: 'read', 64: 'write', 65: 'read', 66: 'write',
    67: 'read', 68: 'write', 69: 'read', 70: 'write', 72: 'pselect6', 73: 'ppoll', 95: 'waitid', 98: 'futex',
    101: 'nanosleep', 115: 'clock_nanosleep', 128: 'restart', 133: 'sigsuspend', 137: 'sigtimedwait',
    202: 'accept', 203: 'connect', 206: 'send', 207: 'receive', 211: 'send', 212: 'receive', 220: 'fork',
    242: 'accept', 243: 'receive', 260: 'wait4', 269: 'send', 435: 'fork', 441: 'epoll_pwait2',
  },
};

const CALLS = NUMBERS[arch];

export interface SystemCall {
  /** null where the number is none of those above. */
  readonly name: CallName | null;
  readonly number: number;
  /** As the kernel prints them: `0x` and hex digits. */
  readonly args: readonly string[];
}

/** The call that a sleeping thread is in; `running` where it is not in one; null where it cannot be read. */
export function readSystemCall(pid: number, tid: number): SystemCall | 'running' | null {
  const text = readText(`/proc/${pid}/task/${tid}/syscall`)?.trim();
  if (text === undefined || text === '') return null;
  const [first = '', ...rest] = text.split(' ');
  if (first === 'running' || first === '-1') return 'running';
  const [args, [stackPointer = '0x0']] = [rest.slice(0, 6), rest.slice(6)];
  // A 32-bit program numbers its calls otherwise; its stack lies below 4 GiB.
  const is32Bit = stackPointer.length <= '0xffffffff'.length;
  const name = is32Bit ? null : (CALLS?.[Number(first)] ?? null);
  return { name, number: Number(first), args };
}

/** An argument that is an address, a size or a descriptor that is not negative. */
export function numberOf(arg: string | undefined): number {
  return Number(arg ?? 0);
}

/** An argument that is a C int: its upper half is noise. */
export function intOf(arg: string | undefined): number {
  return Number.parseInt((arg ?? '0x0').slice(2).slice(-8), 16) | 0;
}
