/** Carries out what is decided about tasks: their processes, their spool, their blocks. Outcomes come back as events. */
import type { WorkerEffect } from './core/effect.js';
import type { WorkerEvent } from './core/event.js';
import type { BlockDetector } from './io/block-detector.js';
import type { OutputBuffers } from './io/output-buffers.js';
import type { OutputSpool } from './io/output-spool.js';
import type { ProcessManager } from './io/process-manager.js';

export type TaskEffect = Extract<WorkerEffect, { taskKey: string }>;

export class TaskRunner {
  readonly #processes: ProcessManager;
  readonly #spool: OutputSpool;
  readonly #buffers: OutputBuffers;
  readonly #blocks: BlockDetector;
  readonly #emit: (event: WorkerEvent) => void;

  constructor(
    processes: ProcessManager,
    spool: OutputSpool,
    buffers: OutputBuffers,
    blocks: BlockDetector,
    emit: (event: WorkerEvent) => void,
  ) {
    this.#processes = processes;
    this.#spool = spool;
    this.#buffers = buffers;
    this.#blocks = blocks;
    this.#emit = emit;
  }

  run(effect: TaskEffect): void {
    const { taskKey } = effect;
    switch (effect.type) {
      case 'start_process':
        return void this.#processes.executeCommand(taskKey, effect.launch);
      case 'write_input':
        return this.#processes.writeInput(taskKey, effect.data);
      case 'end_input':
        return this.#processes.endInput(taskKey);
      case 'resize_terminal':
        return this.#processes.resizeTerminal(taskKey, effect.cols, effect.rows);
      case 'signal_process':
        return this.#processes.terminateProcess(taskKey, effect.signal, effect.foreground);
      case 'end_tree':
        this.#blocks.forget(taskKey);
        return void this.#processes.endTree(taskKey);
      case 'close_output':
        return this.#processes.closeOutput(taskKey);
      case 'hold_output':
        return this.#processes.pauseOutput(taskKey, 'reader', effect.isHeld);
      case 'list_holders':
        return void this.#blocks.listHolders(taskKey);
      case 'look_closer':
        return void this.#blocks.lookCloser(taskKey);
      case 'collect_stacks':
        return void this.#blocks.collectStacks(effect);
      case 'free_output':
        return this.#buffers.letGo(effect.data);
      case 'append_spool':
        return void this.#append(effect);
      case 'read_spool':
        return void this.#read(effect);
      case 'delete_spool':
        return void this.#spool.delete(taskKey, effect.segment).catch(() => {}); // the next start clears what is left
    }
  }

  async #append({
    taskKey,
    segment,
    position,
    offset,
    data,
  }: Extract<TaskEffect, { type: 'append_spool' }>): Promise<void> {
    const files = this.#spool.of(taskKey);
    const written = files.append(segment, position, data);
    if (files.isBehind) this.#processes.pauseOutput(taskKey, 'spool', true);
    try {
      await written;
    } catch {
      this.#emit({ type: 'spool_failed', taskKey, offset, bytes: data.length });
    }
    this.#buffers.letGo(data);
    if (!files.isBehind) this.#processes.pauseOutput(taskKey, 'spool', false);
  }

  async #read({
    taskKey,
    segment,
    position,
    offset,
    bytes,
  }: Extract<TaskEffect, { type: 'read_spool' }>): Promise<void> {
    try {
      this.#emit({
        type: 'spool_read',
        taskKey,
        offset,
        data: await this.#spool.of(taskKey).read(segment, position, bytes),
      });
    } catch {
      this.#emit({ type: 'spool_failed', taskKey, offset, bytes });
    }
  }
}
