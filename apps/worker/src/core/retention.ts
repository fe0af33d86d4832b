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
export function choosePlace(log: OutputLog, bytes: number, kept: Kept, policy: RetentionPolicy): 'memory' | 'spool' {
  const fitsTask = log.memoryBytes + bytes <= policy.taskMemoryBytes;
  const fitsAll = kept.memoryBytes + bytes <= policy.memoryBytes;
  return fitsTask && fitsAll ? 'memory' : 'spool';
}

/** The offset before which a log must be dropped so that no more than `retainBytes` are kept. */
export function chooseDropOffset(log: OutputLog, policy: RetentionPolicy): number {
  return Math.max(log.startOffset, log.endOffset - policy.retainBytes);
}
