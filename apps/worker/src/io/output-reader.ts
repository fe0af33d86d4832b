/** Reads a command's output to its end, from pipes or from a terminal. It hands bytes on and keeps none. */
import { Socket } from 'node:net';
import { ReadStream } from 'node:tty';
import type { Stream } from '@sandcrew/protocol';

export interface OutputSource {
  readonly fd: number;
  readonly stream: Stream;
  readonly kind: 'pipe' | 'terminal';
}

/** Output that something out of reach holds open counts as at its end after so long a silence, milliseconds. */
const SILENCE_MS = 50;
/** … and after so long in any case, milliseconds. */
const MAX_DRAIN_MS = 1_000;

export class OutputReader {
  readonly #sources: Socket[];
  readonly #onClosed: () => void;
  #open: number;
  #isDraining = false;
  #silence: NodeJS.Timeout | undefined;

  /** `onClosed` is called once, after the last byte of the last source. The reader closes the descriptors. */
  constructor(sources: readonly OutputSource[], onData: (stream: Stream, data: Uint8Array) => void, onClosed: () => void) {
    this.#open = sources.length;
    this.#onClosed = onClosed;
    this.#sources = sources.map(({ fd, stream, kind }) => {
      const source = kind === 'pipe' ? new Socket({ fd, readable: true, writable: false }) : new ReadStream(fd);
      source.on('data', (data: Buffer) => {
        this.#expectSilence();
        onData(stream, data);
      });
      // A terminal ends with EIO when its other side is closed for good; whatever the fault, nothing more comes.
      source.on('error', () => source.destroy());
      source.on('close', () => this.#sourceClosed());
      return source;
    });
  }

  /** The terminal's own stream, to write input to; undefined for pipes. */
  get terminal(): Socket | undefined {
    return this.#sources.find((source) => source instanceof ReadStream);
  }

  pause(): void {
    for (const source of this.#sources) source.pause();
  }

  resume(): void {
    for (const source of this.#sources) source.resume();
  }

  /** Reads what is there and lets go, although the output was not closed by all who hold it. */
  drain(): void {
    if (this.#open === 0 || this.#isDraining) return;
    this.#isDraining = true;
    this.#expectSilence();
    setTimeout(() => this.#letGo(), MAX_DRAIN_MS).unref();
  }

  #expectSilence(): void {
    if (!this.#isDraining) return;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#letGo(), SILENCE_MS);
  }

  #letGo(): void {
    for (const source of this.#sources) source.destroy();
  }

  #sourceClosed(): void {
    this.#open--;
    if (this.#open > 0) return;
    clearTimeout(this.#silence);
    this.#onClosed();
  }
}
