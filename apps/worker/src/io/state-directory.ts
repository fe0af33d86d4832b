/** The worker's directory of its own: who holds it, where workspaces and homes stand in it. */
import { constants } from 'node:fs';
import {
  access,
  lchown,
  link,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readProcess } from './proc/process-stat.js';
import { removeTree } from './tree-removal.js';

/** A home for tasks without a named workspace; no workspace can have this name. */
const DEFAULT_HOME = '.default';

export class StateDirectory {
  readonly path: string;
  #removals = 0;

  /** Made by `take`. */
  constructor(path: string) {
    this.path = path;
  }

  /**
   * Takes the directory, making it where it is missing.
   * @throws {Error} where it cannot be written, or another worker that lives holds it.
   */
  static async take(path: string): Promise<StateDirectory> {
    for (const part of ['', 'workspaces', 'homes', 'leaving']) await makeDirectory(join(path, part));
    await access(path, constants.W_OK);
    const state = new StateDirectory(await realpath(path));
    await state.#lock();
    // What cannot be removed now was a workspace of nobody any more: no reason not to start.
    for (const left of await readdir(join(path, 'leaving')))
      await removeTree(join(state.path, 'leaving', left)).catch(() => {});
    return state;
  }

  async release(): Promise<void> {
    await unlink(this.#lockPath).catch(() => {});
  }

  /** The directory of a named workspace and its HOME, made on first use, and given then to whom `userOf` tells. */
  async workspace(
    tokenName: string,
    name: string,
    userOf: (workspace: string) => Owner | null,
  ): Promise<{ directory: string; home: string }> {
    const directory = join(this.path, 'workspaces', tokenName, name);
    const owner = userOf(directory);
    await makeDirectory(directory, owner);
    return { directory, home: await this.#home(tokenName, name, owner) };
  }

  /** The HOME of tasks that name no workspace. */
  defaultHome(tokenName: string, owner: Owner | null): Promise<string> {
    return this.#home(tokenName, DEFAULT_HOME, owner);
  }

  /** The named workspaces that exist, by token name. */
  async listWorkspaces(): Promise<Map<string, string[]>> {
    const root = join(this.path, 'workspaces');
    const found = new Map<string, string[]>();
    for (const tokenName of await readdir(root)) found.set(tokenName, await readdir(join(root, tokenName)));
    return found;
  }

  /** Removes a workspace and its HOME. They are moved out of any task's reach first. */
  async removeWorkspace(tokenName: string, name: string): Promise<void> {
    await makeDirectory(join(this.path, 'leaving'));
    for (const kind of ['workspaces', 'homes']) {
      const away = join(this.path, 'leaving', `${process.pid}-${this.#removals++}`);
      const isThere = await rename(join(this.path, kind, tokenName, name), away).then(
        () => true,
        ignoreMissing,
      );
      if (isThere) await removeTree(away);
    }
  }

  async #home(tokenName: string, name: string, owner: Owner | null): Promise<string> {
    const home = join(this.path, 'homes', tokenName, name);
    await makeDirectory(home, owner);
    return home;
  }

  get #lockPath(): string {
    return join(this.path, 'lock');
  }

  async #lock(): Promise<void> {
    const mine = `${this.#lockPath}.${process.pid}`; // complete before it becomes the lock: nobody reads half of it
    await writeFile(mine, `${process.pid} ${readProcess(process.pid)?.startTicks ?? ''}`, { mode: 0o600 });
    try {
      await this.#linkLock(mine);
    } finally {
      await unlink(mine);
    }
  }

  async #linkLock(mine: string): Promise<void> {
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        return await link(mine, this.#lockPath);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const [pid = '', startTicks = ''] = (await readFile(this.#lockPath, 'utf8').catch(() => '')).split(' ');
      if (isAlive(Number(pid), startTicks)) {
        throw new Error(
          `the worker with pid ${pid} uses ${this.path}; give this one a --state-dir of its own`,
        );
      }
      await unlink(this.#lockPath).catch(() => {}); // its worker died without releasing it
    }
    throw new Error(`${this.#lockPath} cannot be taken: another worker starts at the same time; try again`);
  }
}

/** Numbers of a user and a group. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Makes a directory of one user alone, and those above it, where it is missing. One at a time: asked for all
 * of them Node tells of a full disk as ENOENT.
 *
 * @param owner whom a new one is given to, while nobody else can have touched it; by default the worker's user, as those above it.
 */
export async function makeDirectory(path: string, owner: Owner | null = null): Promise<void> {
  try {
    await makeOne(path, owner);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await makeDirectory(dirname(path));
    await makeOne(path, owner);
  }
}

async function makeOne(path: string, owner: Owner | null): Promise<void> {
  if (await isDirectory(path)) return; // nearly always: a task before made it
  try {
    await mkdir(path, { mode: 0o700 });
    if (owner !== null) await lchown(path, owner.uid, owner.gid);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(path)).isDirectory();
    if (!isThere) throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** A pid that was given to another process since does not count: its start time differs. */
function isAlive(pid: number, startTicks: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  if (process.platform === 'linux') {
    const holder = readProcess(pid); // a zombie holds nothing, however long its parent leaves it
    return holder !== null && holder.state !== 'Z' && String(holder.startTicks) === startTicks;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): false {
  if (error.code === 'ENOENT') return false;
  throw error;
}
