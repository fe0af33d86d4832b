/** On a terminal, says after a while of silence how long it has lasted. Gone with the next output; never in a pipe. */
import type { OutputSink } from '../output-sink.js';
import { durationWords } from './sentences.js';

const TICK_MS = 1_000;
const ERASE_LINE = '\r\x1b[2K';

export class ElapsedLine {
  readonly #sink: OutputSink;
  readonly #paint: (text: string) => string;
  readonly #quietMs: number;
  readonly #timer: NodeJS.Timeout;
  #heardMs = performance.now();
  readonly #isAtLineStart: () => boolean;
  #isShown = false;

  /** @param quietMs How long a silence may be before it is told, milliseconds. */
  constructor(
    sink: OutputSink,
    paint: (text: string) => string,
    quietMs: number,
    isAtLineStart: () => boolean,
  ) {
    this.#isAtLineStart = isAtLineStart;
    this.#sink = sink;
    this.#paint = paint;
    this.#quietMs = quietMs;
    this.#timer = setInterval(() => this.#tick(), Math.min(TICK_MS, quietMs)).unref();
  }

  /** Makes way for output that is about to be written. */
  makeWay(): void {
    this.clear();
    this.#heardMs = performance.now();
  }

  clear(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    void this.#sink.write(ERASE_LINE);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.clear();
  }

  #tick(): void {
    const quietMs = performance.now() - this.#heardMs;
    if (quietMs < this.#quietMs || !this.#isAtLineStart()) return; // an unfinished line may be a prompt
    this.#isShown = true;
    void this.#sink.write(`${ERASE_LINE}${this.#paint(`no output for ${durationWords(quietMs)}`)}`);
  }
}
