/** In which mode a terminal is: a password prompt turns the echo off. Read by stty, since Node has no call for it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Evidence } from '../core/blocks/evidence.js';

const TIMEOUT_MS = 1_000;

/** null where it cannot be told. */
export async function readTerminalMode(path: string): Promise<Evidence['terminal']> {
  try {
    const { stdout } = await promisify(execFile)('stty', ['-F', path, '-a'], {
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    const words = stdout.split(/\s+/);
    return { echoes: !words.includes('-echo'), isCanonical: !words.includes('-icanon') };
  } catch {
    return null;
  }
}
