/** One task in the caller's hands: await it for its end, iterate `output` as it comes, write to it, end it. */
import type { SignalName } from '@sandcrew/protocol';
import type { Outcome } from './core/effect.js';
import type { OutputChunk, PartialTaskResult, TaskResult, TaskStart } from './core/report.js';
import { SandboxError } from './core/sandbox-error.js';
import type { StopOrder } from './core/task.js';
import type { TaskInput } from './io/task-input.js';
import type { TaskOutput } from './io/task-output.js';
import { checkMessage } from './message-check.js';
import { readGraceMs } from './task-request.js';

/** What a handle may ask of its manager. */
export interface TaskControl {
  readonly output: TaskOutput;
  readonly input: TaskInput;
  stop(stop: StopOrder): void;
  signal(name: SignalName): void;
  resize(cols: number, rows: number): void;
  detach(): void;
}

/**
 * A promise of the task's result, and more. As with any promise, an async function that returns one awaits it: return it in
 * an object, or not from there.
 */
export class TaskHandle implements Promise<TaskResult> {
  readonly [Symbol.toStringTag] = 'TaskHandle';
  readonly taskId: string;
  /**
   * The output as it is written, both streams in the order in which the worker read them. Once. What came before the
   * reader did is kept up to 512 KiB. While it is read, unread output is held back at the worker (1 MiB is on its way at
   * most); when it is not, output is drained into head and tail of the result. It ends when the output is complete,
   * also where the task failed: how it ended is told by awaiting the handle. A reader that stops without `break` holds
   * the task's end back. Where a task is started again (`taskRequeued`), `offset` begins at 0 again.
   */
  readonly output: AsyncIterable<OutputChunk>;
  /** Settles when the command runs, or has run unseen during a cut; rejects as the task does where it did not. */
  readonly started: Promise<TaskStart>;
  readonly #control: TaskControl;
  readonly #ended: Promise<TaskResult>;

  /** Made by `SandboxManager.run` and `attach`. */
  constructor(taskId: string, control: TaskControl, started: Promise<TaskStart>, ended: Promise<TaskResult>) {
    this.taskId = taskId;
    this.#control = control;
    this.output = control.output;
    this.started = started;
    this.#ended = ended;
    // Whoever holds a handle may look at one of the two alone, or at none: that is no unhandled rejection.
    started.catch(() => {});
    ended.catch(() => {});
  }

  /** `await handle`: how the command ended. Rejects with a `SandboxError<PartialTaskResult>` where it did not by itself. */
  // biome-ignore lint/suspicious/noThenProperty: a handle is awaited by design
  then<A = TaskResult, B = never>(
    onResult?: ((result: TaskResult) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#ended.then(onResult, onError);
  }

  /** As of any promise. A handle at whose end nobody looks is no unhandled rejection. */
  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<TaskResult | B> {
    return this.#ended.catch(onError);
  }

  /** Runs `onEnd` when the task has ended, however it did. */
  finally(onEnd?: (() => void) | null): Promise<TaskResult> {
    return this.#ended.finally(onEnd);
  }

  /**
   * Resolves when the command's stdin has taken all of it: await it, and no more is in memory than was written last.
   * Rejects with INPUT_CLOSED where the task takes none, or no more.
   */
  write(data: string | Uint8Array): Promise<void> {
    return this.#control.input.write(typeof data === 'string' ? Buffer.from(data) : data);
  }

  /** After all that was written: end of file (^D on a PTY). Resolves when everything before it was taken. */
  endInput(): Promise<void> {
    return this.#control.input.end();
  }

  /**
   * To the command's process group; what it ends so is its own end, a result. Does nothing before its start and after its end.
   * @throws {SandboxError} INVALID_TASK for an unknown name.
   */
  signal(name: SignalName): void {
    checkMessage({ type: 'signal_task', taskId: this.taskId, signal: name });
    this.#control.signal(name);
  }

  /**
   * SIGTERM, after `graceMs` (5 000) SIGKILL; the handle then rejects with TERMINATED, or with CANCELLED where the task had not
   * started; in the tick that made it nothing of it is ever sent. Again with another grace: that one counts from then on.
   */
  terminate(graceMs?: number): void {
    this.#control.stop({ graceMs: readGraceMs(graceMs), by: 'caller' });
  }

  /** The terminal of a PTY task has a new size. @throws {SandboxError} INVALID_TASK */
  resize(cols: number, rows: number): void {
    checkMessage({ type: 'resize_pty', taskId: this.taskId, cols, rows });
    this.#control.resize(cols, rows);
  }

  /** Lets go once the task runs: it goes on at its worker, and the handle rejects with DETACHED. Resolves when that is so. */
  async detach(): Promise<void> {
    this.#control.detach();
    try {
      await this.#ended;
    } catch (error) {
      if (!(error instanceof SandboxError && error.code === 'DETACHED')) throw error;
    }
  }
}

/** How a task ended, as its handle gives it: a result, or the error that carries what is known all the same. */
export function endOfTask(
  taskId: string,
  outcome: Outcome,
  output: TaskOutput,
): TaskResult | SandboxError<PartialTaskResult> {
  const stdout = output.excerpts.stdout.show();
  const stderr = output.excerpts.stderr.show();
  const known: PartialTaskResult = {
    taskId,
    stdout: stdout.text,
    stderr: stderr.text,
    stdoutOmittedBytes: stdout.omittedBytes,
    stderrOmittedBytes: stderr.omittedBytes,
    workerId: outcome.workerId,
    attempts: outcome.attempts,
    outputBytes: outcome.receivedOffset,
    gaps: outcome.gaps,
    history: outcome.history,
    ...outcome.end,
  };
  return outcome.fault === null ? (known as TaskResult) : new SandboxError(outcome.fault, known);
}
