/**
 * Where a task's output stands: what came, what its consumer took, what the worker was told of. It sees numbers, never
 * bytes, and runs for each chunk without a step of the machine.
 */
import { MAX_CHUNK_BYTES, WINDOW_BYTES } from '@sandcrew/protocol';
import type { OutputGapInfo } from './report.js';

export interface OutputCursor {
  /** The offset of the next byte that is not here yet. */
  nextOffset: number;
  /** Every byte before it was taken by the consumer. The point to resume from. */
  takenOffset: number;
  ackedOffset: number;
  /** The same three, counted without what gaps left out: a gap uses no window. */
  receivedBytes: number;
  takenBytes: number;
  ackedBytes: number;
  /** What the worker told as gone although it is here: bytes before this use none of its window. */
  droppedOffset: number;
  readonly gaps: OutputGapInfo[];
}

/** An ack is sent at least each so many bytes. */
const ACK_EVERY_BYTES = 262_144;
const MAX_GAPS = 1_000;

export function openCursor(offset: number): OutputCursor {
  return {
    nextOffset: offset,
    takenOffset: offset,
    ackedOffset: offset,
    receivedBytes: 0,
    takenBytes: 0,
    ackedBytes: 0,
    droppedOffset: offset,
    gaps: [],
  };
}

/** `take`: all but the first `skipBytes` are new. `known`: nothing is. `breach`: the worker may not send this. */
export type ChunkVerdict =
  | { readonly verdict: 'take'; readonly skipBytes: number }
  | { readonly verdict: 'known' }
  | { readonly verdict: 'breach'; readonly message: string };

/** Judges a chunk and, where it has something new, moves on behind it. */
export function judgeChunk(
  cursor: OutputCursor,
  offset: number,
  bytes: number,
  windowBytes = WINDOW_BYTES,
): ChunkVerdict {
  if (offset > cursor.nextOffset) {
    return {
      verdict: 'breach',
      message: `expected output from offset ${cursor.nextOffset}, got it from ${offset}`,
    };
  }
  const end = offset + bytes;
  if (!Number.isSafeInteger(end)) {
    return {
      verdict: 'breach',
      message: `expected output that ends at byte ${Number.MAX_SAFE_INTEGER} at the latest, got ${bytes} bytes from ${offset}`,
    };
  }
  if (end <= cursor.nextOffset) return { verdict: 'known' };
  const fresh = end - cursor.nextOffset;
  // One window at most, whatever it drops: what is held here for a slow reader is bounded.
  const droppedBytes = Math.min(windowBytes, Math.max(0, cursor.droppedOffset - cursor.ackedOffset));
  // One chunk of slack: a worker may cut the window at a chunk's end.
  if (cursor.receivedBytes + fresh - cursor.ackedBytes > windowBytes + MAX_CHUNK_BYTES + droppedBytes) {
    return {
      verdict: 'breach',
      message: `expected at most ${windowBytes} bytes past the last ack, got more`,
    };
  }
  const skipBytes = cursor.nextOffset - offset;
  cursor.nextOffset = end;
  cursor.receivedBytes += fresh;
  return { verdict: 'take', skipBytes };
}

/** Judges a gap and, where it is new, writes it down. Returns the new part of it, null for none. */
export function judgeGap(
  cursor: OutputCursor,
  gap: OutputGapInfo,
):
  | { readonly verdict: 'take'; readonly gap: OutputGapInfo }
  | { readonly verdict: 'known' }
  | { readonly verdict: 'breach' } {
  const end = gap.offset + gap.bytes;
  if (gap.offset > cursor.nextOffset || !Number.isSafeInteger(end)) return { verdict: 'breach' };
  cursor.droppedOffset = Math.max(cursor.droppedOffset, Math.min(end, cursor.nextOffset));
  if (end <= cursor.nextOffset) return { verdict: 'known' };
  const fresh = { offset: cursor.nextOffset, bytes: end - cursor.nextOffset };
  const last = cursor.gaps.at(-1);
  if (last !== undefined && (last.offset + last.bytes === fresh.offset || cursor.gaps.length === MAX_GAPS)) {
    cursor.gaps[cursor.gaps.length - 1] = { offset: last.offset, bytes: last.bytes + fresh.bytes };
  } else {
    cursor.gaps.push(fresh);
  }
  cursor.nextOffset = end;
  if (cursor.takenBytes === cursor.receivedBytes) cursor.takenOffset = end;
  return { verdict: 'take', gap: fresh };
}

/** The consumer has taken `bytes` more, up to `endOffset`. */
export function noteTaken(cursor: OutputCursor, bytes: number, endOffset: number): void {
  cursor.takenBytes += bytes;
  cursor.takenOffset = cursor.takenBytes === cursor.receivedBytes ? cursor.nextOffset : endOffset;
}

/** When to tell the worker: at once, in a quiet moment, or not at all. */
export function chooseAck(cursor: OutputCursor, windowBytes = WINDOW_BYTES): 'now' | 'soon' | 'none' {
  const unackedBytes = cursor.takenBytes - cursor.ackedBytes;
  if (unackedBytes >= Math.min(ACK_EVERY_BYTES, windowBytes / 4)) return 'now';
  return cursor.takenOffset > cursor.ackedOffset ? 'soon' : 'none';
}

/** Whether the worker waits for credit, and with it the task's end: its reader is slow, not the worker. */
export function isHeldBack(cursor: OutputCursor, windowBytes = WINDOW_BYTES): boolean {
  return cursor.receivedBytes - cursor.ackedBytes > Math.max(0, windowBytes - MAX_CHUNK_BYTES);
}

/** The worker is being told. Returns the offset to tell. */
export function noteAcked(cursor: OutputCursor): number {
  cursor.ackedOffset = cursor.takenOffset;
  cursor.ackedBytes = cursor.takenBytes;
  return cursor.ackedOffset;
}
