/** Answers probes and scrapes on a listener of its own: it reads no body, takes no token and tells no name of a task. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenFault, listenOptions, type TcpTarget } from './listen-target.js';

export interface HealthSource {
  /** Facts of the process, for `/healthz`. */
  health(): object;
  /** Why it takes no task, for `/readyz`; empty where it does. */
  readiness(): readonly string[];
  readMetrics(): Promise<{ readonly type: string; readonly text: string }>;
}

/** A kubelet, a scraper and a person at once leave room. */
const MAX_CONNECTIONS = 32;
const HEADERS_TIMEOUT_MS = 5_000;
const MAX_HEADER_BYTES = 8_192;

/** Why it cannot listen, in a sentence for whoever gave the option. */
export class HealthListenError extends Error {
  constructor(listen: TcpTarget, cause: NodeJS.ErrnoException) {
    super(listenFault(cause, listen, '--health-listen') ?? `--health-listen: ${cause.message}`, { cause });
  }
}

export class HealthListener {
  readonly #server: Server;
  readonly #source: HealthSource;

  constructor(source: HealthSource) {
    this.#source = source;
    this.#server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: HEADERS_TIMEOUT_MS,
        keepAliveTimeout: HEADERS_TIMEOUT_MS,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: MAX_HEADER_BYTES,
      },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('clientError', (_, socket) => socket.destroy());
    this.#server.unref(); // it tells of the worker, and does not keep it
  }

  /** Settles when it listens, with its URL. @throws {HealthListenError} */
  listen(target: TcpTarget): Promise<string> {
    return new Promise((resolve, reject) => {
      const refuse = (error: Error) => reject(new HealthListenError(target, error));
      this.#server.once('error', refuse);
      this.#server.listen(listenOptions(target), () => {
        this.#server.off('error', refuse);
        const { address, family, port } = this.#server.address() as AddressInfo;
        resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${port}`);
      });
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '', headers } = request;
    if (headers.origin !== undefined) return say(response, 403, 'this is not for browsers\n');
    if (method !== 'GET' && method !== 'HEAD')
      return say(response, 405, `expected GET or HEAD, got ${method}\n`, { Allow: 'GET, HEAD' });
    switch (url.split('?', 1)[0]) {
      case '/healthz':
        return say(response, 200, asJson({ status: 'ok', ...this.#source.health() }), JSON_TYPE);
      case '/readyz': {
        const reasons = this.#source.readiness();
        const isReady = reasons.length === 0;
        return say(response, isReady ? 200 : 503, asJson({ ready: isReady, reasons }), JSON_TYPE);
      }
      case '/metrics': {
        const { type, text } = await this.#source.readMetrics();
        return say(response, 200, text, { 'Content-Type': type });
      }
      default:
        return say(response, 404, 'expected /healthz, /readyz or /metrics\n');
    }
  }
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

function asJson(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function say(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = { 'Content-Type': 'text/plain' },
): void {
  response.writeHead(status, { 'Cache-Control': 'no-store', ...headers }).end(body);
}
