/** The manager that is checked: a program that runs one command on a worker, and what it made of it. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface ManagerProgram {
  /** Words of the command line; `{url}`, `{token-file}` and `{command}` in them are filled in. */
  readonly words: readonly string[];
  readonly url: string;
  readonly tokenFile: string;
  /** What it is to run on the worker. */
  readonly command: string;
}

export class ManagerProcess {
  readonly #child: ChildProcess;
  readonly #out: Buffer[] = [];
  readonly #err: Buffer[] = [];
  /** Its exit status; null where a signal ended it. */
  status: number | null = null;
  isEnded = false;
  /** Why it could not be started. */
  failure: string | null = null;

  /** @param changed called with each change of what is known of it. */
  constructor(program: ManagerProgram, changed: () => void) {
    const { url, tokenFile, command } = program;
    const filled = program.words.map((word) =>
      word.replaceAll('{url}', url).replaceAll('{token-file}', tokenFile).replaceAll('{command}', command),
    );
    const [file = '', ...args] = filled;
    this.#child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        CONFORMANCE_URL: url,
        CONFORMANCE_TOKEN_FILE: tokenFile,
        CONFORMANCE_COMMAND: command,
      },
    });
    this.#child.stdout?.on('data', (data: Buffer) => {
      this.#out.push(data);
      changed();
    });
    this.#child.stderr?.on('data', (data: Buffer) => this.#err.push(data));
    this.#child.once('error', (error) => {
      this.failure = error.message;
      this.isEnded = true;
      changed();
    });
    this.#child.once('close', (status) => {
      this.status = status;
      this.isEnded = true;
      changed();
    });
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#out);
  }

  get stderr(): Buffer {
    return Buffer.concat(this.#err);
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    if (this.isEnded) return;
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await closed;
  }
}
