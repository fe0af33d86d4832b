/** Whether nothing in a task can ever run again, or only by the grace of somebody outside. */
import type { Surroundings, ThreadEvidence, Wait } from './evidence.js';
import { type Claim, type Look, listNames, nameOf } from './look.js';
import { SOURCE, type WakeSources } from './wake-sources.js';

/** So long must no thread of the tree have been scheduled. */
const STILL_MS = 2_500;
/** A standstill that only a signal from outside could end. */
const STILL_SUSPECTED_MS = 6_000;
/** A peer or a lock's holder outside may take so long without being suspected. */
const PATIENCE_MS = 8_000;
/** No message grows with the size of the tree. */
const MAX_THREADS_TOLD = 32;

export function judgeStandstill(look: Look, sources: WakeSources): (Claim | null)[] {
  const { threads } = look;
  if (threads.length === 0) return [];
  const stillMs = Math.min(...threads.map((thread) => thread.stillMs));
  const stopped = threads.filter(({ wait }) => wait.on === 'continue');
  if (stopped.length > 0) return [judgeStopped(look, stopped, stillMs, sources)];
  return [judgeDeadlock(look, stillMs, sources), judgeOutside(look, sources)];
}

function judgeStopped(
  look: Look,
  stopped: readonly ThreadEvidence[],
  stillMs: number,
  sources: WakeSources,
): Claim | null {
  const stoppedMs = Math.max(...stopped.map((thread) => thread.stillMs));
  if (stoppedMs < STILL_MS) return null;
  const processes = processesOf(look, stopped);
  const signals = look.threads.flatMap(({ wait }) => (wait.on === 'continue' ? [wait.signal] : []));
  const signal = signals.find((name) => name !== null) ?? null;
  const claim = (confidence: Claim['confidence']): Claim => ({
    reason: 'stopped',
    confidence,
    sinceMs: look.nowMs - stoppedMs,
    summary: `${listNames(processes)} ${processes.length > 1 ? 'are' : 'is'} stopped${signal === null ? '' : ` by ${signal}`}`,
    processes,
    details: signal === null ? {} : { signal },
  });
  // Whoever of the task still goes on may also let them go on.
  const mayGoOn = SOURCE.running | SOURCE.time | SOURCE.input | SOURCE.serving;
  if ((sources.all & mayGoOn) !== 0 || stillMs < STILL_MS) return claim('suspected');
  const { surroundings } = look.evidence;
  if (surroundings === null) return claim('unsure');
  return claim(isClosed(look, surroundings, sources) ? 'confirmed' : 'suspected');
}

function judgeDeadlock(look: Look, stillMs: number, sources: WakeSources): Claim | null {
  const open = SOURCE.running | SOURCE.time | SOURCE.input | SOURCE.reader | SOURCE.serving;
  if (stillMs < STILL_MS || (sources.all & open) !== 0) return null;
  const zombies = look.evidence.processes.filter(
    ({ isZombie, parentPid }) => isZombie && look.threads.some(({ pid }) => pid === parentPid),
  );
  const processes = processesOf(look, look.threads);
  const claim = (confidence: Claim['confidence']): Claim => ({
    reason: zombies.length > 0 ? 'zombie' : 'deadlock',
    confidence,
    sinceMs: look.nowMs - stillMs,
    summary:
      zombies.length > 0
        ? `${listNames(zombies)} ended, and ${listNames(processes)}, which should take note of it, is blocked for ever`
        : `${listNames(processes)} ${processes.length > 1 ? 'wait for each other' : 'waits for itself'}: no thread can run again`,
    processes,
    details: { threads: tellThreads(look.threads) },
  });
  const { surroundings } = look.evidence;
  if (surroundings === null) return claim('unsure');
  if (isClosed(look, surroundings, sources)) return claim('confirmed');
  const isOnlySignal = (sources.all & ~SOURCE.signal) === 0;
  return isOnlySignal && stillMs >= STILL_SUSPECTED_MS ? claim('suspected') : null;
}

/** A wait for a peer or a lock's holder that the task does not hold: it may end, or never. */
function judgeOutside(look: Look, sources: WakeSources): Claim | null {
  const patienceMs = Math.max(PATIENCE_MS, look.task.expectQuietMs ?? 0);
  const quietMs = look.nowMs - look.memory.quietSinceMs;
  if (quietMs < patienceMs || look.task.kind === 'service') return null;
  if ((sources.all & (SOURCE.running | SOURCE.serving | SOURCE.input)) !== 0) return null;
  // A timer of a process that waits for nothing outside goes on by itself.
  const isOwnTimer = ({ wait }: ThreadEvidence) =>
    wait.on === 'time' || (wait.on === 'futex' && wait.isTimed);
  const waiting = look.threads.flatMap(({ pid, wait }) => (isOuterWait(wait) ? [{ pid, wait }] : []));
  const waiters = new Set(waiting.map(({ pid }) => pid));
  if (look.threads.some((thread) => isOwnTimer(thread) && !waiters.has(thread.pid))) return null;
  const [first] = waiting;
  if (first === undefined) return null;
  const sinceMs = look.memory.quietSinceMs;
  const isLock = first.wait.on === 'lock';
  const reason = isLock ? 'lock_wait' : 'network_wait';
  const processes = processesOf(look, [first]);
  const { surroundings } = look.evidence;
  if (surroundings === null) return { reason, confidence: 'unsure', sinceMs, summary: '', processes };
  const beyond = namesBeyond(surroundings, first.wait);
  if (beyond.length === 0) return null;
  const summary = isLock
    ? `${listNames(processes)} waits for a lock of ${beyond.join(', ')}`
    : `${listNames(processes)} waits for ${beyond.join(', ')}, which sends nothing`;
  return {
    reason,
    confidence: 'suspected',
    sinceMs,
    summary,
    processes,
    details: isLock ? { holders: beyond } : { peers: beyond },
  };
}

type OuterWait = Extract<Wait, { on: 'lock' | 'descriptors' }>;

function isOuterWait(wait: Wait): wait is OuterWait {
  return (
    wait.on === 'lock' || (wait.on === 'descriptors' && wait.targets.some(({ kind }) => kind === 'socket'))
  );
}

function namesBeyond(surroundings: Surroundings, wait: OuterWait): string[] {
  if (wait.on === 'lock') return [...(surroundings.locks[wait.file]?.outside ?? [])];
  return wait.targets.flatMap((target) => {
    const socket = target.kind === 'socket' ? surroundings.sockets[target.id] : undefined;
    return socket?.kind === 'outside' ? [socket.peer] : [];
  });
}

/** Nothing is left from where a wake-up could come: no source, no signal that is caught, no timer, nothing unread. */
function isClosed(look: Look, surroundings: Surroundings, sources: WakeSources): boolean {
  const { unreadable } = look.evidence;
  const habits = look.evidence.processes.map(({ pid }) => surroundings.habits[pid]);
  const mayBeWoken = habits.some(
    (habit) => habit?.hasTimers === true || (habit?.caughtSignals.length ?? 0) > 0,
  );
  return sources.all === 0 && unreadable.length === 0 && !mayBeWoken;
}

function processesOf(
  look: Look,
  threads: readonly { readonly pid: number }[],
): { pid: number; name: string }[] {
  return [...new Set(threads.map(({ pid }) => pid))].map((pid) => nameOf(look, pid));
}

/** What each thread waits for: with it an agent finds the place. */
export function tellThreads(threads: readonly ThreadEvidence[]): Record<string, unknown>[] {
  return threads
    .slice(0, MAX_THREADS_TOLD)
    .map(({ pid, tid, name, wait }) => ({ pid, tid, name, waitsFor: tellWait(wait) }));
}

function tellWait(wait: Wait): string {
  switch (wait.on) {
    case 'nothing':
      return 'nothing: it runs';
    case 'time':
      return 'a time';
    case 'kernel':
      return 'the kernel';
    case 'children':
      return 'a child process';
    case 'futex':
      return wait.sharedBy === 'process' ? 'another thread (futex)' : 'a lock in shared memory (futex)';
    case 'signal':
      return 'a signal';
    case 'lock':
      return `the lock of ${wait.file}`;
    case 'open':
      return `somebody to open the other end of ${wait.path}`;
    case 'continue':
      return 'SIGCONT';
    case 'tracer':
      return `its debugger (pid ${wait.pid})`;
    case 'unknown':
      return wait.call;
    case 'descriptors':
      return `${wait.towards === 'read' ? 'data from' : 'room in'} ${wait.targets.map(tellTarget).join(', ')}`;
  }
}

function tellTarget(target: { readonly kind: string; readonly id?: string }): string {
  return target.id === undefined ? target.kind : `${target.kind} ${target.id}`;
}
