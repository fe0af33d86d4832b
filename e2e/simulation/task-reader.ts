/**
 * Who runs one task: submits it, feeds it, reads its output at a pace, and holds all that it is told against what truly
 * happened.
 */
import type { Outcome } from '../../packages/manager/dist/core/effect.js';
import type { OutputGapInfo } from '../../packages/manager/dist/core/report.js';
import { TaskInput } from '../../packages/manager/dist/io/task-input.js';
import type { Stream } from '../../packages/protocol/dist/index.js';
import { inputAt, type Life, type TaskRecord } from './ledger.js';
import { judgeFault, type Lately } from './outcome-check.js';
import { Violation, type World } from './world.js';

export interface ReaderNews {
  taken(bytes: number, endOffset: number): void;
  /** The task has ended, and all of its output is taken. */
  allTaken(): void;
}

export class TaskReader {
  readonly record: TaskRecord;
  readonly input = new TaskInput();
  /** Whether it took over what an earlier manager began. */
  readonly isAdopted: boolean;
  isSettled = false;
  isDone = false;
  readonly #world: World;
  readonly #news: ReaderNews;
  #life: Life | null = null;
  #nextOffset: number;
  #pending: { readonly bytes: number; readonly endOffset: number; readonly life: Life }[] = [];
  #hasStarted = false;
  #isTaking = false;
  #isAbandoned = false;
  #gaps: OutputGapInfo[] = [];

  /** @param offset of the first byte that it wants. */
  constructor(world: World, record: TaskRecord, offset: number, isAdopted: boolean, news: ReaderNews) {
    this.#world = world;
    this.record = record;
    this.#nextOffset = offset;
    this.isAdopted = isAdopted;
    this.#news = news;
    if (!isAdopted) this.#feed();
  }

  /** What the command of the present attempt is, told beside each message about it. */
  meet(life: Life): void {
    this.#life = life;
  }

  hearOfStart(): void {
    this.#hasStarted = true;
  }

  take(stream: Stream, offset: number, data: Uint8Array): void {
    if (this.isSettled) throw new Violation(`output of ${this.#name} after its end`);
    if (offset !== this.#nextOffset)
      throw new Violation(`${this.#name}: expected output from ${this.#nextOffset}, got it from ${offset}`);
    const life = this.#life as Life;
    life.check(stream, offset, data);
    this.#nextOffset += data.length;
    this.#pending.push({ bytes: data.length, endOffset: this.#nextOffset, life });
    this.#takeFurther();
  }

  takeGap({ offset, bytes }: OutputGapInfo): void {
    if (offset !== this.#nextOffset || bytes < 1)
      throw new Violation(
        `${this.#name}: expected no gap but from ${this.#nextOffset}, got ${offset}+${bytes}`,
      );
    this.#nextOffset += bytes;
    const last = this.#gaps.at(-1);
    if (last !== undefined && last.offset + last.bytes === offset)
      this.#gaps[this.#gaps.length - 1] = { offset: last.offset, bytes: last.bytes + bytes };
    else this.#gaps.push({ offset, bytes });
  }

  /** A new attempt begins at 0. */
  restart(): void {
    const { plan, handedOver } = this.record;
    if (this.isAdopted) throw new Violation(`${this.#name} was taken over, and is started again`);
    if (!plan.idempotent && handedOver.size > 0)
      throw new Violation(`${this.#name} may have been started, and is queued again`);
    this.#life = null;
    this.#nextOffset = 0;
    this.#pending = [];
    this.#gaps = [];
    this.input.restart();
  }

  settle(outcome: Outcome, lately: Omit<Lately, 'isAdopted'>): void {
    if (this.isSettled) throw new Violation(`${this.#name} ended twice`);
    this.isSettled = true;
    this.#world.note(
      () => `${this.#name} ended: ${outcome.fault?.code ?? 'completed'} ${outcome.fault?.message ?? ''}`,
    );
    if (outcome.receivedOffset !== this.#nextOffset)
      throw new Violation(
        `${this.#name} is told ${outcome.receivedOffset} bytes, and got ${this.#nextOffset}`,
      );
    if (JSON.stringify(outcome.gaps) !== JSON.stringify(this.#gaps))
      throw new Violation(
        `${this.#name} is told the gaps ${JSON.stringify(outcome.gaps)}, and met ${JSON.stringify(this.#gaps)}`,
      );
    this.#checkEnd(outcome);
    const complaint =
      outcome.fault === null
        ? null
        : judgeFault(this.record, outcome.fault, this.#life, { ...lately, isAdopted: this.isAdopted });
    if (complaint !== null)
      throw new Violation(`${this.#name}: ${outcome.fault?.code} (${outcome.fault?.message}) ${complaint}`);
    this.input.refuse('it has ended');
    this.#takeFurther();
  }

  /** An end that its worker told is the command's own, and comes after all of its output. */
  #checkEnd({ fault, end }: Outcome): void {
    const life = this.#life;
    if (fault === null && !this.#hasStarted)
      throw new Violation(`${this.#name} completed, and whoever waits for its start waits for ever`);
    if (fault === null && end.exitCode === undefined)
      throw new Violation(`${this.#name} completed without an exit`);
    if (end.exitCode === undefined) return;
    if (life === null || life.exit === null)
      throw new Violation(`${this.#name} has an end, and its command has none`);
    if (end.exitCode !== life.exit.exitCode || end.signal !== life.exit.signal)
      throw new Violation(
        `${this.#name} exited with ${JSON.stringify(life.exit)}, and is told ${end.exitCode} ${end.signal}`,
      );
    if (!life.isOver) throw new Violation(`${this.#name} is told as ended while something of it lives`);
    if (this.#nextOffset !== life.writtenBytes || end.outputBytes !== life.writtenBytes)
      throw new Violation(
        `${this.#name} wrote ${life.writtenBytes} bytes, its end tells ${end.outputBytes}, and ${this.#nextOffset} came`,
      );
  }

  /** Its manager is gone, and it with it. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#pending = [];
    this.input.hold();
  }

  #takeFurther(): void {
    if (this.#isTaking || this.#isAbandoned) return;
    if (this.#pending.length === 0) {
      if (this.isSettled && !this.isDone) {
        this.isDone = true;
        this.#news.allTaken();
      }
      return;
    }
    const pauseMs = this.record.plan.readerPauseMs;
    if (pauseMs === 0) {
      this.#takeFirst();
      this.#takeFurther();
      return;
    }
    this.#isTaking = true;
    this.#world.after(pauseMs * this.#world.chance.next(), () => {
      this.#isTaking = false;
      if (this.#pending.length > 0) this.#takeFirst();
      this.#takeFurther();
    });
  }

  #takeFirst(): void {
    const first = this.#pending.shift();
    if (first === undefined) return;
    first.life.takenOffset = first.endOffset;
    this.#news.taken(first.bytes, first.endOffset);
  }

  #feed(): void {
    const { input } = this.record.plan;
    if (input === null) return;
    const each = Math.ceil(input.bytes / input.writes);
    for (let count = 0; count < input.writes; count++) {
      const from = Math.min(input.bytes, count * each);
      const bytes = Math.min(each, input.bytes - from);
      this.#world.after(count * input.gapMs, () => {
        if (bytes > 0) this.input.write(inputAt(from, bytes)).catch(() => {});
        if (count === input.writes - 1) this.input.end().catch(() => {});
      });
    }
  }

  get #name(): string {
    return this.record.plan.taskId;
  }
}
