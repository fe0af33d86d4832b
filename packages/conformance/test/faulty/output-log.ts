/** What a task has written: the last bytes of it, read again from any offset, and as text of each stream. */
import { isUtf8 } from 'node:buffer';

type Stream = 'stdout' | 'stderr';

interface Piece {
  readonly stream: Stream;
  readonly offset: number;
  /** Bytes of this stream before it. */
  readonly streamOffset: number;
  readonly data: Buffer;
}

/** The ways in which a reader of it can be wrong. */
export interface LogFaults {
  readonly decodesAlone: boolean;
  readonly decodesAsOne: boolean;
  readonly isLatin1: boolean;
  /** Not of decoding: what came in pieces is read as one. */
  readonly mergesPieces: boolean;
}

export class OutputLog {
  /** The first byte that is kept. */
  start = 0;
  end = 0;
  readonly #retainBytes: number;
  readonly #faults: LogFaults;
  readonly #pieces: Piece[] = [];
  readonly #bytes = { stdout: 0, stderr: 0 };

  constructor(retainBytes: number, faults: LogFaults) {
    this.#retainBytes = retainBytes;
    this.#faults = faults;
  }

  bytesOf(stream: Stream): number {
    return this.#bytes[stream];
  }

  append(stream: Stream, data: Buffer): void {
    const last = this.#faults.mergesPieces ? this.#pieces.at(-1) : undefined;
    if (last?.stream === stream)
      this.#pieces.splice(-1, 1, { ...last, data: Buffer.concat([last.data, data]) });
    else this.#pieces.push({ stream, offset: this.end, streamOffset: this.#bytes[stream], data });
    this.end += data.length;
    this.#bytes[stream] += data.length;
    this.start = Math.max(this.start, this.end - this.#retainBytes);
    while (
      this.#pieces[0] !== undefined &&
      this.#pieces[0].offset + this.#pieces[0].data.length <= this.start
    )
      this.#pieces.shift();
  }

  /** A chunk of one stream from `offset` on; null where there is none, or no room for any. */
  read(
    offset: number,
    maxBytes: number,
  ): { stream: Stream; data: Buffer; text: string; streamOffset: number } | null {
    const piece = this.#pieces.find((one) => one.offset + one.data.length > offset);
    if (piece === undefined || maxBytes <= 0) return null;
    const skipped = offset - piece.offset;
    const data = piece.data.subarray(skipped, skipped + maxBytes);
    const text = this.#textOf(piece.stream, offset, data);
    return { stream: piece.stream, data, text, streamOffset: piece.streamOffset + skipped };
  }

  /** The streams that end inside a code point. */
  cutStreams(): readonly Stream[] {
    return (['stdout', 'stderr'] as const).filter((stream) => cutBytes(this.#before(stream, this.end)) > 0);
  }

  #textOf(stream: Stream, offset: number, data: Buffer): string {
    if (this.#faults.isLatin1) return data.toString('latin1');
    const before = this.#faults.decodesAlone ? Buffer.alloc(0) : this.#before(stream, offset);
    const carried = before.subarray(before.length - cutBytes(before));
    const whole = Buffer.concat([carried, data]);
    return whole
      .subarray(0, whole.length - (this.#faults.decodesAlone ? 0 : cutBytes(whole)))
      .toString('utf8');
  }

  /** The last few bytes of a stream before `offset`. */
  #before(stream: Stream, offset: number): Buffer {
    const parts: Buffer[] = [];
    for (const piece of this.#pieces.toReversed()) {
      if (piece.offset >= offset || (piece.stream !== stream && !this.#faults.decodesAsOne)) continue;
      parts.unshift(piece.data.subarray(0, offset - piece.offset).subarray(-3));
      if (parts.reduce((sum, { length }) => sum + length, 0) >= 3) break;
    }
    return Buffer.concat(parts).subarray(-3);
  }
}

/** How many bytes at the end begin a code point that is not complete. */
function cutBytes(bytes: Buffer): number {
  for (let count = 1; count <= Math.min(3, bytes.length); count++) {
    const lead = bytes[bytes.length - count] ?? 0;
    if (lead < 0x80) return 0;
    if (lead < 0xc0) continue;
    const length = 2 + Number(lead >= 0xe0) + Number(lead >= 0xf0);
    const cut = bytes.subarray(bytes.length - count);
    // A beginning is one if some continuation makes it whole: 0x80 and 0xbf are the ends of what may follow.
    const isBeginning = [0x80, 0x90, 0xbf].some((next) =>
      isUtf8(Buffer.concat([cut, Buffer.from([next, 0x80, 0x80]).subarray(0, length - count)])),
    );
    return length > count && isBeginning ? count : 0;
  }
  return 0;
}
