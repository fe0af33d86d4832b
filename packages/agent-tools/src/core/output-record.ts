/**
 * What is kept of one task's output: its beginning and its end, within a bound, each byte at its offset. It knows which
 * bytes it does not have and why, and nothing of text.
 */
export type Stream = 'stdout' | 'stderr';

/** A run of bytes of one stream. `offset` counts the bytes of both streams before it. */
export interface Piece {
  readonly stream: Stream;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Bytes that are not here: `lost` ones the worker could not keep, `dropped` ones were more than is kept here. */
export interface Hole {
  readonly offset: number;
  readonly bytes: number;
  readonly why: 'lost' | 'dropped';
}

export interface KeepBounds {
  /** Of the beginning, bytes. */
  readonly headBytes: number;
  /** Of the end, bytes. */
  readonly tailBytes: number;
}

/** Small chunks are put together up to this size, so that a byte at a time costs no object each. */
const PIECE_BYTES = 8_192;
/** What a piece costs beside its bytes, so that a byte at a time from each stream in turn is bounded too. */
const PIECE_COST_BYTES = 128;
const MAX_LOST = 1_000;

interface GrowingPiece {
  readonly stream: Stream;
  readonly offset: number;
  data: Uint8Array;
  used: number;
}

export class OutputRecord {
  readonly #bounds: KeepBounds;
  readonly #head: GrowingPiece[] = [];
  #tail: GrowingPiece[] = [];
  #tailCost = 0;
  #headBytes = 0;
  #dropped: { offset: number; bytes: number } | null = null;
  readonly #lost: { offset: number; bytes: number }[] = [];
  #endOffset = 0;

  constructor(bounds: KeepBounds) {
    this.#bounds = bounds;
  }

  /** The offset of the next byte. */
  get endOffset(): number {
    return this.#endOffset;
  }

  /** Takes over what follows; a jump of the offset is a gap. */
  append(stream: Stream, offset: number, bytes: Uint8Array): void {
    this.skipTo(offset);
    const fresh = bytes.subarray(Math.max(0, this.#endOffset - offset));
    const toHead = Math.min(fresh.length, this.#bounds.headBytes - this.#headBytes);
    if (toHead > 0) this.#keep(this.#head, stream, fresh.subarray(0, toHead));
    this.#headBytes += toHead;
    if (toHead === fresh.length) return;
    this.#keep(this.#tail, stream, fresh.subarray(toHead));
    this.#dropOldest();
  }

  /** All bytes before `offset` that did not come are gone. */
  skipTo(offset: number): void {
    if (offset <= this.#endOffset) return;
    const last = this.#lost.at(-1);
    const bytes = offset - this.#endOffset;
    if (
      last !== undefined &&
      (last.offset + last.bytes === this.#endOffset || this.#lost.length === MAX_LOST)
    )
      last.bytes = offset - last.offset;
    else this.#lost.push({ offset: this.#endOffset, bytes });
    this.#endOffset = offset;
  }

  /** The pieces of a range that are here, in order. */
  piecesBetween(from: number, to: number): Piece[] {
    return [...this.#head, ...this.#tail].flatMap(({ stream, offset, data, used }) => {
      const start = Math.max(from, offset);
      const end = Math.min(to, offset + used);
      return start < end
        ? [{ stream, offset: start, bytes: data.subarray(start - offset, end - offset) }]
        : [];
    });
  }

  /** The parts of a range that are not here, in order. */
  holesBetween(from: number, to: number): Hole[] {
    const dropped = this.#dropped === null ? [] : [{ ...this.#dropped, why: 'dropped' as const }];
    const lost = this.#lost
      .filter((hole) => !isWithin(hole, this.#dropped))
      .map((hole) => ({ ...hole, why: 'lost' as const }));
    return [...dropped, ...lost]
      .sort((a, b) => a.offset - b.offset)
      .flatMap(({ offset, bytes, why }) => {
        const start = Math.max(from, offset);
        const end = Math.min(to, offset + bytes);
        return start < end ? [{ offset: start, bytes: end - start, why }] : [];
      });
  }

  #keep(pieces: GrowingPiece[], stream: Stream, bytes: Uint8Array): void {
    const last = pieces.at(-1);
    const follows = last?.stream === stream && last.offset + last.used === this.#endOffset;
    if (follows && last.used + bytes.length <= PIECE_BYTES) grow(last, bytes);
    else {
      pieces.push({ stream, offset: this.#endOffset, data: bytes.slice(), used: bytes.length });
      if (pieces === this.#tail) this.#tailCost += PIECE_COST_BYTES;
    }
    if (pieces === this.#tail) this.#tailCost += bytes.length;
    this.#endOffset += bytes.length;
  }

  /** From the oldest of the tail, whole pieces. What was lost between them is dropped with them. */
  #dropOldest(): void {
    let gone = 0;
    while (this.#tailCost > this.#bounds.tailBytes && gone < this.#tail.length - 1) {
      this.#tailCost -= (this.#tail[gone] as GrowingPiece).used + PIECE_COST_BYTES;
      gone += 1;
    }
    if (gone === 0) return;
    const offset = this.#dropped?.offset ?? (this.#tail[0] as GrowingPiece).offset;
    this.#tail = this.#tail.slice(gone);
    this.#dropped = { offset, bytes: (this.#tail[0] as GrowingPiece).offset - offset };
  }
}

function isWithin(
  hole: { readonly offset: number; readonly bytes: number },
  outer: { readonly offset: number; readonly bytes: number } | null,
): boolean {
  return (
    outer !== null && hole.offset >= outer.offset && hole.offset + hole.bytes <= outer.offset + outer.bytes
  );
}

function grow(piece: GrowingPiece, bytes: Uint8Array): void {
  const used = piece.used + bytes.length;
  if (used > piece.data.length) {
    const grown = new Uint8Array(Math.min(PIECE_BYTES, Math.max(256, used * 2)));
    grown.set(piece.data.subarray(0, piece.used));
    piece.data = grown;
  }
  piece.data.set(bytes, piece.used);
  piece.used = used;
}
