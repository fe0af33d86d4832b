/** The tasks of one server: those that run, and the last of those that ended. Each id stands for one start, also after a restart. */
import type { BlockInfo, ManagerEvents, SandboxManager, TaskRequest } from '@sandcrew/manager';
import type { LedgerEntry, TaskLedger } from './task-ledger.js';
import { toolError } from './tool-error.js';
import { TrackedTask } from './tracked-task.js';

/** Tasks that are known at the same time, those that have ended included; each keeps 2 MiB of output at most. */
const MAX_TASKS = 64;

export interface RegistryOptions {
  readonly manager: SandboxManager;
  readonly ledger: TaskLedger | null;
  /** The one worker that keeps tasks over a restart; null for none. */
  readonly stayingWorkerUrl: string | null;
}

export class TaskRegistry {
  readonly #manager: SandboxManager;
  readonly #ledger: TaskLedger | null;
  readonly #stayingWorkerUrl: string | null;
  /** Oldest first. */
  readonly #tasks = new Map<string, TrackedTask>();
  readonly #listeners: Pick<ListenerTable, 'blockDetected' | 'blockCleared'>;

  constructor({ manager, ledger, stayingWorkerUrl }: RegistryOptions) {
    this.#manager = manager;
    this.#ledger = ledger;
    this.#stayingWorkerUrl = stayingWorkerUrl;
    this.#listeners = {
      blockDetected: (block: BlockInfo) => this.#tasks.get(block.taskId)?.blockDetected(block),
      blockCleared: ({ taskId, reason }) => this.#tasks.get(taskId)?.blockCleared(reason),
    };
    manager.on('blockDetected', this.#listeners.blockDetected);
    manager.on('blockCleared', this.#listeners.blockCleared);
    for (const entry of ledger?.entries() ?? []) this.#recall(entry);
  }

  /** Newest first. */
  list(): TrackedTask[] {
    return [...this.#tasks.values()].reverse();
  }

  /**
   * One of an earlier life of this server is asked for at its worker first, where that is still to be done: it resolves
   * when the worker has answered, or cannot be reached. @throws {ToolError} UNKNOWN_TASK
   */
  async find(taskId: string): Promise<TrackedTask> {
    const task = this.#tasks.get(taskId);
    if (task === undefined) {
      const known = this.list()
        .slice(0, 10)
        .map((each) => each.taskId);
      const shown = known.length === 0 ? 'there is none' : `the latest are ${known.join(', ')}`;
      throw toolError('UNKNOWN_TASK', `taskId: expected one of a known task, got "${taskId}"; ${shown}.`);
    }
    if (task.condition === 'unreachable') this.#adopt(task);
    await task.confirmed;
    return task;
  }

  /** The task that has this id already, if it was started with the same. @throws {ToolError} INVALID_ARGUMENTS */
  async known(taskId: string, digest: string): Promise<TrackedTask | null> {
    if (!this.#tasks.has(taskId)) return null;
    const task = await this.find(taskId);
    if (task.entry.digest === digest) return task;
    throw toolError(
      'INVALID_ARGUMENTS',
      `taskId: expected one of its own for each command, got "${taskId}", which was given to "${task.entry.command}" with other arguments.`,
    );
  }

  /** Starts a task. @throws {SandboxError} as `manager.run` does. @throws {ToolError} TOO_MANY_TASKS */
  start(request: TaskRequest, entry: Omit<LedgerEntry, 'end' | 'outputBytes'>): TrackedTask {
    this.#makeRoom();
    const task = new TrackedTask(entry, (ended) => this.#recordEnd(ended));
    this.#tasks.set(task.taskId, task);
    try {
      this.#record(task); // before it is sent: what is not on record could run and not be found again
      task.follow(this.#manager.run({ ...request, taskId: task.taskId }), false);
      return task;
    } catch (error) {
      this.#tasks.delete(task.taskId);
      this.#ledger?.remove(task.taskId);
      throw error;
    }
  }

  /** Stops listening to the manager, which is its maker's to close. */
  close(): void {
    this.#manager.off('blockDetected', this.#listeners.blockDetected);
    this.#manager.off('blockCleared', this.#listeners.blockCleared);
  }

  #recall(entry: LedgerEntry): void {
    if (entry.end !== null) {
      this.#tasks.set(entry.taskId, TrackedTask.ended(entry));
      return;
    }
    const { end: _end, outputBytes: _bytes, ...rest } = entry;
    const task = new TrackedTask(rest, (ended) => this.#recordEnd(ended));
    this.#tasks.set(task.taskId, task);
    this.#adopt(task);
  }

  /** Takes over what an earlier life of this server left at the worker. */
  #adopt(task: TrackedTask): void {
    const { taskId } = task;
    if (this.#stayingWorkerUrl === null) task.forgotten();
    else {
      const from = { taskId, workerUrl: this.#stayingWorkerUrl };
      task.follow(this.#manager.attach(from), true);
    }
  }

  #record(task: TrackedTask): void {
    this.#ledger?.put({ ...task.entry, end: task.end, outputBytes: task.record.endOffset });
  }

  /** Where that fails (a full disk), it stays on record as running: after a restart its worker is asked how it ended. */
  #recordEnd(task: TrackedTask): void {
    try {
      this.#record(task);
    } catch {
      // It is told to nobody's call, and takes nothing from any.
    }
  }

  /** The oldest that have ended go first. */
  #makeRoom(): void {
    if (this.#tasks.size < MAX_TASKS) return;
    const oldest = [...this.#tasks.values()].find(({ condition }) => condition === 'ended');
    if (oldest === undefined)
      throw toolError('TOO_MANY_TASKS', `Expected at most ${MAX_TASKS} tasks at a time, got one more.`);
    this.#tasks.delete(oldest.taskId);
    this.#ledger?.remove(oldest.taskId);
  }
}

type ListenerTable = { readonly [Name in keyof ManagerEvents]: (...args: ManagerEvents[Name]) => void };
