/** Listens to a manager once: what is about a step goes to who watches it, all else is passed on as it is. */
import type { ManagerEvents, SandboxManager } from '@sandcrew/manager';
import type { ManagerMessage } from './events.js';

/** Who watches a task. */
export interface TaskWatcher {
  output(news: ManagerEvents['taskOutput'][0]): void;
  blocked(news: ManagerEvents['blockDetected'][0]): void;
  cleared(news: ManagerEvents['blockCleared'][0]): void;
  requeued(): void;
}

/** As a record, so that none that the manager has can be missing. */
const NAMES: Readonly<Record<keyof ManagerEvents, true>> = {
  workerCreated: true,
  workerConnected: true,
  workerDisconnected: true,
  taskStarted: true,
  taskOutput: true,
  outputGap: true,
  taskComplete: true,
  taskFailed: true,
  taskRequeued: true,
  blockDetected: true,
  blockCleared: true,
  blockRecovery: true,
};

export class ManagerNews {
  readonly #manager: SandboxManager;
  readonly #watchers = new Map<string, TaskWatcher>();
  readonly #listeners: [keyof ManagerEvents, (...args: never[]) => void][];

  constructor(manager: SandboxManager, passOn: (message: ManagerMessage) => void) {
    this.#manager = manager;
    this.#listeners = (Object.keys(NAMES) as (keyof ManagerEvents)[]).map((type) => [
      type,
      (...args: never[]) => {
        const message = { type, args } as unknown as ManagerMessage;
        if (!this.#take(message)) passOn(message);
      },
    ]);
    for (const [name, listener] of this.#listeners) manager.on(name, listener as never);
  }

  /** From now on the news of this task are the watcher's. */
  watch(taskId: string, watcher: TaskWatcher): void {
    this.#watchers.set(taskId, watcher);
  }

  unwatch(taskId: string): void {
    this.#watchers.delete(taskId);
  }

  close(): void {
    for (const [name, listener] of this.#listeners) this.#manager.off(name, listener as never);
  }

  /** Whether the message has a watcher that tells it in another way. */
  #take(message: ManagerMessage): boolean {
    switch (message.type) {
      case 'taskOutput':
        return this.#tell(message.args[0].taskId, (watcher) => watcher.output(message.args[0]));
      case 'blockDetected':
        return this.#tell(message.args[0].taskId, (watcher) => watcher.blocked(message.args[0]));
      case 'taskComplete':
        return this.#watchers.has(message.args[0].taskId);
      case 'taskFailed':
        return this.#watchers.has(message.args[1]);
      case 'blockCleared':
        this.#tell(message.args[0].taskId, (watcher) => watcher.cleared(message.args[0]));
        return false;
      case 'taskRequeued':
        this.#tell(message.args[0].taskId, (watcher) => watcher.requeued());
        return false;
      default:
        return false;
    }
  }

  #tell(taskId: string, call: (watcher: TaskWatcher) => void): boolean {
    const watcher = this.#watchers.get(taskId);
    if (watcher === undefined) return false;
    call(watcher);
    return true;
  }
}
