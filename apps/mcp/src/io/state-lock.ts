/**
 * Keeps two servers from one state file: both would be the same manager to the worker, and each would take the other's
 * connection away. A socket beside the file is the lock, since it is free as soon as its holder is dead, however it died.
 */
import { createHash } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { UsageError } from '../core/usage-error.js';

/** Of a socket's path, on the platform that allows least. */
const MAX_PATH_BYTES = 103;
const ASK_MS = 2_000;

/** @throws {UsageError} a sentence, where another server holds it. */
export async function lockState(stateFile: string): Promise<Server> {
  const path = lockPath(stateFile);
  const first = await listen(path);
  if (first !== null) return first;
  if (!(await isHeld(path))) {
    unlinkSync(path);
    const second = await listen(path);
    if (second !== null) return second;
  }
  throw new UsageError(
    `--state-file "${stateFile}": expected one that no other server uses, got one that is in use. Give each server a file of its own.`,
  );
}

function lockPath(stateFile: string): string {
  if (process.platform === 'win32') {
    const name = createHash('sha256').update(resolve(stateFile).toLowerCase()).digest('hex').slice(0, 32);
    return `\\\\.\\pipe\\sandcrew-mcp-${name}`;
  }
  const path = `${resolve(stateFile)}.lock`;
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new UsageError(
      `--state-file "${stateFile}": expected a path of at most ${MAX_PATH_BYTES - 5} bytes. Name a shorter one.`,
    );
  return path;
}

/** @returns null where the path is in use. */
function listen(path: string): Promise<Server | null> {
  return new Promise((fulfil, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') fulfil(null);
      else
        reject(
          new UsageError(`--state-file: its lock ${path} cannot be made (${error.message}).`, {
            cause: error,
          }),
        );
    });
    server.listen(path, () => fulfil(server.unref()));
  });
}

/** Whether somebody lives at the other end. */
function isHeld(path: string): Promise<boolean> {
  return new Promise((fulfil) => {
    const socket = connect(path);
    const tell = (held: boolean) => {
      socket.destroy();
      fulfil(held);
    };
    socket.setTimeout(ASK_MS, () => tell(true));
    socket.once('connect', () => tell(true));
    socket.once('error', () => tell(false));
  });
}
