/** Writes bytes to one of our own streams, no faster than they are taken. It knows nothing of what they say. */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

type OwnStream = Writable & { readonly isTTY?: boolean; readonly fd?: number };

export class OutputSink {
  readonly isTerminal: boolean;
  readonly #stream: OwnStream;
  /** The descriptor of a file or a device; null for what has a queue: pipes, sockets, terminals. */
  readonly #file: number | null;
  #fault: NodeJS.ErrnoException | null = null;

  constructor(stream: OwnStream) {
    this.#stream = stream;
    this.isTerminal = stream.isTTY === true;
    this.#file = stream.fd === undefined || stream instanceof Socket ? null : stream.fd;
    stream.on('error', (error) => {
      this.#fault ??= error;
    });
  }

  /** Why nothing can be written any more; `EPIPE` where the reader has gone. */
  get fault(): NodeJS.ErrnoException | null {
    return this.#fault;
  }

  /** Resolves when it was taken, or can never be: see `fault`. */
  async write(data: string | Uint8Array): Promise<void> {
    if (this.#fault !== null) return;
    if (this.#file !== null) this.#store(this.#file, typeof data === 'string' ? Buffer.from(data) : data);
    else await this.#queue(data);
  }

  #queue(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#stream.write(data, (error) => {
        if (error != null) this.#fault ??= error;
        resolve();
      });
    });
  }

  /** By our own hand: Node's stream for files drops the rest of a write that a filling disk cut short, and is silent. */
  #store(file: number, data: Uint8Array): void {
    try {
      for (let done = 0; done < data.length; ) done += writeSync(file, data, done);
    } catch (error) {
      this.#fault ??= error as NodeJS.ErrnoException;
    }
  }
}
