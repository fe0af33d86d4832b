/** A worker's end of one connection: checks all that the worker says on it, and sends it on its way. */
import type { OutgoingMessage, WorkerEffect } from '../../apps/worker/build/core/effect.js';
import {
  encodeOutputFrame,
  type ManagerMessage,
  type WorkerMessage,
} from '../../packages/protocol/dist/index.js';
import type { Connection } from './connection.js';
import type { Life } from './ledger.js';
import type { WorkerPlan } from './plan.js';
import { WindowCheck } from './window-check.js';
import { Violation, type World } from './world.js';

/** The other end of a connection, as a worker sees it. Beside what is said of a task stands which start of it is meant. */
export interface ManagerEnd {
  message(message: WorkerMessage, life: Life | null): void;
  output(frame: Uint8Array, life: Life): void;
}

/** Refusals that may cross something on the way. Any other says that a message should not have been sent. */
const LATE = ['unknown_task', 'task_ended', 'stdin_closed'];

export class WorkerSocket {
  readonly connection: Connection;
  readonly #world: World;
  readonly #plan: WorkerPlan;
  readonly #end: ManagerEnd;
  readonly #window: WindowCheck;
  #flushedAtMs = 0;

  constructor(world: World, plan: WorkerPlan, connection: Connection, end: ManagerEnd) {
    this.#world = world;
    this.#plan = plan;
    this.connection = connection;
    this.#end = end;
    this.#window = new WindowCheck(plan.policy.credit.windowBytes);
  }

  /** Takes note of what its worker is told. */
  hear(message: ManagerMessage): void {
    this.#window.receive(message);
  }

  send(message: OutgoingMessage, life: Life | null): void {
    const { name } = this.#plan;
    this.#world.note(() => `${name} > ${this.connection.id} ${describe(message)}`);
    this.#check(message, life);
    const stamped = { ...message, workerId: name, timestamp: 0 } as WorkerMessage;
    this.connection.send('worker', () => this.#end.message(stamped, life));
  }

  /** @param onFlushed is called when the socket has taken it. */
  sendOutput(
    { frame }: Extract<WorkerEffect, { type: 'send_output' }>,
    life: Life | null,
    onFlushed: () => void,
  ): void {
    const { taskId, offset, data } = frame;
    const { name, flushMs } = this.#plan;
    const { nowMs, chance } = this.#world;
    this.#world.note(() => `${name} > ${this.connection.id} output ${taskId} ${offset}+${data.length}`);
    if (life === null) throw new Violation(`${name} sends output of ${taskId}, which was never started`);
    this.#window.send(taskId, offset, data.length);
    const encoded = encodeOutputFrame(frame);
    this.connection.send('worker', () => this.#end.output(encoded, life));
    this.#flushedAtMs = Math.max(this.#flushedAtMs, nowMs) + flushMs * chance.next();
    this.#world.after(this.#flushedAtMs - nowMs, onFlushed);
  }

  #check(message: OutgoingMessage, life: Life | null): void {
    const { name, keepsAll } = this.#plan;
    if ('leftover' in message && life?.isOver !== true)
      throw new Violation(`${name} tells an end while something of it lives`);
    switch (message.type) {
      case 'protocol_error':
        if (!LATE.includes(message.code))
          throw new Violation(`${name} refuses: ${message.code}, ${message.message}`);
        if (message.code === 'unknown_task') this.#window.refuse(message.taskId ?? '');
        return;
      case 'task_complete':
      case 'task_error':
        return this.#window.tellEnd(message.taskId);
      case 'output_gap':
        if (keepsAll) throw new Violation(`${name} has room for all output, and tells a gap`);
        return this.#window.tellGap(message.taskId, message.offset, message.bytes);
      default:
    }
  }
}

function describe(message: object): string {
  return Object.entries(message)
    .filter(([, value]) => typeof value !== 'object' || value === null)
    .map(([name, value]) => (name === 'type' ? value : `${name}=${value}`))
    .join(' ');
}
