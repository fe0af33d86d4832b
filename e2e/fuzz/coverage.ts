/**
 * Which blocks of the decoders inputs have reached, by V8's own counts. A function that has run before is counted whole, so
 * that this comes first in a process.
 */
import { Session } from 'node:inspector';

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}
interface Coverage {
  readonly result: readonly {
    readonly scriptId: string;
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly Range[] }[];
  }[];
}

export class BlockCoverage {
  readonly #session = new Session();
  readonly #isMeasured: (url: string) => boolean;
  readonly #learnt = new Set<string>();

  /** @param isMeasured whether the blocks of a script count; one that was compiled from a string has the url ''. */
  constructor(isMeasured: (url: string) => boolean) {
    this.#isMeasured = isMeasured;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Blocks that have been reached by some input that was learnt. */
  get reached(): number {
    return this.#learnt.size;
  }

  /** Learns what was reached since the last look. @returns whether some of it never was before. */
  learn(): boolean {
    const before = this.#learnt.size;
    for (const block of this.#look()) this.#learnt.add(block);
    return this.#learnt.size > before;
  }

  /** Whether what was reached since the last look holds something that is not learnt. */
  hasNew(): boolean {
    return this.#look().some((block) => !this.#learnt.has(block));
  }

  #look(): string[] {
    const blocks: string[] = [];
    // On the same thread the answer is there when `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (_error, coverage) => {
      for (const { scriptId, url, functions } of (coverage as Coverage).result) {
        if (!this.#isMeasured(url)) continue;
        for (const { startOffset, endOffset, count } of functions.flatMap(({ ranges }) => ranges))
          if (count > 0) blocks.push(`${scriptId}:${startOffset}-${endOffset}`);
      }
    });
    return blocks;
  }

  stop(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }
}
