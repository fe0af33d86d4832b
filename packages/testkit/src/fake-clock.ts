/** A clock that a test turns by hand. */
interface Alarm {
  readonly atMs: number;
  readonly seq: number;
  readonly call: () => void;
}

export class FakeClock {
  #nowMs = 0;
  #seq = 0;
  readonly #alarms = new Set<Alarm>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const alarm = { atMs: this.#nowMs + delayMs, seq: this.#seq++, call };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Alarms that are set. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Lets `ms` pass: what falls due rings in its order, at its time. */
  turn(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#alarms.delete(next);
      this.#nowMs = next.atMs;
      next.call();
    }
    this.#nowMs = endMs;
  }

  #next(endMs: number): Alarm | undefined {
    return [...this.#alarms]
      .filter(({ atMs }) => atMs <= endMs)
      .sort((a, b) => a.atMs - b.atMs || a.seq - b.seq)[0];
  }
}
