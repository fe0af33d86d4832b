/** Bytes of two streams to text, none of which is cut inside a code point. */
import { isAscii } from 'node:buffer';
import type { Stream } from '@sandcrew/protocol';
import type { OutputChunk } from '../core/report.js';

export class StreamDecoders {
  readonly #decoders = { stdout: new StreamDecoder(), stderr: new StreamDecoder() };
  #endOffset = 0;

  decode(stream: Stream, bytes: Uint8Array, offset: number): string {
    this.#endOffset = offset + bytes.length;
    return this.#decoders[stream].decode(bytes);
  }

  /** At the end: what a cut code point leaves, as U+FFFD. */
  *rest(): Generator<OutputChunk> {
    for (const stream of ['stdout', 'stderr'] as const) {
      const text = this.#decoders[stream].rest();
      if (text !== '') yield { stream, text, bytes: new Uint8Array(), offset: this.#endOffset };
    }
  }
}

class StreamDecoder {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** A code point may have been cut: only a byte that is no ASCII leaves one open. */
  #isOpen = false;

  decode(bytes: Uint8Array): string {
    // Most output is ASCII, and for that a TextDecoder that streams takes seven times as long.
    if (!this.#isOpen && isAscii(bytes))
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    this.#isOpen = (bytes.at(-1) ?? 0x80) >= 0x80;
    return this.#decoder.decode(bytes, { stream: true });
  }

  rest(): string {
    return this.#decoder.decode();
  }
}
