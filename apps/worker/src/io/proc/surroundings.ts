/** Looks for who else holds what the threads of a task wait for: pipes, terminals, sockets, locks, counters. */
import type {
  Holders,
  ProcessEvidence,
  ProcessHabits,
  Surroundings,
  Target,
  ThreadEvidence,
} from '../../core/blocks/evidence.js';
import { readDescriptorInfo, type TaskEnds, terminalOf } from './descriptors.js';
import { type HeldDescriptor, namesOf, Outsiders, pidsOf, readHeld } from './held-descriptors.js';
import { readLockHolders } from './locks.js';
import { readText } from './read.js';
import { readSockets } from './sockets.js';

interface Ends {
  readonly readers: Holders;
  readonly writers: Holders;
}

/**
 * Signals that a program may catch in order to go on, by their numbers: USR1, USR2, ALRM, VTALRM, PROF, IO and the
 * real-time ones. The others are caught to end it well, tell of a child or a window, or are the C library's own (32, 33).
 */
const WAKING_SIGNALS: ReadonlyMap<number, string> = new Map([
  [10, 'SIGUSR1'],
  [12, 'SIGUSR2'],
  [14, 'SIGALRM'],
  [26, 'SIGVTALRM'],
  [27, 'SIGPROF'],
  [29, 'SIGIO'],
  ...Array.from({ length: 31 }, (_, index) => [34 + index, `SIGRTMIN+${index}`] as const),
]);

const SIGTERM = 15;

/** What programs catch for themselves: Node to open its debugger, the JVM to suspend threads, make to begin to explain itself. */
const RUNTIME_SIGNALS: Readonly<Record<string, readonly string[]>> = {
  node: ['SIGUSR1'],
  java: ['SIGUSR1', 'SIGUSR2'],
  make: ['SIGUSR1'],
};

export function readSurroundings(
  threads: readonly ThreadEvidence[],
  processes: readonly ProcessEvidence[],
  ends: TaskEnds,
): Surroundings {
  const targets = threads.flatMap(({ wait }) => (wait.on === 'descriptors' ? wait.targets : []));
  const living = processes.filter(({ isZombie }) => !isZombie);
  const inside = new Set(living.map(({ pid }) => pid));
  const held = [...inside].flatMap(readHeld);
  const outsiders = new Outsiders(inside);
  const files = new Set(threads.flatMap(({ wait }) => (wait.on === 'lock' ? [wait.file] : [])));
  return {
    pipes: Object.fromEntries(idsOf(targets, 'pipe').map((id) => [id, endsOf(id, held, outsiders)])),
    sockets: readSockets(idsOf(targets, 'socket'), held, living),
    locks: Object.fromEntries(
      [...files].map((file) => [
        file,
        readLockHolders(
          threads.filter(({ wait }) => wait.on === 'lock' && wait.file === file).map(({ pid }) => pid),
          held.filter(({ link }) => link === file),
          inside,
          outsiders.holdersOf(file),
        ),
      ]),
    ),
    events: {
      ...Object.fromEntries(idsOf(targets, 'event').map((id) => [id, eventHolders(id, held)])),
      ...Object.fromEntries(
        idsOf(targets, 'terminal').map((id) => [id, terminalHolders(id, held, outsiders, ends)]),
      ),
    },
    habits: Object.fromEntries(living.map((process) => [process.pid, readHabits(process)])),
  };
}

function idsOf(targets: readonly Target[], kind: 'pipe' | 'socket' | 'event' | 'terminal'): string[] {
  return [...new Set(targets.flatMap((target) => (target.kind === kind ? [target.id] : [])))];
}

function endsOf(id: string, held: readonly HeldDescriptor[], outsiders: Outsiders): Ends {
  const inside = held.filter(({ link }) => link === id).map((one) => ({ ...one, ...accessOf(one) }));
  const outside = outsiders.holdersOf(id).map((one) => ({ ...one, ...accessOf(one) }));
  const holders = (access: 'reads' | 'writes'): Holders => ({
    inside: pidsOf(inside.filter((one) => one[access])),
    outside: namesOf(outside.filter((one) => one[access])),
  });
  return { readers: holders('reads'), writers: holders('writes') };
}

function accessOf({ pid, fd }: HeldDescriptor): { reads: boolean; writes: boolean } {
  const flags = /^flags:\s*([0-7]+)/m.exec(readDescriptorInfo(pid, fd))?.[1];
  const mode = flags === undefined ? 2 : Number.parseInt(flags, 8) & 3; // O_RDONLY, O_WRONLY, O_RDWR
  return { reads: mode !== 1, writes: mode !== 0 };
}

function eventHolders(id: string, held: readonly HeldDescriptor[]): Holders {
  const isThis = ({ pid, fd, link }: HeldDescriptor) =>
    link === 'anon_inode:[eventfd]' &&
    (id === `of ${pid}` || new RegExp(`^eventfd-id:\\s*${id}$`, 'm').test(readDescriptorInfo(pid, fd)));
  return { inside: pidsOf(held.filter(isThis)), outside: [] };
}

function terminalHolders(
  id: string,
  held: readonly HeldDescriptor[],
  outsiders: Outsiders,
  ends: TaskEnds,
): Holders {
  const isThis = ({ pid, fd, link }: HeldDescriptor) => terminalOf(pid, fd, link) === id;
  const masters = ['/dev/ptmx', '/dev/pts/ptmx', id].flatMap((link) => outsiders.holdersOf(link));
  return {
    inside: pidsOf(held.filter(isThis)),
    outside: id === ends.terminal ? [] : namesOf(masters.filter(isThis)),
  };
}

function readHabits({ pid, program }: ProcessEvidence): ProcessHabits {
  const mask = /^SigCgt:\s*([0-9a-f]+)/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1] ?? '0';
  const caught = BigInt(`0x${mask}`);
  const own = RUNTIME_SIGNALS[program] ?? [];
  return {
    caughtSignals: [...WAKING_SIGNALS]
      .filter(([number, name]) => (caught >> BigInt(number - 1)) & 1n && !own.includes(name))
      .map(([, name]) => name),
    catchesTermination: ((caught >> BigInt(SIGTERM - 1)) & 1n) === 1n,
    hasTimers: (readText(`/proc/${pid}/timers`) ?? '') !== '',
  };
}
