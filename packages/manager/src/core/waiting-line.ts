/**
 * The tasks that wait for a worker. Those that need the same thing stand in one line, so that one look at the head of a
 * line tells of all of it: ten thousand that fit nowhere now cost no more than one.
 */
import { comesBefore, PriorityQueue } from './priority-queue.js';
import type { Task } from './task.js';

export class WaitingLine {
  readonly #lines = new Map<string, PriorityQueue<Task>>();
  readonly #lineOf = new Map<string, string>();

  get size(): number {
    return this.#lineOf.size;
  }

  /** @param line Names what the task needs. */
  add(task: Task, line: string): void {
    let queue = this.#lines.get(line);
    if (queue === undefined) {
      queue = new PriorityQueue();
      this.#lines.set(line, queue);
    }
    queue.add(task);
    this.#lineOf.set(task.taskId, line);
  }

  remove(task: Task): void {
    const line = this.#lineOf.get(task.taskId);
    if (line === undefined) return;
    this.#lineOf.delete(task.taskId);
    const queue = this.#lines.get(line) as PriorityQueue<Task>;
    queue.remove(task);
    if (queue.size === 0) this.#lines.delete(line);
  }

  /** The lines, each with the task at its head. */
  *heads(): Generator<{ readonly line: string; readonly task: Task }> {
    for (const [line, queue] of this.#lines) yield { line, task: queue.peek() as Task };
  }

  /** Of the lines not in `passed`, the head that comes first. */
  first(passed: ReadonlySet<string>): { readonly line: string; readonly task: Task } | null {
    let best: { line: string; task: Task } | null = null;
    for (const [line, queue] of this.#lines) {
      if (passed.has(line)) continue;
      const task = queue.peek() as Task;
      if (best === null || comesBefore(task, best.task)) best = { line, task };
    }
    return best;
  }

  /** Everyone in a line, in no order. */
  members(line: string): Task[] {
    return [...(this.#lines.get(line) ?? [])];
  }

  /** Everyone, in no order. */
  all(): Task[] {
    return [...this.#lines.values()].flatMap((queue) => [...queue]);
  }
}
