/** Keeps the list of free slots true when a worker's room has changed. */
import { setTimer, type Turn } from './turn.js';
import { isOpen, type Worker } from './worker.js';

/** A worker that took no task, though it seemed to have room, is given one again after this. */
const FULL_FOR_MS = 1_000;

export function refreshSlots({ state, nowMs }: Turn, worker: Worker): void {
  if (isOpen(worker, nowMs)) state.freeSlots.open(worker.key, worker.taskIds.size);
  else state.freeSlots.close(worker.key);
}

/** It counts once the task that it did not take is released. */
export function leaveAlone(turn: Turn, worker: Worker): void {
  worker.fullUntilMs = turn.nowMs + FULL_FOR_MS;
  setTimer(turn, { kind: 'full', workerKey: worker.key }, FULL_FOR_MS);
}
