/**
 * What a step says of the spans: one of each task, one of each of its attempts. It knows no tracer. An attempt has one
 * span, and so one trace context for the command, however often a worker without room hands it back or a lost
 * connection has `execute_command` sent again: a worker that compares the two finds the same environment.
 */
import type { Effect, Outcome } from '../effect.js';
import type { Fault } from '../sandbox-error.js';
import type { ManagerState } from '../state.js';
import type { Submission } from '../task.js';
import { type Attributes, describeEnd } from './end-words.js';

/** `error`: why it counts as failed, in words of the contract; null where it does not. */
export type TraceSignal =
  | { readonly kind: 'attempt_begun'; readonly taskId: string; readonly attributes: Attributes }
  | {
      readonly kind: 'noted';
      readonly taskId: string;
      readonly name: string;
      readonly attributes: Attributes;
    }
  | {
      readonly kind: 'attempt_ended' | 'task_ended';
      readonly taskId: string;
      readonly attributes: Attributes;
      readonly error: string | null;
    };

/** An attempt that has a span: which it is, and whether its worker is out of reach. */
interface OpenAttempt {
  readonly attempt: number;
  isAway: boolean;
}

/** By task. */
export type OpenAttempts = Map<string, OpenAttempt>;

/** A task's span at its beginning. What it runs is the caller's to tell, in a span of its own: commands hold secrets. */
export function describeTask(submission: Submission, isAttached: boolean): Attributes {
  const { taskId, priority, idempotent, body } = submission;
  return {
    'sandcrew.task.id': taskId,
    'sandcrew.task.priority': priority,
    'sandcrew.task.idempotent': idempotent,
    ...(isAttached ? { 'sandcrew.task.attached': true } : {}),
    ...(body.workspace === undefined ? {} : { 'sandcrew.task.workspace': body.workspace }),
  };
}

/** @param state after the step that decided `effects`. */
export function trace(open: OpenAttempts, state: ManagerState, effects: readonly Effect[]): TraceSignal[] {
  return effects.flatMap((effect) => traceEffect(open, state, effect));
}

function traceEffect(open: OpenAttempts, state: ManagerState, effect: Effect): readonly TraceSignal[] {
  switch (effect.type) {
    case 'tell_assigned': {
      const { taskId, worker } = effect;
      const place = { 'sandcrew.worker.id': worker.workerId };
      const attempt = state.tasks.get(taskId)?.attempt ?? open.get(taskId)?.attempt ?? 1;
      return begin(open, taskId, attempt, place) ?? [note(taskId, 'placed_again', place)];
    }
    case 'tell_started': {
      const { taskId, attempt, start } = effect;
      const place = { 'sandcrew.worker.id': start.workerId };
      const begun = begin(open, taskId, attempt, place) ?? [];
      return [
        ...begun,
        note(taskId, 'started', {
          'sandcrew.containment': start.containment,
          ...(start.pid === null ? {} : { 'process.pid': start.pid }),
        }),
      ];
    }
    case 'restart_task': {
      const { taskId, attempts } = effect;
      const { attempt } = open.get(taskId) as OpenAttempt; // it was placed
      // What never left is no attempt: its span goes on with the next worker.
      if (attempts < attempt) return [note(taskId, 'taken_back', {})];
      open.delete(taskId);
      const attributes = { 'sandcrew.attempt.end': 'requeued' };
      return [{ kind: 'attempt_ended', taskId, attributes, error: 'requeued' }];
    }
    case 'hold_input':
      return turnAway(open, effect.taskId, true) ? [note(effect.taskId, 'worker_away', {})] : [];
    case 'open_input':
      return turnAway(open, effect.taskId, false) ? [note(effect.taskId, 'worker_back', {})] : [];
    case 'tell_gap': {
      const { offset, bytes } = effect.gap;
      const gap = { 'sandcrew.output.offset': offset, 'sandcrew.output.bytes': bytes };
      return [note(effect.taskId, 'output_gap', gap)];
    }
    case 'tell_block': {
      const { taskId, reason, confidence } = effect.block;
      const block = { 'sandcrew.block.reason': reason, 'sandcrew.block.confidence': confidence };
      return [note(taskId, 'block_detected', block)];
    }
    case 'tell_block_cleared':
      return [note(effect.block.taskId, 'block_cleared', { 'sandcrew.block.reason': effect.block.reason })];
    case 'tell_recovery': {
      const { taskId, reason, rung } = effect.recovery;
      const attributes = { 'sandcrew.block.reason': reason, 'sandcrew.recovery.rung': rung };
      return [note(taskId, 'block_recovery', attributes)];
    }
    case 'settle_task':
      return end(open, effect.taskId, effect.outcome);
    default:
      return [];
  }
}

/** Null where the attempt has its span already. */
function begin(
  open: OpenAttempts,
  taskId: string,
  attempt: number,
  place: Attributes,
): readonly TraceSignal[] | null {
  if (open.get(taskId)?.attempt === attempt) return null;
  open.set(taskId, { attempt, isAway: false });
  const attributes = { 'sandcrew.task.id': taskId, 'sandcrew.attempt.number': attempt, ...place };
  return [{ kind: 'attempt_begun', taskId, attributes }];
}

function end(open: OpenAttempts, taskId: string, outcome: Outcome): readonly TraceSignal[] {
  const attributes: Attributes = {
    ...describeEnd(outcome),
    'sandcrew.task.attempts': outcome.attempts,
    'sandcrew.output.bytes': outcome.end.outputBytes ?? outcome.receivedOffset,
    ...known('process.exit.code', outcome.end.exitCode),
    ...known('sandcrew.exit.signal', outcome.end.signal),
    ...known('sandcrew.task.leftover', outcome.end.leftover),
  };
  const error = 'error.type' in attributes ? nameFault(outcome.fault as Fault) : null;
  const ofAttempt = describeEnd(outcome);
  return [
    ...(open.delete(taskId)
      ? [{ kind: 'attempt_ended', taskId, attributes: ofAttempt, error } as const]
      : []),
    { kind: 'task_ended', taskId, attributes, error },
  ];
}

function nameFault(fault: Fault): string {
  const { detail } = fault;
  return detail === undefined ? fault.code : `${fault.code} (${detail})`;
}

function known(name: string, value: string | number | null | undefined): Attributes {
  return value === null || value === undefined ? {} : { [name]: value };
}

function turnAway(open: OpenAttempts, taskId: string, isAway: boolean): boolean {
  const attempt = open.get(taskId);
  if (attempt === undefined || attempt.isAway === isAway) return false;
  attempt.isAway = isAway;
  return true;
}

function note(taskId: string, name: string, attributes: Attributes): TraceSignal {
  return { kind: 'noted', taskId, name, attributes };
}
