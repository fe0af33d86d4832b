/** What there is to climb the ladder with, as things stand. */
import type { BlockReason } from '@sandcrew/protocol';
import type { Means } from './recovery.js';
import { hasAttemptLeft, hasOtherWorker } from './requeue.js';
import type { Task } from './task.js';
import { type Turn, tasksOf, workerOf } from './turn.js';
import type { Worker } from './worker.js';
import { hasRestartLeft } from './worker-process.js';

type Now = Pick<Turn, 'state' | 'nowMs'>;

/** For a task that is blocked. */
export function meansOf(at: Now, task: Task, reason: BlockReason, hasAnswer = false): Means {
  const worker = workerOf(at, task);
  const { stdin, pty } = task.body;
  return {
    isReachable: worker?.phase === 'connected' && task.stop === null && task.state !== 'unknown',
    takesInput: (stdin === 'pipe' || pty !== undefined || task.adoption !== null) && !task.inputEnded,
    hasAnswer,
    continues: task.continues,
    isIdempotent: task.idempotent && task.adoption === null,
    hasAttemptLeft: hasAttemptLeft(at.state, task),
    hasOtherWorker: worker !== null && hasOtherWorker(at.state, task, worker, reason),
    ...meansOfWorker(at, worker, task),
  };
}

/** @param task On whose account: it is ended with its worker. */
export function meansOfWorker(
  at: Now,
  worker: Worker | null,
  task: Task | null,
): Pick<Means, 'isWorkerOurs' | 'isWorkerShared' | 'hasRestartLeft'> {
  if (worker === null) return { isWorkerOurs: false, isWorkerShared: false, hasRestartLeft: false };
  return {
    isWorkerOurs: worker.embedded,
    isWorkerShared: tasksOf(at, worker).some((other) => other !== task && !other.idempotent),
    hasRestartLeft: hasRestartLeft(worker, at.nowMs),
  };
}
