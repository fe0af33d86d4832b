/**
 * Files that arrive: first in an empty directory of their own beside their place, then, when all of them are there, moved
 * into it. Where each lies and leads was judged before; nothing here goes through a link, or over a file.
 */
import { constants } from 'node:fs';
import {
  chmod,
  link,
  lstat,
  lutimes,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rename,
  rm,
  symlink,
  utimes,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileFacts } from '../../core/files/archive-ledger.js';
import { SandboxError } from '../../core/sandbox-error.js';

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

export class StagedFiles {
  readonly #target: string;
  readonly #staging: string;
  /** Directories in it that were seen to be such; nothing takes the place of one before the end. */
  readonly #made = new Set<string>();
  /** Set at the end: until then each must be writable, and its time changes with what is put into it. */
  readonly #directories: { readonly path: string; readonly facts: FileFacts }[] = [];

  /** Use `open`. */
  constructor(target: string, staging: string) {
    this.#target = target;
    this.#staging = staging;
  }

  /** @param target A directory; it is made where there is none. @throws {Error} as the file system does */
  static async open(target: string): Promise<StagedFiles> {
    await mkdir(target, { recursive: true });
    return new StagedFiles(target, await mkdtemp(join(target, '.sandcrew-get-')));
  }

  async addFile(path: string, facts: FileFacts, content: AsyncIterable<Uint8Array>): Promise<void> {
    const place = await this.#placeOf(path);
    const handle = await open(place, NEW_FILE, 0o600);
    try {
      for await (const chunk of content) {
        for (let done = 0; done < chunk.length; )
          done += (await handle.write(chunk, done, chunk.length - done)).bytesWritten;
      }
      await handle.chmod(facts.mode);
      await handle.utimes(facts.mtimeS, facts.mtimeS);
    } finally {
      await handle.close();
    }
  }

  async addDirectory(path: string, facts: FileFacts): Promise<void> {
    await this.#makeDirectory(path);
    this.#directories.push({ path, facts });
  }

  async addSymlink(path: string, to: string, facts: FileFacts): Promise<void> {
    const place = await this.#placeOf(path);
    await symlink(to, place);
    await lutimes(place, facts.mtimeS, facts.mtimeS);
  }

  /** A second name for a file that was added before. */
  async addLink(path: string, to: string): Promise<void> {
    await link(join(this.#staging, to), await this.#placeOf(path));
  }

  /** Moves all into place: over files of the same name, into directories of the same name. */
  async place(): Promise<void> {
    await this.#refuseConflicts('');
    await this.#move('');
    for (const { path, facts } of this.#directories.reverse()) {
      await chmod(join(this.#target, path), facts.mode);
      await utimes(join(this.#target, path), facts.mtimeS, facts.mtimeS);
    }
  }

  /** Removes what was not moved. */
  async drop(): Promise<void> {
    await rm(this.#staging, { recursive: true, force: true });
  }

  async #placeOf(path: string): Promise<string> {
    const place = join(this.#staging, path);
    await this.#makeDirectory(dirname(path));
    return place;
  }

  /**
   * Makes a directory and those above it. Names that were judged to be different may be one to the file system (`A` and `a` where
   * it folds case), so it is asked itself whether a link stands in the way.
   */
  async #makeDirectory(path: string): Promise<void> {
    if (path === '.' || this.#made.has(path)) return;
    await this.#makeDirectory(dirname(path));
    const place = join(this.#staging, path);
    await mkdir(place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if ((await kindOf(place)) !== 'directory') {
      const message = `Expected a directory, or nothing, at ${path}, got a file or link: to this file system two names of the archive are one.`;
      throw new SandboxError({ code: 'INVALID_PATH', message });
    }
    this.#made.add(path);
  }

  /** Before anything is moved, so that it is all or nothing. */
  async #refuseConflicts(path: string): Promise<void> {
    for (const entry of await readdir(join(this.#staging, path), { withFileTypes: true })) {
      const name = join(path, entry.name);
      const there = await kindOf(join(this.#target, name));
      if (there === 'nothing') continue;
      const came = entry.isDirectory() ? 'directory' : 'file';
      if (came !== there) {
        const message = `Expected a ${came}, or nothing, at ${join(this.#target, name)}, got a ${there === 'file' ? 'file or link' : there}.`;
        throw new SandboxError({ code: 'INVALID_PATH', message });
      }
      if (came === 'directory') await this.#refuseConflicts(name);
    }
  }

  async #move(path: string): Promise<void> {
    for (const entry of await readdir(join(this.#staging, path), { withFileTypes: true })) {
      const name = join(path, entry.name);
      const to = join(this.#target, name);
      if (entry.isDirectory() && (await kindOf(to)) === 'directory') await this.#move(name);
      else await rename(join(this.#staging, name), to);
    }
  }
}

async function kindOf(path: string): Promise<'nothing' | 'directory' | 'file'> {
  try {
    return (await lstat(path)).isDirectory() ? 'directory' : 'file';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'nothing';
    throw error;
  }
}
