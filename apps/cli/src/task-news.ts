/** Tells what becomes of one task besides its output: its start, gaps, blocks, and its worker's absence. */
import type {
  BlockInfo,
  BlockReason,
  ManagerEvents,
  PartialTaskResult,
  SandboxError,
  SandboxManager,
  TaskHandle,
} from '@sandcrew/manager';
import { absenceSentence } from './render/sentences.js';
import type { TaskRenderer } from './render/task-renderer.js';

type Listeners = { readonly [Name in keyof ManagerEvents]?: (...args: ManagerEvents[Name]) => void };

export class TaskNews {
  readonly #manager: SandboxManager;
  readonly #renderer: TaskRenderer;
  readonly #lostAfterMs: number;
  readonly #listeners: Listeners;
  readonly #blocks = new Map<BlockReason, BlockInfo>();
  #takeover: SandboxError<PartialTaskResult> | null = null;
  #hasStarted = false;
  /** A worker was reached: the task may be there. */
  #hasConnected = false;
  #isAway = false;

  /** @param lostAfterMs How long the manager waits for a worker that is away, milliseconds. */
  constructor(manager: SandboxManager, handle: TaskHandle, renderer: TaskRenderer, lostAfterMs: number) {
    const { taskId } = handle;
    this.#manager = manager;
    this.#renderer = renderer;
    this.#lostAfterMs = lostAfterMs;
    handle.started.then(
      (start) => {
        this.#hasStarted = true;
        renderer.started(taskId, start);
      },
      () => {}, // its end tells why it never ran
    );
    this.#listeners = {
      outputGap: (gap) => gap.taskId === taskId && renderer.gap(gap),
      blockDetected: (block) => block.taskId === taskId && this.#blocked(block),
      blockCleared: (block) => block.taskId === taskId && this.#cleared(block.reason, block.durationMs),
      workerDisconnected: ({ url }, error) => this.#disconnected(url, error),
      workerConnected: ({ url }) => this.#connected(url),
    };
    for (const [name, listener] of Object.entries(this.#listeners))
      manager.on(name as never, listener as never);
  }

  /** Why it could not be followed to its end, where another `sandcrew` took over the connection. */
  get takeover(): SandboxError<PartialTaskResult> | null {
    return this.#takeover;
  }

  /** Whether the worker of the task, which runs, cannot be reached now. */
  get isAway(): boolean {
    return this.#isAway;
  }

  stop(): void {
    for (const [name, listener] of Object.entries(this.#listeners)) {
      this.#manager.off(name as never, listener as never);
    }
  }

  /** A worker says what stands once more where it was away. */
  #blocked(block: BlockInfo): void {
    const known = this.#blocks.get(block.reason);
    this.#blocks.set(block.reason, block);
    const isKnown =
      known?.confidence === block.confidence && known.evidence['summary'] === block.evidence['summary'];
    if (!isKnown) this.#renderer.blockDetected(block);
  }

  #cleared(reason: BlockReason, durationMs: number): void {
    if (this.#blocks.delete(reason)) this.#renderer.blockCleared(reason, durationMs);
  }

  /** Where none of them was reached yet, and where it is final, the task's end tells it. */
  #disconnected(url: string, error: SandboxError): void {
    if (error.code === 'CONNECTION_REPLACED') {
      this.#takeover = error as SandboxError<PartialTaskResult>;
    } else if ((this.#hasStarted || this.#hasConnected) && !this.#isAway) {
      this.#isAway = true;
      this.#renderer.notice(absenceSentence(url, new Date(), this.#lostAfterMs));
    }
  }

  #connected(url: string): void {
    this.#hasConnected = true;
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#renderer.notice(`The worker ${url} is back.`);
  }
}
