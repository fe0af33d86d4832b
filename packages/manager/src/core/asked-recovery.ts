/** What a caller asks to be done about a worker's oldest block: whether it can be done, and its doing. */
import { blockSentence } from './block-end.js';
import { type Answer, chooseAnswer, type OrderedRung, planFor } from './block-orders.js';
import { climbRung, openClimb } from './climb.js';
import type { RungOrder } from './event.js';
import {
  chooseRung,
  explain,
  judgeRung,
  judgeWorkerRung,
  type Means,
  RECOVERY_RUNGS,
  REFUSALS,
  RUNG_HELPS_WITHIN_MS,
} from './recovery.js';
import { meansOf, meansOfWorker } from './recovery-means.js';
import type { BlockInfo, RecoveryRefusal, RecoveryResult, RecoveryRung } from './report.js';
import { tellRung } from './rung-news.js';
import type { Fault } from './sandbox-error.js';
import { failTask } from './settlement.js';
import { oldestBlock } from './survey.js';
import type { Task } from './task.js';
import type { Turn } from './turn.js';
import type { Worker } from './worker.js';
import { replaceWorker, restartWorker } from './worker-process.js';

/** By itself a caller's call climbs the ladder up to where it would touch the worker, and so other tasks. */
const BY_DEFAULT: readonly OrderedRung[] = ['answer', 'end_input', 'continue', 'terminate'];

/** What would be done, and why that, or why nothing. */
export function chooseAsked(
  at: Pick<Turn, 'state' | 'nowMs'>,
  worker: Worker,
  order: RungOrder,
): RecoveryResult {
  const block = oldestBlock(at.state, worker);
  const { rung } = order;
  if (block === null) {
    if (rung !== 'restart_worker' && rung !== 'replace_worker') return refuse(null, 'not_blocked');
    const refusal = judgeWorkerRung(rung, meansOfWorker(at, worker, null));
    return refusal === null ? accept(null, rung, `${rung} was asked for.`) : refuse(null, refusal);
  }
  const task = at.state.tasks.get(block.taskId) as Task;
  const means = meansOf(at, task, block.reason, answerFor(task, block, order) !== null);
  if (rung !== undefined) {
    // What is to be started elsewhere has to end here first.
    const refusal =
      judgeRung(rung, block, means) ?? (rung === 'requeue' ? judgeRung('terminate', block, means) : null);
    return refusal === null ? accept(block, rung, explain(rung, block)) : refuse(block, refusal);
  }
  return chooseNext(at, task, block, means);
}

/** The next rung, where none is named: not before the last had its time, and never one that leaves the task to itself. */
function chooseNext(
  { nowMs }: Pick<Turn, 'nowMs'>,
  task: Task,
  block: BlockInfo,
  means: Means,
): RecoveryResult {
  const { reason, confidence } = block;
  const { tried = [], lastTriedAtMs = 0 } = task.climbs.get(reason) ?? {};
  const last = tried.at(-1);
  if (confidence === 'suspected')
    return accept(block, 'report', `${reason} is only suspected: nothing is done unless a rung is named.`);
  if (last !== undefined && nowMs - lastTriedAtMs < RUNG_HELPS_WITHIN_MS)
    return accept(block, 'report', `${last} was tried, and may still help.`);
  const { rung, why } = chooseRung(block, BY_DEFAULT, tried, means);
  return accept(block, rung === 'give_up' ? 'report' : rung, why);
}

export function climbAsked(turn: Turn, worker: Worker, order: RungOrder): void {
  const { block, rung, why } = chooseAsked(turn, worker, order);
  if (rung === 'none') return;
  const fault: Fault = { code: 'WORKER_FAILED', message: why };
  if (block !== null) {
    const task = turn.state.tasks.get(block.taskId) as Task;
    if (rung === 'restart_worker' || rung === 'replace_worker') {
      task.blockedBy = { reason: block.reason, why: blockSentence(task, block), thenRequeue: true };
      task.stop = { graceMs: 0, by: 'recovery' };
    } else {
      climbForTask(turn, task, block, { rung, why, order });
    }
  }
  if (rung === 'restart_worker') restartWorker(turn, worker, fault);
  if (rung === 'replace_worker') replaceWorker(turn, worker, fault);
}

function climbForTask(
  turn: Turn,
  task: Task,
  block: BlockInfo,
  { rung, why, order }: { readonly rung: RecoveryRung; readonly why: string; readonly order: RungOrder },
): void {
  const { taskId, workerId, reason } = block;
  if (rung === 'report' || rung === 'give_up') {
    tellRung(turn, { taskId, workerId, reason, rung, why });
    if (rung === 'give_up')
      failTask(turn, task, { code: 'BLOCKED', message: blockSentence(task, block), detail: reason });
    return;
  }
  const climb = task.climbs.get(reason) ?? openClimb(turn, task, block);
  climbRung(turn, task, climb, {
    rung: rung === 'requeue' ? 'terminate' : rung,
    why,
    answer: answerFor(task, block, order),
    graceMs: order.graceMs,
    thenRequeue: rung === 'requeue' || (order.rung === undefined && task.idempotent),
  });
}

function answerFor(task: Task, block: BlockInfo, { answer }: RungOrder): Answer | null {
  const answers = answer === null ? planFor(task.orders, block.reason).answers : [answer];
  return chooseAnswer(block, answers, task.answersGiven, task.answeredPrompt);
}

function accept(block: BlockInfo | null, rung: RecoveryRung, why: string): RecoveryResult {
  return { block, rung, refusal: null, rungs: RECOVERY_RUNGS, why };
}

function refuse(block: BlockInfo | null, refusal: RecoveryRefusal): RecoveryResult {
  const why = `Nothing is done: ${REFUSALS[refusal]}.`;
  return { block, rung: 'none', refusal, rungs: RECOVERY_RUNGS, why };
}
