/** One command on the manager, held to its budgets: ends what is over its time, and tells how it ended. It decides nothing. */
import { type PartialTaskResult, SandboxError, type TaskHandle, type TaskResult } from '@sandcrew/manager';
import { type Budgets, judgeBudget, type StepTimes } from '../core/budget.js';
import type { StepFailure } from '../core/step-end.js';
import type { TaskFacts } from '../core/step-verdict.js';

export interface SandboxRunOptions {
  readonly handle: TaskHandle;
  readonly budgets: Budgets;
  /** When its queue budget began, by `performance.now()`. */
  readonly submittedAtMs: number;
  /** From SIGTERM to SIGKILL where it is ended, milliseconds. */
  readonly graceMs: number;
  /** Ends it; its reason is why. */
  readonly signal: AbortSignal;
  readonly started: (workerId: string) => void;
}

export type SandboxRunEnd = Omit<TaskFacts, 'words'> & { readonly task?: TaskResult | PartialTaskResult };

export class SandboxRun {
  readonly ended: Promise<SandboxRunEnd>;
  readonly #options: SandboxRunOptions;
  readonly #blocks = new Map<string, number>();
  #times: StepTimes;
  #timer: NodeJS.Timeout | undefined;
  #over: SandboxRunEnd['over'] = null;
  #stoppedWhy: string | null = null;
  #blockReason: string | null = null;
  #giveUp: (end: SandboxRunEnd) => void = () => {};

  constructor(options: SandboxRunOptions) {
    this.#options = options;
    const { handle, signal, submittedAtMs } = options;
    this.#times = { submittedAtMs, startedAtMs: null, blockedAtMs: null, stoppedAtMs: null };
    const givenUp = new Promise<SandboxRunEnd>((resolve) => {
      this.#giveUp = resolve;
    });
    const settled = handle.then(
      (task): SandboxRunEnd => ({ ...this.#known(), result: task, task }),
      (error: unknown): SandboxRunEnd => ({ ...this.#known(), ...faultOf(error) }),
    );
    const stop = () => this.#stop(String(signal.reason));
    this.ended = Promise.race([settled, givenUp]).finally(() => {
      clearTimeout(this.#timer);
      signal.removeEventListener('abort', stop);
    });
    handle.started.then(
      ({ workerId }) => {
        this.#times = { ...this.#times, startedAtMs: performance.now() };
        options.started(workerId);
        this.#watch();
      },
      () => {}, // `settled` tells
    );
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    this.#watch();
  }

  /** A confirmed block stands, or has gone. */
  noteBlock(reason: string, stands: boolean): void {
    if (!stands) this.#blocks.delete(reason);
    else if (!this.#blocks.has(reason)) this.#blocks.set(reason, performance.now());
    this.#times = {
      ...this.#times,
      blockedAtMs: this.#blocks.size === 0 ? null : Math.min(...this.#blocks.values()),
    };
    this.#watch();
  }

  /** It is started again elsewhere: no block of the last attempt stands. */
  noteRequeue(): void {
    this.#blocks.clear();
    this.#times = { ...this.#times, blockedAtMs: null };
    this.#watch();
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const verdict = judgeBudget(this.#times, nowMs, this.#options.budgets);
    if (verdict.verdict === 'go_on')
      this.#timer = setTimeout(() => this.#watch(), Math.ceil(verdict.untilMs - nowMs));
    else if (verdict.budget === 'end')
      this.#giveUp({ ...this.#known(), over: this.#over ?? 'end', fault: null });
    else {
      this.#over = verdict.budget;
      if (verdict.budget === 'block') [this.#blockReason = null] = this.#blocks.keys();
      this.#terminate();
    }
  }

  #stop(why: string): void {
    this.#stoppedWhy = why;
    if (this.#times.stoppedAtMs === null) this.#terminate();
  }

  #terminate(): void {
    this.#times = { ...this.#times, stoppedAtMs: performance.now() };
    this.#options.handle.terminate(this.#options.graceMs);
    this.#watch();
  }

  #known(): SandboxRunEnd {
    return {
      result: null,
      fault: null,
      over: this.#over,
      stoppedWhy: this.#stoppedWhy,
      blockReason: this.#blockReason,
    };
  }
}

/** What a rejection says, as a value. */
export function faultOf(error: unknown): { readonly fault: StepFailure; readonly task?: PartialTaskResult } {
  if (!(error instanceof SandboxError))
    return { fault: { code: 'LOST', message: error instanceof Error ? error.message : String(error) } };
  const { code, message, detail } = error;
  const fault = detail === undefined ? { code, message } : { code, message, detail };
  return error.result === undefined ? { fault } : { fault, task: error.result as PartialTaskResult };
}
