/** What a worker promises of itself, looked at from outside after its steps: room, sessions, and nobody left without an owner. */
import type { WorkerEvent } from '../../apps/worker/build/core/event.js';
import type { WorkerState } from '../../apps/worker/build/core/state.js';
import { Violation } from './world.js';

/** What is counted is what is kept, and what is kept is within its bounds. */
export function checkRetention(
  workerName: string,
  { tasks, kept, policy }: WorkerState,
  event: WorkerEvent,
): void {
  if (event.type !== 'output_read') return;
  const { retainBytes, memoryBytes: maxMemoryBytes, spoolQuotaBytes } = policy.retention;
  const log = tasks.get(event.taskKey)?.log;
  if (log !== undefined && log.endOffset - log.startOffset > retainBytes)
    throw new Violation(`${event.taskKey} keeps more than ${retainBytes} bytes`);
  let memoryBytes = 0;
  let spoolBytes = 0;
  for (const { log: each } of tasks.values()) {
    for (const { bytes, place } of each.chunks) {
      if (place.kind === 'memory') memoryBytes += bytes;
      else if (place.kind === 'spool') spoolBytes += bytes;
    }
  }
  const found = `${memoryBytes} bytes in memory and ${spoolBytes} in the spool`;
  if (kept.memoryBytes !== memoryBytes || kept.spoolBytes !== spoolBytes)
    throw new Violation(`${workerName} counts ${JSON.stringify(kept)}, and keeps ${found}`);
  if (memoryBytes > maxMemoryBytes || spoolBytes > spoolQuotaBytes)
    throw new Violation(`${workerName} keeps ${found}: more than its bounds`);
}

/** A manager has one session; and what waits for it to come back does not end while it is there. */
export function checkSessions(workerName: string, state: WorkerState, event: WorkerEvent): void {
  if (event.type === 'timer_fired' && event.timer.startsWith('orphan ')) {
    const taskKey = event.timer.slice('orphan '.length);
    if (hasSession(state, ownerOf(taskKey)))
      throw new Violation(`${taskKey} is orphaned, and its manager is there`);
  }
  if (event.type !== 'message_received' || event.message.type !== 'hello') return;
  const owners = [...state.sessions.values()].map(({ owner }) => owner);
  if (new Set(owners).size < owners.length)
    throw new Violation(`${workerName} has two sessions of one manager`);
}

export function hasSession(state: WorkerState, owner: string): boolean {
  for (const session of state.sessions.values()) if (session.owner === owner) return true;
  return false;
}

export function ownerOf(taskKey: string): string {
  return taskKey.slice(0, taskKey.indexOf(' '));
}
