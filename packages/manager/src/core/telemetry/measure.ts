/** What a step adds to the manager's numbers. It reads what came and what was decided, and changes neither. */
import type { Effect } from '../effect.js';
import type { ManagerEvent } from '../event.js';
import type { ManagerState } from '../state.js';
import { type Attributes, describeEnd } from './end-words.js';

/** Attributes are words of the contract alone, so that there are a few dozen rows however long a manager lives. */
export type Measurement =
  | {
      readonly kind: 'count';
      readonly name: CounterName;
      readonly by: number;
      readonly attributes: Attributes;
    }
  | {
      readonly kind: 'duration';
      readonly name: DurationName;
      readonly ms: number;
      readonly attributes: Attributes;
    }
  | { readonly kind: 'level'; readonly name: LevelName; readonly by: number };

export type CounterName = 'ended' | 'requeued' | 'blocks' | 'lostOutput' | 'connected' | 'disconnected';
export type DurationName = 'queue' | 'start' | 'run';
export type LevelName = 'waiting' | 'active' | 'workers';

/** What is being timed, by task, and what was told last of what goes up and down. */
export interface Gauges {
  readonly queuedAtMs: Map<string, number>;
  readonly placedAtMs: Map<string, number>;
  /** Workers of the pool that have been connected before. */
  readonly metWorkers: Set<string>;
  readonly levels: Record<LevelName, number>;
}

export function createGauges(): Gauges {
  return {
    queuedAtMs: new Map(),
    placedAtMs: new Map(),
    metWorkers: new Set(),
    levels: { waiting: 0, active: 0, workers: 0 },
  };
}

/** @param state after the step that took `event` and decided `effects`. */
export function measure(
  gauges: Gauges,
  state: ManagerState,
  event: ManagerEvent,
  effects: readonly Effect[],
  nowMs: number,
): Measurement[] {
  noteEvent(gauges, state, event, nowMs);
  const found: Measurement[] = [];
  let workersChanged = false;
  for (const effect of effects) {
    workersChanged ||= effect.type.startsWith('tell_worker_') || effect.type === 'shut_down';
    measureEffect(found, gauges, event, effect, nowMs);
  }
  const isClosed = state.closing === 'closed';
  const waiting = isClosed ? 0 : state.waiting.size + state.arrivals.length;
  // Who was taken back in the tick that brought it still stands among the arrivals.
  const active = Math.max(0, state.tasks.size - waiting);
  measureLevel(found, gauges, 'waiting', waiting);
  measureLevel(found, gauges, 'active', active);
  if (workersChanged) {
    measureLevel(found, gauges, 'workers', isClosed ? 0 : countConnected(state));
    for (const key of gauges.metWorkers) if (!state.workers.has(key)) gauges.metWorkers.delete(key);
  }
  return found;
}

function noteEvent(
  { queuedAtMs, placedAtMs }: Gauges,
  state: ManagerState,
  event: ManagerEvent,
  nowMs: number,
): void {
  if (event.type === 'task_submitted') {
    const { taskId } = event.submission;
    if (state.tasks.has(taskId)) queuedAtMs.set(taskId, nowMs);
  } else if (event.type === 'task_commanded' && placedAtMs.has(event.taskId)) {
    placedAtMs.set(event.taskId, nowMs); // only a slot was kept until now
  }
}

function measureEffect(
  found: Measurement[],
  { queuedAtMs, placedAtMs, metWorkers }: Gauges,
  event: ManagerEvent,
  effect: Effect,
  nowMs: number,
): void {
  switch (effect.type) {
    case 'tell_assigned':
      time(found, 'queue', queuedAtMs, effect.taskId, nowMs);
      placedAtMs.set(effect.taskId, nowMs);
      return;
    case 'tell_started':
      time(found, 'start', placedAtMs, effect.taskId, nowMs);
      return;
    case 'restart_task':
      queuedAtMs.set(effect.taskId, nowMs);
      found.push(count('requeued'));
      return;
    case 'settle_task': {
      placedAtMs.delete(effect.taskId);
      queuedAtMs.delete(effect.taskId);
      const attributes = describeEnd(effect.outcome);
      const { durationMs } = effect.outcome.end;
      found.push(count('ended', attributes));
      if (durationMs !== undefined) found.push({ kind: 'duration', name: 'run', ms: durationMs, attributes });
      return;
    }
    case 'tell_gap':
      found.push(count('lostOutput', {}, effect.gap.bytes));
      return;
    case 'tell_block': {
      const { reason, confidence } = effect.block;
      found.push(
        count('blocks', { 'sandcrew.block.reason': reason, 'sandcrew.block.confidence': confidence }),
      );
      return;
    }
    case 'tell_worker_connected': {
      const { workerKey: key } = event as Extract<ManagerEvent, { readonly type: 'message_received' }>; // its welcome
      found.push(count('connected', { 'sandcrew.connection.again': metWorkers.has(key) }));
      metWorkers.add(key);
      return;
    }
    case 'tell_worker_disconnected':
      found.push(count('disconnected', { 'error.type': effect.fault.code }));
      return;
    default:
  }
}

/** A watch is read once: what was stood back from by a worker without room goes on in the line, and is not timed again. */
function time(
  found: Measurement[],
  name: DurationName,
  watches: Map<string, number>,
  taskId: string,
  nowMs: number,
): void {
  const sinceMs = watches.get(taskId);
  if (sinceMs === undefined) return;
  watches.delete(taskId);
  found.push({ kind: 'duration', name, ms: nowMs - sinceMs, attributes: {} });
}

function measureLevel(found: Measurement[], { levels }: Gauges, name: LevelName, value: number): void {
  const by = value - levels[name];
  if (by === 0) return;
  levels[name] = value;
  found.push({ kind: 'level', name, by });
}

function countConnected(state: ManagerState): number {
  let connected = 0;
  for (const { phase } of state.workers.values()) if (phase === 'connected') connected++;
  return connected;
}

function count(name: CounterName, attributes: Attributes = {}, by = 1): Measurement {
  return { kind: 'count', name, by, attributes };
}
