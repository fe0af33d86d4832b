/** Shows a transfer of files: on a terminal one line that moves, in a pipe nothing but what went wrong, as JSON each event. */
import type { TransferProgress, TransferReport } from '@sandcrew/manager';
import { OutputSink } from '../output-sink.js';
import { durationWords, sizeWords } from './sentences.js';

const ERASE_LINE = '\r\x1b[2K';

/** How it ended: a report, or a sentence that says why not. */
export type TransferEnd =
  | { readonly report: TransferReport; readonly error: null }
  | { readonly report: null; readonly error: { readonly code: string; readonly message: string } };

export interface TransferRenderer {
  progress(progress: TransferProgress): void;
  notice(message: string): void;
  ended(end: TransferEnd, status: number): Promise<void>;
}

export class TransferLine implements TransferRenderer {
  readonly #sink = new OutputSink(process.stderr);
  readonly #verb: string;
  readonly #beganMs = performance.now();
  #isShown = false;

  /** @param verb As in `put 3 files`. */
  constructor(verb: string) {
    this.#verb = verb;
  }

  progress({ entries, bytes, archiveBytes }: TransferProgress): void {
    if (!this.#sink.isTerminal) return;
    const seconds = (performance.now() - this.#beganMs) / 1_000;
    const speed = seconds > 1 ? `, ${sizeWords(archiveBytes / seconds)}/s` : '';
    this.#isShown = true;
    void this.#sink.write(`${ERASE_LINE}${this.#verb} ${sizeWords(bytes)} in ${countWords(entries)}${speed}`);
  }

  notice(message: string): void {
    void this.#sink.write(`${this.#cleared()}sandcrew: ${message}\n`);
  }

  async ended({ report, error }: TransferEnd): Promise<void> {
    let text = this.#cleared();
    if (error !== null) text += `sandcrew: ${error.message}\n`;
    for (const warning of report?.warnings ?? []) text += `sandcrew: ${warning}\n`;
    if (report !== null && this.#sink.isTerminal) {
      const took = durationWords(performance.now() - this.#beganMs);
      text += `${this.#verb} ${sizeWords(report.bytes)} in ${countWords(report.entries)}, ${took}\n`;
    }
    await this.#sink.write(text);
  }

  #cleared(): string {
    const isShown = this.#isShown;
    this.#isShown = false;
    return isShown ? ERASE_LINE : '';
  }
}

export class TransferEvents implements TransferRenderer {
  readonly #sink = new OutputSink(process.stdout);

  progress(progress: TransferProgress): void {
    void this.#line({ event: 'progress', ...progress });
  }

  notice(message: string): void {
    void this.#line({ event: 'notice', message });
  }

  ended({ report, error }: TransferEnd, status: number): Promise<void> {
    return this.#line({ event: 'end', status, error, ...report });
  }

  #line(event: object): Promise<void> {
    return this.#sink.write(`${JSON.stringify(event)}\n`);
  }
}

function countWords(entries: number): string {
  return entries === 1 ? '1 file' : `${entries} files`;
}
