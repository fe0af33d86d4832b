/** What stands behind one handle: takes the task's news from the runner, settles its promises, emits its events. */
import type { EventEmitter } from 'node:events';
import type { OutputFrame } from '@sandcrew/protocol';
import { readReactions } from './block-request.js';
import type { Outcome } from './core/effect.js';
import type { ManagerEvent } from './core/event.js';
import type { BlockInfo, SandboxWorker, TaskResult, TaskStart } from './core/report.js';
import { SandboxError } from './core/sandbox-error.js';
import type { Submission } from './core/task.js';
import type { ManagerEvents } from './events.js';
import type { EffectRunner } from './io/effect-runner.js';
import { StreamDecoders } from './io/stream-decoders.js';
import { TaskInput } from './io/task-input.js';
import { TaskOutput } from './io/task-output.js';
import type { TaskPort } from './io/task-port.js';
import type { BlockHandler } from './options.js';
import { endOfTask, TaskHandle } from './task-handle.js';

export interface OwnerOptions {
  readonly submission: Submission;
  readonly runner: EffectRunner;
  /** Head, and tail, of each stream for the result, bytes. */
  readonly keepBytes: number;
  /** Asked about each block; null where nobody is. */
  readonly onBlock: BlockHandler | null;
  readonly emitter: EventEmitter<ManagerEvents>;
  /** Called when the task has ended, and nobody will read more of it. */
  readonly release: () => void;
}

export class TaskOwner implements TaskPort {
  readonly handle: TaskHandle;
  readonly output: TaskOutput;
  readonly input = new TaskInput();
  /** The worker that it was first given to. */
  readonly assigned: Promise<SandboxWorker>;
  /** What `assignTask` was given to run later. */
  plannedCommand: string | readonly string[] | null = null;
  /** Whether it has its command. */
  isCommanded: boolean;
  readonly #taskId: string;
  readonly #runner: EffectRunner;
  readonly #emitter: EventEmitter<ManagerEvents>;
  readonly #onBlock: BlockHandler | null;
  readonly #ended = promiseParts<TaskResult>();
  readonly #started = promiseParts<TaskStart>();
  readonly #assigned = promiseParts<SandboxWorker>();
  #decoders = new StreamDecoders();
  #disobey: () => void = () => {};
  #abortReason: unknown;

  constructor({ submission, runner, keepBytes, onBlock, emitter, release }: OwnerOptions) {
    const { taskId, body } = submission;
    this.#taskId = taskId;
    this.#runner = runner;
    this.#emitter = emitter;
    this.#onBlock = onBlock;
    this.isCommanded = body.command !== null;
    this.assigned = this.#assigned.promise;
    this.assigned.catch(() => {});
    this.output = new TaskOutput(keepBytes, {
      taken: (bytes, endOffset) => runner.relay.noteTaken(taskId, bytes, endOffset),
      allTaken: () => {
        release();
        runner.dispatch({ type: 'reading_ended', taskId });
      },
    });
    this.handle = new TaskHandle(
      taskId,
      {
        output: this.output,
        input: this.input,
        stop: (stop) => runner.dispatch({ type: 'stop_asked', taskId, stop }),
        signal: (signal) => runner.dispatch({ type: 'signal_asked', taskId, signal }),
        resize: (cols, rows) => runner.dispatch({ type: 'resize_asked', taskId, cols, rows }),
        detach: () => runner.dispatch({ type: 'detach_asked', taskId }),
      },
      this.#started.promise,
      this.#ended.promise,
    );
  }

  /** Ends the task when `signal` says so, or has said so. */
  obey(signal: AbortSignal | undefined, graceMs: number): void {
    if (signal === undefined) return;
    const stop = () => {
      this.#abortReason = signal.reason;
      this.#runner.dispatch({ type: 'stop_asked', taskId: this.#taskId, stop: { graceMs, by: 'abort' } });
    };
    if (signal.aborted) {
      stop();
      return;
    }
    signal.addEventListener('abort', stop, { once: true });
    this.#disobey = () => signal.removeEventListener('abort', stop);
  }

  onAssigned(worker: SandboxWorker): void {
    this.#assigned.resolve(worker);
  }

  onStarted(start: TaskStart, attempt: number): void {
    this.#started.resolve(start);
    this.#emitter.emit('taskStarted', { taskId: this.#taskId, attempt, ...start });
  }

  onOutput({ stream, offset, data }: OutputFrame, workerId: string): void {
    if (this.#emitter.listenerCount('taskOutput') === 0) return;
    const text = this.#decoders.decode(stream, data, offset);
    this.#emitter.emit('taskOutput', { taskId: this.#taskId, workerId, stream, text, bytes: data, offset });
  }

  onRestarted(attempts: number, why: string): void {
    this.output.restart();
    this.input.restart();
    this.#decoders = new StreamDecoders();
    this.#emitter.emit('taskRequeued', { taskId: this.#taskId, attempts, why });
  }

  onBlockAsked(block: BlockInfo, climbId: number): void {
    const answerWith = (answer: Extract<ManagerEvent, { type: 'block_answered' }>['answer']) =>
      this.#runner.dispatch({ type: 'block_answered', taskId: this.#taskId, climbId, answer });
    // In a turn of its own: what the caller's function does is not to happen within the machine's step.
    void Promise.resolve()
      .then(() => this.#onBlock?.(block))
      .then((said) => ({ plan: readReactions(said) }))
      .catch((error: unknown) => ({
        fault: `onBlock failed (${error instanceof Error ? error.message : error})`,
      }))
      .then(answerWith);
  }

  onSettled(outcome: Outcome): void {
    this.#disobey();
    this.output.finish();
    this.input.refuse(`Task ${this.#taskId} has ended.`);
    const faultedBy =
      outcome.fault !== null && this.#abortReason !== undefined
        ? { ...outcome.fault, cause: this.#abortReason }
        : outcome.fault;
    const end = endOfTask(this.#taskId, { ...outcome, fault: faultedBy }, this.output);
    if (end instanceof SandboxError) {
      this.#ended.reject(end);
      this.#started.reject(end);
      this.#assigned.reject(end);
      if (end.code !== 'DETACHED') this.#emitter.emit('taskFailed', end, this.#taskId);
    } else {
      this.#ended.resolve(end);
      this.#emitter.emit('taskComplete', end);
    }
  }
}

interface PromiseParts<Value> {
  readonly promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: unknown): void;
}

function promiseParts<Value>(): PromiseParts<Value> {
  const parts: Partial<PromiseParts<Value>> = {};
  const promise = new Promise<Value>((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return Object.assign(parts, { promise }) as PromiseParts<Value>;
}
