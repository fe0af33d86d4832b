/** What a step adds to an operator's numbers. It reads what came and what was decided, and changes neither. */
import type { OutgoingMessage, WorkerEffect } from './effect.js';
import type { WorkerEvent } from './event.js';
import { taskKey, type WorkerState } from './state.js';

/** Labels are words of the contract alone, so that there are a few dozen rows however long a worker lives. */
export type Measurement =
  | { readonly kind: 'count'; readonly name: CounterName; readonly label: string | null; readonly by: number }
  | { readonly kind: 'duration'; readonly name: DurationName; readonly ms: number };

export type CounterName =
  | 'connections'
  | 'returns'
  | 'tasks_started'
  | 'tasks_ended'
  | 'tasks_rejected'
  | 'refusals'
  | 'blocks'
  | 'output_bytes'
  | 'gap_bytes'
  | 'leftover_processes';

export type DurationName = 'start' | 'task' | 'output_delay';

/** What is being timed: one start, and one piece of output at a time, of each task. */
export interface Stopwatches {
  readonly startedAtMs: Map<string, number>;
  /** Output up to `endOffset` was read at `atMs`, and has not all been sent yet. */
  readonly unsent: Map<string, { readonly endOffset: number; readonly atMs: number }>;
}

export function createStopwatches(): Stopwatches {
  return { startedAtMs: new Map(), unsent: new Map() };
}

/** @param state after the step that took `event` and decided `effects`. */
export function measure(
  watches: Stopwatches,
  state: WorkerState,
  event: WorkerEvent,
  effects: readonly WorkerEffect[],
  nowMs: number,
): Measurement[] {
  const found = measureEvent(watches, state, event, nowMs);
  for (const effect of effects) found.push(...measureEffect(watches, state, effect, nowMs));
  if (watches.unsent.size > state.tasks.size)
    for (const key of watches.unsent.keys()) if (!state.tasks.has(key)) watches.unsent.delete(key);
  return found;
}

function measureEvent(
  { startedAtMs, unsent }: Stopwatches,
  state: WorkerState,
  event: WorkerEvent,
  nowMs: number,
): Measurement[] {
  switch (event.type) {
    case 'connection_opened':
      return [count('connections')];
    case 'process_started': {
      const askedAtMs = startedAtMs.get(event.taskKey);
      startedAtMs.delete(event.taskKey);
      return askedAtMs === undefined
        ? []
        : [count('tasks_started'), { kind: 'duration', name: 'start', ms: nowMs - askedAtMs }];
    }
    case 'start_rejected':
    case 'start_failed':
      startedAtMs.delete(event.taskKey);
      return [];
    case 'output_read': {
      const endOffset = state.tasks.get(event.taskKey)?.log.endOffset;
      if (endOffset !== undefined && !unsent.has(event.taskKey))
        unsent.set(event.taskKey, { endOffset, atMs: nowMs });
      return [count('output_bytes', event.stream, event.data.length)];
    }
    default:
      return [];
  }
}

function measureEffect(
  watches: Stopwatches,
  state: WorkerState,
  effect: WorkerEffect,
  nowMs: number,
): Measurement[] {
  switch (effect.type) {
    case 'start_process':
      watches.startedAtMs.set(effect.taskKey, nowMs);
      return [];
    case 'send_output': {
      const { taskId, offset, data } = effect.frame;
      return timeOutput(watches, state, effect.sessionId, taskId, offset + data.length, nowMs);
    }
    case 'send':
      return measureMessage(effect.message);
    case 'write_log':
      return measureLog(effect.event, effect.fields);
    default:
      return [];
  }
}

/** From when output was read until all of it was given to its reader's socket: what a slow reader holds up is in it. */
function timeOutput(
  { unsent }: Stopwatches,
  state: WorkerState,
  sessionId: string,
  taskId: string,
  sentOffset: number,
  nowMs: number,
): Measurement[] {
  const key = taskKey(state.sessions.get(sessionId)?.owner ?? '', taskId);
  const watch = unsent.get(key);
  if (watch === undefined || sentOffset < watch.endOffset) return [];
  unsent.delete(key);
  return [{ kind: 'duration', name: 'output_delay', ms: nowMs - watch.atMs }];
}

function measureMessage(message: OutgoingMessage): Measurement[] {
  switch (message.type) {
    case 'protocol_error':
      return [count('refusals', message.code)];
    case 'task_error':
      return message.code === 'rejected' ? [count('tasks_rejected', String(message.detail))] : [];
    case 'output_gap':
      return [count('gap_bytes', null, message.bytes)];
    case 'welcome':
      return message.tasks.length > 0 ? [count('returns')] : [];
    default:
      return [];
  }
}

/** The audit lines tell of each task and block once, whoever is connected. */
function measureLog(event: string, fields: Readonly<Record<string, unknown>>): Measurement[] {
  if (event === 'block_detected') return [count('blocks', String(fields['reason']))];
  if (event !== 'task_ended') return [];
  const { durationMs, leftover } = fields;
  return [
    count('tasks_ended', endOf(fields)),
    ...(typeof durationMs === 'number' ? [{ kind: 'duration', name: 'task', ms: durationMs } as const] : []),
    ...(typeof leftover === 'number' && leftover > 0 ? [count('leftover_processes', null, leftover)] : []),
  ];
}

/** The code of a `task_error`, or how the command ended by itself. */
function endOf({ code, signal, exitCode }: Readonly<Record<string, unknown>>): string {
  if (typeof code === 'string') return code;
  if (typeof signal === 'string') return 'signalled';
  return exitCode === 0 ? 'succeeded' : 'failed';
}

function count(name: CounterName, label: string | null = null, by = 1): Measurement {
  return { kind: 'count', name, label, by };
}
