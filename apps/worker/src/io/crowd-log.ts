/** Warns of what strangers may cause as often as they like: the first ones one by one, then how many more there were. */
import type { Logger } from 'pino';
import { createCrowdLines, LINES_WINDOW_MS, noteOne, takeUntold } from '../core/crowd-lines.js';
import { monotonicMs } from './clock.js';

export class CrowdLog {
  readonly #log: Logger;
  readonly #event: string;
  readonly #sumEvent: string;
  readonly #lines = createCrowdLines();
  #sum: NodeJS.Timeout | null = null;

  /** @param sumEvent the event of the line that tells a sum: its `count` had none of their own. */
  constructor(log: Logger, event: string, sumEvent: string) {
    this.#log = log;
    this.#event = event;
    this.#sumEvent = sumEvent;
  }

  add(fields: Readonly<Record<string, unknown>>): void {
    if (noteOne(this.#lines, monotonicMs())) return this.#log.warn({ event: this.#event, ...fields });
    this.#sum ??= setTimeout(() => this.flush(), LINES_WINDOW_MS).unref();
  }

  /** Tells what has no line yet. */
  flush(): void {
    if (this.#sum === null) return;
    clearTimeout(this.#sum);
    this.#sum = null;
    this.#log.warn({ event: this.#sumEvent, count: takeUntold(this.#lines) });
  }
}
