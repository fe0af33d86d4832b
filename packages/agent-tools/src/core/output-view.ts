/**
 * Chooses which part of a task's output is shown where not all of it fits: its head, its tail, or both. Cuts stand at line
 * ends where one is near, and never inside a code point. What is left out is said, with the cursor to read it at.
 */
import type { OutputRecord, Piece } from './output-record.js';

/** `both`: a quarter from the beginning, the rest from the end. */
export type View = 'both' | 'head' | 'tail';

export interface ViewRequest {
  /** The first byte that is wanted. */
  readonly fromOffset: number;
  readonly maxBytes: number;
  readonly view: View;
  /** Whether no more will come: only then is an unfinished code point at the end shown. */
  readonly isComplete: boolean;
}

/** `size`: it did not fit into `maxBytes`. `lost`, `dropped`: see output-record. */
export interface Omission {
  readonly offset: number;
  readonly bytes: number;
  readonly why: 'size' | 'lost' | 'dropped';
}

/** In the order of their offsets: what is shown and what is not. */
export type ViewPart =
  | { readonly kind: 'shown'; readonly pieces: readonly Piece[] }
  | ({ readonly kind: 'omitted' } & Omission);

export interface OutputView {
  readonly parts: readonly ViewPart[];
  /** Where the next read goes on: after `head`, behind what was shown; else at the end of what there is. */
  readonly nextOffset: number;
}

/** A cut moves back so far at most to stand at a line end. */
const LINE_SEARCH_BYTES = 1_024;
const NEWLINE = 0x0a;

export function chooseView(record: OutputRecord, request: ViewRequest): OutputView {
  const { fromOffset, maxBytes, view, isComplete } = request;
  const from = Math.min(fromOffset, record.endOffset);
  const end = isComplete ? record.endOffset : wholeEnd(record, from);
  const pieces = record.piecesBetween(from, end);
  const total = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (total <= maxBytes) return { parts: partsOf(record, pieces, from, end, []), nextOffset: end };

  const headBytes = { head: maxBytes, tail: 0, both: Math.floor(maxBytes / 4) }[view];
  const head = takeFirst(pieces, headBytes);
  const headEnd = endOf(head) ?? from;
  if (view === 'head') {
    const parts = partsOf(record, head, from, headEnd, []);
    return { parts: [...parts, omitted(headEnd, end - headEnd)], nextOffset: headEnd };
  }
  const tail = takeLast(pieces, maxBytes - headBytes);
  const tailStart = tail[0]?.offset ?? end;
  const left = { offset: headEnd, bytes: tailStart - headEnd };
  return { parts: partsOf(record, [...head, ...tail], from, end, [left]), nextOffset: end };
}

function omitted(offset: number, bytes: number): ViewPart {
  return { kind: 'omitted', offset, bytes, why: 'size' };
}

/** Puts what is shown and what is not in order; a hole inside what is left out for its size is a part of that. */
function partsOf(
  record: OutputRecord,
  pieces: readonly Piece[],
  from: number,
  end: number,
  cuts: readonly { readonly offset: number; readonly bytes: number }[],
): ViewPart[] {
  const holes = record
    .holesBetween(from, end)
    .filter((hole) => !cuts.some((cut) => hole.offset >= cut.offset && hole.offset < cut.offset + cut.bytes));
  const breaks: Omission[] = [...cuts.map((cut) => ({ ...cut, why: 'size' as const })), ...holes].sort(
    (a, b) => a.offset - b.offset,
  );
  const parts: ViewPart[] = [];
  let rest = [...pieces];
  for (const hole of breaks) {
    const before = rest.filter((piece) => piece.offset < hole.offset);
    if (before.length > 0) parts.push({ kind: 'shown', pieces: before });
    parts.push({ kind: 'omitted', ...hole });
    rest = rest.slice(before.length);
  }
  if (rest.length > 0) parts.push({ kind: 'shown', pieces: rest });
  return parts;
}

/** The first `maxBytes`, cut at a line end where one is near. Always something where there is something. */
function takeFirst(pieces: readonly Piece[], maxBytes: number): Piece[] {
  const taken: Piece[] = [];
  let room = maxBytes;
  for (const piece of pieces) {
    if (piece.bytes.length <= room) {
      taken.push(piece);
      room -= piece.bytes.length;
      continue;
    }
    const good = cutBefore(piece.bytes, room);
    const cut = good === 0 && taken.length === 0 ? room : good;
    if (cut > 0) taken.push({ ...piece, bytes: piece.bytes.subarray(0, cut) });
    break;
  }
  return taken;
}

function takeLast(pieces: readonly Piece[], maxBytes: number): Piece[] {
  const taken: Piece[] = [];
  let room = maxBytes;
  for (const piece of pieces.toReversed()) {
    if (piece.bytes.length <= room) {
      taken.unshift(piece);
      room -= piece.bytes.length;
      continue;
    }
    const good = cutAfter(piece.bytes, piece.bytes.length - room);
    const cut = good === piece.bytes.length && taken.length === 0 ? good - room : good;
    if (cut < piece.bytes.length)
      taken.unshift({ ...piece, offset: piece.offset + cut, bytes: piece.bytes.subarray(cut) });
    break;
  }
  return taken;
}

/** The last good place to cut at or before `at`: behind a line end, else before a code point. */
function cutBefore(bytes: Uint8Array, at: number): number {
  const line = bytes.subarray(0, at).lastIndexOf(NEWLINE) + 1;
  if (line > 0 && at - line <= LINE_SEARCH_BYTES) return line;
  return startOfCodePoint(bytes, at); // what is no UTF-8 is cut where it has to be
}

/** The first good place to cut at or after `at`. */
function cutAfter(bytes: Uint8Array, at: number): number {
  const line = bytes.subarray(at).indexOf(NEWLINE) + 1;
  if (line > 0 && line <= LINE_SEARCH_BYTES) return at + line;
  const next = bytes.subarray(at, at + 4).findIndex((byte) => !isContinuation(byte));
  if (next >= 0) return at + next;
  return bytes.length - at < 4 ? bytes.length : at; // four in a row are no UTF-8: it is cut where it has to be
}

function endOf(pieces: readonly Piece[]): number | undefined {
  const last = pieces.at(-1);
  return last === undefined ? undefined : last.offset + last.bytes.length;
}

/** The end of the record but for a code point whose last bytes have not come yet. */
function wholeEnd(record: OutputRecord, from: number): number {
  const last = record.piecesBetween(Math.max(from, record.endOffset - 4), record.endOffset).at(-1);
  if (last === undefined) return record.endOffset;
  return last.offset + lengthOfWhole(last.bytes);
}

function lengthOfWhole(bytes: Uint8Array): number {
  const start = startOfCodePoint(bytes, bytes.length - 1);
  const first = bytes[start] ?? 0;
  const length = sequenceLength(first);
  return start + length > bytes.length ? start : bytes.length;
}

/** Where the code point begins that `at` stands in; `at` itself where that is none. */
function startOfCodePoint(bytes: Uint8Array, at: number): number {
  for (let start = at; start >= Math.max(0, at - 3); start -= 1) {
    const byte = bytes[start];
    if (byte === undefined || !isContinuation(byte)) return start;
  }
  return at;
}

function sequenceLength(first: number): number {
  if (first >= 0xf0 && first <= 0xf4) return 4;
  if (first >= 0xe0) return first <= 0xef ? 3 : 1;
  return first >= 0xc2 ? 2 : 1;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
