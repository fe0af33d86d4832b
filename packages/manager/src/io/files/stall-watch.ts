/** Ends the patience with a transfer of which nothing has moved for too long. */
import { SandboxError } from '../../core/sandbox-error.js';

export class StallWatch {
  /** Rejects with NO_PROGRESS; else it never settles. */
  readonly stalled: Promise<never>;
  readonly #idleTimeoutMs: number;
  #movedMs = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #reject: (error: SandboxError) => void = () => {};

  /** @param idleTimeoutMs How long nothing may move, milliseconds. 0 = for ever. */
  constructor(idleTimeoutMs: number) {
    this.#idleTimeoutMs = idleTimeoutMs;
    this.stalled = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.stalled.catch(() => {}); // it may stall when nobody waits for it any more
    if (idleTimeoutMs > 0) this.#look();
  }

  /** Something has moved. */
  touch(): void {
    this.#movedMs = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    const leftMs = this.#movedMs + this.#idleTimeoutMs - performance.now();
    if (leftMs > 0) {
      this.#timer = setTimeout(() => this.#look(), leftMs);
      return;
    }
    const message = `Expected a byte to move within ${this.#idleTimeoutMs} ms, got none.`;
    this.#reject(new SandboxError({ code: 'NO_PROGRESS', message }));
  }
}
