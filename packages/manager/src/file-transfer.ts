/** One transfer of files as a task: what moved, how long nothing did, and the end of it, whichever side it comes from. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ArchiveEntry,
  type EntryVerdict,
  judgeEntry,
  openLedger,
  refuseName,
} from './core/files/archive-ledger.js';
import { judgePath } from './core/files/entry-path.js';
import { judgeTarEnd } from './core/files/tar-commands.js';
import { SandboxError } from './core/sandbox-error.js';
import { showWords } from './core/worker-words.js';
import type { TransferOptions, TransferReport, TransferSettings } from './file-options.js';
import { StallWatch } from './io/files/stall-watch.js';
import type { TaskRequest } from './options.js';
import type { TaskHandle } from './task-handle.js';

/** How a task is started: `SandboxManager.run`. */
export type RunTask = (task: TaskRequest) => TaskHandle;

/** From SIGTERM to SIGKILL, milliseconds; the command uses it to remove what it has not finished. */
const GRACE_MS = 5_000;
/** What a worker is given to say that it has ended the task, where it is to be ended, milliseconds. */
const END_WITHIN_MS = 10_000;
const PROGRESS_EACH_MS = 100;

type Taken = Extract<EntryVerdict, { verdict: 'take' }>;

export class FileTransfer {
  readonly handle: TaskHandle;
  readonly warnings: string[] = [];
  readonly #settings: TransferSettings;
  readonly #options: TransferOptions;
  readonly #watch: StallWatch;
  readonly #ledger = openLedger();
  #isOver = false;
  #archiveBytes = 0;
  #path = '';
  #toldMs = Number.NEGATIVE_INFINITY;

  /** @throws {SandboxError} as `run` does */
  constructor(
    run: RunTask,
    task: Pick<TaskRequest, 'command' | 'workspace'> & { readonly taskId: string },
    settings: TransferSettings,
    options: TransferOptions,
  ) {
    const { worker, priority, signal } = options;
    this.#settings = settings;
    this.#options = options;
    this.handle = run({
      ...task,
      stdin: 'pipe',
      kind: 'interactive', // it may wait for the other side
      timeoutMs: 0,
      graceMs: GRACE_MS,
      ...(worker === undefined ? {} : { requirements: { worker } }),
      ...(priority === undefined ? {} : { priority }),
      ...(signal === undefined ? {} : { signal }),
    });
    this.#watch = new StallWatch(settings.idleTimeoutMs);
  }

  /** Judges an entry by those before it. Null where it is left out. @throws {SandboxError} INVALID_PATH, ARCHIVE_TOO_LARGE */
  admit(entry: ArchiveEntry): Taken | null {
    const judged = judgeEntry(this.#ledger, entry, this.#settings.rules);
    if (judged.verdict === 'refuse') throw new SandboxError(judged);
    if (judged.verdict === 'skip') return null;
    this.#path = judged.path;
    return judged;
  }

  /** Asked before a file is looked at: by a name that came over damaged, as one that is no UTF-8, it is not found. @throws {SandboxError} INVALID_PATH */
  admitName(name: string): void {
    const judged = judgePath(name);
    if (!judged.ok) throw new SandboxError(refuseName(name, judged.why));
  }

  /** So many bytes of the archive have moved. */
  moved(bytes: number): void {
    this.#archiveBytes += bytes;
    this.#watch.touch();
    if (performance.now() - this.#toldMs < PROGRESS_EACH_MS) return;
    this.#toldMs = performance.now();
    this.#tell();
  }

  /**
   * Does the work of this side once the command runs, within the patience. Where it fails, or is not wanted any more, the
   * command is ended, and waited for.
   */
  async carryOut<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.handle.started.then(() => {
      this.#watch.touch();
      return work();
    });
    const { signal } = this.#options;
    const abort = promiseOfAbort(signal);
    try {
      return await Promise.race([done, this.#watch.stalled, abort.aborted]);
    } catch (error) {
      this.#isOver = true;
      this.handle.terminate(GRACE_MS);
      const late = delay(END_WITHIN_MS, null, { ref: false });
      const fault = await Promise.race([this.#settle(done), late]);
      throw signal?.aborted === true && fault instanceof SandboxError ? fault : error;
    } finally {
      abort.forget();
      this.#watch.stop();
    }
  }

  /** What came of it, once the command has ended. @throws {SandboxError} FILES_FAILED, and as the task ended */
  async conclude(): Promise<TransferReport> {
    const { taskId, workerId, exitCode, signal, stderr, gaps } = await this.handle;
    if (this.#isOver)
      throw new SandboxError({ code: 'TERMINATED', message: `Transfer ${taskId} was given up.` });
    const said = judgeTarEnd(exitCode, signal, stderr);
    if (!said.ok) {
      const message = `The tar of worker ${workerId} did not do it: ${said.why}.`;
      throw new SandboxError({ code: 'FILES_FAILED', message, details: { exitCode, signal, stderr } });
    }
    if (gaps.length > 0) {
      const message = `Expected every byte of the archive from worker ${workerId}, got gaps: ${JSON.stringify(gaps)}.`;
      throw new SandboxError({ code: 'FILES_FAILED', message, details: { gaps } });
    }
    this.#tell();
    const { entries, bytes } = this.#ledger;
    return { taskId, workerId, entries, bytes, warnings: [...this.warnings, ...said.warnings] };
  }

  /** When neither side does anything any more. @returns how the task failed, or null */
  async #settle(done: Promise<unknown>): Promise<unknown> {
    const fault = await this.handle.then(
      () => null,
      (error) => error,
    );
    await done.catch(() => {});
    return fault;
  }

  #tell(): void {
    const { entries, bytes } = this.#ledger;
    this.#options.onProgress?.({ entries, bytes, archiveBytes: this.#archiveBytes, path: this.#path });
  }
}

/** A file of this machine that cannot be read or written. */
export function localFault(error: unknown, doing: string): SandboxError {
  if (error instanceof SandboxError) return error;
  // Whoever made a file has named it.
  const message = `${doing} failed: ${showWords(error instanceof Error ? error.message : String(error))}.`;
  return new SandboxError({ code: 'FILES_FAILED', message, cause: error });
}

function promiseOfAbort(signal: AbortSignal | undefined): { aborted: Promise<never>; forget(): void } {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      const message = 'The transfer was ended by its AbortSignal.';
      reject(new SandboxError({ code: 'TERMINATED', message, cause: signal?.reason }));
    };
  });
  aborted.catch(() => {});
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return { aborted, forget: () => signal?.removeEventListener('abort', abort) };
}
