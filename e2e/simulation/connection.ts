/**
 * One connection between a manager and a worker: two ordered ways with delay, each of which may break, and two ends that
 * may notice so at different times. It carries calls and does not know what they say.
 */
import { PEER_SILENCE_MS } from '../../packages/protocol/dist/index.js';
import type { World } from './world.js';

export type Side = 'manager' | 'worker';

/** A peer that is silent is looked at each so often, milliseconds. */
const WATCH_EVERY_MS = 2_500;
/** 1006: no close frame came. */
const ABNORMAL = 1006;

interface Way {
  /** When what was sent last arrives: nothing overtakes it. */
  lastAtMs: number;
  isBroken: boolean;
}

export class Connection {
  readonly id: string;
  readonly #world: World;
  readonly #delayMs: number;
  readonly #open: Record<Side, boolean> = { manager: false, worker: false };
  readonly #wasOpen: Record<Side, boolean> = { manager: false, worker: false };
  /** By who sends on it. */
  readonly #ways: Record<Side, Way> = {
    manager: { lastAtMs: 0, isBroken: false },
    worker: { lastAtMs: 0, isBroken: false },
  };
  readonly #onClosed: Record<Side, (code: number) => void> = { manager: () => {}, worker: () => {} };

  constructor(world: World, id: string) {
    this.#world = world;
    this.id = id;
    this.#delayMs = world.chance.spread(1, 200);
  }

  /** One side has it open from now on. */
  open(side: Side, onClosed: (code: number) => void): void {
    this.#open[side] = true;
    this.#onClosed[side] = onClosed;
    this.#wasOpen[side] = true;
    const far = other(side);
    if (this.#ways[far].isBroken || (this.#wasOpen[far] && !this.#open[far])) this.giveUp(side); // told before it was there
  }

  isOpen(side: Side): boolean {
    return this.#open[side];
  }

  /** Carries a call to the other side, behind all that was sent before. False where nothing can be sent any more. */
  send(from: Side, arrive: () => void): boolean {
    if (!this.#open[from]) return false;
    this.#carry(from, () => {
      if (this.#open[other(from)]) arrive();
    });
    return true;
  }

  /** One side ends it; the other hears of it after all that was sent. */
  close(from: Side, code: number = ABNORMAL): void {
    this.#open[from] = false;
    this.#carry(from, () => this.#notice(other(from), code));
  }

  /** A side is gone without a word; its system may still say so for it. */
  vanish(side: Side, isTold: boolean): void {
    this.#open[side] = false;
    if (isTold) this.#carry(side, () => this.#notice(other(side), ABNORMAL));
    else this.break(side);
  }

  /** Nothing that `from` sends arrives any more: the other end hears nothing, and gives up. */
  break(from: Side): void {
    const way = this.#ways[from];
    if (way.isBroken) return;
    way.isBroken = true;
    this.giveUp(other(from));
  }

  /** An end hears nothing from now on: it closes when it has looked often enough. */
  giveUp(side: Side, ifStill: () => boolean = () => true): void {
    const delayMs = PEER_SILENCE_MS + this.#world.chance.next() * WATCH_EVERY_MS;
    this.#world.after(delayMs, () => {
      if (ifStill()) this.#notice(side, ABNORMAL);
    });
  }

  /** Both ways break. Either end may notice at once, or by the silence. */
  cut(): void {
    for (const side of ['manager', 'worker'] as const) {
      this.break(side);
      if (this.#world.chance.is(0.6))
        this.#world.after(this.#world.chance.spread(1, 2_000), () => this.#notice(side, ABNORMAL));
    }
  }

  #notice(side: Side, code: number): void {
    if (!this.#open[side]) return;
    this.#open[side] = false;
    this.#world.note(() => `${this.id} is over for the ${side} (${code})`);
    this.#carry(side, () => this.#notice(other(side), ABNORMAL));
    // A socket that is closing takes nothing more, a moment before it says that it is closed.
    const delayMs = this.#world.chance.is(0.5) ? 0 : this.#world.chance.spread(1, 30);
    this.#world.after(delayMs, () => this.#onClosed[side](code));
  }

  #carry(from: Side, arrive: () => void): void {
    const way = this.#ways[from];
    const { nowMs, chance } = this.#world;
    const delayMs = this.#delayMs * (chance.is(0.05) ? 1 + 9 * chance.next() : 0.5 + chance.next());
    way.lastAtMs = Math.max(way.lastAtMs, nowMs + delayMs);
    this.#world.after(way.lastAtMs - nowMs, () => {
      if (!way.isBroken) arrive();
    });
  }
}

function other(side: Side): Side {
  return side === 'manager' ? 'worker' : 'manager';
}
