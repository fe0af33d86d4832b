/** Shows a command as if it had been run here: its bytes untouched, and Sandcrew's own words apart on stderr. */
import type {
  BlockInfo,
  BlockReason,
  OutputChunk,
  OutputGapInfo,
  SandboxError,
  TaskStart,
} from '@sandcrew/manager';
import type { OutputSink } from '../output-sink.js';
import {
  type Answerer,
  blockAsideSentence,
  blockClearedSentence,
  blockEndSentence,
  blockSentence,
  claimOfError,
  isBlockReason,
  isTyping,
} from './block-sentences.js';
import { containmentSentence, type WorkerPlace } from './containment-sentences.js';
import { ElapsedLine } from './elapsed-line.js';
import { errorSentence, gapSentence, outputFaultSentence, resultSentence } from './sentences.js';
import type { TaskEnd, TaskRenderer } from './task-renderer.js';

export interface TextOptions {
  /** Whether Sandcrew's own words may be painted. */
  readonly isColored: boolean;
  /** After so much silence it is told, where stderr is a terminal, milliseconds; null: never. */
  readonly quietMs: number | null;
  /** What ends Sandcrew's own lines on a terminal; `\r\n` while that is joined to the task's. Default `\n`. */
  readonly lineEnd?: '\n' | '\r\n';
  /** Whether stdout and stderr lead to the same terminal, pipe or file. */
  readonly isOneStream: boolean;
  /** Who can answer the command now. */
  readonly answerer: () => Answerer;
  /** Where the worker is, for what is said at the start of what holds the command. Default: that is not said. */
  readonly containedAt?: WorkerPlace | null;
}

export class TextRenderer implements TaskRenderer {
  readonly #sinks: Readonly<Record<'stdout' | 'stderr', OutputSink>>;
  readonly #elapsed: ElapsedLine | null;
  readonly #paint: (text: string) => string;
  readonly #answerer: () => Answerer;
  /** Blocks that stand, whether they were shown or not. */
  readonly #standing = new Map<BlockReason, BlockInfo>();
  readonly #shown = new Set<BlockReason>();
  #lineEnd: string;
  readonly #isOneStream: boolean;
  readonly #containedAt: WorkerPlace | null;
  /** Whether an unfinished line stands where our own words go: a prompt, as a rule. */
  #isMidLine = false;
  #fault: NodeJS.ErrnoException | null = null;

  constructor(stdout: OutputSink, stderr: OutputSink, options: TextOptions) {
    this.#sinks = { stdout, stderr };
    this.#paint = options.isColored && stderr.isTerminal ? (text) => `\x1b[2m${text}\x1b[0m` : (text) => text;
    this.#lineEnd = stderr.isTerminal ? (options.lineEnd ?? '\n') : '\n';
    this.#answerer = options.answerer;
    this.#isOneStream = options.isOneStream;
    this.#containedAt = options.containedAt ?? null;
    const { quietMs } = options;
    this.#elapsed =
      quietMs !== null && stderr.isTerminal
        ? new ElapsedLine(stderr, this.#paint, quietMs, () => !this.#isMidLine)
        : null;
  }

  get fault(): NodeJS.ErrnoException | null {
    return this.#fault;
  }

  started(_taskId: string, { containment }: TaskStart): void {
    if (this.#containedAt !== null) this.notice(containmentSentence(containment, this.#containedAt));
  }

  async output({ stream, bytes }: OutputChunk): Promise<void> {
    const sink = this.#sinks[stream];
    this.#elapsed?.makeWay();
    if ((stream === 'stderr' || this.#isOneStream) && bytes.length > 0)
      this.#isMidLine = bytes.at(-1) !== 0x0a;
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
    this.#standing.set(block.reason, block);
    const answerer = this.#answerer();
    if (!this.#isWorthShowing(block, answerer)) return;
    this.#shown.add(block.reason);
    this.notice(blockSentence(block, answerer));
  }

  /** Who has just typed the answer knows that it was taken. */
  blockCleared(reason: BlockReason, durationMs: number): void {
    this.#standing.delete(reason);
    const isAnswered = reason === 'waiting_for_input' && isTyping(this.#answerer());
    if (this.#shown.delete(reason) && !isAnswered) this.notice(blockClearedSentence(reason, durationMs));
  }

  notice(sentence: string): void {
    void this.#say(sentence);
  }

  async ended(end: TaskEnd): Promise<void> {
    this.#elapsed?.stop();
    this.#lineEnd = '\n'; // our terminal is ours again
    const sentence = end.kind === 'result' ? resultSentence(end.result) : this.#faultSentence(end.error);
    if (sentence !== null) await this.#say(sentence);
  }

  /** In a pipe only what is sure; and nothing of the prompt that somebody sits before, who sees it. */
  #isWorthShowing({ reason, confidence }: BlockInfo, answerer: Answerer): boolean {
    if (answerer === 'keys' && (reason === 'waiting_for_input' || confidence === 'suspected')) return false;
    return confidence === 'confirmed' || this.#sinks.stderr.isTerminal;
  }

  #faultSentence(error: SandboxError): string {
    const { code, detail = '' } = error;
    if (code === 'BLOCKED' && isBlockReason(detail)) {
      const claim = this.#standing.get(detail) ?? claimOfError(detail, error);
      return blockEndSentence(claim, this.#answerer());
    }
    const [standing] = this.#standing.values();
    const aside = code === 'TIMED_OUT' && standing !== undefined ? ` ${blockAsideSentence(standing)}` : '';
    return `${errorSentence(error)}${aside}`;
  }

  #say(sentence: string): Promise<void> {
    this.#elapsed?.clear();
    const start = this.#isMidLine ? this.#lineEnd : '';
    this.#isMidLine = false;
    return this.#sinks.stderr.write(`${start}${this.#paint(`sandcrew: ${sentence}`)}${this.#lineEnd}`);
  }
}
