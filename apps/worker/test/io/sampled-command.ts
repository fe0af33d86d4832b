/** A real command in its containment, and what samples of it show. It judges nothing. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Evidence } from '#src/core/blocks/evidence.js';
import type { LaunchRequest } from '#src/core/effect.js';
import type { WorkerEvent } from '#src/core/event.js';
import { CommandStarter } from '#src/io/command-starter.js';
import { type ContainmentRequest, chooseContainment } from '#src/io/containment/choose-containment.js';
import type { ContainmentAdapter } from '#src/io/containment/containment.js';
import { LimitKeeper } from '#src/io/limits.js';
import { OutputBuffers } from '#src/io/output-buffers.js';
import { PipePool } from '#src/io/pipes.js';
import { ProcessManager } from '#src/io/process-manager.js';
import { ProcessSampler } from '#src/io/process-sampler.js';
import { StateDirectory } from '#src/io/state-directory.js';
import { until } from '../worker-process.js';

/** So long has nothing of it run: it sits where it will stay. */
const SETTLED_MS = 40;
const NOBODY_ELSE = { terminal: null, usage: null, fullDirectory: null, limits: {} };

/** Runs commands as a worker does, without one. */
export class Ground {
  readonly directory: string;
  /** Where its commands run. */
  readonly workspace: string;
  readonly #hearers = new Map<string, (event: WorkerEvent) => void>();
  readonly #processes: ProcessManager;
  #commands = 0;

  /** `Ground.create` makes one. */
  constructor(adapter: ContainmentAdapter, directory: string, workspace: string) {
    this.directory = directory;
    this.workspace = workspace;
    const ground = {
      state: new StateDirectory(join(this.directory, 'state')),
      defaultWorkspace: workspace,
      environment: { path: process.env.PATH ?? '', lang: 'C.UTF-8', tmpdir: this.directory },
    };
    const pipes = new PipePool(join(this.directory, 'pipes'));
    const limits = new LimitKeeper({ limits: new Map(), cpuTime: null, countUsage: false });
    const starter = new CommandStarter({ adapter, pipes, limits, ground, ready: null });
    this.#processes = new ProcessManager(starter, new OutputBuffers(), (event) => {
      if ('taskKey' in event) this.#hearers.get(event.taskKey)?.(event);
    });
  }

  /** @param shown what its commands see beside their workspace, whatever the containment. */
  static async create(containment: ContainmentRequest, shown: readonly string[] = []): Promise<Ground> {
    const directory = mkdtempSync(join(tmpdir(), 'sandcrew-sampled-'));
    const workspace = join(directory, 'workspace');
    mkdirSync(workspace);
    const stateDir = join(directory, 'state');
    const files = {
      workspace,
      stateDir,
      secretFiles: [],
      shownReadOnly: containment === 'bubblewrap' ? shown : [],
      shownWritable: [],
    };
    const choice = await chooseContainment(containment, files);
    if (!choice.ok) throw new Error(choice.fault);
    return new Ground(choice.adapter, directory, workspace);
  }

  /** Starts a command with an open stdin, and ends it when `look` has settled. */
  async watch(
    command: LaunchRequest['command'],
    look: (watched: SampledCommand) => Promise<void>,
    more: Partial<LaunchRequest> = {},
  ): Promise<void> {
    const key = `k${this.#commands++}`;
    const events: WorkerEvent[] = [];
    const isEnded = new Promise<void>((resolve) => {
      this.#hearers.set(key, (event) => {
        events.push(event);
        if (event.type === 'tree_ended') resolve();
      });
    });
    const launch = { tokenName: 'default', command, cwd: '.', env: {}, limits: {}, network: 'host' } as const;
    await this.#processes.executeCommand(key, { ...launch, stdin: 'pipe', ...more });
    const found = this.#processes.find(key);
    if (found === null) throw new Error(`it did not start: ${JSON.stringify(events)}`);
    const sampler = new ProcessSampler(found.contained, found.ends);
    const write = (text: string) => this.#processes.writeInput(key, Buffer.from(text));
    try {
      await look(new SampledCommand(sampler, events, write));
    } finally {
      await this.#processes.endTree(key);
      await isEnded;
      sampler.close();
    }
  }

  remove(): void {
    this.#processes.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export class SampledCommand {
  readonly write: (text: string) => void;
  readonly #sampler: ProcessSampler;
  readonly #events: readonly WorkerEvent[];

  constructor(sampler: ProcessSampler, events: readonly WorkerEvent[], write: (text: string) => void) {
    this.#sampler = sampler;
    this.#events = events;
    this.write = write;
  }

  /** Settles when it has written `text`. */
  async wrote(text: string): Promise<void> {
    const output = () =>
      this.#events.map((event) => (event.type === 'output_read' ? Buffer.from(event.data).toString() : ''));
    await until(() => output().join('').includes(text));
  }

  sample(): Evidence {
    const nowMs = performance.now();
    this.#sampler.look(nowMs);
    return this.#sampler.tell(nowMs, NOBODY_ELSE);
  }

  /** Whether anything of it ran since the last look. */
  hasRun(): boolean {
    return this.#sampler.look(performance.now());
  }

  lookCloser(): Evidence {
    return this.#sampler.lookCloser(performance.now(), NOBODY_ELSE);
  }

  /** Settles when samples show no process of this name any more. */
  async vanished(name: string): Promise<void> {
    await until(() => this.sample().processes.every((process) => process.name !== name));
  }

  /** A closer look at it where it will stay: once nothing of it has run for a while. */
  async settled(): Promise<Evidence> {
    let closer = this.sample();
    await until(() => {
      const { threads } = this.sample();
      if (threads.length === 0 || threads.some(({ stillMs }) => stillMs < SETTLED_MS)) return false;
      closer = this.lookCloser();
      // One that could go on, and is given no CPU, does not run either.
      return closer.threads.every(({ wait }) => wait.on !== 'nothing');
    });
    return closer;
  }
}
