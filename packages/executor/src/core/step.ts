/** The machine of a plan: which step is begun when, what follows from how one ended, and what the caller is told. Pure. */
import type { PlanState, PlanStep } from './plan-state.js';
import { isLost, type StepEnd, type StepFailure } from './step-end.js';

export type PlanEvent =
  | { readonly type: 'plan_opened' }
  | { readonly type: 'step_started'; readonly taskId: string; readonly workerId: string | null }
  | { readonly type: 'step_ended'; readonly taskId: string; readonly end: StepEnd }
  | { readonly type: 'cancel_asked'; readonly why: string };

export type PlanEffect =
  /** Comes before everything that must not happen unrecorded. */
  | { readonly type: 'write_record' }
  /** `adopt`: look for what an earlier life began, on this worker first where it is known; begin nothing. */
  | { readonly type: 'begin_step'; readonly taskId: string; readonly run: number; readonly adopt: boolean }
  | { readonly type: 'stop_step'; readonly taskId: string; readonly why: string }
  | { readonly type: 'tell_step_ended'; readonly taskId: string }
  | { readonly type: 'end_plan'; readonly state: PlanOutcome };

/** `left`: steps run on, or never began, since the manager was closed; another life may go on with the record. */
export type PlanOutcome = 'completed' | 'failed' | 'cancelled' | 'left';

/** Changes `state` by what happened; says what is to be done, in this order. */
export function step(state: PlanState, event: PlanEvent): PlanEffect[] {
  if (state.hasEnded) return [];
  const effects: PlanEffect[] = [];
  switch (event.type) {
    case 'plan_opened':
      skipHopeless(state, effects);
      break;
    case 'step_started':
      startedStep(state, event.taskId, event.workerId);
      break;
    case 'step_ended':
      endStep(state, event.taskId, event.end, effects);
      break;
    case 'cancel_asked':
      cancelPlan(state, event.why, effects);
  }
  const begun = beginReady(state);
  return [{ type: 'write_record' }, ...effects, ...begun, ...endIfDone(state)];
}

function startedStep(state: PlanState, taskId: string, workerId: string | null): void {
  const started = state.steps.get(taskId);
  if (started?.state === 'running' && workerId !== null) started.workerId = workerId;
}

function endStep(state: PlanState, taskId: string, end: StepEnd, effects: PlanEffect[]): void {
  const ended = state.steps.get(taskId);
  if (ended?.state !== 'running') return;
  if (end.end === 'left') {
    ended.isLeft = true;
    return;
  }
  const wasLeftOver = ended.isLeftOver;
  ended.isLeftOver = false;
  if (end.end === 'completed') ended.state = 'completed';
  else if (end.end === 'stopped') {
    ended.state = 'cancelled';
    ended.why = end.why;
  } else if (wasLeftOver && isLost(end.failure) && ended.idempotent && state.cancelledWhy === null) {
    ended.state = 'waiting'; // nobody has it any more, and it may be begun again
    ended.workerId = null;
    return;
  } else {
    ended.state = 'failed';
    ended.failure = wasLeftOver && isLost(end.failure) ? lost(ended, end.failure) : end.failure;
  }
  effects.push({ type: 'tell_step_ended', taskId });
  if (ended.state !== 'completed') skipHopeless(state, effects);
}

function lost(ended: PlanStep, { message }: StepFailure): StepFailure {
  return {
    code: 'LOST',
    detail: 'may_have_run',
    message: `Step "${ended.taskId}" was running when its agent ended, and is kept nowhere (${message}). Run it again if that is safe; \`idempotent: true\` does so by itself.`,
  };
}

/** Skips what needs a step that will never complete; again for what needs those, until nothing changes. */
function skipHopeless(state: PlanState, effects: PlanEffect[]): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const waiting of state.steps.values()) {
      if (waiting.state !== 'waiting' || waiting.isLeftOver) continue;
      const cause = waiting.dependsOn
        .map((id) => state.steps.get(id) as PlanStep)
        .find((need) => need.state === 'failed' || need.state === 'skipped' || need.state === 'cancelled');
      if (cause === undefined) continue;
      waiting.state = 'skipped';
      waiting.why = `It needs "${cause.taskId}", which ${fateOf(cause)}`;
      effects.push({ type: 'tell_step_ended', taskId: waiting.taskId });
      changed = true;
    }
  }
}

function fateOf({ state, failure, why }: PlanStep): string {
  if (state === 'failed') return `failed (${failure?.code ?? 'of an unknown cause'}).`;
  return state === 'skipped' ? `was skipped: ${why}` : 'was cancelled.';
}

/** What runs is asked to end, and ends the plan when it has. What waits never begins. */
function cancelPlan(state: PlanState, why: string, effects: PlanEffect[]): void {
  if (state.cancelledWhy !== null) return;
  state.cancelledWhy = why;
  for (const each of state.steps.values()) {
    if (each.state === 'running') effects.push({ type: 'stop_step', taskId: each.taskId, why });
    if (each.state !== 'waiting' || each.isLeftOver) continue;
    each.state = 'cancelled';
    each.why = why;
    effects.push({ type: 'tell_step_ended', taskId: each.taskId });
  }
}

/** Steps whose needs have completed, and those left over from an earlier life, the highest priority first. */
function beginReady(state: PlanState): PlanEffect[] {
  const all = [...state.steps.values()];
  if (all.some(({ isLeft }) => isLeft)) return [];
  let free = state.maxConcurrent - all.filter(({ state: at }) => at === 'running').length;
  const ready = all
    .filter((each) => each.state === 'waiting' && (each.isLeftOver || isReady(state, each)))
    .sort((a, b) => Number(b.isLeftOver) - Number(a.isLeftOver) || b.priority - a.priority); // stable: then the plan's order
  return ready.flatMap((each): PlanEffect[] => {
    if (!each.isLeftOver && free <= 0) return [];
    free--;
    each.state = 'running';
    if (!each.isLeftOver) each.runs++;
    const begin = {
      type: 'begin_step',
      taskId: each.taskId,
      run: each.runs,
      adopt: each.isLeftOver,
    } as const;
    const why = state.cancelledWhy;
    return why === null ? [begin] : [begin, { type: 'stop_step', taskId: each.taskId, why }];
  });
}

function isReady(state: PlanState, { dependsOn }: PlanStep): boolean {
  return dependsOn.every((id) => state.steps.get(id)?.state === 'completed');
}

function endIfDone(state: PlanState): PlanEffect[] {
  const all = [...state.steps.values()];
  const isLeft = all.some((each) => each.isLeft);
  // What waits was begun or skipped just now, unless something runs, or was left.
  if (all.some((each) => each.state === 'running' && !each.isLeft)) return [];
  state.hasEnded = true;
  const states = all.map((each) => each.state);
  return [{ type: 'end_plan', state: isLeft ? 'left' : outcomeOf(states, state.cancelledWhy !== null) }];
}

function outcomeOf(states: readonly PlanStep['state'][], isCancelled: boolean): PlanOutcome {
  if (states.every((at) => at === 'completed')) return 'completed';
  return isCancelled ? 'cancelled' : 'failed';
}
