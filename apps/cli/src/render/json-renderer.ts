/**
 * Shows a command as JSON, one event a line on stdout, `started` first and exactly one `end` last. Only that stdout
 * takes nothing any more is told on stderr.
 */
import type { BlockInfo, BlockReason, OutputChunk, OutputGapInfo, TaskStart } from '@sandcrew/manager';
import type { OutputSink } from '../output-sink.js';
import { lacksOf } from './containment-sentences.js';
import { outputFaultSentence } from './sentences.js';
import type { TaskEnd, TaskRenderer } from './task-renderer.js';

export class JsonRenderer implements TaskRenderer {
  readonly #stdout: OutputSink;
  readonly #stderr: OutputSink;
  #hasStarted = false;
  #hasToldFault = false;

  constructor(stdout: OutputSink, stderr: OutputSink) {
    this.#stdout = stdout;
    this.#stderr = stderr;
  }

  get fault(): NodeJS.ErrnoException | null {
    return this.#stdout.fault;
  }

  started(taskId: string, { workerId, pid, containment }: TaskStart): void {
    if (this.#hasStarted) return; // it is only followed anew
    this.#hasStarted = true;
    const containmentLacks = lacksOf(containment);
    void this.#line({ event: 'started', taskId, workerId, pid, containment, containmentLacks });
  }

  /** `offset` and `bytes` count raw bytes of both streams; in `text` invalid UTF-8 is U+FFFD. */
  output({ stream, offset, bytes, text }: OutputChunk): Promise<void> {
    return this.#line({ event: 'output', stream, offset, bytes: bytes.length, text });
  }

  gap({ offset, bytes }: OutputGapInfo): void {
    void this.#line({ event: 'gap', offset, bytes });
  }

  blockDetected(block: BlockInfo): void {
    void this.#line({ event: 'block', ...block });
  }

  blockCleared(reason: BlockReason, durationMs: number): void {
    void this.#line({ event: 'block_cleared', reason, durationMs });
  }

  notice(message: string): void {
    void this.#line({ event: 'notice', message });
  }

  ended(end: TaskEnd, status: number): Promise<void> {
    const { taskId, workerId, attempts, exitCode, signal, durationMs, outputBytes, gaps, leftover, usage } =
      end.kind === 'result' ? end.result : { taskId: undefined, ...end.error.result };
    const error =
      end.kind === 'result'
        ? null
        : { code: end.error.code, detail: end.error.detail, message: end.error.message };
    const facts = { taskId, workerId, attempts, durationMs, outputBytes, gaps, leftover, usage };
    return this.#line({
      event: 'end',
      status,
      exitCode: exitCode ?? null,
      signal: signal ?? null,
      error,
      ...facts,
    });
  }

  async #line(event: object): Promise<void> {
    await this.#stdout.write(`${JSON.stringify(event)}\n`);
    const { fault } = this.#stdout;
    if (fault === null || this.#hasToldFault) return;
    this.#hasToldFault = true;
    const sentence = outputFaultSentence(fault);
    if (sentence !== null) await this.#stderr.write(`sandcrew: ${sentence}\n`);
  }
}
