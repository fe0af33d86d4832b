/** Tells what becomes of one task besides its output: its start, gaps, blocks, and its worker's absence. */
import type {
  ManagerEvents,
  PartialTaskResult,
  SandboxError,
  SandboxManager,
  TaskHandle,
} from '@sandcrew/manager';
import type { TaskRenderer } from './render/task-renderer.js';

type Listeners = { readonly [Name in keyof ManagerEvents]?: (...args: ManagerEvents[Name]) => void };

export class TaskNews {
  readonly #manager: SandboxManager;
  readonly #listeners: Listeners;
  #takeover: SandboxError<PartialTaskResult> | null = null;
  #hasStarted = false;
  #isAway = false;

  constructor(manager: SandboxManager, handle: TaskHandle, renderer: TaskRenderer) {
    const { taskId } = handle;
    this.#manager = manager;
    handle.started.then(
      (start) => {
        this.#hasStarted = true;
        renderer.started(taskId, start);
      },
      () => {}, // its end tells why it never ran
    );
    this.#listeners = {
      outputGap: (gap) => gap.taskId === taskId && renderer.gap(gap),
      blockDetected: (block) => block.taskId === taskId && renderer.blockDetected(block),
      blockCleared: (block) =>
        block.taskId === taskId && renderer.blockCleared(block.reason, block.durationMs),
      workerDisconnected: (_worker, error) => this.#disconnected(error, renderer),
      workerConnected: () => this.#connected(renderer),
    };
    for (const [name, listener] of Object.entries(this.#listeners))
      manager.on(name as never, listener as never);
  }

  /** Why it could not be followed to its end, where another `sandcrew` took over the connection. */
  get takeover(): SandboxError<PartialTaskResult> | null {
    return this.#takeover;
  }

  stop(): void {
    for (const [name, listener] of Object.entries(this.#listeners)) {
      this.#manager.off(name as never, listener as never);
    }
  }

  /** Before its start, and where it is final, the task's end tells it. */
  #disconnected(error: SandboxError, renderer: TaskRenderer): void {
    if (error.code === 'CONNECTION_REPLACED') {
      this.#takeover = error as SandboxError<PartialTaskResult>;
    } else if (this.#hasStarted && !this.#isAway) {
      this.#isAway = true;
      renderer.notice(`${error.message} The task may go on there; trying to reach it again.`);
    }
  }

  #connected(renderer: TaskRenderer): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    renderer.notice('The worker is reached again.');
  }
}
