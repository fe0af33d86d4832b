/**
 * Random interleavings of output, acks, cuts, resumes, slow sockets and a failing spool. After every event: what a
 * reader got is what was written, in order, within its window, with one end behind it; and the totals are exact. What is
 * freed is written over at once: nothing that is told or stored later may stand there.
 */
import { describe, expect, test } from '@jest/globals';
import type { WorkerEffect } from '#src/core/effect.js';
import type { WorkerEvent } from '#src/core/event.js';
import { Machine, type PolicyNumbers, policyWith } from './machine.js';
import { Reader } from './reader.js';

const WALKS = 120;
const EVENTS = 250;
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const TASKS = ['t1', 't2', 't3'];
const WINDOW_BYTES = 50;
const SMALL = {
  windowBytes: WINDOW_BYTES,
  socketBytes: 900,
  taskMemoryBytes: 40,
  memoryBytes: 90,
  segmentBytes: 64,
  minFreedBytes: 1,
};

describe(`random walks from SEED=${SEED}`, () => {
  test('with room for everything and a sound spool, nothing is lost, and what is freed is needed by nobody', () => {
    let freedBytes = 0;
    for (let seed = SEED; seed < SEED + WALKS; seed++) {
      const walk = new Walk(seed, SMALL, 0);
      walk.run();
      if (walk.gapBytes > 0) throw new Error(`SEED=${seed}: ${walk.gapBytes} bytes are gone`);
      freedBytes += walk.freedBytes;
    }
    expect(freedBytes).toBeGreaterThan(0);
  });

  test('with little room and a failing spool, what is lost is told', () => {
    let gapBytes = 0;
    for (let seed = SEED; seed < SEED + WALKS; seed++) {
      const walk = new Walk(seed, { ...SMALL, retainBytes: 160, spoolQuotaBytes: 200 }, 0.2);
      walk.run();
      gapBytes += walk.gapBytes;
    }
    expect(gapBytes).toBeGreaterThan(0);
  });
});

type SpoolWork = Extract<WorkerEffect, { type: 'append_spool' | 'read_spool' }>;

class Walk {
  readonly #seed: number;
  readonly #failureRate: number;
  readonly #policy: PolicyNumbers;
  readonly #machine: Machine;
  readonly #readers = new Map(TASKS.map((taskId) => [taskId, new Reader(WINDOW_BYTES)]));
  readonly #phases = new Map<string, 'running' | 'exited' | 'ended'>(
    TASKS.map((taskId) => [taskId, 'running']),
  );
  /** What the spool has not done yet, in order. */
  #spoolWork: SpoolWork[] = [];
  readonly #brokenAppends: SpoolWork[] = [];
  #unflushed: number[] = [];
  #session = 0;
  #isConnected = false;
  gapBytes = 0;
  freedBytes = 0;

  constructor(seed: number, policy: PolicyNumbers, failureRate: number) {
    this.#seed = seed;
    this.#random = randomFrom(seed);
    this.#policy = policy;
    this.#failureRate = failureRate;
    this.#machine = new Machine(policyWith(policy));
  }

  run(): void {
    try {
      this.#begin();
      for (let count = 0; count < EVENTS; count++) this.#happen();
      this.#finish();
    } catch (error) {
      throw new Error(`SEED=${this.#seed}: ${(error as Error).message}`, { cause: error });
    }
  }

  #begin(): void {
    this.#connect();
    for (const taskId of TASKS) {
      this.#say({ type: 'execute_command', taskId, command: 'make' });
      this.#step({ type: 'process_started', taskKey: keyOf(taskId), pid: 7 });
    }
  }

  #happen(): void {
    const taskId = this.#pick(TASKS);
    const reader = this.#readerOf(taskId);
    const dice = this.#upTo(100);
    if (dice < 35) this.#write(taskId);
    else if (dice < 55) this.#workSpool();
    else if (dice < 70 && this.#isConnected) this.#ack(taskId, this.#between(reader.acked, reader.at));
    else if (dice < 80) this.#flush();
    else if (dice < 84 && this.#isConnected)
      this.#resume(taskId, this.#between(this.#failureRate === 0 ? reader.acked : 0, reader.at));
    else if (dice < 88) this.#cut();
    else if (dice < 96) this.#reconnect();
    else if (dice < 98) this.#endFurther(taskId);
    else if (this.#isConnected) this.#say({ type: 'task_ack', taskId, offset: this.#upTo(1_000) + 100_000 });
  }

  /** Everything comes to its end, and the reader gets it all. */
  #finish(): void {
    for (const taskId of [...TASKS, ...TASKS]) this.#endFurther(taskId);
    this.#cut();
    this.#connect();
    for (const [taskId, reader] of this.#readers) this.#resume(taskId, reader.at);
    for (let round = 0; [...this.#readers.values()].some(({ isEnded }) => !isEnded); round++) {
      if (round > 10_000) throw new Error('an end never came');
      this.#flush();
      this.#workSpool();
      for (const [taskId, reader] of this.#readers) this.#ack(taskId, reader.at);
    }
    for (const taskId of TASKS) this.#say({ type: 'forget_task', taskId });
    expect([this.#machine.state.tasks.size, this.#machine.state.kept, this.#machine.spooledTasks]).toEqual([
      0,
      { memoryBytes: 0, spoolBytes: 0 },
      [],
    ]);
  }

  #write(taskId: string): void {
    if (this.#phases.get(taskId) === 'ended') return;
    const { written } = this.#readerOf(taskId);
    const stream = this.#upTo(3) === 0 ? 'stderr' : 'stdout';
    const data = Uint8Array.from({ length: 1 + this.#upTo(30) }, () => this.#upTo(256));
    written.push(...Array.from(data, (byte) => ({ byte, stream }) as const));
    this.#step({ type: 'output_read', taskKey: keyOf(taskId), stream, data });
  }

  #overwrite(data: Uint8Array): void {
    this.freedBytes += data.length;
    data.fill(0xee);
  }

  #endFurther(taskId: string): void {
    const taskKey = keyOf(taskId);
    const phase = this.#phases.get(taskId);
    if (phase === 'running') {
      this.#phases.set(taskId, 'exited');
      this.#step({ type: 'process_exited', taskKey, exitCode: 0, signal: null, memoryKills: 0 });
    } else if (phase === 'exited') {
      this.#phases.set(taskId, 'ended');
      this.#step({ type: 'output_closed', taskKey });
      this.#step({ type: 'tree_ended', taskKey, leftover: 0, usage: {} });
    }
  }

  /** The oldest piece of work of the spool is done, or fails. A read finds rubbish where an append failed. */
  #workSpool(): void {
    const work = this.#spoolWork.shift();
    if (work === undefined) return;
    const { taskKey, offset } = work;
    const bytes = work.type === 'read_spool' ? work.bytes : work.data.length;
    const data = work.type === 'read_spool' ? this.#machine.stored(work) : null;
    if (this.#chance(this.#failureRate) || (work.type === 'read_spool' && data === null)) {
      if (work.type === 'append_spool') this.#brokenAppends.push(work);
      this.#step({ type: 'spool_failed', taskKey, offset, bytes });
    } else if (data !== null) {
      for (const broken of this.#brokenAppends) {
        if (broken.type !== 'append_spool' || broken.taskKey !== taskKey) continue;
        data.fill(
          0xee,
          Math.max(0, broken.offset - offset),
          Math.max(0, broken.offset + broken.data.length - offset),
        );
      }
      this.#step({ type: 'spool_read', taskKey, offset, data });
    }
  }

  #flush(): void {
    const bytes = this.#unflushed.shift();
    if (bytes !== undefined) this.#step({ type: 'output_flushed', sessionId: this.#sessionId, bytes });
  }

  #cut(): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#step({ type: 'connection_closed', sessionId: this.#sessionId });
  }

  /** Anew after a cut, or beside a connection that stands. */
  #reconnect(): void {
    this.#connect();
    for (const [taskId, reader] of this.#readers)
      if (this.#upTo(2) === 0) this.#resume(taskId, this.#between(reader.acked, reader.at));
  }

  #connect(): void {
    this.#session++;
    this.#unflushed = [];
    this.#isConnected = true;
    this.#step({ type: 'connection_opened', sessionId: this.#sessionId, tokenName: 'default' });
    this.#say({ type: 'hello', managerId: 'm1', output: 'binary' });
  }

  #resume(taskId: string, offset: number): void {
    this.#readerOf(taskId).resume(offset);
    this.#say({ type: 'resume_task', taskId, offset });
  }

  #ack(taskId: string, offset: number): void {
    this.#readerOf(taskId).ack(offset);
    this.#say({ type: 'task_ack', taskId, offset });
  }

  #say(message: object): void {
    this.#step({
      type: 'message_received',
      sessionId: this.#sessionId,
      message: { ...message, timestamp: 0 } as never,
    });
  }

  #step(event: WorkerEvent): void {
    for (const effect of this.#machine.step(event)) this.#take(effect);
    this.#expectExactTotals();
  }

  #take(effect: WorkerEffect): void {
    if (effect.type === 'append_spool' || effect.type === 'read_spool') this.#spoolWork.push(effect);
    else if (effect.type === 'free_output') this.#overwrite(effect.data);
    else if (effect.type === 'delete_spool' && effect.segment === 'all')
      this.#spoolWork = this.#spoolWork.filter(({ taskKey }) => taskKey !== effect.taskKey);
    if (!('sessionId' in effect) || effect.sessionId !== this.#sessionId) return;
    if (effect.type === 'send_output') {
      this.#unflushed.push(effect.cost);
      this.#readerOf(effect.frame.taskId).takeChunk(effect.frame);
    } else if (effect.type === 'send' && effect.message.type === 'output_gap') {
      const { taskId, offset, bytes } = effect.message;
      if (offset + bytes > this.#readerOf(taskId).acked) this.gapBytes += bytes;
      this.#readerOf(taskId).takeGap(offset, bytes);
    } else if (effect.type === 'send' && effect.message.type === 'task_complete') {
      this.#readerOf(effect.message.taskId).takeEnd(effect.message.outputBytes);
    }
  }

  #expectExactTotals(): void {
    const { tasks, kept, policy } = this.#machine.state;
    let memoryBytes = 0;
    let spoolBytes = 0;
    for (const { log } of tasks.values()) {
      for (const { place, bytes } of log.chunks) {
        if (place.kind === 'memory') memoryBytes += bytes;
        if (place.kind === 'spool') spoolBytes += bytes;
      }
      if (log.memoryBytes > policy.retention.taskMemoryBytes)
        throw new Error(`${log.memoryBytes} bytes in the memory of one task`);
      if (log.endOffset - log.startOffset > policy.retention.retainBytes)
        throw new Error(`${log.endOffset - log.startOffset} bytes kept of one task`);
    }
    if (kept.memoryBytes !== memoryBytes || kept.spoolBytes !== spoolBytes)
      throw new Error(`the totals say ${JSON.stringify(kept)}, not ${memoryBytes} and ${spoolBytes}`);
    const { memoryBytes: mostMemory = 0, spoolQuotaBytes = Number.MAX_SAFE_INTEGER } = this.#policy;
    if (memoryBytes > mostMemory || spoolBytes > spoolQuotaBytes) throw new Error('more is kept than may be');
  }

  get #sessionId(): string {
    return `s${this.#session}`;
  }

  #readerOf(taskId: string): Reader {
    return this.#readers.get(taskId) as Reader;
  }

  readonly #random: () => number;

  #upTo(end: number): number {
    return Math.floor(this.#random() * end);
  }

  #between(from: number, to: number): number {
    return from + this.#upTo(to - from + 1);
  }

  #chance(rate: number): boolean {
    return this.#random() < rate;
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#upTo(items.length)] as Item;
  }
}

function keyOf(taskId: string): string {
  return `manager:m1 ${taskId}`;
}

/** Mulberry32: equal seeds give equal walks. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
