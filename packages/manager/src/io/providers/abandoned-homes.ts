/** Deletes what worker processes left whose manager was killed: directories of this user with a socket that nobody serves. */
import { lstat, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

/** Whoever makes a directory has long begun to listen in it by then. */
const MIN_AGE_MS = 60_000;
const CONNECT_TIMEOUT_MS = 1_000;

/** Best effort: what cannot be read or deleted stays. */
export async function removeAbandonedHomes(
  parent: string,
  prefix: string,
  socketName: string,
): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const home = join(parent, name);
    if (!name.startsWith(prefix) || !(await isOldAndOurs(home))) continue;
    if (await isUnserved(join(home, socketName)))
      await rm(home, { recursive: true, force: true }).catch(() => {});
  }
}

async function isOldAndOurs(home: string): Promise<boolean> {
  const found = await lstat(home).catch(() => null);
  if (found === null || !found.isDirectory() || found.uid !== process.getuid?.()) return false;
  return Date.now() - found.mtimeMs > MIN_AGE_MS;
}

/** A pid would not tell: another container may share the directory. */
async function isUnserved(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy());
  return await new Promise<boolean>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
    socket.once('connect', () => socket.destroy());
    socket.once('close', () => resolve(false));
  });
}
