/** Output on disk, while a reader lags: one directory a task, in numbered files. It stores; what and how long is decided elsewhere. */
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** So much may wait to be written before its source should pause, bytes: the disk's pace bounds the worker's memory. */
const MAX_WAITING_BYTES = 2_097_152;
/** So many pieces are written by one call, at most. */
const MAX_PIECES = 64;

/** What came for one place in a file while it was busy, one piece behind the other. */
interface Run {
  readonly segment: number;
  readonly position: number;
  endPosition: number;
  readonly pieces: Piece[];
}

interface Piece {
  readonly data: Uint8Array;
  readonly settle: (error: Error | null) => void;
}

export class OutputSpool {
  readonly #directory: string;
  readonly #files = new Map<string, TaskFiles>();
  #next = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes the directory and deletes what a worker before this one left in it. */
  async open(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    for (const left of await readdir(this.#directory))
      await rm(join(this.#directory, left), { recursive: true, force: true });
  }

  /** The files of one task; made when first written to. */
  of(taskKey: string): TaskFiles {
    const known = this.#files.get(taskKey);
    if (known !== undefined) return known;
    const files = new TaskFiles(join(this.#directory, `${this.#next++}`));
    this.#files.set(taskKey, files);
    return files;
  }

  /** Deletes one file of a task, or all. */
  async delete(taskKey: string, segment: number | 'all'): Promise<void> {
    const files = this.#files.get(taskKey);
    if (segment === 'all') this.#files.delete(taskKey);
    await files?.delete(segment);
  }
}

/** The spool files of one task. Calls are carried out in their order. */
export class TaskFiles {
  readonly #directory: string;
  readonly #handles = new Map<number, FileHandle>();
  #last: Promise<unknown> = Promise.resolve();
  #waitingBytes = 0;
  /** What comes next may join it: it is not written yet, and nothing else was asked for since. */
  #open: Run | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get isBehind(): boolean {
    return this.#waitingBytes > MAX_WAITING_BYTES;
  }

  /** Writes at the end of a file. Rejects where the disk is full or broken; nothing of `data` counts then. */
  append(segment: number, position: number, data: Uint8Array): Promise<void> {
    this.#waitingBytes += data.length;
    return new Promise((resolve, reject) => {
      const settle = (error: Error | null) => {
        this.#waitingBytes -= data.length;
        if (error === null) resolve();
        else reject(error);
      };
      this.#runFor(segment, position, data.length).pieces.push({ data, settle });
    });
  }

  /** Reads exactly `bytes`; rejects where they are not there. */
  read(segment: number, position: number, bytes: number): Promise<Uint8Array> {
    return this.#inOrder(async () => {
      const handle = await this.#handle(segment);
      const data = new Uint8Array(bytes);
      for (let done = 0; done < bytes; ) {
        const { bytesRead } = await handle.read(data, done, bytes - done, position + done);
        if (bytesRead === 0) throw new Error(`the spool ends at ${position + done}`);
        done += bytesRead;
      }
      return data;
    });
  }

  delete(segment: number | 'all'): Promise<void> {
    return this.#inOrder(async () => {
      for (const [number, handle] of [...this.#handles]) {
        if (segment !== 'all' && segment !== number) continue;
        this.#handles.delete(number);
        await handle.close();
      }
      await rm(segment === 'all' ? this.#directory : this.#path(segment), { recursive: true, force: true });
    });
  }

  /** The run that ends where new bytes are to stand, or a new one. */
  #runFor(segment: number, position: number, bytes: number): Run {
    const open = this.#open;
    const isNext = open?.segment === segment && open.endPosition === position;
    if (open !== null && isNext && open.pieces.length < MAX_PIECES) {
      open.endPosition += bytes;
      return open;
    }
    const run: Run = { segment, position, endPosition: position + bytes, pieces: [] };
    void this.#inOrder(() => this.#write(run));
    this.#open = run;
    return run;
  }

  /** Settles each piece: what was written before a fault counts. */
  async #write(run: Run): Promise<void> {
    if (this.#open === run) this.#open = null;
    let { position } = run;
    try {
      const handle = await this.#handle(run.segment);
      for (let left = run.pieces.map(({ data }) => data); left.length > 0; ) {
        const { bytesWritten } = await handle.writev(left, position);
        position += bytesWritten;
        left = settleWritten(run.pieces, left, bytesWritten);
      }
    } catch (error) {
      for (const { settle } of run.pieces.splice(0)) settle(error as Error);
    }
  }

  async #handle(segment: number): Promise<FileHandle> {
    const known = this.#handles.get(segment);
    if (known !== undefined) return known;
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const handle = await open(this.#path(segment), 'a+', 0o600).then(async (made) => {
      await made.close(); // 'a+' made it where it was missing; positions matter, so it is written without O_APPEND
      return open(this.#path(segment), 'r+');
    });
    this.#handles.set(segment, handle);
    return handle;
  }

  #path(segment: number): string {
    return join(this.#directory, `${segment}.log`);
  }

  #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#open = null; // what is asked for after this stands behind it
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}

/** Settles the pieces that `bytes` cover. @returns what is left to write. */
function settleWritten(pieces: Piece[], left: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let rest = bytes;
  const count = left.findIndex((data) => {
    if (rest < data.length) return true;
    rest -= data.length;
    return false;
  });
  const whole = count < 0 ? left.length : count;
  for (const { settle } of pieces.splice(0, whole)) settle(null);
  const [first, ...others] = left.slice(whole);
  return first === undefined ? [] : [first.subarray(rest), ...others];
}
