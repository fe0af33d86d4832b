/**
 * The way of output from a connection to its task, and of acks back. It goes past the machine, at a chunk's price: what
 * there is to decide is decided by the task's cursor.
 */
import { decodeOutputFrame, type Stream } from '@sandcrew/protocol';
import type { Outgoing } from '../core/effect.js';
import { chooseAck, judgeChunk, noteAcked, noteTaken } from '../core/output-cursor.js';
import type { ManagerState } from '../core/state.js';
import type { Task } from '../core/task.js';
import { type Worker, workerName } from '../core/worker.js';
import type { Clock } from './clock.js';
import type { TaskPort } from './task-port.js';

export interface RelayOptions {
  readonly state: ManagerState;
  readonly clock: Clock;
  readonly portOf: (taskId: string) => TaskPort | undefined;
  /** Fresh output of a task arrived. */
  readonly count: (stream: Stream, bytes: number) => void;
  readonly send: (workerKey: string, message: Outgoing) => void;
  /** The worker sent what it may not send. */
  readonly broken: (workerKey: string, message: string) => void;
}

/** How long a taken byte may go unacknowledged. */
const ACK_DELAY_MS = 50;

export class OutputRelay {
  readonly #options: RelayOptions;
  readonly #toAck = new Set<string>();
  #cancelAcks: (() => void) | null = null;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** A binary frame came from a worker. */
  receive(workerKey: string, frame: Uint8Array): void {
    const { clock, portOf, count, broken } = this.#options;
    const decoded = decodeOutputFrame(frame);
    if (!decoded.ok) {
      broken(workerKey, decoded.refusal.message);
      return;
    }
    const { taskId, stream, offset, data } = decoded.message;
    const held = this.#held(taskId);
    if (held?.worker.key !== workerKey) return; // late: of a task that is not, or no longer, there
    const { task, worker } = held;
    worker.lastHeardMs = clock.nowMs();
    const windowBytes = windowOf(worker);
    const judged = judgeChunk(task.cursor, offset, data.length, windowBytes);
    if (judged.verdict === 'breach') broken(workerKey, `task ${taskId}: ${judged.message}`);
    const port = portOf(taskId);
    if (judged.verdict !== 'take' || port === undefined) return;
    const fresh = {
      taskId,
      stream,
      offset: offset + judged.skipBytes,
      data: data.subarray(judged.skipBytes),
    };
    count(stream, fresh.data.length);
    port.output.push(stream, fresh.offset, fresh.data, windowBytes);
    port.onOutput(fresh, workerName(worker));
  }

  /** A task's consumer has taken `bytes` more, up to `endOffset`. */
  noteTaken(taskId: string, bytes: number, endOffset: number): void {
    const { tasks, beingRead } = this.#options.state;
    const task = tasks.get(taskId) ?? beingRead.get(taskId);
    if (task === undefined) return;
    noteTaken(task.cursor, bytes, endOffset);
    const held = this.#held(taskId);
    if (held === null) return; // the next hello tells it
    const ack = chooseAck(task.cursor, windowOf(held.worker));
    if (ack === 'now') this.#ack(held.task, held.worker);
    else if (ack === 'soon') this.#ackSoon(taskId);
  }

  /** Nothing is acknowledged any more. */
  stop(): void {
    this.#cancelAcks?.();
    this.#cancelAcks = null;
  }

  /** A task, and the worker from which its output may come now. */
  #held(taskId: string): { readonly task: Task; readonly worker: Worker } | null {
    const { state } = this.#options;
    const task = state.tasks.get(taskId);
    const worker = state.workers.get(task?.workerKey ?? '');
    return task !== undefined && worker?.phase === 'connected' && task.state !== 'unknown'
      ? { task, worker }
      : null;
  }

  #ack(task: Task, worker: Worker): void {
    this.#options.send(worker.key, { type: 'task_ack', taskId: task.taskId, offset: noteAcked(task.cursor) });
  }

  #ackSoon(taskId: string): void {
    this.#toAck.add(taskId);
    this.#cancelAcks ??= this.#options.clock.after(ACK_DELAY_MS, () => {
      this.#cancelAcks = null;
      for (const dueId of this.#toAck) {
        const held = this.#held(dueId);
        if (held !== null && chooseAck(held.task.cursor, windowOf(held.worker)) !== 'none')
          this.#ack(held.task, held.worker);
      }
      this.#toAck.clear();
    });
  }
}

/** A connected worker has said what it is. */
function windowOf(worker: Worker): number {
  return worker.identity?.windowBytes ?? 0;
}
