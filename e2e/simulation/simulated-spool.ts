/** A worker's spool: a disk that is slow, does things in their order, and may fail. A failed write leaves rubbish. */
import type { WorkerEffect } from '../../apps/worker/build/core/effect.js';
import type { WorkerEvent } from '../../apps/worker/build/core/event.js';
import type { WorkerPlan } from './plan.js';
import type { World } from './world.js';

type Append = Extract<WorkerEffect, { type: 'append_spool' }>;
type Read = Extract<WorkerEffect, { type: 'read_spool' }>;

interface Piece {
  readonly segment: number;
  readonly position: number;
  readonly data: Uint8Array;
}

const RUBBISH = 0xee;

export class SimulatedSpool {
  readonly #world: World;
  readonly #plan: WorkerPlan['spool'];
  readonly #emit: (event: WorkerEvent) => void;
  readonly #files = new Map<string, Piece[]>();
  #freeAtMs = 0;

  constructor(world: World, plan: WorkerPlan['spool'], emit: (event: WorkerEvent) => void) {
    this.#world = world;
    this.#plan = plan;
    this.#emit = emit;
  }

  get tasks(): string[] {
    return [...this.#files.keys()];
  }

  append({ taskKey, segment, position, offset, data }: Append): void {
    this.#inOrder(() => {
      const isFailed = this.#world.chance.is(this.#plan.failureRate);
      const stored = isFailed ? new Uint8Array(data.length).fill(RUBBISH) : data;
      const pieces = this.#files.get(taskKey);
      if (pieces === undefined) this.#files.set(taskKey, [{ segment, position, data: stored }]);
      else pieces.push({ segment, position, data: stored });
      if (isFailed) this.#emit({ type: 'spool_failed', taskKey, offset, bytes: data.length });
    });
  }

  read({ taskKey, segment, position, offset, bytes }: Read): void {
    this.#inOrder(() => {
      const data = new Uint8Array(bytes);
      let found = 0;
      for (const piece of this.#files.get(taskKey) ?? []) {
        if (piece.segment !== segment) continue;
        const from = Math.max(position, piece.position);
        const to = Math.min(position + bytes, piece.position + piece.data.length);
        if (to <= from) continue;
        data.set(piece.data.subarray(from - piece.position, to - piece.position), from - position);
        found += to - from;
      }
      if (found < bytes || this.#world.chance.is(this.#plan.failureRate))
        this.#emit({ type: 'spool_failed', taskKey, offset, bytes });
      else this.#emit({ type: 'spool_read', taskKey, offset, data });
    });
  }

  delete(taskKey: string, segment: number | 'all'): void {
    this.#inOrder(() => {
      const left = (this.#files.get(taskKey) ?? []).filter(
        (piece) => segment !== 'all' && piece.segment !== segment,
      );
      if (left.length === 0) this.#files.delete(taskKey);
      else this.#files.set(taskKey, left);
    });
  }

  #inOrder(work: () => void): void {
    const { nowMs, chance } = this.#world;
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs + this.#plan.delayMs * chance.next());
    this.#world.after(this.#freeAtMs - nowMs, work);
  }
}
