/** The user's wish to end, by Ctrl-C or by a signal: once it is a wish, twice an order, a third time we no longer wait for anything. */

import { statusOfSignal } from './exit-status.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const GIVE_UP_MS = 3_000;

export interface InterruptReactions {
  /** `patience` where the wish may take its time; `give-up` where there is nothing to wait for. */
  first(signal: NodeJS.Signals): 'patience' | 'give-up';
  second(): void;
}

export class Interrupts {
  /** Resolves when an order was not followed in time, or cannot be. */
  readonly gaveUp: Promise<void>;
  readonly #reactions: InterruptReactions;
  #resolve: () => void = () => {};
  #hasGivenUp = false;
  #signal: NodeJS.Signals | null = null;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(reactions: InterruptReactions) {
    this.#reactions = reactions;
    this.gaveUp = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  /** The first signal that came, or null. */
  get signal(): NodeJS.Signals | null {
    return this.#signal;
  }

  get hasGivenUp(): boolean {
    return this.#hasGivenUp;
  }

  stop(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    clearTimeout(this.#timer);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.#count += 1;
    this.#signal ??= signal;
    if (this.#count === 1 && this.#reactions.first(signal) === 'give-up') this.#giveUp();
    if (this.#count > 2) process.exit(statusOfSignal(signal));
    if (this.#count !== 2) return;
    this.#reactions.second();
    this.#timer = setTimeout(() => this.#giveUp(), GIVE_UP_MS);
  };

  #giveUp(): void {
    this.#hasGivenUp = true;
    this.#resolve();
  }
}
