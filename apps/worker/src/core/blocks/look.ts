/** One look at a task: what the kernel showed, what is known of its output and input, and what earlier looks left. */
import type { BlockReason } from '@sandcrew/protocol';
import type { Evidence, ThreadEvidence } from './evidence.js';
import type { OutputWatch } from './output-watch.js';

export interface Look {
  readonly nowMs: number;
  readonly evidence: Evidence;
  /** Threads that count: those that a runtime keeps for itself left out. */
  readonly threads: readonly ThreadEvidence[];
  readonly task: TaskFacts;
  readonly memory: Memory;
}

export interface TaskFacts {
  readonly kind: 'batch' | 'service' | 'interactive';
  /** What the caller said of its silence, milliseconds; null for nothing. */
  readonly expectQuietMs: number | null;
  readonly output: OutputWatch;
  readonly input: InputFacts;
}

export interface InputFacts {
  /** Whether more may come. */
  readonly isOpen: boolean;
  /** Whether somebody has said that there will be input. */
  readonly isFeederThere: boolean;
  /** When something came last, on the worker's clock: its start, where nothing did. */
  readonly fedAtMs: number;
  readonly longestGapMs: number;
}

/** What is true of a task now that speaks for a block. */
export interface Claim {
  readonly reason: BlockReason;
  /** `unsure` needs a closer look, and says nothing by itself: what was claimed of this reason before still stands. */
  readonly confidence: 'confirmed' | 'suspected' | 'unsure';
  /** An unsure claim that the stacks of its processes can prove, by the word of their runtime. */
  readonly proof?: 'stacks';
  /** Since when, on the worker's clock. */
  readonly sinceMs: number;
  readonly summary: string;
  readonly processes: readonly { readonly pid: number; readonly name: string }[];
  /** What the reason adds to the evidence on the wire. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What is remembered from look to look, by the rule that does. */
export interface Memory {
  /** Since when the task neither wrote, read, nor used a CPU to speak of, by any look. */
  quietSinceMs: number;
  ioBytes: number;
  outputBytes: number;
  /** Processes that the last look saw. A new one is work. */
  met: ReadonlySet<number>;
  metAtMs: number;
  /** Processes with a thread that wants a CPU all the time. */
  readonly hot: Map<number, HotProcess>;
  /** As what a loop was told first: that its threads take turns does not make it another. */
  spinning: 'infinite_loop' | 'livelock' | null;
  /** Threads that poll their input with a timeout. */
  readonly polling: Map<number, { sinceMs: number; outputBytes: number; returns: number }>;
  memoryUse: { readonly atMs: number; readonly bytes: number }[];
  memoryGrowingSinceMs: number | null;
  /** Processes that the kernel ended for the memory limit, and those that it refused. */
  readonly kills: Rise;
  readonly refusals: Rise;
  fullSinceMs: number | null;
  readonly writing: Map<number, { calls: number; chars: number; failedAtMs: number | null }>;
  throttling: { readonly atMs: number; readonly periods: number; readonly throttled: number }[];
  starvedSinceMs: number | null;
  flood: { readonly sinceMs: number; readonly bytes: number; readonly lines: number } | null;
}

/** A count that only grows, and when it last did. */
export interface Rise {
  count: number;
  atMs: number;
}

export interface HotProcess {
  readonly sinceMs: number;
  readonly ioBytes: number;
  readonly minorFaults: number;
  /** Looks in a row at which it was not hot. */
  misses: number;
  looks: number;
  /** By thread: the sum of its shares of the time, over these looks. */
  readonly shares: Map<number, number>;
}

export function createMemory(nowMs: number): Memory {
  return {
    quietSinceMs: nowMs,
    ioBytes: 0,
    outputBytes: 0,
    met: new Set(),
    metAtMs: nowMs,
    hot: new Map(),
    spinning: null,
    polling: new Map(),
    memoryUse: [],
    memoryGrowingSinceMs: null,
    kills: { count: 0, atMs: Number.NEGATIVE_INFINITY },
    refusals: { count: 0, atMs: Number.NEGATIVE_INFINITY },
    fullSinceMs: null,
    writing: new Map(),
    throttling: [],
    starvedSinceMs: null,
    flood: null,
  };
}

/** A process as a claim names it. */
export function nameOf(look: Look, pid: number): { pid: number; name: string } {
  return { pid, name: look.evidence.processes.find((process) => process.pid === pid)?.name ?? '?' };
}

/** `cat (pid 12), sort (pid 13)`; of many only the first. */
export function listNames(processes: readonly { readonly pid: number; readonly name: string }[]): string {
  const MAX_NAMED = 4;
  const named = processes.slice(0, MAX_NAMED).map(({ pid, name }) => `${name} (pid ${pid})`);
  const more = processes.length - named.length;
  return named.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
