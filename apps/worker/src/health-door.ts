/** The door for probes and scrapers: opens before the worker listens, so that a slow start is told, and closes after it. */
import { type Containment, PROTOCOL_VERSION } from '@sandcrew/protocol';
import type { Standing } from './core/readiness.js';
import { HealthListener, type HealthSource } from './io/health-listener.js';
import type { TcpTarget } from './io/listen-target.js';
import { Metrics } from './io/metrics.js';
import type { SandboxWebSocketServer } from './sandbox-websocket-server.js';
import { VERSION } from './version.js';

const NOTHING_YET: Standing = {
  runningTasks: 0,
  slots: 0,
  sessions: 0,
  keptMemoryBytes: 0,
  keptSpoolBytes: 0,
  isDraining: false,
};

export class HealthDoor implements HealthSource {
  /** Where it is open. */
  url = '';
  readonly #metrics: Metrics;
  readonly #listener = new HealthListener(this);
  #server: SandboxWebSocketServer | null = null;

  /** Made by `open`. */
  constructor(containment: Containment) {
    const build = { version: VERSION, protocol: PROTOCOL_VERSION, containment };
    this.#metrics = new Metrics(build, () => this.#server?.standing ?? NOTHING_YET);
  }

  /** @throws {HealthListenError} */
  static async open(listen: TcpTarget, containment: Containment): Promise<HealthDoor> {
    const door = new HealthDoor(containment);
    door.url = await door.#listener.listen(listen);
    return door;
  }

  /** Where the worker's numbers are to be added. */
  get metrics(): Metrics {
    return this.#metrics;
  }

  /** From now on it tells of this server. */
  tellOf(server: SandboxWebSocketServer): void {
    this.#server = server;
  }

  health(): object {
    return { version: VERSION, ...this.#server?.health };
  }

  readiness(): readonly string[] {
    return this.#server?.readiness ?? ['starting: this worker does not listen yet'];
  }

  readMetrics(): Promise<{ readonly type: string; readonly text: string }> {
    return this.#metrics.read();
  }

  close(): void {
    this.#listener.close();
  }
}
