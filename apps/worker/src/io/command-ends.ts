/** The two sides of a command's stdin, stdout and stderr: pipes, or one terminal. */
import { closeSync } from 'node:fs';
import type { LaunchRequest } from '../core/effect.js';
import type { CommandStdio } from './containment/containment.js';
import type { OutputSource } from './output-reader.js';
import type { Pipe, PipePool } from './pipes.js';
import type { TaskEnds } from './proc/descriptors.js';
import { openTerminal, type Terminal } from './terminal.js';

export interface CommandEnds {
  /** The command's side, by path. */
  readonly stdio: CommandStdio;
  /** The worker's side: where output is read, */
  readonly sources: readonly OutputSource[];
  /** … and where input is written; null for a terminal, whose source takes it, and without input. */
  readonly inputFd: number | null;
  readonly terminal: Terminal | null;
  readonly pipes: readonly Pipe[];
}

/** How the command's side looks from outside, in `/proc`. */
export function describeEnds({ stdio, inputFd }: CommandEnds): TaskEnds {
  if (stdio.kind === 'terminal') return { input: null, outputs: [], terminal: stdio.path };
  return {
    input: inputFd === null ? null : stdio.stdin,
    outputs: [stdio.stdout, stdio.stderr],
    terminal: null,
  };
}

/** Opens the worker's side, and makes the command's ready to be opened. Call `settleEnds` when it was, or never will be. */
export async function openCommandEnds(
  launch: Pick<LaunchRequest, 'pty' | 'stdin'>,
  pool: PipePool,
): Promise<CommandEnds> {
  if (launch.pty !== undefined) {
    const terminal = openTerminal(launch.pty.cols, launch.pty.rows);
    const { master, path } = terminal;
    return {
      stdio: { kind: 'terminal', path },
      sources: [{ fd: master, stream: 'stdout', kind: 'terminal' }],
      inputFd: null,
      terminal,
      pipes: [],
    };
  }
  const [outPath, errPath] = [await pool.reserve(), await pool.reserve()];
  const inPath = launch.stdin === 'pipe' ? await pool.reserve() : null;
  const pipes: Pipe[] = [];
  const open = (pipe: Pipe) => {
    pipes.push(pipe);
    return pipe;
  };
  try {
    const stdout = open(pool.openForReading(outPath));
    const stderr = open(pool.openForReading(errPath));
    const stdin = inPath === null ? null : open(pool.openForWriting(inPath));
    return {
      stdio: { kind: 'pipes', stdin: stdin?.path ?? '/dev/null', stdout: stdout.path, stderr: stderr.path },
      sources: [
        { fd: stdout.ours, stream: 'stdout', kind: 'pipe' },
        { fd: stderr.ours, stream: 'stderr', kind: 'pipe' },
      ],
      inputFd: stdin?.ours ?? null,
      terminal: null,
      pipes,
    };
  } catch (error) {
    for (const pipe of pipes) {
      closeSync(pipe.ours);
      pipe.settle();
    }
    throw error;
  }
}

/** The command's side is open: nobody else can open it any more. */
export function settleEnds(ends: CommandEnds): void {
  for (const pipe of ends.pipes) pipe.settle();
}

/** No command was started: the worker's side goes too. */
export function closeEnds(ends: CommandEnds): void {
  for (const { fd } of ends.sources) closeSync(fd);
  if (ends.inputFd !== null) closeSync(ends.inputFd);
  if (ends.terminal === null) return;
  closeSync(ends.terminal.slave);
  ends.terminal.released();
}
