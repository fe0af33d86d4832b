/** Whether a task may have ended as it is said: each fault has a cause, and says nothing of it that is not so. */
import type { Fault } from '../../packages/manager/dist/core/sandbox-error.js';
import type { Life, TaskRecord } from './ledger.js';

/** What happened to a task's worker, seen from its manager. */
export interface Lately {
  readonly nowMs: number;
  /** Since when its worker has not answered; now, where it does. */
  readonly awaySinceMs: number;
  readonly lostAfterMs: number;
  /** Whether its worker is another one now than the one that was connected last: its tasks died with that. */
  readonly hasRestarted: boolean;
  /** What goes wrong in this run at all: nothing, workers that are shut down in good order, anything. */
  readonly disturbance: 'none' | 'drains' | 'any';
  /** Whether the task was taken over from an earlier life of its manager, which alone was told what came of its start. */
  readonly isAdopted: boolean;
}

/** Faults that an undisturbed run does not know. */
const DISTURBED = ['LOST', 'WORKER_UNREACHABLE', 'NO_WORKER', 'WORKER_SHUTDOWN', 'ORPHANED', 'UNKNOWN_TASK'];

/** What is wrong with a fault, null for nothing. Notes what it says for the rest of the run. */
export function judgeFault(
  record: TaskRecord,
  fault: Fault,
  life: Life | null,
  lately: Lately,
): string | null {
  const { plan } = record;
  if (DISTURBED.includes(fault.code) && lately.disturbance === 'none') return 'although nothing went wrong';
  switch (fault.code) {
    case 'LOST':
      return judgeLoss(record, fault, lately);
    case 'CANCELLED':
      if (record.stopAskedAtMs === null) return 'although nobody asked for it';
      return judgeNeverRan(record);
    case 'TERMINATED':
      return record.stopAskedAtMs === null ? 'although nobody asked for it' : null;
    case 'TIMED_OUT':
      return life !== null && lately.nowMs - life.startedAtMs < plan.timeoutMs ? 'before its time' : null;
    case 'REJECTED':
      return plan.process.start === 'rejected' ? judgeNeverRan(record) : 'although nothing spoke against it';
    case 'SPAWN_FAILED':
      return plan.process.start === 'fails' ? judgeNeverRan(record) : 'although it can be started';
    case 'WORKER_UNREACHABLE': // says nothing of what another manager had begun
    case 'NO_WORKER':
      return lately.isAdopted ? null : judgeNeverRan(record);
    case 'WORKER_SHUTDOWN':
    case 'ORPHANED':
    case 'UNKNOWN_TASK':
      return null;
    default:
      return 'which this run has no cause for';
  }
}

function judgeLoss(record: TaskRecord, { detail }: Fault, lately: Lately): string | null {
  const isAway = lately.nowMs - lately.awaySinceMs >= lately.lostAfterMs - 1;
  const wasRejected = lately.isAdopted && record.plan.process.start === 'rejected';
  if (!isAway && !lately.hasRestarted && !wasRejected)
    return 'although its worker kept it and was not away for long';
  if (lately.disturbance === 'drains' && record.lives.length === 0)
    return 'although it was never started, and its worker was shut down in good order';
  return detail === 'never_started' ? judgeNeverRan(record) : null;
}

/** An idempotent one may have run before, in another attempt. */
function judgeNeverRan(record: TaskRecord): string | null {
  if (record.plan.idempotent) return null;
  if (record.lives.length > 0) return 'although it was started';
  record.saidNeverRan = true;
  return null;
}
