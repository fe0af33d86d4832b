/** Climbs the ladder for a block that stands: rung by rung, each for a time, until the block is gone or nothing is left. */
import type { BlockReason } from '@sandcrew/protocol';
import { endForBlock } from './block-end.js';
import { type Answer, type BlockPlan, chooseAnswer, planFor, promptOf } from './block-orders.js';
import { chooseRung, HANDLER_TIMEOUT_MS, RUNG_HELPS_WITHIN_MS } from './recovery.js';
import { meansOf } from './recovery-means.js';
import type { BlockInfo, RecoveryRung } from './report.js';
import { tellRung } from './rung-news.js';
import type { Climb, Task } from './task.js';
import { clearTimer, send, setTimer, type Turn } from './turn.js';

/** A block was told: what its task's orders say is begun, at once or when a suspicion has stood for long enough. */
export function meetBlock(turn: Turn, task: Task, block: BlockInfo): void {
  if (task.orders === null || task.stop !== null) return;
  const before = task.climbs.get(block.reason);
  if (before?.block.confidence === block.confidence) return; // it is being climbed
  const climb = openClimb(turn, task, block);
  if (task.orders.by === 'handler') {
    turn.effects.push({ type: 'ask_handler', taskId: task.taskId, climbId: climb.id, block });
    wait(turn, task, climb, HANDLER_TIMEOUT_MS);
    return;
  }
  climb.plan = planFor(task.orders, block.reason);
  if (block.confidence === 'confirmed') climbOn(turn, task, climb, climb.plan);
  else if (climb.plan.suspectedAfterMs !== null) wait(turn, task, climb, climb.plan.suspectedAfterMs);
}

/** The block is gone. */
export function leaveClimb(turn: Turn, task: Task, reason: BlockReason): void {
  if (task.climbs.delete(reason)) clearTimer(turn, { kind: 'block', taskId: task.taskId, reason });
}

/** The caller's function has said what to do, or has failed; about a block that has gone since it does not matter. */
export function blockAnswered(
  turn: Turn,
  task: Task,
  climbId: number,
  answer: { readonly plan: BlockPlan } | { readonly fault: string },
): void {
  const climb = [...task.climbs.values()].find(({ id, plan }) => id === climbId && plan === null);
  if (climb === undefined || task.stop !== null) return;
  clearTimer(turn, { kind: 'block', taskId: task.taskId, reason: climb.block.reason });
  if ('fault' in answer) {
    handlerFailed(turn, task, climb, answer.fault);
    return;
  }
  climb.plan = answer.plan;
  climbOn(turn, task, climb, answer.plan);
}

/** It stands still: after the last rung, after the time that a suspicion is given, or without an answer of the caller's function. */
export function blockOutstood(turn: Turn, task: Task, reason: BlockReason): void {
  const climb = task.climbs.get(reason);
  if (climb === undefined || task.stop !== null) return;
  if (climb.plan !== null) climbOn(turn, task, climb, climb.plan);
  else handlerFailed(turn, task, climb, `onBlock did not answer within ${HANDLER_TIMEOUT_MS} ms`);
}

/** What is tried for a block, and was. */
export function openClimb(turn: Turn, task: Task, block: BlockInfo): Climb {
  leaveClimb(turn, task, block.reason);
  const climb: Climb = { block, id: turn.state.nextClimb++, plan: null, tried: [], lastTriedAtMs: 0 };
  task.climbs.set(block.reason, climb);
  return climb;
}

/** Does what a rung says to the task. Those that are about its worker are not climbed here. */
export function climbRung(
  turn: Turn,
  task: Task,
  climb: Climb,
  step: {
    readonly rung: RecoveryRung;
    readonly why: string;
    readonly answer: Answer | null;
    readonly graceMs: number;
    readonly thenRequeue: boolean;
  },
): void {
  const { block, tried } = climb;
  const { taskId } = task;
  const { rung, why, answer, graceMs, thenRequeue } = step;
  tried.push(rung);
  climb.lastTriedAtMs = turn.nowMs;
  tellRung(turn, { taskId, workerId: block.workerId, reason: block.reason, rung, why });
  if (rung === 'answer' && answer !== null) {
    task.answersGiven.set(answer, (task.answersGiven.get(answer) ?? 0) + 1);
    task.answeredPrompt = promptOf(block.evidence);
    turn.effects.push({ type: 'reply_input', taskId, text: answer.text });
  } else if (rung === 'end_input') {
    task.inputEnded = true;
    turn.effects.push({ type: 'end_input', taskId });
  } else if (rung === 'continue') {
    task.continues++;
    send(turn, task.workerKey as string, { type: 'signal_task', taskId, signal: 'SIGCONT' });
  } else if (rung === 'terminate') {
    endForBlock(turn, task, block, { graceMs, thenRequeue });
  }
}

function climbOn(turn: Turn, task: Task, climb: Climb, { rungs, answers }: BlockPlan): void {
  const { block, tried } = climb;
  const answer = chooseAnswer(block, answers, task.answersGiven, task.answeredPrompt);
  const { rung, why } = chooseRung(block, rungs, tried, meansOf(turn, task, block.reason, answer !== null));
  const thenRequeue = rungs.includes('requeue');
  climbRung(turn, task, climb, { rung, why, answer, graceMs: task.graceMs, thenRequeue });
  if (rung === 'answer' || rung === 'end_input' || rung === 'continue')
    wait(turn, task, climb, RUNG_HELPS_WITHIN_MS);
}

function handlerFailed(turn: Turn, task: Task, climb: Climb, fault: string): void {
  const { workerId, reason } = climb.block;
  climb.plan = { rungs: [], answers: [], suspectedAfterMs: null };
  tellRung(turn, {
    taskId: task.taskId,
    workerId,
    reason,
    rung: 'report',
    why: `${fault}: nothing is done.`,
  });
}

function wait(turn: Turn, { taskId }: Task, { block }: Climb, delayMs: number): void {
  setTimer(turn, { kind: 'block', taskId, reason: block.reason }, delayMs);
}
