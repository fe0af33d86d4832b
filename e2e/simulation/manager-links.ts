/** A manager's connections, one to a worker at most: makes them, ends them, and carries what is sent on them. */
import type { ManagerEvent } from '../../packages/manager/dist/core/event.js';
import type { Fault } from '../../packages/manager/dist/core/sandbox-error.js';
import { CLOSE_CODES, type ManagerMessage } from '../../packages/protocol/dist/index.js';
import type { Connection } from './connection.js';
import type { SimulatedWorker } from './simulated-worker.js';
import { Violation } from './world.js';

/** Makes a connection to a worker; says how that went. */
export type Dial = (
  url: string,
  news: { opened(connection: Connection, worker: SimulatedWorker): void; failed(): void },
) => void;

interface Link {
  connection: Connection | null;
  worker: SimulatedWorker | null;
}

export class ManagerLinks {
  readonly #dial: Dial;
  readonly #dispatch: (event: ManagerEvent) => void;
  readonly #links = new Map<string, Link>();

  constructor(dial: Dial, dispatch: (event: ManagerEvent) => void) {
    this.#dial = dial;
    this.#dispatch = dispatch;
  }

  connect(workerKey: string, url: string): void {
    const link: Link = { connection: null, worker: null };
    this.#links.set(workerKey, link);
    const isCurrent = () => this.#links.get(workerKey) === link;
    this.#dial(url, {
      failed: () => {
        if (!isCurrent()) return;
        this.#links.delete(workerKey);
        const fault = unreachable('the dial failed');
        this.#dispatch({ type: 'dial_failed', workerKey, fault, lasting: false });
      },
      opened: (connection, worker) => {
        connection.open('manager', (code) => {
          if (!isCurrent()) return;
          this.#links.delete(workerKey);
          if (code === CLOSE_CODES.replaced)
            throw new Violation('a manager was replaced, and is the only one');
          const fault = unreachable(`closed with ${code}`);
          this.#dispatch({ type: 'connection_lost', workerKey, fault, lasting: false });
        });
        if (!isCurrent()) return connection.close('manager');
        link.connection = connection;
        link.worker = worker;
        this.#dispatch({ type: 'connection_opened', workerKey });
      },
    });
  }

  /** False where nothing of it left. */
  send(workerKey: string, message: ManagerMessage, attempt: number, input: Uint8Array | undefined): boolean {
    const { connection, worker } = this.#links.get(workerKey) ?? { connection: null, worker: null };
    if (connection === null || worker === null) return false;
    return connection.send('manager', () => worker.receive(connection, message, attempt, input));
  }

  drop(workerKey: string): void {
    this.#links.get(workerKey)?.connection?.close('manager');
    this.#links.delete(workerKey);
  }

  /** Its manager is dead. @param isTold draws whether the other end hears of it. */
  vanish(isTold: () => boolean): void {
    for (const { connection } of this.#links.values()) connection?.vanish('manager', isTold());
    this.#links.clear();
  }

  /** Whose connection this is, if it stands; for the transcript, what it is called. */
  workerKeyOf(connection: Connection): string | null {
    for (const [workerKey, link] of this.#links) if (link.connection === connection) return workerKey;
    return null;
  }

  nameOf(workerKey: string): string {
    return this.#links.get(workerKey)?.connection?.id ?? 'nobody';
  }
}

function unreachable(message: string): Fault {
  return { code: 'WORKER_UNREACHABLE', message };
}
