/** The worker's clock: monotonic, so that setting the host's time ends nothing. */

/** Milliseconds since some point in the past; never goes back. */
export function monotonicMs(): number {
  return performance.now();
}

/** Named one-shot timers: setting one again replaces it. */
export class Timers {
  readonly #running = new Map<string, NodeJS.Timeout>();
  readonly #onFired: (name: string) => void;

  constructor(onFired: (name: string) => void) {
    this.#onFired = onFired;
  }

  set(name: string, delayMs: number): void {
    this.clear(name);
    const timer = setTimeout(() => {
      this.#running.delete(name);
      this.#onFired(name);
    }, delayMs);
    this.#running.set(name, timer);
  }

  clear(name: string): void {
    clearTimeout(this.#running.get(name));
    this.#running.delete(name);
  }

  clearAll(): void {
    for (const name of [...this.#running.keys()]) this.clear(name);
  }
}
