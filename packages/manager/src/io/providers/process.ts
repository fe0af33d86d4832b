/** One worker process on this machine: its start, its token, its end. It ends with this process, however that ends. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type Fault, SandboxError } from '../../core/sandbox-error.js';
import { removeAbandonedHomes } from './abandoned-homes.js';

export interface ProcessOptions {
  /** The worker program; options are added behind it. */
  readonly command: readonly string[];
  readonly workerType: string;
  readonly directory: string;
  /** Null: beside the token, deleted at the end. */
  readonly stateDirectory: string | null;
  readonly args: readonly string[];
}

const HOME_PREFIX = 'sandcrew-worker-';
const SOCKET_NAME = 'w.sock';
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 8_000;
const MAX_LOG_LINES = 20;
const MAX_LINE_BYTES = 65_536;
/** The longest path that a unix socket's address holds on every system. */
const MAX_SOCKET_PATH_BYTES = 100;

/** The argv of the `@sandcrew/worker` that is installed beside this package. @throws {SandboxError} WORKER_START_FAILED */
export function workerCommand(): readonly string[] {
  try {
    const manifest = createRequire(import.meta.url).resolve('@sandcrew/worker/package.json');
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: Record<string, string> };
    return [process.execPath, join(dirname(manifest), bin['sandcrew-worker'] as string)];
  } catch (cause) {
    // biome-ignore lint/style/useErrorCause: the fault carries it
    throw new SandboxError({
      code: 'WORKER_START_FAILED',
      message: 'Expected @sandcrew/worker to be installed, got none.',
      cause,
    });
  }
}

export class WorkerProcess {
  readonly token = randomBytes(32).toString('hex');
  /** Where it listens. Rejects with a fault when it has not said so in time, or ended before. */
  readonly listening: Promise<string>;
  /** When it is gone, why. */
  readonly exited: Promise<Fault>;
  readonly #home: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #log: string[] = [];
  readonly #removeHome = () => rmSync(this.#home, { recursive: true, force: true, maxRetries: 3 });
  #lastError = '';

  constructor(options: ProcessOptions) {
    this.#home = mkdtempSync(join(tmpdir(), HOME_PREFIX)); // 0700
    void removeAbandonedHomes(tmpdir(), HOME_PREFIX, SOCKET_NAME);
    process.once('exit', this.#removeHome);
    const [program = '', ...args] = this.#argv(options);
    // A group of its own: Ctrl-C on the terminal is for this process to pass on, not for the worker.
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.#child.stdin.on('error', () => {});
    this.#child.on('error', (error) => {
      this.#lastError = error.message;
    });
    readLines(this.#child.stderr, (line) => {
      this.#log.push(line);
      if (this.#log.length > MAX_LOG_LINES) this.#log.shift();
    });
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) =>
        resolve(this.#fault(`ended with ${signal ?? `exit code ${code}`}`)),
      );
    });
    this.exited.then(this.#forget, this.#forget);
    this.listening = this.#awaitListening();
  }

  /** Ends it: its stdin closes, SIGTERM, and in the end SIGKILL. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#child.stdin.end();
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** Ends it at once; what runs in it ends with it. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  #argv({ command, workerType, directory, stateDirectory, args }: ProcessOptions): string[] {
    const tokenFile = join(this.#home, 'token');
    writeFileSync(tokenFile, `${this.token}\n`, { mode: 0o600 });
    const socket = join(this.#home, SOCKET_NAME);
    const isShort = Buffer.byteLength(socket) <= MAX_SOCKET_PATH_BYTES;
    const stateDir = stateDirectory ?? join(this.#home, 'state');
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    return [
      ...command,
      ...['--listen', isShort ? `unix:${socket}` : '127.0.0.1:0'],
      ...['--token-file', tokenFile, '--state-dir', stateDir, '--workspace', directory, '--type', workerType],
      ...['--containment', 'auto', '--drain-timeout-ms', '0', '--until-stdin-closes', ...args],
    ];
  }

  async #awaitListening(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const said = new Promise<string>((resolve) => {
      readLines(this.#child.stdout, (line) => {
        const url = listeningUrl(line);
        if (url !== null) resolve(url);
      });
    });
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(this.#fault(`did not listen within ${START_TIMEOUT_MS} ms`)),
        START_TIMEOUT_MS,
      );
    });
    const gone = this.exited.then((fault) => Promise.reject(fault));
    try {
      return await Promise.race([said, late, gone]);
    } finally {
      clearTimeout(timer);
    }
  }

  #fault(what: string): Fault {
    const log = [this.#lastError, ...this.#log].filter((line) => line !== '').join('\n');
    return {
      code: 'WORKER_START_FAILED',
      message:
        `The worker process ${this.#child.pid ?? ''} ${what}.${log === '' ? '' : ` It last said:\n${log}\n`}`.replace(
          '  ',
          ' ',
        ),
    };
  }

  readonly #forget = () => {
    process.removeListener('exit', this.#removeHome);
    this.#removeHome();
  };
}

/** The URL in the one line that a worker prints when it listens, or null for any other line. */
function listeningUrl(line: string): string | null {
  try {
    const said = JSON.parse(line) as { event?: unknown; url?: unknown };
    return said.event === 'listening' && typeof said.url === 'string' ? said.url : null;
  } catch {
    return null;
  }
}

function readLines(stream: Readable, tell: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(-MAX_LINE_BYTES);
    for (const line of lines) tell(line.slice(0, MAX_LINE_BYTES));
  });
  stream.on('end', () => rest !== '' && tell(rest));
}
