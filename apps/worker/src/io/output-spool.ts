/** Output on disk, while a reader lags: one directory a task, in numbered files. It stores; what and how long is decided elsewhere. */
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** So much may wait to be written before its source should pause, bytes: the disk's pace bounds the worker's memory. */
const MAX_WAITING_BYTES = 4_194_304;

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

  constructor(directory: string) {
    this.#directory = directory;
  }

  get isBehind(): boolean {
    return this.#waitingBytes > MAX_WAITING_BYTES;
  }

  /** Writes at the end of a file. Rejects where the disk is full or broken; nothing of `data` counts then. */
  append(segment: number, position: number, data: Uint8Array): Promise<void> {
    this.#waitingBytes += data.length;
    return this.#inOrder(async () => {
      try {
        const handle = await this.#handle(segment);
        for (let done = 0; done < data.length; ) {
          done += (await handle.write(data, done, data.length - done, position + done)).bytesWritten;
        }
      } finally {
        this.#waitingBytes -= data.length;
      }
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
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}
