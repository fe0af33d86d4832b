/** Finds out by trying whether a containment works on this host. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ContainedCommand, ContainmentAdapter } from './containment.js';

const PROBE_TIMEOUT_MS = 5_000;

/** The least that can be run: it needs no directory, and has nothing to say. */
export const TRUE_COMMAND: ContainedCommand = {
  argv: ['true'],
  directories: null,
  cwd: '/',
  env: { PATH: process.env.PATH ?? '' },
  stdio: { kind: 'pipes', stdin: '/dev/zero', stdout: '/dev/null', stderr: '/dev/null' },
  network: 'host',
  groupFiles: [],
};

/** Runs a command as a task would be, and tells what went wrong, or null. */
export async function probe(adapter: ContainmentAdapter): Promise<string | null> {
  try {
    const contained = await adapter.start(TRUE_COMMAND);
    const { exitCode, signal } = await contained.exited;
    await contained.endTree();
    return exitCode === 0 ? null : `a probe ended with ${signal ?? `exit ${exitCode}`}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Where each of these programs is; null where one of them is missing. */
export async function findTools<Name extends string>(
  ...names: readonly Name[]
): Promise<Readonly<Record<Name, string>> | null> {
  const paths = await Promise.all(names.map(findTool));
  const found = names.map((name, index) => [name, paths[index]] as const);
  return found.every(([, path]) => path != null) ? (Object.fromEntries(found) as Record<Name, string>) : null;
}

export async function findTool(name: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', 'command -v "$1"', 'sh', name], {
      timeout: PROBE_TIMEOUT_MS,
    });
    return stdout.trim() || null;
  } catch {
    return null;
  }
}

export async function succeeds([program = '', ...args]: readonly string[]): Promise<boolean> {
  try {
    await promisify(execFile)(program, args, { timeout: PROBE_TIMEOUT_MS });
    return true;
  } catch {
    return false;
  }
}
