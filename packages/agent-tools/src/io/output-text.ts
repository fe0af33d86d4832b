/** Bytes of output as text: each stream decoded by itself, escape sequences taken out where that is wanted. */
import { TextDecoder } from 'node:util';
import type { Piece, Stream } from '../core/output-record.js';
import { showAsPlain } from '../core/plain-text.js';

/** Decodes what follows each other. Bytes that are no UTF-8 are U+FFFD. */
export class StreamText {
  readonly #decoders: Readonly<Record<Stream, TextDecoder>> = {
    stdout: new TextDecoder(),
    stderr: new TextDecoder(),
  };

  decode({ stream, bytes }: Piece): string {
    return this.#decoders[stream].decode(bytes, { stream: true });
  }

  /** What is left of code points that never became whole. */
  end(): string {
    return this.#decoders.stdout.decode() + this.#decoders.stderr.decode();
  }
}

/** @param isRaw Leave escape sequences and control characters as they are. */
export function textOf(pieces: readonly Piece[], isRaw: boolean): string {
  const decoder = new StreamText();
  const text = pieces.map((piece) => decoder.decode(piece)).join('') + decoder.end();
  return isRaw ? text : showAsPlain(text);
}
