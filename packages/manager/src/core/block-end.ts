/** Ends a task for a block, and leads on from there: to another worker, to its end, or to its worker where that is at fault. */
import type { BlockReason } from '@sandcrew/protocol';
import { planFor } from './block-orders.js';
import type { TaskEnd } from './effect.js';
import { ENDING_MARGIN_MS, judgeWorkerRung, REFUSALS } from './recovery.js';
import { meansOfWorker } from './recovery-means.js';
import type { BlockInfo } from './report.js';
import { judgeRequeue, requeueTask } from './requeue.js';
import { tellRung } from './rung-news.js';
import type { Fault } from './sandbox-error.js';
import { failTask } from './settlement.js';
import { endedFor, type Task } from './task.js';
import { orderEnd, stopFault } from './task-life.js';
import { isReaderSlow } from './task-loss.js';
import { send, setTimer, type Turn, workerOf } from './turn.js';
import { type Worker, workerName } from './worker.js';
import { restartWorker } from './worker-process.js';

/** SIGTERM, after the grace SIGKILL; then the task is `BLOCKED`, or goes on elsewhere. */
export function endForBlock(
  turn: Turn,
  task: Task,
  block: BlockInfo,
  { graceMs, thenRequeue }: { readonly graceMs: number; readonly thenRequeue: boolean },
): void {
  task.blockedBy = { reason: block.reason, why: blockSentence(task, block), thenRequeue };
  task.stop = { graceMs, by: 'recovery' };
  orderEnd(turn, task, workerOf(turn, task) as Worker, task.stop);
}

/** It was ended for a block, by this manager or by the worker itself. */
export function blockEnded(
  turn: Turn,
  task: Task,
  worker: Worker,
  ended: { readonly reason: BlockReason; readonly fault: Fault; readonly end: Partial<TaskEnd> },
): void {
  const { reason, fault, end } = ended;
  const { taskId } = task;
  const wantsRequeue = endedFor(task)?.thenRequeue ?? planFor(task.orders, reason).rungs.includes('requeue');
  if (!wantsRequeue) {
    failTask(turn, task, fault, end);
    return;
  }
  task.blockedBy = { reason, why: fault.message, thenRequeue: wantsRequeue };
  const about = { taskId, workerId: workerName(worker), reason };
  const refusal = judgeRequeue(turn.state, task, worker, reason);
  if (refusal === null) {
    const why = `${reason} ended it on ${about.workerId}: it goes to another worker.`;
    tellRung(turn, { ...about, rung: 'requeue', why });
    if (worker.phase === 'connected') send(turn, worker.key, { type: 'forget_task', taskId });
    requeueTask(turn, task, why);
  } else {
    const why = `It is not started again: ${REFUSALS[refusal]}.`;
    tellRung(turn, { ...about, rung: 'give_up', why });
    failTask(turn, task, { ...fault, message: `${fault.message} ${why}` }, end);
  }
}

/** It was to be ended for a block, and is not: its worker is started again, where that may help, or is left with it. */
export function endingOverdue(turn: Turn, task: Task): void {
  const worker = workerOf(turn, task) as Worker;
  if (isReaderSlow(task, worker)) {
    // Its end waits behind output that its reader has not taken: that is no fault of the worker.
    setTimer(turn, { kind: 'task', taskId: task.taskId }, ENDING_MARGIN_MS);
    return;
  }
  const { reason } = task.blockedBy as NonNullable<Task['blockedBy']>;
  const refusal = judgeWorkerRung('restart_worker', meansOfWorker(turn, worker, task));
  const why = `${workerName(worker)} was told to end task ${task.taskId}, and has not`;
  if (refusal === null || refusal === 'too_many_restarts') {
    restartWorker(
      turn,
      worker,
      { code: 'WORKER_FAILED', message: `${why}.` },
      { taskId: task.taskId, reason },
    );
    return;
  }
  const fault = stopFault(task, '');
  const message = `${fault.message} ${why}: it is not restarted, since ${REFUSALS[refusal]}.`;
  blockEnded(turn, task, worker, { reason, fault: { ...fault, message }, end: {} });
}

/** As the error says it in the end. */
export function blockSentence(task: Task, { reason, confidence, evidence }: BlockInfo): string {
  const { summary } = evidence;
  const proof = typeof summary === 'string' ? ` (${summary})` : '';
  return `Task ${task.taskId} could not go on: ${reason}, ${confidence}${proof}.`;
}
