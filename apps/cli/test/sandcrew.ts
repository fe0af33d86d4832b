/** Starts the built `sandcrew`, by itself or in a line of the shell, and tells what it wrote and how it ended. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A running `sandcrew`, or what another program makes of it. */
export class Sandcrew {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  readonly #chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };

  constructor(
    words: readonly string[],
    { cwd, env = {} }: StartOptions = {},
    program: readonly [string, ...string[]] = [process.execPath, MAIN],
  ) {
    const [file, ...first] = program;
    this.child = spawn(file, [...first, ...words], {
      env: { ...withoutSandcrew(process.env), ...env },
      ...(cwd !== undefined && { cwd }),
    });
    this.child.stdin.on('error', () => {}); // it may end before it has read everything
    this.child.stdout.on('data', (chunk: Buffer) => this.#chunks.stdout.push(chunk));
    this.child.stderr.on('data', (chunk: Buffer) => this.#chunks.stderr.push(chunk));
    this.ended = once(this.child, 'close').then(([status, signal]) => ({
      status,
      signal,
      stdout: Buffer.concat(this.#chunks.stdout),
      stderr: Buffer.concat(this.#chunks.stderr).toString(),
    }));
  }

  /** Resolves when it has written `text`; rejects where it ends without. */
  async says(text: string | RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
    const written = () => Buffer.concat(this.#chunks[stream]).toString();
    const isSaid = () => (typeof text === 'string' ? written().includes(text) : text.test(written()));
    while (!isSaid()) {
      const more = once(this.child[stream], 'data').then(() => null);
      const ended = await Promise.race([more, this.ended]);
      if (ended !== null && !isSaid()) {
        throw new Error(
          `expected ${stream} to say ${text}, got its end (${ended.status}): ${written()}${ended.stderr}`,
        );
      }
    }
    return written();
  }
}

/** Runs `sandcrew` to its end, with nothing on stdin unless `input` is given. */
export function sandcrew(
  words: readonly string[],
  options: StartOptions & { readonly input?: Uint8Array } = {},
): Promise<Ended> {
  const running = new Sandcrew(words, options);
  running.child.stdin.end(options.input);
  return running.ended;
}

/** A line for the shell in which `$SANDCREW` is ours. */
export function shellLine(line: string, options: StartOptions = {}): Sandcrew {
  const env = { ...options.env, SANDCREW: `${process.execPath} ${MAIN}` };
  const running = new Sandcrew([line], { ...options, env }, ['sh', '-c']);
  running.child.stdin.end();
  return running;
}

/** Resolves when a command has made a file: it has come so far. */
export async function made(path: string): Promise<void> {
  while (!existsSync(path)) await setTimeout(5);
}

function withoutSandcrew(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('SANDCREW_')));
}
