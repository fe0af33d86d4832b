/** Shows a command as if it had been run here: its bytes untouched, and Sandcrew's own words apart on stderr. */
import type { BlockInfo, BlockReason, OutputChunk, OutputGapInfo } from '@sandcrew/manager';
import type { OutputSink } from '../output-sink.js';
import { ElapsedLine } from './elapsed-line.js';
import {
  blockClearedSentence,
  blockSentence,
  errorSentence,
  gapSentence,
  outputFaultSentence,
  resultSentence,
} from './sentences.js';
import type { TaskEnd, TaskRenderer } from './task-renderer.js';

export interface TextOptions {
  /** Whether Sandcrew's own words may be painted. */
  readonly isColored: boolean;
  /** After so much silence it is told, where stderr is a terminal, milliseconds; null: never. */
  readonly quietMs: number | null;
  /** What ends Sandcrew's own lines on a terminal; `\r\n` while that is joined to the task's. Default `\n`. */
  readonly lineEnd?: '\n' | '\r\n';
}

export class TextRenderer implements TaskRenderer {
  readonly #sinks: Readonly<Record<'stdout' | 'stderr', OutputSink>>;
  readonly #elapsed: ElapsedLine | null;
  readonly #paint: (text: string) => string;
  #lineEnd: string;
  #fault: NodeJS.ErrnoException | null = null;

  constructor(stdout: OutputSink, stderr: OutputSink, options: TextOptions) {
    this.#sinks = { stdout, stderr };
    this.#paint = options.isColored && stderr.isTerminal ? (text) => `\x1b[2m${text}\x1b[0m` : (text) => text;
    this.#lineEnd = stderr.isTerminal ? (options.lineEnd ?? '\n') : '\n';
    const { quietMs } = options;
    this.#elapsed =
      quietMs !== null && stderr.isTerminal ? new ElapsedLine(stderr, this.#paint, quietMs) : null;
  }

  get fault(): NodeJS.ErrnoException | null {
    return this.#fault;
  }

  started(): void {}

  async output({ stream, bytes }: OutputChunk): Promise<void> {
    const sink = this.#sinks[stream];
    this.#elapsed?.makeWay(bytes, sink.isTerminal);
    await sink.write(bytes);
    if (sink.fault === null || this.#fault !== null) return;
    this.#fault = sink.fault;
    const sentence = outputFaultSentence(sink.fault);
    if (sentence !== null) this.notice(sentence);
  }

  gap(gap: OutputGapInfo): void {
    this.notice(gapSentence(gap));
  }

  blockDetected(block: BlockInfo): void {
    this.notice(blockSentence(block));
  }

  blockCleared(reason: BlockReason, durationMs: number): void {
    this.notice(blockClearedSentence(reason, durationMs));
  }

  notice(sentence: string): void {
    void this.#say(sentence);
  }

  async ended(end: TaskEnd): Promise<void> {
    this.#elapsed?.stop();
    this.#lineEnd = '\n'; // our terminal is ours again
    const sentence = end.kind === 'result' ? resultSentence(end.result) : errorSentence(end.error);
    if (sentence !== null) await this.#say(sentence);
  }

  #say(sentence: string): Promise<void> {
    this.#elapsed?.clear();
    return this.#sinks.stderr.write(`${this.#paint(`sandcrew: ${sentence}`)}${this.#lineEnd}`);
  }
}
