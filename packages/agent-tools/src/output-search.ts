/** Looks for a pattern in a task's output as it grows, line by line, from an offset on. */
import { LineSplitter } from './core/line-splitter.js';
import type { OutputRecord, Stream } from './core/output-record.js';
import { showAsPlain } from './core/plain-text.js';
import { StreamText } from './io/output-text.js';
import type { Pattern } from './pattern.js';

export interface Match {
  readonly stream: Stream;
  /** The line without its end, escape sequences taken out. */
  readonly line: string;
}

const MAX_SHOWN_CHARACTERS = 500;
/** Looked at in one go, so that a costly pattern holds nobody else up for long. */
const STEP_BYTES = 32_768;

export class OutputSearch {
  readonly #record: OutputRecord;
  readonly #pattern: Pattern;
  readonly #text = new StreamText();
  readonly #lines = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  #offset: number;
  #match: Match | null = null;

  constructor(record: OutputRecord, pattern: Pattern, fromOffset: number) {
    this.#record = record;
    this.#pattern = pattern;
    this.#offset = fromOffset;
  }

  /** Whether there is output that was not looked at yet. */
  get isBehind(): boolean {
    return this.#match === null && this.#offset < this.#record.endOffset;
  }

  /** Looks at the next step of what has come. @returns the first line that has it, or null. */
  find(): Match | null {
    if (!this.isBehind) return this.#match;
    const end = Math.min(this.#offset + STEP_BYTES, this.#record.endOffset);
    const pieces = this.#record.piecesBetween(this.#offset, end);
    this.#offset = end;
    for (const piece of pieces) {
      for (const line of this.#lines[piece.stream].push(this.#text.decode(piece))) {
        if (this.#judge(piece.stream, line)) return this.#match;
      }
    }
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#judge(stream, this.#lines[stream].unfinished)) return this.#match;
    }
    return null;
  }

  #judge(stream: Stream, rawLine: string): boolean {
    const line = showAsPlain(rawLine);
    if (line === '' || !this.#pattern(line)) return false;
    const shown = line.length > MAX_SHOWN_CHARACTERS ? `${line.slice(0, MAX_SHOWN_CHARACTERS)}…` : line;
    this.#match = { stream, line: shown };
    return true;
  }
}
