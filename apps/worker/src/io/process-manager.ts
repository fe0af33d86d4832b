/** Runs commands in their containment: starts them, feeds them, signals them, and reports all that comes back as events. */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { platform } from 'node:process';
import type { SignalName, Usage } from '@sandcrew/protocol';
import type { LimitUse } from '../core/blocks/evidence.js';
import type { LaunchRequest } from '../core/effect.js';
import type { OutputHolders, WorkerEvent } from '../core/event.js';
import { describeEnds } from './command-ends.js';
import type { CommandStarter, StartedCommand } from './command-starter.js';
import type { ContainedProcess } from './containment/containment.js';
import { InputWriter } from './input-writer.js';
import type { TaskGroup } from './limits.js';
import type { OutputBuffers } from './output-buffers.js';
import { OutputReader, type PauseCause } from './output-reader.js';
import type { TaskEnds } from './proc/descriptors.js';
import { readWrittenBytes } from './proc/process-stat.js';
import { measureUsage } from './process-usage.js';
import type { Terminal } from './terminal.js';

/** Tasks that end before they are first looked at in turn are looked at so soon after their start, milliseconds. */
const FIRST_SAMPLE_MS = 50;

interface RunningTask {
  readonly process: ContainedProcess;
  readonly look: { readonly contained: ContainedProcess; readonly ends: TaskEnds };
  readonly group: TaskGroup | null;
  readonly reader: OutputReader;
  readonly input: InputWriter | null;
  readonly terminal: Terminal | null;
  maxMemoryBytes: number;
  /** Null where it is not known: what a process used is gone with it, unless something that lives reaped it. */
  cpuMs: number | null;
  isOutputClosed: boolean;
  isTreeEnding: boolean;
  isTreeEnded: boolean;
}

export class ProcessManager {
  readonly #starter: CommandStarter;
  readonly #buffers: OutputBuffers;
  readonly #emit: (event: WorkerEvent) => void;
  readonly #running = new Map<string, RunningTask>();

  constructor(starter: CommandStarter, buffers: OutputBuffers, emit: (event: WorkerEvent) => void) {
    this.#starter = starter;
    this.#buffers = buffers;
    this.#emit = emit;
  }

  /** Starts a command. Reports `process_started`, or why not; then its output, its exit, and the end of its output. */
  async executeCommand(taskKey: string, launch: LaunchRequest): Promise<void> {
    const started = await this.#starter.start(taskKey, launch, this.#running.size > 0);
    if ('type' in started) return this.#emit(started);
    this.#running.set(taskKey, this.#attach(taskKey, started));
    this.#emit({ type: 'process_started', taskKey, pid: started.contained.pid });
    this.#watch(taskKey);
  }

  /** Sends a signal to the command's group, or to its terminal's foreground group. */
  terminateProcess(taskKey: string, signal: SignalName, foreground: boolean): void {
    this.#running.get(taskKey)?.process.signal(signal, foreground);
  }

  writeInput(taskKey: string, data: Uint8Array): void {
    this.#running.get(taskKey)?.input?.write(data);
  }

  endInput(taskKey: string): void {
    this.#running.get(taskKey)?.input?.end();
  }

  resizeTerminal(taskKey: string, cols: number, rows: number): void {
    this.#running.get(taskKey)?.terminal?.resize(cols, rows);
  }

  /** Ends all that is left of a task, and reports `tree_ended` when none of it lives. */
  async endTree(taskKey: string): Promise<void> {
    const task = this.#running.get(taskKey);
    if (task === undefined) return;
    this.#sample(task);
    task.isTreeEnding = true;
    const leftover = await task.process.endTree();
    const usage: Usage = {
      ...(task.cpuMs === null ? {} : { cpuMs: task.cpuMs }),
      ...(task.maxMemoryBytes > 0 ? { maxMemoryBytes: task.maxMemoryBytes } : {}),
      ...task.group?.usage(), // by the kernel's count, where it can be had: no process is too short for it
    };
    void task.group?.remove();
    task.isTreeEnded = true;
    this.#forgetEnded(taskKey, task);
    this.#emit({ type: 'tree_ended', taskKey, leftover, usage });
    this.#starter.prepareNext();
  }

  closeOutput(taskKey: string): void {
    this.#running.get(taskKey)?.reader.drain();
  }

  /** Stops reading a task's output while its spool is behind, or its reader is waited for. */
  pauseOutput(taskKey: string, cause: PauseCause, isPaused: boolean): void {
    const reader = this.#running.get(taskKey)?.reader;
    if (isPaused) reader?.pause(cause);
    else reader?.resume(cause);
  }

  /** What the task's processes use now: CPU in percent of a core, memory and bytes written. Empty where there are none. */
  async getResourceUsage(taskKey: string): Promise<OutputHolders['resourceUsage']> {
    const command = this.#running.get(taskKey)?.process.pid;
    const listed = this.listProcesses(taskKey).map(({ pid }) => pid);
    // Without a /proc the tree is not known, and the command itself stands for it.
    const pids = listed.length === 0 && platform !== 'linux' && command !== undefined ? [command] : listed;
    if (pids.length === 0) return {};
    const disk = pids.reduce((total, pid) => total + readWrittenBytes(pid), 0);
    return { ...(await measureUsage(pids)), disk };
  }

  listProcesses(taskKey: string): { pid: number; name: string }[] {
    return (this.#running.get(taskKey)?.process.processes() ?? []).map(({ pid, name }) => ({ pid, name }));
  }

  get runningTasks(): string[] {
    return [...this.#running.keys()];
  }

  /** A running task, as it is to be looked at; null where it does not run, or is being ended. */
  find(taskKey: string): { contained: ContainedProcess; ends: TaskEnds } | null {
    const task = this.#running.get(taskKey);
    return task === undefined || task.isTreeEnding ? null : task.look;
  }

  /** What a task uses of its limits, and the largest share of one of them. */
  limitUse(taskKey: string): { use: LimitUse; share: number } {
    const use = this.#running.get(taskKey)?.group?.use() ?? {};
    const shares = [
      use.memory === undefined ? 0 : use.memory.chargedBytes / use.memory.maxBytes,
      use.pids === undefined ? 0 : use.pids.used / use.pids.max,
    ];
    return { use, share: Math.max(...shares) };
  }

  /** Takes note of what a task uses now, for the most it ever used. */
  noteMemory(taskKey: string, bytes: number): void {
    const task = this.#running.get(taskKey);
    if (task !== undefined) task.maxMemoryBytes = Math.max(task.maxMemoryBytes, bytes);
  }

  close(): void {
    this.#starter.close();
  }

  #attach(taskKey: string, { contained, ends, group }: StartedCommand): RunningTask {
    const reader = new OutputReader(
      ends.sources,
      this.#buffers,
      (stream, data) => this.#emit({ type: 'output_read', taskKey, stream, data }),
      () => this.#onOutputClosed(taskKey),
    );
    const socket =
      ends.inputFd === null
        ? reader.terminal
        : new Socket({ fd: ends.inputFd, readable: false, writable: true });
    const input =
      socket === undefined
        ? null
        : new InputWriter(
            socket,
            ends.terminal !== null,
            (bytes) => this.#emit({ type: 'input_taken', taskKey, bytes }),
            () => this.#emit({ type: 'input_closed', taskKey }),
          );
    return {
      process: contained,
      look: { contained, ends: describeEnds(ends) },
      group,
      reader,
      input,
      terminal: ends.terminal,
      maxMemoryBytes: 0,
      cpuMs: null,
      isOutputClosed: false,
      isTreeEnding: false,
      isTreeEnded: false,
    };
  }

  #watch(taskKey: string): void {
    const task = this.#running.get(taskKey);
    if (task === undefined) return;
    this.#sample(task);
    setTimeout(() => this.#sample(task), FIRST_SAMPLE_MS).unref(); // at its very start a program has hardly any memory
    void task.process.exited.then(({ exitCode, signal }) => {
      task.cpuMs = null; // what was seen before the exit is less than all
      this.#sample(task);
      task.input?.close();
      if (task.terminal !== null) closeSync(task.terminal.slave); // held until now, so that no output was lost
      const memoryKills = task.group?.use().memory?.kills ?? 0;
      this.#emit({ type: 'process_exited', taskKey, exitCode, signal, memoryKills });
    });
  }

  #onOutputClosed(taskKey: string): void {
    const task = this.#running.get(taskKey);
    if (task !== undefined) {
      task.isOutputClosed = true;
      task.terminal?.released();
      this.#forgetEnded(taskKey, task);
    }
    this.#emit({ type: 'output_closed', taskKey });
  }

  #forgetEnded(taskKey: string, task: RunningTask): void {
    if (task.isOutputClosed && task.isTreeEnded) this.#running.delete(taskKey);
  }

  #sample(task: RunningTask): void {
    if (task.group?.countsAll) return;
    const memoryBytes = task.process.family().reduce((sum, { residentBytes }) => sum + residentBytes, 0);
    task.maxMemoryBytes = Math.max(task.maxMemoryBytes, memoryBytes);
    task.cpuMs = task.process.cpuMs() ?? task.cpuMs;
  }
}
