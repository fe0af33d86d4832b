/** One task as the tools know it: its output as far as it is kept, its standing blocks, its end. It outlives its handle. */
import type { BlockInfo, BlockReason, SandboxError, TaskHandle } from '@sandcrew/manager';
import { OutputRecord } from './core/output-record.js';
import type { LedgerEntry, TaskEnd } from './task-ledger.js';
import { faultOf, isSandboxError, type ToolFault } from './tool-error.js';

/**
 * `waiting`: no worker has started it yet. `unreachable`: it is of an earlier life of this server, and its worker cannot be
 * asked about it; `fault` says why.
 */
export type TaskCondition = 'waiting' | 'running' | 'blocked' | 'unreachable' | 'ended';

/** Kept of each task's output, bytes: a task costs no more than the two together. */
const KEEP = { headBytes: 262_144, tailBytes: 1_835_008 } as const;

/** What the manager knows no more of a task that this server had started before it was restarted. */
const FORGOTTEN: ToolFault = {
  code: 'LOST',
  message:
    'This server was restarted, and the worker does not know the task any more: it may have ended, or never have started.',
  next: 'Look at what it left behind before you run the command again, under another taskId.',
};

export class TrackedTask {
  readonly record = new OutputRecord(KEEP);
  readonly entry: Omit<LedgerEntry, 'end' | 'outputBytes'>;
  readonly #onEnd: (task: TrackedTask) => void;
  readonly #watchers = new Set<() => void>();
  readonly #blocks = new Map<BlockReason, BlockInfo>();
  #handle: TaskHandle | null = null;
  #hasStarted = false;
  #confirmed: Promise<unknown> = Promise.resolve();
  #end: TaskEnd | null = null;
  #fault: ToolFault | null = null;

  constructor(entry: Omit<LedgerEntry, 'end' | 'outputBytes'>, onEnd: (task: TrackedTask) => void) {
    this.entry = entry;
    this.#onEnd = onEnd;
  }

  /** One that had ended before this process was started: its output is gone, and said to be. */
  static ended({ end, outputBytes, ...entry }: LedgerEntry): TrackedTask {
    const task = new TrackedTask(entry, () => {});
    task.record.skipTo(outputBytes);
    task.#end = end;
    return task;
  }

  get taskId(): string {
    return this.entry.taskId;
  }

  /** Resolves when it is known whether its worker has it; at once where this process has started it. */
  get confirmed(): Promise<unknown> {
    return this.#confirmed;
  }

  get end(): TaskEnd | null {
    return this.#end;
  }

  /** Why nothing can be told of it now. */
  get fault(): ToolFault | null {
    return this.#fault;
  }

  /** Null where it cannot be reached, or ended before this process was started. */
  get handle(): TaskHandle | null {
    return this.#handle;
  }

  /** Standing blocks, what is sure first, then the oldest. */
  get blocks(): readonly BlockInfo[] {
    const blocks = [...this.#blocks.values()];
    return [
      ...blocks.filter(({ confidence }) => confidence === 'confirmed'),
      ...blocks.filter(({ confidence }) => confidence === 'suspected'),
    ];
  }

  get condition(): TaskCondition {
    if (this.#end !== null) return 'ended';
    if (this.#fault !== null) return 'unreachable';
    if (!this.#hasStarted) return 'waiting';
    return this.blocks[0]?.confidence === 'confirmed' ? 'blocked' : 'running';
  }

  /** Follows a task that was just started or taken over. @param isAdopted of an earlier life: its end may not be known. */
  follow(handle: TaskHandle, isAdopted: boolean): void {
    this.#handle = handle;
    this.#fault = null;
    handle.started.then(
      () => {
        this.#hasStarted = true;
        this.#tell();
      },
      () => {}, // its end tells why it never ran
    );
    const ended = this.#readToEnd(handle, isAdopted);
    if (isAdopted) this.#confirmed = Promise.race([handle.started.catch(() => ended), ended]);
  }

  /** Nobody knows it any more. */
  forgotten(): void {
    this.#settle({ exitCode: null, signal: null, durationMs: null, leftover: null, error: FORGOTTEN });
  }

  /** Calls `onChange` at whatever happens to it, until the answer is called. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  blockDetected(block: BlockInfo): void {
    this.#blocks.set(block.reason, block);
    this.#tell();
  }

  blockCleared(reason: BlockReason): void {
    if (this.#blocks.delete(reason)) this.#tell();
  }

  /** Its input was taken: what it waited for has come. If it waits again, its worker tells so anew. */
  answered(): void {
    this.blockCleared('waiting_for_input');
  }

  async #readToEnd(handle: TaskHandle, isAdopted: boolean): Promise<void> {
    for await (const { stream, offset, bytes } of handle.output) {
      this.record.append(stream, offset, bytes);
      this.#tell();
    }
    const result = await handle.catch((error: unknown) => this.#failed(error, isAdopted));
    if (result === undefined) return;
    const { exitCode, signal, durationMs, leftover, outputBytes } = result;
    this.record.skipTo(outputBytes);
    this.#settle({ exitCode, signal, durationMs, leftover, error: null });
  }

  #failed(error: unknown, isAdopted: boolean): void {
    const isUnconfirmed = isAdopted && !this.#hasStarted;
    const code = isSandboxError(error) ? error.code : null;
    const isElsewhere = code === 'DETACHED' || (isUnconfirmed && code !== 'UNKNOWN_TASK');
    if (isElsewhere) {
      this.#handle = null;
      this.#fault = faultOf(error);
      this.#tell();
      return;
    }
    const known = isSandboxError(error) ? (error as SandboxError<Partial<TaskEnd>>).result : undefined;
    this.#settle({
      exitCode: known?.exitCode ?? null,
      signal: known?.signal ?? null,
      durationMs: known?.durationMs ?? null,
      leftover: known?.leftover ?? null,
      error: isUnconfirmed ? FORGOTTEN : faultOf(error),
    });
  }

  #settle(end: TaskEnd): void {
    this.#end = end;
    this.#blocks.clear();
    this.#onEnd(this);
    this.#tell();
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}
