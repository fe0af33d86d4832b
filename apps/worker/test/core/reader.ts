/** A manager's view of one task, strict: it holds every chunk, gap and end against what the command truly wrote. */
import type { OutputFrame, Stream } from '@sandcrew/protocol';

export class Reader {
  /** What the command wrote, in the order in which the worker read it. */
  readonly written: { byte: number; stream: Stream }[] = [];
  /** Everything before it was received, or told as gone. */
  at = 0;
  acked = 0;
  isEnded = false;
  readonly #windowBytes: number;
  readonly #received = new Set<number>();

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
  }

  /** Says that the next bytes will be those from `offset` on. */
  resume(offset: number): void {
    this.at = offset;
    this.isEnded = false;
    this.#received.clear();
    this.ack(offset);
  }

  ack(offset: number): void {
    this.acked = Math.max(this.acked, offset);
    for (const at of this.#received) if (at < this.acked) this.#received.delete(at);
  }

  takeChunk({ offset, stream, data }: OutputFrame): void {
    this.#expectNext(offset);
    if (data.length === 0) throw new Error('a chunk of no bytes');
    for (const byte of data) {
      const true_ = this.written[this.at];
      if (true_?.byte !== byte || true_.stream !== stream)
        throw new Error(`byte ${this.at} is not what was written`);
      if (this.at >= this.acked) this.#received.add(this.at);
      this.at++;
    }
    if (this.#received.size > this.#windowBytes)
      throw new Error(`${this.#received.size} bytes past the ack ${this.acked}`);
  }

  takeGap(offset: number, bytes: number): void {
    this.#expectNext(offset);
    if (bytes < 1) throw new Error('a gap of no bytes');
    this.at += bytes;
  }

  takeEnd(outputBytes: number): void {
    this.#expectNext(this.written.length);
    if (outputBytes !== this.written.length)
      throw new Error(`told ${outputBytes} bytes of ${this.written.length}`);
    this.isEnded = true;
  }

  #expectNext(offset: number): void {
    if (this.isEnded) throw new Error('something came after the end');
    if (offset !== this.at) throw new Error(`expected offset ${this.at}, got ${offset}`);
  }
}
