/** What is known of one task's blocks: what stands, what was told, what the rules remember. Plain data. */
import type { BlockAction, BlockReason } from '@sandcrew/protocol';
import { type Claim, createMemory, type Memory } from './look.js';
import { createOutputWatch, type OutputWatch } from './output-watch.js';

export interface BlockWatch {
  readonly memory: Memory;
  readonly output: OutputWatch;
  /** When input came last, on the worker's clock; its start, where none did. */
  fedAtMs: number;
  longestFeedGapMs: number;
  /** Whether a feeder has shown itself before it had anything to say, by input of no bytes. */
  isFeederThere: boolean;
  readonly standing: Map<BlockReason, Standing>;
  /** Claims that wait for the stacks of their processes before they are told. */
  readonly awaitingStacks: Map<BlockReason, Claim>;
  lookedCloserAtMs: number;
  /** When a runtime was last asked for its stacks as a proof, and how long it is left alone after that. */
  askedForProofAtMs: number;
  proofBackoffMs: number;
  /** How long to wait before the next closer look, while those before have told nothing. */
  closerBackoffMs: number;
}

/** A block that was told. */
export interface Standing {
  readonly confidence: 'confirmed' | 'suspected';
  readonly claim: Claim;
  readonly usage: ResourceUsage;
  readonly stacks: readonly StackReport[];
  readonly toldAtMs: number;
  readonly action: BlockAction;
  hasActed: boolean;
  /** Whether a look was asked for since it was let go on: one for each block, however often it is. */
  hasBeenLetGoOn: boolean;
}

/** What a task uses: CPU in percent of a core, bytes resident, bytes written to disk. */
export type ResourceUsage = { readonly cpu?: number; readonly memory?: number; readonly disk?: number };

/** Where a process stands, as a tool of its runtime tells it. */
export interface StackReport {
  readonly pid: number;
  readonly tool: string;
  readonly text: string;
}

export const CLOSER_BACKOFF_MS = 1_000;

export function createBlockWatch(nowMs: number): BlockWatch {
  return {
    memory: createMemory(nowMs),
    output: createOutputWatch(nowMs),
    fedAtMs: nowMs,
    longestFeedGapMs: 0,
    isFeederThere: false,
    standing: new Map(),
    awaitingStacks: new Map(),
    lookedCloserAtMs: Number.NEGATIVE_INFINITY,
    closerBackoffMs: CLOSER_BACKOFF_MS,
    askedForProofAtMs: Number.NEGATIVE_INFINITY,
    proofBackoffMs: 0,
  };
}

/** Input came. */
export function noteFeed(watch: BlockWatch, nowMs: number): void {
  watch.longestFeedGapMs = Math.max(watch.longestFeedGapMs, nowMs - watch.fedAtMs);
  watch.fedAtMs = nowMs;
  // On a pipe nothing echoes the answer's line end: what is asked next would stand behind what is answered.
  const none = new Uint8Array(0);
  watch.output.tails.stdout = none;
  watch.output.tails.stderr = none;
}
