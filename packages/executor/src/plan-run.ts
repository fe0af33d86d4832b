/** One plan while it runs: carries out what its machine says, and keeps its record. */
import type { TaskHandle } from '@sandcrew/manager';
import type { PlanRecord } from './core/plan-record.js';
import { type PlanState, type PlanStep, recordOf } from './core/plan-state.js';
import { type PlanEffect, type PlanEvent, type PlanOutcome, step } from './core/step.js';
import type { ExecutorMessage } from './events.js';
import { RecordKeeper } from './io/record-keeper.js';
import type { PlanOptions } from './options.js';
import type { Assignment } from './sandbox-doer.js';
import type { PlanResult, StepOutcome, StepResult } from './step-result.js';
import type { TaskStep } from './task-step.js';

export interface PlanRunOptions extends PlanOptions {
  readonly state: PlanState;
  readonly steps: ReadonlyMap<string, TaskStep>;
  readonly tell: (message: ExecutorMessage) => void;
  /** Does a step, and never rejects. */
  readonly do: (
    step: TaskStep,
    assignment: Assignment & { readonly results: ReadonlyMap<string, StepResult> },
  ) => Promise<StepOutcome>;
}

export class PlanRun {
  readonly planId: string;
  /** Settles when no step runs any more. How the plan went is in it: it never rejects. */
  readonly ended: Promise<PlanResult>;
  readonly #options: PlanRunOptions;
  readonly #keeper: RecordKeeper;
  readonly #results = new Map<string, StepResult>();
  readonly #outcomes = new Map<string, StepOutcome>();
  readonly #handles = new Map<string, TaskHandle>();
  readonly #stops = new Map<string, AbortController>();
  #settle: (result: PlanResult) => void = () => {};

  /** Made by `SandboxExecutor.executePlan`. */
  constructor(options: PlanRunOptions) {
    this.#options = options;
    this.planId = options.state.planId;
    this.#keeper = new RecordKeeper(options.onRecord ?? null, (why) => this.cancel(why));
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    for (const taskId of options.steps.keys()) this.#noteEnd(taskId);
    const { signal } = options;
    const stop = () =>
      this.cancel(signal?.reason instanceof Error ? signal.reason.message : String(signal?.reason));
    // In a turn of its own: who asked for the plan listens by then.
    queueMicrotask(() => {
      this.#dispatch({ type: 'plan_opened' });
      if (signal?.aborted) stop();
    });
    signal?.addEventListener('abort', stop, { once: true });
    void this.ended.then(() => signal?.removeEventListener('abort', stop));
  }

  /** The plan as it stands: plain JSON, that another life of the agent can resume from. */
  get record(): PlanRecord {
    return recordOf(this.#options.state);
  }

  /** Ends what runs, and begins nothing more. `ended` then tells what became of each step. */
  cancel(why = 'The plan was cancelled.'): void {
    this.#dispatch({ type: 'cancel_asked', why });
  }

  /** The running task of a step, to write to it, signal it or end it; null where it has none now. */
  task(taskId: string): TaskHandle | null {
    return this.#handles.get(taskId) ?? null;
  }

  #dispatch(event: PlanEvent): void {
    for (const effect of step(this.#options.state, event)) this.#carryOut(effect);
  }

  #carryOut(effect: PlanEffect): void {
    switch (effect.type) {
      case 'write_record':
        this.#keeper.keep(this.record);
        return;
      case 'begin_step':
        this.#stops.set(effect.taskId, new AbortController());
        void this.#begin(effect);
        return;
      case 'stop_step':
        this.#stops.get(effect.taskId)?.abort(effect.why);
        return;
      case 'tell_step_ended':
        this.#noteEnd(effect.taskId);
        this.#tellEnd(effect.taskId);
        return;
      case 'end_plan':
        void this.#end(effect.state);
    }
  }

  async #begin({ taskId, run, adopt }: Extract<PlanEffect, { type: 'begin_step' }>): Promise<void> {
    const { signal } = this.#stops.get(taskId) as AbortController;
    const planned = this.#options.steps.get(taskId) as TaskStep;
    await this.#keeper.kept();
    // What an earlier life began is taken over all the same, to be ended.
    const outcome: StepOutcome =
      signal.aborted && !adopt
        ? { end: { end: 'stopped', why: String(signal.reason) } }
        : await this.#options.do(planned, {
            planId: this.planId,
            run,
            adopt,
            signal,
            results: this.#results,
            begun: (handle) => this.#handles.set(taskId, handle),
            started: (workerId) => this.#dispatch({ type: 'step_started', taskId, workerId }),
          });
    this.#handles.delete(taskId);
    this.#stops.delete(taskId);
    this.#outcomes.set(taskId, outcome);
    this.#dispatch({ type: 'step_ended', taskId, end: outcome.end });
  }

  async #end(state: PlanOutcome): Promise<void> {
    await this.#keeper.kept();
    const { steps } = this.#options;
    const results = [...steps.keys()].map((taskId) => [taskId, this.#resultOf(taskId)] as const);
    const result: PlanResult = { planId: this.planId, state, steps: new Map(results) };
    this.#options.tell({ type: 'plan_ended', planId: this.planId, result });
    this.#settle(result);
  }

  /** Writes down how a step ended, where it has. */
  #noteEnd(taskId: string): void {
    const result = this.#resultOf(taskId);
    if (result.state !== 'waiting' && result.state !== 'running') this.#results.set(taskId, result);
  }

  #resultOf(taskId: string): StepResult {
    const { state, doer, failure, why } = this.#options.state.steps.get(taskId) as PlanStep;
    const { command = null, task = null, value } = this.#outcomes.get(taskId) ?? {};
    const { planId } = this;
    return { planId, taskId, state, doer, command, task, value, failure, why };
  }

  #tellEnd(taskId: string): void {
    const result = this.#results.get(taskId) as StepResult;
    this.#options.tell(messageOfEnd(result));
  }
}

/** What is told of a step that has ended. */
export function messageOfEnd(result: StepResult): ExecutorMessage {
  const { planId, taskId, state, failure, why } = result;
  if (failure !== null) return { type: 'task_failed', planId, taskId, failure, result };
  if (state === 'completed') return { type: 'task_completed', planId, taskId, result };
  return {
    type: state === 'skipped' ? 'task_skipped' : 'task_cancelled',
    planId,
    taskId,
    why: why ?? '',
    result,
  };
}
