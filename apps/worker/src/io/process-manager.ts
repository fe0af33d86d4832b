/** Runs commands in their containment: starts them, feeds them, signals them, and reports all that comes back as events. */
import { realpath, stat } from 'node:fs/promises';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join, sep } from 'node:path';
import type { RejectionDetail, SignalName, Usage } from '@sandcrew/protocol';
import pidusage from 'pidusage';
import type { LaunchRequest } from '../core/effect.js';
import type { BlockFinding, WorkerEvent } from '../core/event.js';
import { findCommand } from './command-path.js';
import type { CommandStdio, ContainedProcess, ContainmentAdapter } from './containment/containment.js';
import { InputWriter } from './input-writer.js';
import { OutputReader, type OutputSource } from './output-reader.js';
import type { Pipe, PipePool } from './pipes.js';
import { readWrittenBytes } from './process-sampler.js';
import type { StateDirectory } from './state-directory.js';
import { openTerminal, type Terminal, terminalFault } from './terminal.js';

/** What the worker gives every task's environment; the caller's variables come on top. */
export interface BaseEnvironment {
  readonly path: string;
  readonly lang: string;
  readonly tmpdir: string;
}

interface RunningTask {
  readonly process: ContainedProcess;
  readonly reader: OutputReader;
  readonly input: InputWriter | null;
  readonly terminal: Terminal | null;
  maxMemoryBytes: number;
  /** Null where it is not known: what a process used is gone with it, unless something that lives reaped it. */
  cpuMs: number | null;
  isOutputClosed: boolean;
  isTreeEnded: boolean;
}

/** The two sides of a command's stdin, stdout and stderr. */
interface Wiring {
  readonly stdio: CommandStdio;
  readonly sources: OutputSource[];
  readonly inputFd: number | null;
  readonly terminal: Terminal | null;
  readonly pipes: readonly Pipe[];
}

export class ProcessManager {
  readonly #adapter: ContainmentAdapter;
  readonly #pipes: PipePool;
  readonly #state: StateDirectory;
  readonly #defaultWorkspace: string;
  readonly #base: BaseEnvironment;
  readonly #emit: (event: WorkerEvent) => void;
  readonly #running = new Map<string, RunningTask>();

  constructor(
    adapter: ContainmentAdapter,
    pipes: PipePool,
    state: StateDirectory,
    defaultWorkspace: string,
    base: BaseEnvironment,
    emit: (event: WorkerEvent) => void,
  ) {
    this.#adapter = adapter;
    this.#pipes = pipes;
    this.#state = state;
    this.#defaultWorkspace = defaultWorkspace;
    this.#base = base;
    this.#emit = emit;
  }

  /** Starts a command. Reports `process_started`, or why not; then its output, its exit, and the end of its output. */
  async executeCommand(taskKey: string, launch: LaunchRequest): Promise<void> {
    try {
      const event = await this.#start(taskKey, launch);
      this.#emit(event);
      if (event.type === 'process_started') this.#watch(taskKey);
    } catch (error) {
      this.#emit(startFault(taskKey, error as NodeJS.ErrnoException));
    }
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
    const leftover = await task.process.endTree();
    const usage: Usage = {
      ...(task.cpuMs === null ? {} : { cpuMs: task.cpuMs }),
      ...(task.maxMemoryBytes > 0 ? { maxMemoryBytes: task.maxMemoryBytes } : {}),
    };
    task.isTreeEnded = true;
    this.#forgetEnded(taskKey, task);
    this.#emit({ type: 'tree_ended', taskKey, leftover, usage });
  }

  closeOutput(taskKey: string): void {
    this.#running.get(taskKey)?.reader.drain();
  }

  /** Stops reading a task's output while its spool is behind. */
  pauseOutput(taskKey: string, isPaused: boolean): void {
    const reader = this.#running.get(taskKey)?.reader;
    if (isPaused) reader?.pause();
    else reader?.resume();
  }

  /** What the task's processes use now: CPU in percent of a core, memory and bytes written. Empty where there are none. */
  async getResourceUsage(taskKey: string): Promise<BlockFinding['resourceUsage']> {
    const pids = this.listProcesses(taskKey).map(({ pid }) => pid);
    if (pids.length === 0) return {};
    const stats = Object.values(await pidusage(pids).catch(() => ({}))).filter((one) => one !== null);
    const sum = (pick: (one: { cpu: number; memory: number }) => number) => stats.reduce((total, one) => total + pick(one), 0);
    return { cpu: sum((one) => one.cpu), memory: sum((one) => one.memory), disk: pids.reduce((total, pid) => total + readWrittenBytes(pid), 0) };
  }

  listProcesses(taskKey: string): { pid: number; name: string }[] {
    return (this.#running.get(taskKey)?.process.processes() ?? []).map(({ pid, name }) => ({ pid, name }));
  }

  get runningTasks(): string[] {
    return [...this.#running.keys()];
  }

  /** Takes note of what a task uses now, for the most it ever used. */
  sampleUsage(taskKey: string): void {
    const task = this.#running.get(taskKey);
    if (task !== undefined) this.#sample(task);
  }

  close(): void {
    this.#adapter.close();
  }

  async #start(taskKey: string, launch: LaunchRequest): Promise<WorkerEvent> {
    const reject = (detail: RejectionDetail, message: string): WorkerEvent => ({ type: 'start_rejected', taskKey, detail, message });
    if (launch.pty !== undefined) {
      const fault = terminalFault();
      if (fault !== null) return reject('pty_unavailable', fault);
    }
    const place = await this.#place(launch);
    const cwd = await findDirectory(place.directory, launch.cwd);
    if (cwd === null) return reject('invalid_cwd', `expected cwd to be a directory inside the workspace, got ${JSON.stringify(launch.cwd)}`);
    const env = this.#environment(place.home, launch);
    const argv = typeof launch.command === 'string' ? [...this.#shell(), launch.command] : launch.command;
    const found = findCommand(argv[0] ?? '', cwd, env.PATH ?? '');
    if (found.kind !== 'found') {
      const detail = found.kind === 'not_found' ? 'command_not_found' : 'not_executable';
      return { type: 'start_failed', taskKey, detail, message: found.message };
    }
    const wiring = await this.#wire(launch);
    try {
      const contained = await this.#adapter.start({ argv, cwd, env, stdio: wiring.stdio, network: launch.network });
      this.#running.set(taskKey, this.#attach(taskKey, contained, wiring));
      return { type: 'process_started', taskKey, pid: contained.pid };
    } catch (error) {
      closeAll([...wiring.sources.map((source) => source.fd), ...(wiring.inputFd === null ? [] : [wiring.inputFd])]);
      if (wiring.terminal !== null) closeAll([wiring.terminal.slave]);
      wiring.terminal?.released();
      throw error;
    } finally {
      for (const pipe of wiring.pipes) pipe.settle();
    }
  }

  #attach(taskKey: string, contained: ContainedProcess, wiring: Wiring): RunningTask {
    const reader = new OutputReader(
      wiring.sources,
      (stream, data) => this.#emit({ type: 'output_read', taskKey, stream, data }),
      () => this.#onOutputClosed(taskKey),
    );
    const socket = wiring.inputFd === null ? reader.terminal : new Socket({ fd: wiring.inputFd, readable: false, writable: true });
    const input =
      socket === undefined
        ? null
        : new InputWriter(
            socket,
            wiring.terminal !== null,
            (bytes) => this.#emit({ type: 'input_taken', taskKey, bytes }),
            () => this.#emit({ type: 'input_closed', taskKey }),
          );
    return { process: contained, reader, input, terminal: wiring.terminal, maxMemoryBytes: 0, cpuMs: null, isOutputClosed: false, isTreeEnded: false };
  }

  #watch(taskKey: string): void {
    const task = this.#running.get(taskKey);
    if (task === undefined) return;
    this.#sample(task);
    void task.process.exited.then(({ exitCode, signal }) => {
      task.cpuMs = null; // what was seen before the exit is less than all
      this.#sample(task);
      task.input?.close();
      if (task.terminal !== null) closeAll([task.terminal.slave]); // held until now, so that no output was lost
      this.#emit({ type: 'process_exited', taskKey, exitCode, signal });
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
    const memoryBytes = task.process.family().reduce((sum, { residentBytes }) => sum + residentBytes, 0);
    task.maxMemoryBytes = Math.max(task.maxMemoryBytes, memoryBytes);
    task.cpuMs = task.process.cpuMs() ?? task.cpuMs;
  }

  async #place({ workspace, tokenName }: LaunchRequest): Promise<{ directory: string; home: string }> {
    if (workspace !== undefined) return this.#state.workspace(tokenName, workspace);
    return { directory: this.#defaultWorkspace, home: await this.#state.defaultHome(tokenName) };
  }

  #environment(home: string, launch: LaunchRequest): Record<string, string> {
    const { path, lang, tmpdir } = this.#base;
    const term = launch.pty === undefined ? 'dumb' : 'xterm-256color';
    return { PATH: path, HOME: home, LANG: lang, TERM: term, TMPDIR: tmpdir, CI: '1', ...launch.env };
  }

  /** No start-up files: a shell that takes its stdin for a network connection would read ~/.bashrc. */
  #shell(): string[] {
    const bash = findCommand('bash', '/', this.#base.path);
    return bash.kind === 'found' ? [bash.path, '--noprofile', '--norc', '-c'] : ['/bin/sh', '-c'];
  }

  async #wire(launch: LaunchRequest): Promise<Wiring> {
    if (launch.pty !== undefined) {
      const terminal = openTerminal(launch.pty.cols, launch.pty.rows);
      const { master, path } = terminal;
      return { stdio: { kind: 'terminal', path }, sources: [{ fd: master, stream: 'stdout', kind: 'terminal' }], inputFd: null, terminal, pipes: [] };
    }
    const [outPath, errPath] = [await this.#pipes.reserve(), await this.#pipes.reserve()];
    const inPath = launch.stdin === 'pipe' ? await this.#pipes.reserve() : null;
    const pipes: Pipe[] = [];
    const open = (pipe: Pipe) => {
      pipes.push(pipe);
      return pipe;
    };
    try {
      const stdout = open(this.#pipes.openForReading(outPath));
      const stderr = open(this.#pipes.openForReading(errPath));
      const stdin = inPath === null ? null : open(this.#pipes.openForWriting(inPath));
      return {
        stdio: { kind: 'pipes', stdin: stdin?.path ?? '/dev/null', stdout: stdout.path, stderr: stderr.path },
        sources: [
          { fd: stdout.ours, stream: 'stdout', kind: 'pipe' },
          { fd: stderr.ours, stream: 'stderr', kind: 'pipe' },
        ],
        inputFd: stdin?.ours ?? null,
        terminal: null,
        pipes,
      };
    } catch (error) {
      for (const pipe of pipes) {
        closeSync(pipe.ours);
        pipe.settle();
      }
      throw error;
    }
  }
}

/** The directory that `cwd` names, links followed, where it is one inside `workspace`; else null. */
async function findDirectory(workspace: string, cwd: string): Promise<string | null> {
  try {
    const root = await realpath(workspace);
    const path = await realpath(join(root, cwd));
    const isInside = path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
    return isInside && (await stat(path)).isDirectory() ? path : null;
  } catch {
    return null;
  }
}

function startFault(taskKey: string, error: NodeJS.ErrnoException): WorkerEvent {
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return { type: 'start_rejected', taskKey, detail: 'no_space', message: `the worker's disk is full (${error.message}); free some and try again` };
  }
  const message = error.code === 'E2BIG' ? 'its arguments and environment are too long for this system' : error.message;
  return { type: 'start_failed', taskKey, message: `the command could not be started: ${message}` };
}

function closeAll(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd);
}
