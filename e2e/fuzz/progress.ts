/** How far a run is: told now and then, and ended by its time or by whoever waits for it. */
import { setImmediate } from 'node:timers/promises';

const TELL_EVERY_MS = 5_000;

export class Progress {
  readonly #write: (line: string) => void;
  readonly #untilMs: number;
  #toldAtMs = performance.now();
  #isStopped = false;

  /** @param timeMs after which no further batch is begun. */
  constructor(write: (line: string) => void, timeMs = Number.POSITIVE_INFINITY) {
    this.#write = write;
    this.#untilMs = performance.now() + timeMs;
  }

  get isOver(): boolean {
    return this.#isStopped || performance.now() > this.#untilMs;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Lets signals and sockets in, and says how far it is where nothing was said for a while. */
  async tell(what: string, done: number, of: number): Promise<void> {
    await setImmediate();
    const nowMs = performance.now();
    if (nowMs - this.#toldAtMs < TELL_EVERY_MS) return;
    this.#toldAtMs = nowMs;
    this.#write(`${what}: ${done} of ${of} (${Math.floor((100 * done) / of)} %)`);
  }
}
