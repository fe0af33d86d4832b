/** What everything in a run has in common: its time, its chance, and the transcript of what happens. */
import { Agenda } from './agenda.js';
import { Chance } from './chance.js';

/** A promise that was broken, in a sentence. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export class World {
  readonly agenda = new Agenda();
  readonly chance: Chance;
  readonly #write: ((line: string) => void) | null;

  /** @param write takes the transcript; null where none is wanted. */
  constructor(seed: number, write: ((line: string) => void) | null) {
    this.chance = new Chance(seed);
    this.#write = write;
  }

  get nowMs(): number {
    return this.agenda.nowMs;
  }

  after(delayMs: number, call: () => void): () => void {
    return this.agenda.after(delayMs, call);
  }

  /** Writes a line of the transcript. Its text is made only where one is kept. */
  note(text: () => string): void {
    this.#write?.(`${(this.nowMs / 1_000).toFixed(3).padStart(10)}  ${text()}`);
  }
}
