/**
 * A whole worker in little, written from the contract alone, that can be broken in one way at a time. It holds its
 * tasks by their process groups and a marker in their environment, so it runs on Linux alone.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { Session } from './session.js';
import type { Task } from './task.js';
import type { WorkerHost } from './worker-host.js';

const MAX_CONNECTIONS = 64;
const MAX_TASKS = 16;

export class ReferenceWorker implements WorkerHost {
  /** By name. */
  readonly tokens = new Map([
    ['main', 'm'.repeat(43)],
    ['other', 'o'.repeat(43)],
  ]);
  readonly bootId = randomUUID();
  readonly startedAtMs = performance.now();
  readonly directory = mkdtempSync(join(tmpdir(), 'reference-worker-'));
  readonly tasks = new Map<string, Task>();
  readonly started = new Set<Task>();
  readonly managers = new Map<string, Session>();
  readonly owners = new Map<string, string>();
  readonly sessions = new Set<Session>();
  readonly #fault: string | null;
  readonly #failed = new Map<string, number>();
  readonly #server: Server;
  readonly #sockets: WebSocketServer;

  /** @param fault the one thing that is broken; null: nothing is. */
  constructor(fault: string | null) {
    this.#fault = fault;
    const maxPayload =
      { 'frames.largest': 1_048_575, 'frames.too-large': 1_048_577 }[fault ?? ''] ?? 1_048_576;
    const maxFragments = { 'frames.64-fragments': 63, 'frames.65-fragments': 65 }[fault ?? ''] ?? 64;
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: this.is('upgrade.deflate'),
      autoPong: !this.is('frames.websocket-ping'),
      maxPayload,
      maxFragments,
      handleProtocols: (offered) =>
        offered.has('sandcrew.v1') && !this.is('upgrade.version-chosen') ? 'sandcrew.v1' : false,
    });
    this.#sockets.on('headers', (headers, request) => {
      if (this.is('upgrade.version-none') && request.headers['sec-websocket-protocol'] === undefined)
        headers.push('Sec-WebSocket-Protocol: sandcrew.v1');
    });
    const headersTimeout = this.is('upgrade.slow-headers') ? 0 : 4_000;
    this.#server = createServer({
      headersTimeout,
      requestTimeout: headersTimeout,
      connectionsCheckingInterval: 200,
    });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  is(fault: string): boolean {
    return this.#fault === fault;
  }

  get maxTasks(): number {
    return this.is('commands.busy') ? 1_000 : MAX_TASKS;
  }

  /** @returns its URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends every task, connection and timer, and removes what it wrote. */
  async close(): Promise<void> {
    for (const session of this.sessions) session.socket.terminate();
    await Promise.all([...this.started].map((task) => task.abandon()));
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.directory, { recursive: true, force: true });
  }

  get runningTasks(): number {
    return [...this.tasks.values()].filter((task) => !task.isEnded).length;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const verdict = this.#judge(request);
    if (typeof verdict === 'string') {
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#accept(opened, verdict));
      return;
    }
    const { status, body = '' } = verdict;
    socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  }

  /** The name of the token, or the refusal. */
  #judge(request: IncomingMessage): string | { readonly status: number; readonly body?: string } {
    const judges = [this.#judgePath, this.#judgeOrigin, this.#judgeToken, this.#judgeVersion];
    const order = {
      'upgrade.path-before-origin': [1, 0, 2, 3],
      'upgrade.origin-before-token': [0, 2, 1, 3],
      'upgrade.token-before-version': [0, 1, 3, 2],
    }[this.#fault ?? ''] ?? [0, 1, 2, 3];
    for (const index of order) {
      const refusal = judges[index]?.call(this, request);
      if (refusal !== undefined && refusal !== null) return refusal;
    }
    if (this.sessions.size >= MAX_CONNECTIONS) return { status: this.is('upgrade.limit') ? 500 : 503 };
    return this.#nameOf(request) ?? 'main';
  }

  #judgePath({ url = '' }: IncomingMessage): { status: number } | null {
    return url.split('?')[0] === '/' || this.is('upgrade.path') ? null : { status: 404 };
  }

  #judgeOrigin({ headers }: IncomingMessage): { status: number } | null {
    return headers.origin === undefined || this.is('upgrade.origin') ? null : { status: 403 };
  }

  #judgeToken(request: IncomingMessage): { status: number } | null {
    if (this.#nameOf(request) !== null) return null;
    const address = request.socket.remoteAddress ?? '';
    const failed = (this.#failed.get(address) ?? 0) + 1;
    this.#failed.set(address, failed);
    return { status: failed > 20 && !this.is('upgrade.failed-tokens') ? 429 : 401 };
  }

  #judgeVersion({ headers }: IncomingMessage): { status: number; body: string } | null {
    const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim());
    if (offered === undefined || offered.includes('sandcrew.v1') || this.is('upgrade.version-refused'))
      return null;
    return { status: 400, body: this.is('upgrade.version-named') ? 'no' : 'supported: sandcrew.v1' };
  }

  #nameOf({ headersDistinct, url = '' }: IncomingMessage): string | null {
    if (this.is('upgrade.token')) return null;
    const [only, ...more] = headersDistinct['authorization'] ?? [];
    if (url.includes('?') && !this.is('upgrade.token-in-query')) return null;
    if (only === undefined) return this.is('upgrade.no-token') ? 'main' : null;
    if (more.length > 0 && !this.is('upgrade.two-tokens')) return null;
    const [scheme, token] = only.split(' ');
    if (scheme !== 'Bearer' && !this.is('upgrade.other-scheme')) return null;
    const name = [...this.tokens].find(([, value]) => value === token)?.[0];
    return name ?? (this.is('upgrade.wrong-token') ? 'main' : null);
  }

  #accept(socket: WebSocket, tokenName: string): void {
    const session = new Session(this, socket, tokenName);
    this.sessions.add(session);
    watchPeer(socket, !this.is('frames.websocket-pings'), !this.is('frames.silent-peer'));
    socket.once('close', () => this.sessions.delete(session));
  }
}

function watchPeer(socket: WebSocket, pings: boolean, drops: boolean): void {
  let isHeard = 1;
  const hear = () => {
    isHeard = 1;
  };
  socket.on('message', hear).on('pong', hear).on('ping', hear);
  const timer = setInterval(() => {
    if (isHeard-- === 0 && drops) return socket.terminate();
    if (pings) socket.ping();
  }, 10_000);
  socket.once('close', () => clearInterval(timer));
}
