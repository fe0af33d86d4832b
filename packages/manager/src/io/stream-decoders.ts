/** Bytes of two streams to text, none of which is cut inside a code point. */
import type { Stream } from '@sandcrew/protocol';
import type { OutputChunk } from '../core/report.js';

export class StreamDecoders {
  readonly #decoders = {
    stdout: new TextDecoder('utf-8', { ignoreBOM: true }),
    stderr: new TextDecoder('utf-8', { ignoreBOM: true }),
  };
  #endOffset = 0;

  decode(stream: Stream, bytes: Uint8Array, offset: number): string {
    this.#endOffset = offset + bytes.length;
    return this.#decoders[stream].decode(bytes, { stream: true });
  }

  /** At the end: what a cut code point leaves, as U+FFFD. */
  *rest(): Generator<OutputChunk> {
    for (const stream of ['stdout', 'stderr'] as const) {
      const text = this.#decoders[stream].decode();
      if (text !== '') yield { stream, text, bytes: new Uint8Array(), offset: this.#endOffset };
    }
  }
}
