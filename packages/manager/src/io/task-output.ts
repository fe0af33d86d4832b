/**
 * One task's output on its way to its consumer: bytes that nobody took yet, and the head and tail that the result keeps.
 * It tells how much was taken, and knows nothing of acks.
 */
import type { Stream } from '@sandcrew/protocol';
import type { OutputChunk } from '../core/report.js';
import { SandboxError } from '../core/sandbox-error.js';
import { OutputExcerpt } from './output-excerpt.js';
import { StreamDecoders } from './stream-decoders.js';

interface Piece {
  readonly stream: Stream;
  readonly offset: number;
  data: Uint8Array;
  /** How much of `data` is in use; the rest is room for what follows. */
  bytes: number;
}

/** Small pieces are put together up to this size, so that a byte at a time costs no object each. */
const MAX_PIECE_BYTES = 65_536;
/** What came before a reader did is kept for one up to this. */
const MAX_UNREAD_BYTES = 524_288;

/** What becomes of the output. */
export interface OutputNews {
  /** A run of bytes needs no room here any more. */
  taken(bytes: number, endOffset: number): void;
  /** The task has ended, and its reader, if there is one, has taken all or will take no more. Once. */
  allTaken(): void;
}

export class TaskOutput implements AsyncIterable<OutputChunk> {
  /** Head and tail of each stream. */
  readonly excerpts: { readonly stdout: OutputExcerpt; readonly stderr: OutputExcerpt };
  readonly #news: OutputNews;
  readonly #decoders = new StreamDecoders();
  #pieces: Piece[] = [];
  #pendingBytes = 0;
  /** With the reader, who has not come back for more. */
  #inHand: { readonly bytes: number; readonly endOffset: number } | null = null;
  /** `drained`: nobody reads, and bytes are taken as they come. */
  #mode: 'unread' | 'read' | 'drained' = 'unread';
  #claimed = false;
  #finished = false;
  #allTakenTold = false;
  #wake: (() => void) | null = null;

  constructor(keepBytes: number, news: OutputNews) {
    this.excerpts = { stdout: new OutputExcerpt(keepBytes), stderr: new OutputExcerpt(keepBytes) };
    this.#news = news;
  }

  /** What came and was not taken. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Takes over a chunk. @param windowBytes How much the worker sends ahead: what nobody reads may not fill that. */
  push(stream: Stream, offset: number, data: Uint8Array, windowBytes: number): void {
    this.excerpts[stream].add(data);
    if (this.#mode === 'drained') {
      this.#news.taken(data.length, offset + data.length);
      return;
    }
    this.#keep(stream, offset, data);
    if (this.#mode === 'unread' && this.#pendingBytes > Math.min(MAX_UNREAD_BYTES, windowBytes / 2))
      this.#drain();
    this.#wake?.();
  }

  /** A new attempt: what came of the last does not count. */
  restart(): void {
    this.excerpts.stdout.clear();
    this.excerpts.stderr.clear();
    this.#pieces = [];
    this.#pendingBytes = 0;
    this.#inHand = null;
    if (!this.#claimed) this.#mode = 'unread';
  }

  /** No more will come. */
  finish(): void {
    this.#finished = true;
    this.#wake?.();
    this.#tellIfAllTaken();
  }

  /** From here on nothing is taken but what the reader takes. */
  [Symbol.asyncIterator](): AsyncIterator<OutputChunk, undefined> {
    if (this.#claimed) {
      throw new SandboxError({
        code: 'OUTPUT_TAKEN',
        message: 'Expected one reader of this output, got a second.',
      });
    }
    if (this.#mode === 'drained') {
      const message = `Expected a reader before ${MAX_UNREAD_BYTES} bytes had come unread, got one after.`;
      throw new SandboxError({ code: 'OUTPUT_NOT_KEPT', message });
    }
    this.#claimed = true;
    this.#mode = 'read';
    const chunks = this.#chunks();
    return {
      next: () => chunks.next(),
      return: async () => {
        this.#takeInHand();
        this.#drain();
        return { done: true, value: undefined };
      },
    };
  }

  async *#chunks(): AsyncGenerator<OutputChunk, undefined, undefined> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece === undefined) {
        if (this.#finished || this.#mode === 'drained') break;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = null;
        continue;
      }
      const { stream, offset } = piece;
      const bytes = piece.data.subarray(0, piece.bytes);
      this.#pendingBytes -= bytes.length;
      this.#inHand = { bytes: bytes.length, endOffset: offset + bytes.length };
      yield { stream, text: this.#decoders.decode(stream, bytes, offset), bytes, offset };
      this.#takeInHand();
    }
    yield* this.#decoders.rest();
    return undefined;
  }

  #takeInHand(): void {
    const taken = this.#inHand;
    this.#inHand = null;
    if (taken !== null) this.#news.taken(taken.bytes, taken.endOffset);
    this.#tellIfAllTaken();
  }

  /** Nobody reads (any more): what is here is taken, and so is what comes. */
  #drain(): void {
    const last = this.#pieces.at(-1);
    const bytes = this.#pendingBytes;
    this.#mode = 'drained';
    this.#pieces = [];
    this.#pendingBytes = 0;
    if (last !== undefined) this.#news.taken(bytes, last.offset + last.bytes);
    this.#wake?.();
    this.#tellIfAllTaken();
  }

  #tellIfAllTaken(): void {
    const isWithReader = this.#claimed && (this.#pendingBytes > 0 || this.#inHand !== null);
    if (!this.#finished || isWithReader || this.#allTakenTold) return;
    this.#allTakenTold = true;
    this.#news.allTaken();
  }

  #keep(stream: Stream, offset: number, data: Uint8Array): void {
    this.#pendingBytes += data.length;
    const last = this.#pieces.at(-1);
    const follows = last?.stream === stream && last.offset + last.bytes === offset;
    if (follows && last.bytes + data.length <= MAX_PIECE_BYTES) append(last, data);
    // A view would keep the whole of a large read buffer alive.
    else
      this.#pieces.push({
        stream,
        offset,
        data: isMostOfBuffer(data) ? data : data.slice(),
        bytes: data.length,
      });
  }
}

function isMostOfBuffer(data: Uint8Array): boolean {
  return data.length * 2 >= data.buffer.byteLength;
}

function append(piece: Piece, data: Uint8Array): void {
  const bytes = piece.bytes + data.length;
  if (bytes > piece.data.length) {
    const grown = new Uint8Array(Math.min(MAX_PIECE_BYTES, Math.max(1_024, bytes * 2)));
    grown.set(piece.data.subarray(0, piece.bytes));
    piece.data = grown;
  }
  piece.data.set(data, piece.bytes);
  piece.bytes = bytes;
}
