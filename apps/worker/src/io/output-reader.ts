/** Reads a command's output to its end, from pipes or from a terminal. It hands bytes on and keeps none. */
import { readSync } from 'node:fs';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { ReadStream } from 'node:tty';
import type { Stream } from '@sandcrew/protocol';
import type { OutputBuffers } from './output-buffers.js';

export interface OutputSource {
  readonly fd: number;
  readonly stream: Stream;
  readonly kind: 'pipe' | 'terminal';
}

/** Why output is not read for a while. */
export type PauseCause = 'spool' | 'reader';

/** Output that something out of reach holds open counts as at its end after so long a silence, milliseconds. */
const SILENCE_MS = 50;
/** … and after so long in any case, milliseconds. */
const MAX_DRAIN_MS = 1_000;
const TERMINAL_READ_BYTES = 4_096;

export class OutputReader {
  readonly #sources: Socket[];
  readonly #onClosed: () => void;
  #open: number;
  #isDraining = false;
  readonly #pausedBy = new Set<PauseCause>();
  #readCount = 0;
  #silence: NodeJS.Timeout | undefined;
  #reading: NodeJS.Immediate | undefined;

  /** `onClosed` is called once, after the last byte of the last source. The reader closes the descriptors. */
  constructor(
    sources: readonly OutputSource[],
    buffers: OutputBuffers,
    onData: (stream: Stream, data: Uint8Array) => void,
    onClosed: () => void,
  ) {
    this.#open = sources.length;
    this.#onClosed = onClosed;
    this.#sources = sources.map(({ fd, stream, kind }) => {
      const receive = (data: Uint8Array) => {
        this.#readCount++;
        onData(stream, data);
      };
      const source =
        kind === 'pipe' ? readPipe(fd, buffers, receive) : new ReadStream(fd).on('data', receive);
      if (kind === 'terminal') source.on('end', () => this.#readRest(fd, stream, onData));
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

  pause(cause: PauseCause): void {
    this.#pausedBy.add(cause);
    for (const source of this.#sources) source.pause();
  }

  /** Reads on, unless there is another cause to wait. */
  resume(cause: PauseCause): void {
    if (!this.#pausedBy.delete(cause) || this.#pausedBy.size > 0) return;
    for (const source of this.#sources) source.resume();
  }

  /** Reads what is there and lets go, although the output was not closed by all who hold it. */
  drain(): void {
    if (this.#open === 0 || this.#isDraining) return;
    this.#isDraining = true;
    this.#awaitSilence(0);
  }

  /** Time in which nothing is read, or this process does not run, is no silence: it says nothing of what is there. */
  #awaitSilence(drainedMs: number): void {
    const readBefore = this.#readCount;
    this.#silence = setTimeout(() => {
      if (this.#pausedBy.size > 0) return this.#awaitSilence(drainedMs);
      // The timer may be late, with output unread meanwhile: a turn of the event loop reads it first.
      this.#reading = setImmediate(() => {
        const isSilent = this.#readCount === readBefore;
        if (isSilent || drainedMs >= MAX_DRAIN_MS) this.#letGo();
        else this.#awaitSilence(drainedMs + SILENCE_MS);
      });
    }, SILENCE_MS);
  }

  /**
   * What a terminal still holds at its end: libuv takes a read of less than its buffer for the last one when the other
   * side is closed, and a terminal gives 4 KiB at a time.
   */
  #readRest(fd: number, stream: Stream, onData: (stream: Stream, data: Uint8Array) => void): void {
    const buffer = new Uint8Array(TERMINAL_READ_BYTES);
    try {
      for (let bytes = readSync(fd, buffer); bytes > 0; bytes = readSync(fd, buffer))
        onData(stream, buffer.slice(0, bytes));
    } catch {
      // EIO: that was all of it. EAGAIN: its other side is open to somebody, and it holds nothing.
    }
  }

  #letGo(): void {
    for (const source of this.#sources) source.destroy();
  }

  #sourceClosed(): void {
    this.#open--;
    if (this.#open > 0) return;
    clearTimeout(this.#silence);
    clearImmediate(this.#reading);
    this.#onClosed();
  }
}

/** Reads into the worker's own buffers: what Node would give for each read is a new one, and garbage a moment later. */
function readPipe(fd: number, buffers: OutputBuffers, receive: (data: Uint8Array) => void): Socket {
  const intake = buffers.intake();
  const options: SocketConstructorOpts & { onread: OnReadOpts } = {
    ...{ fd, readable: true, writable: false },
    onread: {
      buffer: () => intake.target, // asked for after each read
      callback: (bytes) => {
        receive(intake.receive(bytes));
        return true;
      },
    },
  };
  return new Socket(options).on('close', () => intake.close());
}
