/**
 * One task's output: which bytes there are, where each stands, which are gone. It keeps bytes and offsets, and knows
 * nothing of who reads them (credit), nor of how much may be kept (retention).
 */
import type { Stream } from '@sandcrew/protocol';

/** Where a chunk's bytes stand: at hand, in the spool, or nowhere any more. */
export type ChunkPlace =
  | { readonly kind: 'memory'; readonly data: Uint8Array }
  | { readonly kind: 'spool'; readonly segment: number; readonly position: number }
  | { readonly kind: 'lost' };

export interface Chunk {
  readonly offset: number;
  readonly bytes: number;
  readonly stream: Stream;
  readonly place: ChunkPlace;
}

export interface OutputLog {
  /** Everything before it is dropped. */
  startOffset: number;
  /** Everything before it was read from the command. */
  endOffset: number;
  /** Contiguous from `startOffset` to `endOffset`, but for the ones that are `lost`. */
  chunks: Chunk[];
  memoryBytes: number;
  spoolBytes: number;
  /** The last bytes of each stream that were dropped, for a reader that resumes inside a code point. */
  dropped: Record<Stream, Uint8Array>;
}

/** A code point has at most four bytes, so at most three stand before the point where it was cut. */
const LOOKBACK_BYTES = 3;

/** Small writes are gathered into buffers of this size, so that a byte at a time does not cost an object a byte. */
const GATHER_BYTES = 16_384;

export function createOutputLog(): OutputLog {
  const none = new Uint8Array(0);
  return {
    startOffset: 0,
    endOffset: 0,
    chunks: [],
    memoryBytes: 0,
    spoolBytes: 0,
    dropped: { stdout: none, stderr: none },
  };
}

/** Adds bytes that are kept in memory. The log owns `data` from here on. */
export function appendInMemory(log: OutputLog, stream: Stream, data: Uint8Array): void {
  const last = log.chunks.at(-1);
  if (last?.stream === stream && last.place.kind === 'memory' && last.bytes + data.length <= GATHER_BYTES) {
    log.chunks[log.chunks.length - 1] = {
      ...last,
      bytes: last.bytes + data.length,
      place: { kind: 'memory', data: gathered(last.place.data, data) },
    };
  } else {
    log.chunks.push({ offset: log.endOffset, bytes: data.length, stream, place: { kind: 'memory', data } });
  }
  log.memoryBytes += data.length;
  log.endOffset += data.length;
}

/** Adds bytes that are kept in the spool, at `position` of `segment`. */
export function appendInSpool(
  log: OutputLog,
  stream: Stream,
  bytes: number,
  segment: number,
  position: number,
): void {
  const last = log.chunks.at(-1);
  if (
    last?.stream === stream &&
    last.place.kind === 'spool' &&
    last.place.segment === segment &&
    last.place.position + last.bytes === position
  ) {
    log.chunks[log.chunks.length - 1] = { ...last, bytes: last.bytes + bytes };
  } else {
    log.chunks.push({ offset: log.endOffset, bytes, stream, place: { kind: 'spool', segment, position } });
  }
  log.spoolBytes += bytes;
  log.endOffset += bytes;
}

/** The chunk that holds the byte at `offset`, or null at the end. Binary search: a lagging log has thousands. */
export function chunkAt(log: OutputLog, offset: number): Chunk | null {
  const index = indexAt(log, offset);
  return log.chunks[index] ?? null;
}

/** Drops every byte before `offset`. @returns the chunks that went whole. */
export function dropBefore(log: OutputLog, offset: number): Chunk[] {
  const upTo = Math.max(log.startOffset, Math.min(offset, log.endOffset));
  const count = indexAt(log, upTo);
  const dropped = log.chunks.splice(0, count);
  for (const chunk of dropped) forget(log, chunk, chunk.bytes);
  const first = log.chunks[0];
  if (first !== undefined && first.offset < upTo) {
    const cut = upTo - first.offset;
    forget(log, first, cut);
    log.chunks[0] = { ...first, offset: upTo, bytes: first.bytes - cut, place: placeAfter(first.place, cut) };
  }
  log.startOffset = upTo;
  return dropped;
}

/** Says that bytes from `offset` on cannot be had any more, as far as they were not let go meanwhile. */
export function markLost(log: OutputLog, offset: number, bytes: number): void {
  const until = Math.min(offset + bytes, log.endOffset);
  for (let at = Math.max(offset, log.startOffset); at < until; ) {
    const index = indexAt(log, at);
    const chunk = log.chunks[index] as Chunk;
    const cut = at - chunk.offset;
    const end = Math.min(chunk.bytes, until - chunk.offset);
    at = chunk.offset + end;
    if (chunk.place.kind === 'lost') continue;
    if (chunk.place.kind === 'spool') log.spoolBytes -= end - cut;
    else log.memoryBytes -= end - cut;
    log.chunks.splice(index, 1, ...pieces(chunk, cut, end));
  }
}

/** Moves the bytes of chunk `index`, which are in memory, to the spool, once its place there is chosen. */
export function moveToSpool(log: OutputLog, index: number, segment: number, position: number): void {
  const chunk = log.chunks[index] as Chunk;
  log.chunks[index] = { ...chunk, place: { kind: 'spool', segment, position } };
  log.memoryBytes -= chunk.bytes;
  log.spoolBytes += chunk.bytes;
}

/** Up to three bytes of `stream` right before `offset`, or none where they are gone; what is kept stands behind it. */
export function lookBack(log: OutputLog, stream: Stream, offset: number): Uint8Array {
  return offset < log.startOffset ? new Uint8Array(0) : log.dropped[stream];
}

function indexAt(log: OutputLog, offset: number): number {
  let low = 0;
  let high = log.chunks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const chunk = log.chunks[middle] as Chunk;
    if (chunk.offset + chunk.bytes <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function forget(log: OutputLog, chunk: Chunk, bytes: number): void {
  if (chunk.place.kind === 'memory') {
    log.memoryBytes -= bytes;
    log.dropped[chunk.stream] = tail(
      concat(log.dropped[chunk.stream], tail(chunk.place.data.subarray(0, bytes))),
    );
    return;
  }
  if (chunk.place.kind === 'spool') log.spoolBytes -= bytes;
  log.dropped[chunk.stream] = new Uint8Array(0);
}

function placeAfter(place: ChunkPlace, bytes: number): ChunkPlace {
  if (place.kind === 'memory') return { kind: 'memory', data: place.data.subarray(bytes) };
  if (place.kind === 'spool') return { ...place, position: place.position + bytes };
  return place;
}

function pieces(chunk: Chunk, cut: number, end: number): Chunk[] {
  const before = {
    ...chunk,
    bytes: cut,
    place:
      chunk.place.kind === 'memory'
        ? { ...chunk.place, data: chunk.place.data.slice(0, cut) } // what is freed is not also another chunk's
        : chunk.place,
  };
  const gone: Chunk = { ...chunk, offset: chunk.offset + cut, bytes: end - cut, place: { kind: 'lost' } };
  const after = {
    ...chunk,
    offset: chunk.offset + end,
    bytes: chunk.bytes - end,
    place: placeAfter(chunk.place, end),
  };
  return [before, gone, after].filter((piece) => piece.bytes > 0);
}

/** `first` with `second` behind it, in a buffer with room for more: earlier views of `first` keep their bytes. */
function gathered(first: Uint8Array, second: Uint8Array): Uint8Array {
  const room = first.buffer.byteLength - first.byteOffset - first.length;
  if (GATHERED.has(first.buffer) && room >= second.length) {
    const whole = new Uint8Array(first.buffer, first.byteOffset, first.length + second.length);
    whole.set(second, first.length);
    return whole;
  }
  const buffer = new ArrayBuffer(Math.min(GATHER_BYTES, Math.max(64, 2 * (first.length + second.length))));
  GATHERED.add(buffer);
  const whole = new Uint8Array(buffer, 0, first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

/** Only buffers made here have free room behind their bytes; a reader's own buffer may be shared. */
const GATHERED = new WeakSet<ArrayBufferLike>();

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

/** A copy, so that three bytes do not hold a chunk in memory. */
function tail(data: Uint8Array): Uint8Array {
  return data.slice(Math.max(0, data.length - LOOKBACK_BYTES));
}
