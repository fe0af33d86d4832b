/** Starts commands: finds what they need, holds them to their limits, puts them into a sandbox that waits or a new one. */
import type { LaunchRequest } from '../core/effect.js';
import type { WorkerEvent } from '../core/event.js';
import { type CommandEnds, closeEnds, openCommandEnds, settleEnds } from './command-ends.js';
import { prepareCommand, type TaskGround } from './command-preparation.js';
import {
  type ContainedCommand,
  type ContainedProcess,
  type ContainmentAdapter,
  ContainmentFault,
} from './containment/containment.js';
import type { LimitKeeper, TaskGroup } from './limits.js';
import type { PipePool } from './pipes.js';
import { discard, type ReadySandboxes } from './ready-sandboxes.js';
import { terminalFault } from './terminal.js';

export interface StartedCommand {
  readonly contained: ContainedProcess;
  readonly ends: CommandEnds;
  /** Null where it needs none, and would be slowed by one. */
  readonly group: TaskGroup | null;
}

/** A command whose directories are known; its ends and groups are not made yet. */
type GroundedCommand = Omit<ContainedCommand, 'stdio' | 'groupFiles'>;

type StartFault = Extract<WorkerEvent, { type: 'start_rejected' | 'start_failed' }>;

/** What a command is started with. */
export interface StartMeans {
  readonly adapter: ContainmentAdapter;
  readonly pipes: PipePool;
  readonly limits: LimitKeeper;
  readonly ground: TaskGround;
  /** Null where none are made ahead. */
  readonly ready: ReadySandboxes | null;
}

export class CommandStarter {
  readonly #means: StartMeans;

  constructor(means: StartMeans) {
    this.#means = means;
  }

  /**
   * The command as it runs, or why it does not. Never rejects.
   * @param othersRun whether other tasks run, whose ends will bring back what is scarce.
   */
  async start(
    taskKey: string,
    launch: LaunchRequest,
    othersRun: boolean,
  ): Promise<StartedCommand | StartFault> {
    try {
      return await this.#start(taskKey, launch);
    } catch (error) {
      return startFault(taskKey, error as NodeJS.ErrnoException, othersRun);
    }
  }

  /** Makes ready what the next commands will probably need. Call it when a task has ended. */
  prepareNext(): void {
    this.#means.ready?.refillSoon();
  }

  close(): void {
    this.#means.ready?.close();
    this.#means.adapter.close();
  }

  async #start(taskKey: string, launch: LaunchRequest): Promise<StartedCommand | StartFault> {
    const { adapter, ground } = this.#means;
    const fault = launch.pty === undefined ? null : terminalFault();
    if (fault !== null) return { type: 'start_rejected', taskKey, detail: 'pty_unavailable', message: fault };
    const prepared = await prepareCommand(launch, ground, adapter);
    if (prepared.kind === 'no_directory')
      return { type: 'start_rejected', taskKey, detail: 'invalid_cwd', message: prepared.message };
    if (prepared.kind !== 'ready')
      return { type: 'start_failed', taskKey, detail: prepared.kind, message: prepared.message };
    const { argv, directories, cwd, env } = prepared;
    const command = { argv, directories, cwd, env, network: launch.network };
    return (await this.#runReady(launch, command)) ?? (await this.#runAnew(launch, command));
  }

  /** In a sandbox that waits; null where there is none. A terminal is made for its task, and so is what holds it. */
  async #runReady(
    { pty, stdin, limits }: LaunchRequest,
    { directories, network, ...command }: GroundedCommand,
  ): Promise<StartedCommand | null> {
    if (pty !== undefined || directories === null) return null;
    const ready = this.#means.ready?.take({ directories, network, stdin }) ?? null;
    if (ready === null) return null;
    const { sandbox, ends, group } = ready;
    try {
      if (group === null && Object.keys(limits).length > 0) return discard(ready);
      const entered = group?.files ?? [];
      await group?.hold(limits);
      const groupFiles = group?.files.filter((file) => !entered.includes(file)) ?? [];
      const contained = await sandbox.run({ ...command, groupFiles });
      return contained === null ? discard(ready) : { contained, ends, group };
    } catch (error) {
      discard(ready);
      throw error;
    }
  }

  async #runAnew(launch: LaunchRequest, command: GroundedCommand): Promise<StartedCommand> {
    const { adapter, pipes, limits } = this.#means;
    const hasLimits = Object.keys(launch.limits).length > 0;
    const isGrouped = adapter.entersGroupsFreely || hasLimits;
    // Without limits a group only counts: a command does not fail for want of one.
    const group = isGrouped ? await limits.makeGroup().catch(hasLimits ? rethrow : () => null) : null;
    const ends = await openCommandEnds(launch, pipes).catch((error: unknown) => {
      void group?.remove();
      throw error;
    });
    try {
      await group?.hold(launch.limits);
      const groupFiles = group?.files ?? [];
      return { contained: await adapter.start({ ...command, groupFiles, stdio: ends.stdio }), ends, group };
    } catch (error) {
      closeEnds(ends);
      void group?.remove();
      throw error;
    } finally {
      settleEnds(ends);
    }
  }
}

function rethrow(error: unknown): never {
  throw error;
}

/** What a host has more of again when other tasks have ended: descriptors, processes. */
const SCARCE = ['EMFILE', 'ENFILE', 'EAGAIN'];

function startFault(taskKey: string, error: NodeJS.ErrnoException, othersRun: boolean): StartFault {
  if (othersRun && SCARCE.includes(error.code ?? '')) {
    const message = `this worker has no room beside the tasks that run (${error.message}); try again when one has ended`;
    return { type: 'start_rejected', taskKey, detail: 'busy', message };
  }
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return {
      type: 'start_rejected',
      taskKey,
      detail: 'no_space',
      message: `the worker's disk is full (${error.message}); free some and try again`,
    };
  }
  if (error instanceof ContainmentFault)
    return { type: 'start_rejected', taskKey, detail: error.code, message: error.message };
  const message =
    error.code === 'E2BIG' ? 'its arguments and environment are too long for this system' : error.message;
  return { type: 'start_failed', taskKey, message: `the command could not be started: ${message}` };
}
