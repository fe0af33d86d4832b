/** Removes what a task made, however it made it. Nothing of the task lives any more, and no other sees the place. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Each of the programs gets so long: there may be millions of files. */
const TIMEOUT_MS = 600_000;
const MAX_FAULT_CHARACTERS = 300;

/**
 * Node's own way names each file by its whole path: it ends where directories lie deeper than a path can tell, and where the
 * owner has taken his own permissions away. `rm` goes down step by step, and `chmod` follows no link on its way.
 * @throws {Error} with what rm said first, where something stays
 */
export async function removeTree(path: string): Promise<void> {
  const isGone = await rm(path, { recursive: true, force: true }).then(
    () => true,
    () => false,
  );
  if (isGone) return;
  await runTool('chmod', ['-R', 'u+rwX', path]).catch(() => {}); // what still cannot be removed is told by rm
  await runTool('rm', ['-rf', path]);
}

/** @param args with a path that is absolute, and so no option */
async function runTool(tool: string, args: readonly string[]): Promise<void> {
  const env = { PATH: process.env.PATH, LC_ALL: 'C' };
  try {
    await promisify(execFile)(tool, args, { timeout: TIMEOUT_MS, env });
  } catch (error) {
    const { message, stderr = '' } = error as Error & { stderr?: string };
    throw new Error((stderr.trim() || message).slice(0, MAX_FAULT_CHARACTERS), { cause: error });
  }
}
