/** Keeps the list of free slots true when a worker's room has changed. */
import type { Turn } from './turn.js';
import { isOpen, type Worker } from './worker.js';

export function refreshSlots({ state, nowMs }: Turn, worker: Worker): void {
  if (isOpen(worker, nowMs)) state.freeSlots.open(worker.key, worker.taskIds.size);
  else state.freeSlots.close(worker.key);
}
