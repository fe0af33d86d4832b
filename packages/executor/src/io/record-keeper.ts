/** Hands a plan's records to who keeps them: one after the other, and within a time. */
import type { PlanRecord } from '../core/plan-record.js';

/** A store that takes longer is taken to be gone. */
const KEEP_TIMEOUT_MS = 10_000;

export class RecordKeeper {
  readonly #keep: ((record: PlanRecord) => unknown) | null;
  readonly #failed: (why: string) => void;
  #kept: Promise<void> = Promise.resolve();
  #last = '';
  #hasFailed = false;

  /** @param keep Null: nobody keeps them. @param failed Called once, where one could not be kept. */
  constructor(keep: ((record: PlanRecord) => unknown) | null, failed: (why: string) => void) {
    this.#keep = keep;
    this.#failed = failed;
  }

  /** A record that says the same as the last is not handed on again. */
  keep(record: PlanRecord): void {
    const keep = this.#keep;
    const text = JSON.stringify(record);
    if (keep === null || text === this.#last) return;
    this.#last = text;
    this.#kept = this.#kept.then(async () => {
      if (this.#hasFailed) return;
      try {
        await inTime(Promise.resolve(keep(record)));
      } catch (error) {
        this.#hasFailed = true;
        this.#failed(`Its record could not be kept: ${error instanceof Error ? error.message : error}`);
      }
    });
  }

  /** Settles when all records so far are kept, or cannot be. Never rejects. */
  kept(): Promise<void> {
    return this.#kept;
  }
}

async function inTime(kept: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`onRecord took longer than ${KEEP_TIMEOUT_MS} ms`)),
      KEEP_TIMEOUT_MS,
    );
  });
  await Promise.race([kept, late]).finally(() => clearTimeout(timer));
}
