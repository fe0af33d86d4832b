/** Answers questions about the state; changes nothing. */
import type { BlockInfo, ManagerHealth, WorkerTask } from './report.js';
import type { ManagerState } from './state.js';
import { tasksOf } from './turn.js';
import { showWorker, type Worker, workerName } from './worker.js';

/** Of the blocks that stand among a worker's tasks, the one that began first. */
export function oldestBlock(state: ManagerState, worker: Worker): BlockInfo | null {
  let oldest: { readonly block: BlockInfo; readonly sinceMs: number } | null = null;
  for (const { blocks } of tasksOf({ state }, worker)) {
    for (const standing of blocks.values()) {
      if (oldest === null || standing.sinceMs < oldest.sinceMs) oldest = standing;
    }
  }
  return oldest?.block ?? null;
}

/** What a worker keeps for this managerId: tasks that a handle holds, and tasks that none does. */
export function showTasks(state: ManagerState, worker: Worker): WorkerTask[] {
  const workerId = workerName(worker);
  const held = tasksOf({ state }, worker).flatMap(({ taskId, started, stop, cursor }): WorkerTask[] => {
    if (!started) return [];
    const { ackedOffset, nextOffset } = cursor;
    return [
      {
        taskId,
        workerId,
        state: stop === null ? 'running' : 'terminating',
        ackedOffset,
        endOffset: nextOffset,
      },
    ];
  });
  return [...held, ...[...worker.adoptable.values()].map((task) => ({ ...task, workerId }))];
}

export function showHealth(state: ManagerState, nowMs: number): ManagerHealth {
  const workers = [...state.workers.values()].map((worker) => showWorker(worker, nowMs));
  const connected = workers.filter(({ phase }) => phase === 'connected');
  const isWhole =
    connected.length === workers.length &&
    connected.every(({ health, draining }) => health === 'healthy' && !draining);
  const tasks = { queued: 0, assigned: 0, running: 0, blocked: 0, unknown: 0, terminating: 0 };
  for (const task of state.tasks.values()) tasks[task.state as keyof typeof tasks]++;
  return { status: statusOf(connected.length, isWhole), workers, tasks };
}

function statusOf(connected: number, isWhole: boolean): ManagerHealth['status'] {
  if (connected === 0) return 'unavailable';
  return isWhole ? 'healthy' : 'degraded';
}
