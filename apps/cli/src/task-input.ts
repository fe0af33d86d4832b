/** Brings our stdin to a task, no faster than the command reads it, and our terminal's keys and size to a task's. */
import { spawnSync } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { SandboxError, type TaskHandle } from '@sandcrew/manager';
import type { Answerer } from './render/block-sentences.js';

const DEFAULT_SIZE = { cols: 80, rows: 24 } as const;

/** The size of the terminal that we stand on. */
export function terminalSize(): { readonly cols: number; readonly rows: number } {
  const { columns, rows } = process.stdout;
  return columns > 0 && rows > 0 ? { cols: columns, rows } : DEFAULT_SIZE;
}

const STDIN = 0;

/** Whether our stdin can be read. A directory cannot, and Node's stdin would take it for an empty file. */
export function isStdinReadable(): boolean {
  return !fstatSync(STDIN).isDirectory();
}

/** Who can answer a command that is given so much of our stdin. */
export function findAnswerer(input: 'none' | 'stdin' | 'terminal'): Answerer {
  if (input === 'none') return 'nobody';
  if (input === 'terminal') return 'keys';
  if (process.stdin.readableEnded) return 'spent-stdin';
  return process.stdin.isTTY ? 'typist' : 'stdin';
}

/**
 * Passes stdin on to its end. A command that takes no more is no fault: how it ended is told elsewhere.
 * @returns why stdin could not be read to its end, or null.
 */
export async function passInput(handle: TaskHandle): Promise<Error | null> {
  try {
    for await (const chunk of process.stdin) await handle.write(chunk);
    await handle.endInput();
    return null;
  } catch (error) {
    process.stdin.destroy();
    return error instanceof SandboxError ? null : (error as Error);
  }
}

/**
 * Hands keys over unread and output on unprocessed, and follows the size, until the answer is called; also where the
 * process just ends.
 */
export function joinTerminal(handle: TaskHandle): () => void {
  const { stdin, stdout } = process;
  const resize = () => {
    const { cols, rows } = terminalSize();
    handle.resize(cols, rows);
  };
  const restore = () => {
    if (stdin.isTTY) stdin.setRawMode(false);
    stdout.off('resize', resize);
    process.off('exit', restore);
  };
  if (stdin.isTTY) {
    stdin.setRawMode(true);
    passOutputUntouched();
  }
  stdout.on('resize', resize);
  process.on('exit', restore);
  return restore;
}

/**
 * Node's raw mode leaves the output's processing on: each newline would get a carriage return, and a program that moves
 * its cursor straight down by one would land in the first column. Where there is no `stty`, that is how it stays.
 */
function passOutputUntouched(): void {
  spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
}
