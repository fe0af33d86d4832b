/**
 * Looks at the running tasks at a pace and reports what it sees as events; on request it looks closer. What the
 * samples mean is core's to judge.
 */
import { platform } from 'node:process';
import type { BlockReason } from '@sandcrew/protocol';
import type { Look } from '../core/blocks/look.js';
import { choosePauseMs, isWorthTelling } from '../core/blocks/pace.js';
import type { WorkerEffect } from '../core/effect.js';
import type { WorkerEvent } from '../core/event.js';
import { judgeBlocks } from '../core/judge-block.js';
import { monotonicMs } from './clock.js';
import { measureCpu } from './cpu-cost.js';
import { DiskWatch } from './disk-watch.js';
import type { ProcessManager } from './process-manager.js';
import { type Bystanders, ProcessSampler } from './process-sampler.js';
import { collectStacks } from './stacks.js';
import { readTerminalMode } from './terminal-mode.js';

/** The event loop is let go after so long. */
const MAX_TURN_MS = 5;

interface Watched {
  readonly sampler: ProcessSampler;
  readonly disk: DiskWatch;
  /** Where there is no /proc: what it used at the look before. */
  usage: Bystanders['usage'];
  /** When any of it was last seen to have run, and when it was last told. */
  ranAtMs: number;
  toldAtMs: number;
}

export class BlockDetector {
  readonly #processes: ProcessManager;
  readonly #intervalMs: number;
  readonly #emit: (event: WorkerEvent) => void;
  readonly #watched = new Map<string, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** @param intervalMs between two looks at a task, milliseconds, while they cost little. */
  constructor(processes: ProcessManager, intervalMs: number, emit: (event: WorkerEvent) => void) {
    this.#processes = processes;
    this.#intervalMs = intervalMs;
    this.#emit = emit;
  }

  start(): void {
    this.#timer = setTimeout(() => void this.#round(), this.#intervalMs);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Whether a task surely cannot go on by itself, as far as a look tells. */
  isProcessBlocked(look: Look): boolean {
    return this.determineBlockReason(look) !== null;
  }

  /** Why, or null where it may go on for all that a look tells. */
  determineBlockReason(look: Look): BlockReason | null {
    return judgeBlocks(look).find(({ confidence }) => confidence === 'confirmed')?.reason ?? null;
  }

  /** Looks again, and around: who else holds what the task waits for, and in which mode its terminal is. */
  async lookCloser(taskKey: string): Promise<void> {
    const watched = this.#watched.get(taskKey);
    const running = this.#processes.find(taskKey);
    if (watched === undefined || running === null) return;
    const { terminal: path } = running.ends;
    const terminal = path === null ? null : await readTerminalMode(path);
    if (this.#processes.find(taskKey) !== running) return;
    const bystanders = { ...this.#bystanders(watched, taskKey), terminal };
    const evidence = watched.sampler.lookCloser(monotonicMs(), bystanders);
    this.#emit({ type: 'task_sampled', taskKey, evidence });
  }

  /** Call it when a task is being ended: it is looked at no more. */
  forget(taskKey: string): void {
    this.#watched.get(taskKey)?.sampler.close();
    this.#watched.delete(taskKey);
  }

  async collectStacks({
    taskKey,
    reason,
    pids,
    usage,
  }: Extract<WorkerEffect, { type: 'collect_stacks' }>): Promise<void> {
    const stacks = await collectStacks(pids);
    this.#emit({ type: 'stacks_collected', taskKey, reason, stacks, usage });
  }

  /** Who holds the output of a command that has exited, and what they use. */
  async listHolders(taskKey: string): Promise<void> {
    const processes = this.#processes.listProcesses(taskKey);
    const resourceUsage = await this.#processes.getResourceUsage(taskKey);
    this.#emit({ type: 'holders_listed', taskKey, holders: { processes, resourceUsage } });
  }

  async #round(): Promise<void> {
    const keys = this.#processes.runningTasks;
    for (const key of this.#watched.keys()) if (!keys.includes(key)) this.forget(key);
    let spentMs = 0;
    let turnMs = 0;
    for (const key of keys) {
      const startMs = monotonicMs();
      const measured = measureCpu();
      this.#sample(key);
      spentMs += measured();
      turnMs += monotonicMs() - startMs;
      if (turnMs < MAX_TURN_MS) continue;
      turnMs = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (this.#isStopped) return;
    const limitShare = Math.max(0, ...keys.map((key) => this.#processes.limitUse(key).share));
    const pauseMs = choosePauseMs(this.#intervalMs, spentMs, limitShare);
    this.#timer = setTimeout(() => void this.#round(), pauseMs);
  }

  #sample(taskKey: string): void {
    const startMs = monotonicMs();
    const running = this.#processes.find(taskKey);
    if (running === null) return;
    let watched = this.#watched.get(taskKey);
    if (watched === undefined) {
      watched = {
        sampler: new ProcessSampler(running.contained, running.ends),
        disk: new DiskWatch(),
        usage: null,
        ranAtMs: startMs,
        toldAtMs: startMs,
      };
      this.#watched.set(taskKey, watched);
    }
    if (watched.sampler.look(startMs)) watched.ranAtMs = startMs;
    if (!isWorthTelling(startMs, watched.ranAtMs, watched.toldAtMs)) return;
    watched.toldAtMs = startMs;
    const evidence = watched.sampler.tell(startMs, this.#bystanders(watched, taskKey));
    watched.disk.look(evidence, startMs);
    if (platform !== 'linux') void this.#measure(taskKey, watched);
    this.#processes.noteMemory(
      taskKey,
      evidence.processes.reduce((sum, one) => sum + one.residentBytes, 0),
    );
    this.#emit({ type: 'task_sampled', taskKey, evidence });
  }

  async #measure(taskKey: string, watched: Watched): Promise<void> {
    watched.usage = await this.#processes.getResourceUsage(taskKey);
  }

  /** The mode of a terminal is as fleeting as what is waited for: only a closer look brings it. */
  #bystanders({ disk, usage }: Watched, taskKey: string): Bystanders {
    const limits = this.#processes.limitUse(taskKey).use;
    return { terminal: null, usage, fullDirectory: disk.fullDirectory, limits };
  }
}
