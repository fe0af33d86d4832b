/** The port behind which a task's processes are held. Each adapter holds them in its own way and tells the same. */
import type { Containment, SignalName } from '@sandcrew/protocol';
import type { TaskUser } from '../../core/containment/bubblewrap-arguments.js';
import type { ProcessStat } from '../proc/process-stat.js';

/** Where a task writes that is held by bubblewrap, and nowhere else; links followed. */
export interface TaskDirectories {
  readonly workspace: string;
  readonly home: string;
}

/** What can be made ready before the command is known. */
export interface ContainedPlace {
  /** Null where it has none, which is for trying whether the containment works. */
  readonly directories: TaskDirectories | null;
  /** What the command's side opens, by path. Opening does not block. */
  readonly stdio: CommandStdio;
  readonly network: 'none' | 'host';
  /** The control groups that it is in from its first moment, as files that take a pid. */
  readonly groupFiles: readonly string[];
}

export interface ContainedCommand extends ContainedPlace {
  /** What runs, its program first; no shell is added. */
  readonly argv: readonly string[];
  /** Inside of the workspace. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export type CommandStdio =
  | { readonly kind: 'pipes'; readonly stdin: string; readonly stdout: string; readonly stderr: string }
  /** All three are this terminal, and it is the command's controlling one. */
  | { readonly kind: 'terminal'; readonly path: string };

export interface ExitStatus {
  /** 0-255, or null where a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface ContainedProcess {
  /** The command's own process, as the host numbers it. */
  readonly pid: number;
  /** Settles when the command has exited; what it left may live on. */
  readonly exited: Promise<ExitStatus>;
  /** To the command's process group, or to the foreground group of its terminal. One that is gone is no fault. */
  signal(signal: SignalName, foreground: boolean): void;
  /** Every process of the task that lives now, as surely as this containment can tell. May read the whole of /proc. */
  processes(): ProcessStat[];
  /** Those of its processes at the top, from which all that did not move away descends. Cheap. */
  topPids(): number[];
  /** The command and its descendants: blind to what moved away from them. */
  family(): ProcessStat[];
  /** CPU time of the tree so far, milliseconds; null where it is not known. */
  cpuMs(): number | null;
  /** SIGKILL to all that lives; settles with their number when none does. */
  endTree(): Promise<number>;
}

/** A sandbox that waits for its one command. */
export interface PreparedSandbox {
  /** It has ended without one, or shows what is hidden by now. */
  readonly isSpoilt: boolean;
  /**
   * Once. Null where it was spoilt before the command began: another may be tried. Rejects with NodeJS.ErrnoException where
   * the command cannot be started; nothing of it is left then.
   */
  run(
    command: Pick<ContainedCommand, 'argv' | 'cwd' | 'env' | 'groupFiles'>,
  ): Promise<ContainedProcess | null>;
  /** Ends it without a command. */
  abandon(): void;
}

export interface ContainmentAdapter {
  readonly level: Containment;
  /** Whether entering control groups costs its commands nothing, so that each can be given some to count what it uses. */
  readonly entersGroupsFreely: boolean;
  /** Whom a task in this workspace runs as; null for the worker's own user. One that is not there is to be made, and given to that user. */
  userOf(workspace: string): TaskUser | null;
  /** Whether a task in this workspace finds the host's file at this path, links followed. */
  sees(path: string, directories: TaskDirectories): boolean;
  /**
   * Starts a command. When this settles, its side of `stdio` is open, and nothing but the task holds it.
   * @throws {NodeJS.ErrnoException} where the system cannot start it.
   */
  start(command: ContainedCommand): Promise<ContainedProcess>;
  /** Makes a sandbox before its command is known; undefined where a start has nothing that could be done ahead. */
  prepare?(place: ContainedPlace): Promise<PreparedSandbox>;
  /**
   * Looks where the worker's secret files lie by now, and hides them from tasks to come; undefined where nothing is hidden.
   * Why they cannot be hidden there, or null.
   */
  lookAgain?(): string | null;
  /** Ends what the adapter itself keeps running. */
  close(): void;
}

/**
 * Sends a signal, and tells whether it reached a process. One that is gone is no fault, nor is one that is another
 * user's by now (sudo): it is out of the worker's reach.
 */
export function sendSignal(pid: number, signal: SignalName): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    return false;
  }
}

/** A task that this containment cannot hold as it should: it is refused, and never run with less. */
export class ContainmentFault extends Error {
  readonly code = 'containment_unavailable';
}
