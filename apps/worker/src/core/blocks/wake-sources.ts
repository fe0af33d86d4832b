/**
 * What could ever make each thread of a task go on. A thread is woken by what it waits for, or by whoever can bring
 * that about; who is blocked himself brings it about only when something wakes him. Followed to its end, this leaves the
 * sources from which a wake-up can come at all. A thread without any can never run again.
 */
import type { Evidence, Holders, Target, ThreadEvidence } from './evidence.js';

/** Sources, as bits of a set. */
export const SOURCE = {
  /** It runs, or the kernel is at work for it. */
  running: 1,
  /** A timer or a timeout. */
  time: 2,
  /** The task's input, which the worker alone can feed. */
  input: 4,
  /** The reader of the task's output, which is the worker. */
  reader: 8,
  /** A listening socket, or watched files: it serves. */
  serving: 16,
  /** A peer, or the holder of a pipe, outside the task. */
  outside: 32,
  /** The holder of a lock, outside the task. */
  lock: 64,
  /** A signal that it catches, or a FIFO with a name: anybody may come and send something. */
  signal: 128,
  /** It cannot be told. */
  unknown: 256,
} as const;

/** Sets of `SOURCE`, as a sum of bits. */
export type Sources = number;

export interface WakeSources {
  /** Of all threads of a process. */
  ofProcess(pid: number): Sources;
  /** Of the whole task. */
  readonly all: Sources;
}

/** What a thread waits for by itself: sources, and processes that could bring it about. */
interface Direct {
  readonly sources: Sources;
  readonly wakers: readonly number[] | 'anyone';
}

/** The same of what it has a descriptor of: who could bring that about is always known. */
interface Held extends Direct {
  readonly wakers: readonly number[];
}

/** @param threads those that count; the evidence's own, but for what a runtime keeps for itself. */
export function findWakeSources(evidence: Evidence, threads: readonly ThreadEvidence[]): WakeSources {
  const family = new Family(evidence);
  const directs = new Map(threads.map((thread) => [thread, family.direct(thread)]));
  const byProcess = new Map<number, Sources>();
  const gather = ({ sources, wakers }: Direct): Sources => {
    const pids = wakers === 'anyone' ? byProcess.keys() : wakers;
    let sum = sources;
    for (const pid of pids) sum |= byProcess.get(pid) ?? 0;
    return sum;
  };
  // Sets only grow, so this ends: at the least sets that agree with each other.
  for (let hasGrown = true; hasGrown; ) {
    hasGrown = false;
    for (const [{ pid }, direct] of directs) {
      const before = byProcess.get(pid) ?? 0;
      const after = before | gather(direct);
      if (after === before) continue;
      byProcess.set(pid, after);
      hasGrown = true;
    }
  }
  let all = 0;
  for (const sources of byProcess.values()) all |= sources;
  return { ofProcess: (pid) => byProcess.get(pid) ?? 0, all };
}

class Family {
  readonly #evidence: Evidence;
  readonly #children = new Map<number, number[]>();

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    for (const { pid, parentPid } of evidence.processes) {
      const siblings = this.#children.get(parentPid);
      if (siblings === undefined) this.#children.set(parentPid, [pid]);
      else siblings.push(pid);
    }
  }

  direct(thread: ThreadEvidence): Direct {
    const { wait, pid } = thread;
    const none: Direct = { sources: 0, wakers: [] };
    switch (wait.on) {
      case 'nothing':
      case 'kernel':
        return { ...none, sources: SOURCE.running };
      case 'time':
        return { ...none, sources: SOURCE.time };
      case 'unknown':
        return { ...none, sources: SOURCE.unknown };
      case 'children': {
        // Without any it would not wait: what is seen is half of a change.
        const children = this.#children.get(pid) ?? [];
        return { sources: children.length === 0 ? SOURCE.running : 0, wakers: children };
      }
      case 'futex':
        return this.#futex(wait);
      case 'signal':
        return { sources: this.#signals(pid), wakers: this.#children.get(pid) ?? [] };
      case 'lock': {
        const holders = this.#evidence.surroundings?.locks[wait.file];
        return this.#held(holders, SOURCE.lock);
      }
      case 'open':
      case 'continue':
        return { sources: 0, wakers: 'anyone' };
      case 'tracer':
        return this.#process(wait.pid);
      case 'descriptors':
        return this.#descriptors(wait.targets, wait.timeoutMs, pid);
    }
  }

  #futex(wait: { sharedBy: 'process' | 'tree' | 'host'; isTimed: boolean }): Direct {
    const sources = (wait.isTimed ? SOURCE.time : 0) | (wait.sharedBy === 'host' ? SOURCE.unknown : 0);
    return { sources, wakers: wait.sharedBy === 'process' ? [] : 'anyone' }; // its own process's are its own anyhow
  }

  /** A signal that somebody waits for may come from anywhere, unless all that it can be is a child's end. */
  #signals(pid: number): Sources {
    const hasChildren = (this.#children.get(pid) ?? []).length > 0;
    return hasChildren ? 0 : SOURCE.signal;
  }

  #descriptors(targets: readonly Target[], timeoutMs: number | null, pid: number): Direct {
    let sources = timeoutMs === null ? 0 : SOURCE.time;
    const wakers: number[] = [];
    for (const target of targets) {
      const direct = this.#target(target, pid);
      sources |= direct.sources;
      wakers.push(...direct.wakers);
    }
    return { sources, wakers };
  }

  #target(target: Target, pid: number): Held {
    const none: Held = { sources: 0, wakers: [] };
    const { surroundings } = this.#evidence;
    switch (target.kind) {
      case 'input':
        return { ...none, sources: SOURCE.input };
      case 'output':
        return { ...none, sources: SOURCE.reader };
      case 'files':
        return { ...none, sources: SOURCE.serving };
      case 'timer':
        return { ...none, sources: target.isArmed ? SOURCE.time : 0 };
      case 'signals':
        return { sources: this.#signals(pid), wakers: this.#children.get(pid) ?? [] };
      case 'process':
        return this.#process(target.pid);
      case 'pipe':
        return this.#pipe(surroundings?.pipes[target.id]?.[target.end], target.isNamed === true);
      case 'event':
      case 'terminal':
        return this.#held(surroundings?.events[target.id], SOURCE.outside);
      case 'socket': {
        const socket = surroundings?.sockets[target.id];
        if (socket?.kind === 'inside') return { sources: 0, wakers: socket.pids };
        if (socket === undefined) return { ...none, sources: SOURCE.unknown };
        return { ...none, sources: socket.kind === 'listening' ? SOURCE.serving : SOURCE.outside };
      }
      case 'unknown':
        return { ...none, sources: SOURCE.unknown };
    }
  }

  #pipe(holders: Holders | undefined, isNamed: boolean): Held {
    const direct = this.#held(holders, SOURCE.outside);
    return isNamed ? { ...direct, sources: direct.sources | SOURCE.signal } : direct;
  }

  #held(holders: Holders | undefined, beyond: Sources): Held {
    if (holders === undefined) return { sources: SOURCE.unknown, wakers: [] };
    return { sources: holders.outside.length > 0 ? beyond : 0, wakers: holders.inside };
  }

  #process(pid: number): Held {
    const isInside = this.#evidence.processes.some((process) => process.pid === pid);
    return isInside ? { sources: 0, wakers: [pid] } : { sources: SOURCE.outside, wakers: [] };
  }
}
