/**
 * Real pipes for commands. Node gives its children unix sockets, on which `echo x > /dev/stderr` fails with ENXIO
 * (docs/adr/0003); a FIFO that is opened on both ends and unlinked is a pipe like a shell's.
 */
import { execFile } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** One pipe: the worker's end as a descriptor, the command's end as a path that is there until `settle`. */
export interface Pipe {
  /** The worker's end, non-blocking. */
  readonly ours: number;
  /** Where the command's side opens its end; it does not block. */
  readonly path: string;
  /** Call it once, when the command's side has opened its end or never will: then nobody else can. */
  settle(): void;
}

/** FIFOs are made so many at a time, ahead of the commands: mkfifo costs a process. */
const BATCH = 48;
const LOW_WATER = 12;
const MKFIFO_TIMEOUT_MS = 10_000;

export class PipePool {
  readonly #directory: string;
  readonly #ready: string[] = [];
  #made = 0;
  #refill: Promise<void> | null = null;

  /** @param directory of the worker alone; what an earlier worker left there is removed. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#makeDirectory();
    for (const left of readdirSync(directory)) rmSync(join(directory, left), { force: true });
  }

  /** The path of a pipe that nobody else has. */
  async reserve(): Promise<string> {
    for (;;) {
      const path = this.#ready.pop();
      if (this.#ready.length < LOW_WATER) this.#makeMore().catch(() => {}); // whoever waits for it meets the fault
      if (path !== undefined && existsSync(path)) return path; // someone may have cleared the directory
      await this.#makeMore();
    }
  }

  /** A pipe that the worker reads from, at a reserved path. Read it only when the other side is open. */
  openForReading(path: string): Pipe {
    const ours = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { ours, path, settle: () => unlinkSync(path) };
  }

  /** A pipe that the worker writes to, at a reserved path. */
  openForWriting(path: string): Pipe {
    const opener = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // lets the writing end open without a reader
    const settle = () => {
      closeSync(opener);
      unlinkSync(path);
    };
    try {
      return { ours: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK), path, settle };
    } catch (error) {
      settle();
      throw error;
    }
  }

  #makeMore(): Promise<void> {
    this.#refill ??= this.#make().finally(() => {
      this.#refill = null;
    });
    return this.#refill;
  }

  async #make(): Promise<void> {
    const paths = Array.from({ length: BATCH }, () => join(this.#directory, `p${this.#made++}`));
    this.#makeDirectory();
    const env = { PATH: process.env.PATH, LC_ALL: 'C' }; // its words are read below
    try {
      await promisify(execFile)('mkfifo', ['-m', '600', ...paths], { timeout: MKFIFO_TIMEOUT_MS, env });
    } catch (error) {
      for (const path of paths) rmSync(path, { force: true });
      throw isFull(error as { stderr?: string }) ? noRoom(this.#directory) : error;
    }
    this.#ready.push(...paths);
  }

  #makeDirectory(): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }
}

function isFull({ stderr = '' }: { stderr?: string }): boolean {
  return /No space left|quota exceeded/.test(stderr);
}

/** As the system itself would tell it. */
function noRoom(path: string): NodeJS.ErrnoException {
  const message = `ENOSPC: no space left on device, mkfifo '${path}'`;
  return Object.assign(new Error(message), { code: 'ENOSPC', path });
}
