/** Writes bytes to one of our own streams, no faster than they are taken. It knows nothing of what they say. */
import type { Writable } from 'node:stream';

export class OutputSink {
  readonly isTerminal: boolean;
  readonly #stream: Writable;
  #fault: NodeJS.ErrnoException | null = null;

  constructor(stream: Writable & { readonly isTTY?: boolean }) {
    this.#stream = stream;
    this.isTerminal = stream.isTTY === true;
    stream.on('error', (error) => {
      this.#fault ??= error;
    });
  }

  /** Why nothing can be written any more; `EPIPE` where the reader has gone. */
  get fault(): NodeJS.ErrnoException | null {
    return this.#fault;
  }

  /** Resolves when it was taken, or can never be: see `fault`. */
  write(data: string | Uint8Array): Promise<void> {
    if (this.#fault !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#stream.write(data, (error) => {
        if (error != null) this.#fault ??= error;
        resolve();
      });
    });
  }
}
