/** Where output is kept until it is acked, and what goes when there is too much. It chooses; others move the bytes. */
import type { OutputLog } from './output-log.js';

export interface RetentionPolicy {
  /** Most unacked output of one task, memory and spool together, bytes (`--retain-bytes`). */
  readonly retainBytes: number;
  /** Most output of one task in memory, bytes; what comes on top goes to the spool. */
  readonly taskMemoryBytes: number;
  /** Most output of all tasks in memory, bytes. */
  readonly memoryBytes: number;
  /** Most output of all tasks in the spool, bytes (`--spool-quota-bytes`). */
  readonly spoolQuotaBytes: number;
  /** The spool is written in files of this size, so that acked ones can be deleted, bytes. */
  readonly segmentBytes: number;
  /** Memory of so much output at once is told when it is needed no more, bytes: what holds it is used again. */
  readonly minFreedBytes: number;
  /** How long an ended task is kept for its manager, milliseconds. */
  readonly keepEndedMs: number;
  /** Most ended tasks kept; the oldest go first. */
  readonly maxEndedTasks: number;
}

/** What all tasks keep together, bytes. */
export interface Kept {
  readonly memoryBytes: number;
  readonly spoolBytes: number;
}

/** Where a new chunk goes. A reader that keeps up acks within the window, so its bytes never see the disk. */
export function choosePlace(
  log: OutputLog,
  bytes: number,
  kept: Kept,
  policy: RetentionPolicy,
): 'memory' | 'spool' {
  const fitsTask = log.memoryBytes + bytes <= policy.taskMemoryBytes;
  const fitsAll = kept.memoryBytes + bytes <= policy.memoryBytes;
  return fitsTask && fitsAll ? 'memory' : 'spool';
}

/**
 * Most chunks of one task. A chunk costs some 300 bytes of memory however little it holds: two streams that alternate
 * byte by byte, unread, took 545 MB in 15 s (measured) before there was a bound.
 */
const MAX_CHUNKS = 65_536;
/** So many go at once, so that a log at its bound is not cut anew at each byte. */
const CHUNKS_PER_CUT = MAX_CHUNKS / 16;

/** The offset before which a log must be dropped so that neither `retainBytes` nor the bound of chunks is passed. */
export function chooseDropOffset(log: OutputLog, policy: RetentionPolicy): number {
  const firstKept = log.chunks.length > MAX_CHUNKS ? log.chunks[CHUNKS_PER_CUT] : undefined;
  return Math.max(firstKept?.offset ?? log.startOffset, log.endOffset - policy.retainBytes);
}
