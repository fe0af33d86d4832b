/** What goes wrong during a run of endurance, at random times: all of it from one seed. */
import type { Chance } from '../simulation/chance.js';
import type { Fleet } from './fleet.js';

export class Misfortunes {
  readonly #chance: Chance;
  readonly #fleet: Fleet;
  readonly #timers = new Set<NodeJS.Timeout>();
  #isOver = false;

  /** @param share of the usual gaps between misfortunes: less, and there are more of them. */
  constructor(
    chance: Chance,
    fleet: Fleet,
    { withHalfOpen, share }: { withHalfOpen: boolean; share: number },
  ) {
    this.#chance = chance;
    this.#fleet = fleet;
    this.#again(1_500 * share, () => fleet.cut(this.#anyone()));
    this.#again(8_000 * share, () => fleet.pause(this.#anyone(), chance.spread(50, 3_000 * share)));
    this.#again(12_000 * share, () => fleet.killMortal(chance.spread(10, 1_500 * share)));
    // It is noticed after 20 s, and holds its worker's tasks for so long.
    if (withHalfOpen) this.#again(90_000, () => fleet.halfOpen(this.#anyone(), chance.pick(['up', 'down'])));
  }

  /** Nothing goes wrong from now on. */
  async end(): Promise<void> {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#fleet.rebirth;
  }

  #anyone(): 'steady' | 'mortal' {
    return this.#chance.pick(['steady', 'mortal']);
  }

  /** @param meanMs between two of a kind; each gap is drawn from 0 to twice that. */
  #again(meanMs: number, happen: () => void): void {
    if (this.#isOver) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        if (this.#isOver) return;
        happen();
        this.#again(meanMs, happen);
      },
      2 * meanMs * this.#chance.next(),
    );
    this.#timers.add(timer);
  }
}
