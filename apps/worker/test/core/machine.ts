/**
 * Drives the worker's decisions as its io would: it turns the clock, keeps the timers and the spool, and holds every
 * message that goes out against its schema. It knows no sockets and no processes.
 */
import { encodeWorkerMessage, MAX_CHUNK_BYTES, type WorkerMessage } from '@sandcrew/protocol';
import type { WorkerEffect } from '#src/core/effect.js';
import type { WorkerEvent } from '#src/core/event.js';
import { createState, type WorkerPolicy, type WorkerState } from '#src/core/state.js';
import { step } from '#src/core/step.js';

export const POLICY: WorkerPolicy = {
  bootId: 'boot-1',
  workerType: 'general',
  labels: {},
  resources: { cpus: 2, memoryBytes: 1_000_000, diskBytes: 1_000_000 },
  maxTasks: 4,
  containment: 'process-group',
  enforcedLimits: [],
  network: 'host',
  orphanTimeoutMs: 600_000,
  credit: { windowBytes: 1_048_576, socketBytes: 1_048_576 },
  pace: { holdBytes: 1_835_008, releaseBytes: 1_310_720, keepingUpBytes: 65_536 },
  retention: {
    retainBytes: 268_435_456,
    taskMemoryBytes: 2_097_152,
    memoryBytes: 33_554_432,
    spoolQuotaBytes: 4_294_967_296,
    segmentBytes: 16_777_216,
    minFreedBytes: 32_768,
    keepEndedMs: 86_400_000,
    maxEndedTasks: 10_000,
  },
};

/** Numbers of a policy to change, all in one place: their names are distinct. */
export type PolicyNumbers = Partial<
  WorkerPolicy['credit'] &
    WorkerPolicy['pace'] &
    WorkerPolicy['retention'] &
    Pick<WorkerPolicy, 'maxTasks' | 'orphanTimeoutMs'>
>;

export function policyWith(numbers: PolicyNumbers): WorkerPolicy {
  const { maxTasks = POLICY.maxTasks, orphanTimeoutMs = POLICY.orphanTimeoutMs } = numbers;
  return {
    ...POLICY,
    maxTasks,
    orphanTimeoutMs,
    credit: { ...POLICY.credit, ...numbers },
    pace: { ...POLICY.pace, ...numbers },
    retention: { ...POLICY.retention, ...numbers },
  };
}

type SpoolAppend = Extract<WorkerEffect, { type: 'append_spool' }>;
type SpoolRead = Extract<WorkerEffect, { type: 'read_spool' }>;

export class Machine {
  readonly state: WorkerState;
  nowMs = 1_000;
  /** Timers of a second or more fire so much too early, as those of an event loop do that was busy when they were set. */
  earlyMs = 0;
  readonly #timers = new Map<string, number>();
  readonly #spool = new Map<string, SpoolAppend[]>();
  /** Reads of the spool that were asked for and not answered, oldest first. */
  readonly reads: SpoolRead[] = [];

  constructor(policy: WorkerPolicy = POLICY) {
    this.state = createState(policy, new Map());
  }

  step(event: WorkerEvent): WorkerEffect[] {
    const effects = step(this.state, event, this.nowMs);
    for (const effect of effects) this.#perform(effect);
    return effects;
  }

  /** Turns the clock on, firing what falls due on the way. */
  wait(ms: number): WorkerEffect[] {
    const untilMs = this.nowMs + ms;
    const effects: WorkerEffect[] = [];
    for (let due = this.#nextTimer(untilMs); due !== null; due = this.#nextTimer(untilMs)) {
      this.nowMs = Math.max(this.nowMs, due.atMs);
      this.#timers.delete(due.timer);
      effects.push(...this.step({ type: 'timer_fired', timer: due.timer }));
    }
    this.nowMs = untilMs;
    return effects;
  }

  /** What the spool's files hold for a read: null where an append or the file is missing. */
  stored({ taskKey, segment, position, bytes }: SpoolRead): Uint8Array | null {
    const data = new Uint8Array(bytes);
    let found = 0;
    for (const append of this.#spool.get(taskKey) ?? []) {
      if (append.segment !== segment) continue;
      const from = Math.max(position, append.position);
      const to = Math.min(position + bytes, append.position + append.data.length);
      if (to <= from) continue;
      data.set(append.data.subarray(from - append.position, to - append.position), from - position);
      found += to - from;
    }
    return found === bytes ? data : null;
  }

  get spooledTasks(): string[] {
    return [...this.#spool.keys()];
  }

  #nextTimer(untilMs: number): { timer: string; atMs: number } | null {
    const [first] = [...this.#timers].sort(([, one], [, other]) => one - other);
    return first === undefined || first[1] > untilMs ? null : { timer: first[0], atMs: first[1] };
  }

  #perform(effect: WorkerEffect): void {
    if (effect.type === 'set_timer') {
      const earlyMs = effect.delayMs < 1_000 ? 0 : this.earlyMs;
      this.#timers.set(effect.timer, this.nowMs + effect.delayMs - earlyMs);
    } else if (effect.type === 'clear_timer') this.#timers.delete(effect.timer);
    else if (effect.type === 'read_spool') this.reads.push(effect);
    else if (effect.type === 'append_spool') this.#append(effect);
    else if (effect.type === 'delete_spool') this.#delete(effect.taskKey, effect.segment);
    else if (effect.type === 'send') {
      encodeWorkerMessage({ ...effect.message, workerId: 'w1', timestamp: 0 } as WorkerMessage);
    } else if (effect.type === 'send_output' && effect.frame.data.length > MAX_CHUNK_BYTES) {
      throw new Error(`a chunk of ${effect.frame.data.length} bytes`);
    }
  }

  #append(effect: SpoolAppend): void {
    this.#spool.set(effect.taskKey, [...(this.#spool.get(effect.taskKey) ?? []), effect]);
  }

  #delete(taskKey: string, segment: number | 'all'): void {
    const left = (this.#spool.get(taskKey) ?? []).filter(
      (append) => segment !== 'all' && append.segment !== segment,
    );
    if (left.length > 0) this.#spool.set(taskKey, left);
    else this.#spool.delete(taskKey);
  }
}
