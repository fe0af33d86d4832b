/** Counts what was sent to one peer, task by task, apart from what the worker itself counts: bytes past the last ack, and ends. */
import type { ManagerMessage } from '../../packages/protocol/dist/index.js';
import { Violation } from './world.js';

interface Flow {
  ackedOffset: number;
  /** What was sent on this connection, from where it was resumed. */
  sentOffset: number;
  /** Its end is told once for each time that it was asked for. */
  endsDue: number;
  gaps: { readonly offset: number; readonly bytes: number }[];
}

export class WindowCheck {
  readonly #windowBytes: number;
  readonly #flows = new Map<string, Flow>();

  constructor(windowBytes: number) {
    this.#windowBytes = windowBytes;
  }

  receive(message: ManagerMessage): void {
    if (message.type === 'hello')
      for (const { taskId, offset } of message.resume ?? []) this.#resume(taskId, offset);
    else if (message.type === 'resume_task') this.#resume(message.taskId, message.offset);
    else if (message.type === 'execute_command') this.#flowOf(message.taskId).endsDue++;
    else if (message.type === 'task_ack') {
      const flow = this.#flowOf(message.taskId);
      flow.ackedOffset = Math.max(flow.ackedOffset, message.offset);
      flow.sentOffset = Math.max(flow.sentOffset, message.offset); // what a replay has not come to yet is not needed
    } else if (message.type === 'forget_task') this.refuse(message.taskId);
  }

  /** The worker does not know this task (any more): what was asked of it is void. */
  refuse(taskId: string): void {
    this.#flows.delete(taskId);
  }

  tellGap(taskId: string, offset: number, bytes: number): void {
    this.#advance(taskId, offset, bytes).gaps.push({ offset, bytes });
  }

  tellEnd(taskId: string): void {
    if (this.#flowOf(taskId).endsDue-- === 0) throw new Violation(`the end of ${taskId} is told again`);
  }

  send(taskId: string, offset: number, bytes: number): void {
    const flow = this.#advance(taskId, offset, bytes);
    let unacked = flow.sentOffset - flow.ackedOffset;
    for (const gap of flow.gaps)
      unacked -= Math.max(0, gap.offset + gap.bytes - Math.max(gap.offset, flow.ackedOffset));
    if (unacked > this.#windowBytes) throw new Violation(`${unacked} bytes of ${taskId} past its ack`);
  }

  #advance(taskId: string, offset: number, bytes: number): Flow {
    const flow = this.#flowOf(taskId);
    if (offset !== flow.sentOffset)
      throw new Violation(`${taskId}: what was sent stands at ${flow.sentOffset}, and goes on at ${offset}`);
    flow.sentOffset += bytes;
    return flow;
  }

  #resume(taskId: string, offset: number): void {
    const flow = this.#flowOf(taskId);
    flow.sentOffset = offset;
    flow.endsDue++;
    flow.ackedOffset = Math.max(flow.ackedOffset, offset);
    flow.gaps = flow.gaps.filter((gap) => gap.offset + gap.bytes <= offset);
  }

  #flowOf(taskId: string): Flow {
    let flow = this.#flows.get(taskId);
    if (flow === undefined) {
      flow = { ackedOffset: 0, sentOffset: 0, endsDue: 0, gaps: [] };
      this.#flows.set(taskId, flow);
    }
    return flow;
  }
}
