/** One process of a task between samples: what has not run since the last look is not read again. */
import { constants } from 'node:os';
import { basename } from 'node:path';
import type { ProcessEvidence, ThreadEvidence, Wait } from '../../core/blocks/evidence.js';
import type { TaskEnds } from './descriptors.js';
import { KeptFile } from './kept-file.js';
import { type ProcessStat, readChildren, readProcess, readThread } from './process-stat.js';
import { listNames, readLink, readText } from './read.js';
import { readWait } from './waits.js';

interface KnownThread {
  readonly tid: number;
  readonly times: KeptFile;
  name: string;
  wait: Wait;
  /** It has ended and is still listed: a process's first thread is, until the last one ends. */
  isDead: boolean;
  ranNs: number;
  queuedNs: number;
  switches: number;
  /** When it was last seen to have been scheduled, on the worker's clock. */
  ranAtMs: number;
  busy: number | null;
  eager: number | null;
  switchesPerSecond: number;
}

/** Shares of less time than this say nothing. */
const MIN_ELAPSED_MS = 20;
const SIGNAL_OF_NUMBER = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

export class KnownProcess {
  readonly pid: number;
  readonly #ends: TaskEnds;
  readonly #threads = new Map<number, KnownThread>();
  readonly #startTicks: number;
  #stat: ProcessStat;
  #program: string;
  #io = { bytes: 0, writeCalls: 0, writtenChars: 0, diskBytes: 0 };
  #children: readonly number[] = [];
  #lookedAtMs = 0;
  /** Whether the last look found that any of it had run since the one before. */
  hasRun = true;
  /** What of it could not be read at the last look. */
  unreadable: string[] = [];

  constructor(stat: ProcessStat, ends: TaskEnds) {
    this.pid = stat.pid;
    this.#ends = ends;
    this.#stat = stat;
    this.#startTicks = stat.startTicks;
    this.#program = stat.name;
  }

  /** Reads what changed. False where the process is gone. */
  look(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#lookedAtMs;
    const isFirst = this.#lookedAtMs === 0;
    this.#lookedAtMs = nowMs;
    const changed = isFirst ? null : this.#changedThreads(nowMs, elapsedMs);
    this.hasRun = changed === null || changed.length > 0;
    if (changed !== null && changed.length === 0 && !this.#isZombie) return true;
    return this.#readAll(nowMs, changed ?? []);
  }

  /** Whether its wait can no longer be trusted: descriptors change hands without those who wait. */
  refreshWaits(): void {
    this.unreadable = [];
    for (const thread of this.#threads.values()) this.#readThread(thread);
  }

  /** Call it when it is looked at no more. */
  close(): void {
    for (const { times } of this.#threads.values()) times.close();
  }

  get children(): readonly number[] {
    return this.#children;
  }

  /** A process that others of the task can be reparented to, so that it gets children without running. */
  refreshChildren(): void {
    this.#children = readChildren(this.pid);
  }

  get process(): ProcessEvidence {
    const { parentPid, name, residentBytes, minorFaults } = this.#stat;
    return {
      pid: this.pid,
      parentPid,
      name,
      program: this.#program,
      isZombie: this.#isZombie,
      residentBytes,
      minorFaults,
      ioBytes: this.#io.bytes,
      writeCalls: this.#io.writeCalls,
      writtenChars: this.#io.writtenChars,
      diskBytes: this.#io.diskBytes,
    };
  }

  threads(nowMs: number): ThreadEvidence[] {
    if (this.#isZombie) return [];
    const living = [...this.#threads.values()].filter(({ isDead }) => !isDead);
    return living.map(({ tid, name, wait, ranAtMs, busy, eager, switchesPerSecond }) => ({
      pid: this.pid,
      tid,
      name,
      stillMs: nowMs - ranAtMs,
      busy,
      eager,
      switchesPerSecond,
      wait,
    }));
  }

  get #isZombie(): boolean {
    return this.#stat.state === 'Z' && this.#threads.size <= 1;
  }

  /** Threads that were scheduled since the last look; those that are gone are forgotten, and count as such. */
  #changedThreads(nowMs: number, elapsedMs: number): (KnownThread | null)[] {
    const changed: (KnownThread | null)[] = [];
    for (const thread of this.#threads.values()) {
      const times = readTimes(thread.times);
      if (times === null) {
        this.#threads.delete(thread.tid);
        changed.push(null);
        continue;
      }
      const [ranNs, queuedNs, switches] = times;
      const hasRun = ranNs !== thread.ranNs || switches !== thread.switches || queuedNs !== thread.queuedNs;
      if (elapsedMs >= MIN_ELAPSED_MS) {
        thread.busy = (ranNs - thread.ranNs) / 1e6 / elapsedMs;
        thread.eager = thread.busy + (queuedNs - thread.queuedNs) / 1e6 / elapsedMs;
        thread.switchesPerSecond = ((switches - thread.switches) / elapsedMs) * 1_000;
      }
      Object.assign(thread, { ranNs, queuedNs, switches });
      if (hasRun) thread.ranAtMs = nowMs;
      if (hasRun || (thread.wait.on === 'nothing' && !thread.isDead)) changed.push(thread);
    }
    return changed;
  }

  #readAll(nowMs: number, changed: readonly (KnownThread | null)[]): boolean {
    const stat = readProcess(this.pid);
    if (stat === null || stat.startTicks !== this.#startTicks) return false;
    const hasNewProgram = stat.name !== this.#stat.name || this.#threads.size === 0;
    this.#stat = stat;
    this.unreadable = [];
    for (const name of listNames(`/proc/${this.pid}/task`) ?? []) this.#meetThread(Number(name), nowMs);
    if (this.#isZombie) return true;
    for (const thread of changed) if (thread !== null) this.#readThread(thread);
    if (hasNewProgram) this.#program = basename(readLink(`/proc/${this.pid}/exe`) ?? stat.name);
    this.#readIo();
    this.#children = readChildren(this.pid);
    return true;
  }

  #meetThread(tid: number, nowMs: number): void {
    if (this.#threads.has(tid)) return;
    const file = new KeptFile(`/proc/${this.pid}/task/${tid}/schedstat`);
    const times = readTimes(file);
    if (times === null) return;
    const [ranNs, queuedNs, switches] = times;
    const rates = { busy: null, eager: null, switchesPerSecond: 0 };
    const thread: KnownThread = {
      tid,
      times: file,
      name: '?',
      wait: { on: 'nothing' },
      isDead: false,
      ranNs,
      queuedNs,
      switches,
      ranAtMs: nowMs,
      ...rates,
    };
    this.#threads.set(tid, thread);
    this.#readThread(thread);
  }

  #readThread(thread: KnownThread): void {
    const stat = readThread(this.pid, thread.tid);
    if (stat === null) return; // it is gone, which the next look tells
    thread.name = stat.name;
    thread.isDead = stat.state === 'Z' || stat.state === 'X';
    // On its way out it is at work, whatever it was in before.
    const wait: Wait | null = stat.isExiting
      ? { on: 'nothing' }
      : readWait(this.pid, thread.tid, stat.state, this.#ends);
    if (wait === null) this.unreadable.push(`${thread.name} (pid ${this.pid})`);
    thread.wait = wait ?? { on: 'unknown', call: 'unreadable' };
    if (thread.wait.on === 'continue')
      thread.wait = { on: 'continue', signal: SIGNAL_OF_NUMBER.get(this.#stat.stopSignal) ?? null };
  }

  #readIo(): void {
    const text = readText(`/proc/${this.pid}/io`);
    if (text === null) return;
    const numbers = [...text.matchAll(/: (\d+)$/gm)].map(([, digits]) => Number(digits));
    const [readChars = 0, writtenChars = 0, , writeCalls = 0, , diskBytes = 0] = numbers;
    this.#io = { bytes: readChars + writtenChars, writeCalls, writtenChars, diskBytes };
  }
}

/** CPU time, time in the run queue (both ns), and how often it was given a CPU. */
function readTimes(file: KeptFile): [number, number, number] | null {
  const text = file.read();
  if (text === null) return null;
  const [ran, queued, switches] = text.trim().split(' ').map(Number);
  return ran === undefined || queued === undefined || switches === undefined ? null : [ran, queued, switches];
}
