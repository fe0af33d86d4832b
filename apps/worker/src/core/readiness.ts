/** Whether this worker takes tasks now, as a load balancer asks it, and what it holds, as an operator does. */
import type { WorkerState } from './state.js';
import { runningTasks } from './turn.js';

/** Fuller than this the disk has no room for what tasks write, percent. Kubernetes evicts pods from 90 on. */
const MAX_DISK_PERCENT = 95;

/**
 * Why it takes no task, each a sentence; empty where it does. That all slots are taken is no reason: a manager knows it,
 * and what waits for a slot is best off where it is.
 */
export function judgeReadiness({ drain, health }: Pick<WorkerState, 'drain' | 'health'>): string[] {
  const reasons: string[] = [];
  if (drain !== 'no') reasons.push('draining: this worker is shutting down');
  if (health === null) reasons.push('health: it has not been measured yet');
  else if (health.disk > MAX_DISK_PERCENT)
    reasons.push(`disk: expected at most ${MAX_DISK_PERCENT} % in use, got ${health.disk} %`);
  return reasons;
}

export interface Standing {
  readonly runningTasks: number;
  readonly slots: number;
  readonly sessions: number;
  readonly keptMemoryBytes: number;
  readonly keptSpoolBytes: number;
  readonly isDraining: boolean;
}

export function describeStanding(state: WorkerState): Standing {
  return {
    runningTasks: runningTasks(state),
    slots: state.policy.maxTasks,
    sessions: state.sessions.size,
    keptMemoryBytes: state.kept.memoryBytes,
    keptSpoolBytes: state.kept.spoolBytes,
    isDraining: state.drain !== 'no',
  };
}
