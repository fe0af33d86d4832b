/** A PID namespace that runs: a shell is its init, reports on the command, and when it dies the kernel ends all the others. */
import type { ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import type { SignalName } from '@sandcrew/protocol';
import {
  type ProcessStat,
  readChildren,
  readDescendants,
  readProcess,
  requireChild,
  requireProcess,
} from '../proc/process-stat.js';
import { type ContainedProcess, type ExitStatus, sendSignal } from './containment.js';

const START_TIMEOUT_MS = 10_000;
/** How often what is left of a task is looked for, where a look finds none that lives. */
const MAX_LOOKS = 20;
/** What an init reports is far shorter; more could only come from a task that got hold of it. */
const MAX_REPORT_CHARS = 64;
const MAX_FAULT_CHARS = 2_000;
/** What an init's child was about to do that ended with this status before it could become the command. */
const EARLY_ENDS: Readonly<Record<string, string>> = { '126': 'enter its control groups' };

/**
 * The program that was started forks the init, which writes `started` on descriptor 3 when its own child is there to
 * become the command, then that child's status, and stays until descriptor 4 closes.
 */
export class Namespace implements ContainedProcess {
  pid = 0;
  /** Settles when the child waits to become the command. */
  readonly ready: Promise<void>;
  readonly exited: Promise<ExitStatus>;
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #init: ProcessStat | null = null;
  #isGone = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of child.stdio) stream?.on('error', () => {}); // it ends with the namespace
    let report = '';
    let fault = '';
    let reportExit: (status: ExitStatus) => void;
    this.exited = new Promise((resolve) => {
      reportExit = resolve;
    });
    this.#gone = new Promise((resolve) =>
      child.once('exit', () => {
        this.#isGone = true;
        resolve();
      }),
    );
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      fault = (fault + text).slice(0, MAX_FAULT_CHARS);
    });
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`the namespace was not ready within ${START_TIMEOUT_MS} ms`));
      }, START_TIMEOUT_MS);
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        // Without a report the namespace was ended from outside, and the kernel's SIGKILL took the command with it.
        reportExit({ exitCode: null, signal: 'SIGKILL' });
        const how = `the namespace ended before the command began (${signal ?? `exit ${code}`})`;
        const tell = () => {
          clearTimeout(timer);
          reject(new Error([how, ...fault.trim().split('\n')].filter(Boolean).join(': ')));
        };
        // Its last words may still be on their way, or have come before.
        if (child.stderr == null || child.stderr.closed) tell();
        else child.stderr.once('close', tell);
      });
      const status = child.stdio[3] as Readable;
      status.setEncoding('latin1').on('data', (text: string) => {
        report = (report + text).slice(0, MAX_REPORT_CHARS);
        if (this.pid === 0 && report.includes('started\n')) {
          clearTimeout(timer);
          try {
            this.#findProcesses();
            resolve();
          } catch (error) {
            this.abandon(); // its start has failed: nobody else will
            reject(whyUnseen(error as NodeJS.ErrnoException));
          }
        }
        const early = this.pid === 0 ? /^(\d+)\n/.exec(report)?.[1] : undefined;
        if (early !== undefined) {
          clearTimeout(timer);
          this.abandon();
          reject(new Error(`the command could not ${EARLY_ENDS[early] ?? 'open its ends'}`));
        }
        const code = /started\n(\d+)\n/.exec(report)?.[1];
        if (code !== undefined) reportExit(readStatus(Number(code)));
      });
    });
  }

  /** Puts what is to become the command into control groups, by the files that take a pid. Rejects with NodeJS.ErrnoException. */
  async enterGroups(groupFiles: readonly string[]): Promise<void> {
    for (const file of groupFiles) await writeFile(file, String(this.pid));
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Ends one that never became a command. */
  abandon(): void {
    this.#child.kill('SIGKILL');
    for (const stream of this.#child.stdio) stream?.destroy();
  }

  signal(signal: SignalName, foreground: boolean): void {
    const group = foreground ? (readProcess(this.pid)?.foregroundGroupId ?? -1) : this.pid;
    // In its first moment the command has no group of its own yet.
    if (group > 1 && !sendSignal(-group, signal)) sendSignal(this.pid, signal);
  }

  processes(): ProcessStat[] {
    return this.#init === null ? [] : readDescendants(this.#init.pid);
  }

  topPids(): number[] {
    return this.#init === null ? [] : readChildren(this.#init.pid);
  }

  family(): ProcessStat[] {
    return this.processes();
  }

  cpuMs(): number | null {
    const init = this.#init === null ? null : readProcess(this.#init.pid);
    if (init === null) return null;
    return this.processes().reduce(
      (sum, { cpuMs, reapedCpuMs }) => sum + cpuMs + reapedCpuMs,
      init.reapedCpuMs,
    );
  }

  async endTree(): Promise<number> {
    const left = this.#countLeft();
    const init = this.#init;
    if (init !== null && readProcess(init.pid)?.startTicks === init.startTicks)
      sendSignal(init.pid, 'SIGKILL');
    this.#child.stdio[4]?.destroy(); // where /proc could not be read, init goes by itself, and the others with it
    await this.#gone; // unshare ends when init is reaped, which the kernel lets happen when all the others are dead
    for (const stream of this.#child.stdio) stream?.destroy();
    return left;
  }

  /** One that changes its pid all the time may be between two of them at a look: where a child was listed, it looks again. */
  #countLeft(): number {
    for (let look = 1; ; look++) {
      const isAnyListed = this.topPids().length > 0;
      const left = this.processes().filter(({ isExiting }) => !isExiting).length;
      if (left > 0 || !isAnyListed || look === MAX_LOOKS) return left;
    }
  }

  /** Throws NodeJS.ErrnoException where they are gone, or cannot be read. */
  #findProcesses(): void {
    const init = requireProcess(requireChild(this.#child.pid ?? 0));
    const commandPid = requireChild(init.pid);
    this.#init = init;
    this.pid = commandPid;
  }
}

/**
 * What has no descriptor to be read with is told as it is. What was gone before it was let become the command has not begun,
 * so that it may be tried again (EAGAIN) where other tasks take what there is.
 */
function whyUnseen(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ENOENT' && error.code !== 'ESRCH') return error;
  return Object.assign(new Error('the command was gone before it began'), { code: 'EAGAIN' });
}

/** Puts it into control groups; where that fails, ends it. Rejects with NodeJS.ErrnoException. */
export async function enterOrAbandon(namespace: Namespace, groupFiles: readonly string[]): Promise<void> {
  try {
    await namespace.enterGroups(groupFiles);
  } catch (error) {
    namespace.abandon();
    throw error;
  }
}

const SIGNAL_OF_NUMBER = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** The init is a shell, and a shell tells an end by signal n as 128+n. */
function readStatus(code: number): ExitStatus {
  const signal = SIGNAL_OF_NUMBER.get(code - 128);
  return signal === undefined ? { exitCode: code, signal: null } : { exitCode: null, signal };
}
