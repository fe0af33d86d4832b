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
export function meansOf(at: Now, task: Task, reason: BlockReason, hasAnswer: boolean): Means {
  const worker = workerOf(at, task) as Worker;
  const { stdin, pty } = task.body;
  return {
    isReachable: task.stop === null && task.state !== 'unknown',
    takesInput: (stdin === 'pipe' || pty !== undefined || task.adoption !== null) && !task.inputEnded,
    hasAnswer,
    continues: task.continues,
    isIdempotent: task.idempotent && task.adoption === null,
    hasAttemptLeft: hasAttemptLeft(at.state, task),
    hasOtherWorker: hasOtherWorker(at.state, task, worker, reason),
    ...meansOfWorker(at, worker, task),
  };
}

/** @param task On whose account: it is ended with its worker. */
export function meansOfWorker(
  at: Now,
  worker: Worker,
  task: Task | null,
): Pick<Means, 'isWorkerOurs' | 'isWorkerShared' | 'hasRestartLeft'> {
  return {
    isWorkerOurs: worker.embedded,
    isWorkerShared: tasksOf(at, worker).some((other) => other !== task && !other.idempotent),
    hasRestartLeft: hasRestartLeft(worker, at.nowMs),
  };
}
