/** Reads files of /proc. What is gone or not ours to read is null: both are usual. */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';

export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

export function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

export function listNames(path: string): string[] | null {
  try {
    return readdirSync(path);
  } catch {
    return null;
  }
}

/** `bytes` of a process's memory at `address`, or null. */
export function readMemory(pid: number, address: number, bytes: number): Buffer | null {
  let fd: number;
  try {
    fd = openSync(`/proc/${pid}/mem`, 'r');
  } catch {
    return null;
  }
  try {
    const buffer = Buffer.alloc(bytes);
    return readSync(fd, buffer, 0, bytes, address) === bytes ? buffer : null;
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}
