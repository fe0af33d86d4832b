/** Something that runs commands and brings their output: what Sandcrew is measured against, and Sandcrew itself. */

export interface RunOptions {
  /** Called with each piece of standard output as it comes. */
  readonly onOutput?: (data: Uint8Array) => void;
}

export interface RunResult {
  readonly exitCode: number | null;
  /** From the call to the first byte of output, milliseconds; null where none came. */
  readonly firstByteMs: number | null;
  /** From the call to the told exit, all output taken, milliseconds. */
  readonly durationMs: number;
  readonly bytes: number;
}

export interface OpenPeer {
  /** Runs an argv to its end. Several may run at once. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  close(): Promise<void>;
}

export interface Peer {
  readonly name: string;
  /** Why it cannot be measured here, with how to get it; null where it can. */
  missing(): string | null;
  /** @param width how many commands will run at once, at most. */
  open(width: number): Promise<OpenPeer>;
}

/** Times one run: every peer tells its output and its end by these. */
export class RunClock {
  readonly #startMs = performance.now();
  readonly #onOutput: ((data: Uint8Array) => void) | undefined;
  #firstByteMs: number | null = null;
  #bytes = 0;

  constructor({ onOutput }: RunOptions = {}) {
    this.#onOutput = onOutput;
  }

  take(data: Uint8Array): void {
    this.#firstByteMs ??= performance.now() - this.#startMs;
    this.#bytes += data.length;
    this.#onOutput?.(data);
  }

  end(exitCode: number | null): RunResult {
    const durationMs = performance.now() - this.#startMs;
    return { exitCode, durationMs, firstByteMs: this.#firstByteMs, bytes: this.#bytes };
  }
}
