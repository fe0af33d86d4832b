/** The connections to all workers, and the worker processes of this manager: makes and ends them, reports what they do. */
import { decodeWorkerMessage } from '@sandcrew/protocol';
import type { ManagerEvent } from '../core/event.js';
import { type Fault, SandboxError } from '../core/sandbox-error.js';
import { type ProcessOptions, WorkerProcess } from './providers/process.js';
import { readToken, type StaticAddress } from './providers/static.js';
import { WorkerConnection } from './worker-connection.js';

export interface LinkOptions {
  readonly addresses: readonly StaticAddress[];
  readonly connectTimeoutMs: number;
  readonly embedded: (workerType: string) => ProcessOptions;
  readonly dispatch: (event: ManagerEvent) => void;
  /** A binary frame came. */
  readonly output: (workerKey: string, frame: Uint8Array) => void;
}

export class WorkerLinks {
  readonly #options: LinkOptions;
  readonly #connections = new Map<string, WorkerConnection>();
  readonly #processes = new Map<string, WorkerProcess>();
  /** Killed, and not gone yet. */
  readonly #dying = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Dials a worker: one that was named, with its token, or one that was started here, with the token it was given. */
  dial(workerKey: string, url: string): void {
    const { addresses, connectTimeoutMs, dispatch, output } = this.#options;
    const address = addresses.find((named) => named.url === url) ?? {
      url,
      token: this.#processes.get(workerKey)?.token ?? '',
    };
    const reading = readToken(address);
    if ('fault' in reading) {
      dispatch({ type: 'dial_failed', workerKey, fault: reading.fault, lasting: true });
      return;
    }
    const { ca, cert, key } = address;
    const connection = new WorkerConnection(
      { url, token: reading.token, connectTimeoutMs, tls: { ca, cert, key } },
      {
        opened: () => dispatch({ type: 'connection_opened', workerKey }),
        failed: (fault) => {
          this.#connections.delete(workerKey);
          dispatch({ type: 'dial_failed', workerKey, ...fault });
        },
        lost: (fault) => {
          this.#connections.delete(workerKey);
          dispatch({ type: 'connection_lost', workerKey, ...fault });
        },
        broken: (message) => dispatch({ type: 'protocol_broken', workerKey, message }),
        text: (frame) => this.#receive(workerKey, frame),
        binary: (frame) => output(workerKey, frame),
      },
    );
    this.#connections.set(workerKey, connection);
  }

  /** False where it could not be sent: nothing of it left. */
  send(workerKey: string, frame: string): boolean {
    return this.#connections.get(workerKey)?.send(frame) ?? false;
  }

  drop(workerKey: string): void {
    this.#connections.get(workerKey)?.drop();
    this.#connections.delete(workerKey);
  }

  /** Starts a worker process. */
  start(workerKey: string, workerType: string): void {
    const { embedded, dispatch } = this.#options;
    let started: WorkerProcess;
    try {
      started = new WorkerProcess(embedded(workerType));
    } catch (error) {
      dispatch({ type: 'worker_start_failed', workerKey, fault: faultOfStart(error) });
      return;
    }
    this.#processes.set(workerKey, started);
    // Of one that was killed, or has another in its place, nothing is told any more.
    const isPresent = () => this.#processes.get(workerKey) === started;
    started.listening.then(
      (url) => isPresent() && dispatch({ type: 'worker_started', workerKey, url }),
      (fault: Fault) => {
        if (isPresent()) dispatch({ type: 'worker_start_failed', workerKey, fault });
        return started.stop();
      },
    );
    void started.exited.then((fault) => {
      if (!isPresent()) return;
      this.#processes.delete(workerKey);
      dispatch({ type: 'worker_exited', workerKey, fault });
    });
  }

  /** Ends a worker process at once. Nothing is reported of it any more. */
  stop(workerKey: string): Promise<void> {
    const started = this.#processes.get(workerKey);
    this.#processes.delete(workerKey);
    if (started === undefined) return Promise.resolve();
    const dying = started.kill().finally(() => this.#dying.delete(dying));
    this.#dying.add(dying);
    return dying;
  }

  /** The same, and starts another in its place: not before it is gone, since the two may have one state directory. */
  restart(workerKey: string, workerType: string): void {
    void this.stop(workerKey).then(() => {
      if (!this.#isClosed) this.start(workerKey, workerType);
    });
  }

  /** Ends all of them. Resolves when nothing is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
    await Promise.all([...this.#processes.values()].map((started) => started.stop()));
    await Promise.all(this.#dying);
  }

  #receive(workerKey: string, frame: string): void {
    const { dispatch } = this.#options;
    const decoded = decodeWorkerMessage(frame);
    if (decoded.ok) {
      dispatch({ type: 'message_received', workerKey, message: decoded.message });
      return;
    }
    const { code, path = '', message } = decoded.refusal;
    // A newer worker of this major version may have more to say; what it says of the known must be right.
    if (code !== 'unknown_type')
      dispatch({ type: 'protocol_broken', workerKey, message: `${path} ${message}`.trim() });
  }
}

function faultOfStart(error: unknown): Fault {
  if (error instanceof SandboxError) return { code: error.code, message: error.message };
  const message = `The worker process could not be made: ${(error as Error).message}.`;
  return { code: 'WORKER_START_FAILED', message, cause: error };
}
