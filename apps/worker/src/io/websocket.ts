/** Listens for managers: judges each upgrade before a WebSocket byte, keeps the limits of the wire, drops dead peers. */
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, ListenOptions } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  MAX_FRAGMENTS,
  MAX_PAYLOAD_BYTES,
  PEER_SILENCE_MS,
  PING_INTERVAL_MS,
  SUBPROTOCOL,
} from '@sandcrew/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { isPeerDead } from '../core/liveness.js';
import { judgeUpgrade, type UpgradePolicy, type UpgradeVerdict } from '../core/upgrade.js';
import { digestOf, FailedTokens, type TokenRegister } from './auth.js';
import { monotonicMs } from './clock.js';
import type { TlsFiles } from './tls-files.js';

/** Headers that are not finished in this time close the connection, milliseconds. */
const HEADERS_TIMEOUT_MS = 5_000;
const MAX_HEADER_BYTES = 8_192;
/** How often peers are looked at, milliseconds. */
const WATCH_INTERVAL_MS = 1_000;

export interface Connection {
  readonly socket: WebSocket;
  readonly tokenName: string;
  readonly tokenDigest: Buffer;
  readonly address: string;
}

export class WebSocketListener {
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD_BYTES,
    maxFragments: MAX_FRAGMENTS,
    clientTracking: true,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  readonly #policy: UpgradePolicy;
  readonly #failed = new FailedTokens();
  readonly #onConnection: (connection: Connection) => void;
  readonly #onRefused: (address: string, verdict: Exclude<UpgradeVerdict, { status: 101 }>) => void;
  /** The tokens in force; replaced whole when their file is read again. */
  tokens: TokenRegister;

  constructor(
    tokens: TokenRegister,
    policy: UpgradePolicy,
    tls: TlsFiles | null,
    onConnection: (connection: Connection) => void,
    onRefused: (address: string, verdict: Exclude<UpgradeVerdict, { status: 101 }>) => void,
  ) {
    this.tokens = tokens;
    this.#policy = policy;
    this.#onConnection = onConnection;
    this.#onRefused = onRefused;
    const limits = {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: MAX_HEADER_BYTES,
    };
    this.#server =
      tls === null
        ? createServer(limits)
        : createTlsServer({
            ...limits,
            cert: tls.cert,
            key: tls.key,
            minVersion: 'TLSv1.2',
            handshakeTimeout: HEADERS_TIMEOUT_MS,
            ...(tls.clientCa === undefined
              ? {}
              : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
          });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on('request', (request, response) => {
      const verdict = this.#judge(request);
      if (verdict.status === 101)
        response.writeHead(426, { Upgrade: 'websocket' }).end('this is a WebSocket server\n');
      else response.writeHead(verdict.status, { 'Content-Type': 'text/plain' }).end(`${verdict.message}\n`);
    });
  }

  /** Settles when it listens, with where; rejects where it cannot. */
  listen(options: ListenOptions): Promise<AddressInfo | string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(options, () => {
        this.#server.off('error', reject);
        resolve(this.#server.address() as AddressInfo | string);
      });
    });
  }

  /** Takes no further connection, and cuts those that do not close by themselves within `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    const open = [...this.#sockets.clients];
    const timer = setTimeout(() => {
      for (const socket of open) socket.terminate();
    }, graceMs);
    await Promise.all(
      open.map((socket) =>
        socket.readyState === socket.CLOSED ? null : new Promise((resolve) => socket.once('close', resolve)),
      ),
    );
    clearTimeout(timer);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const verdict = this.#judge(request);
    if (verdict.status !== 101) return refuse(socket, verdict);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      watchPeer(webSocket, request);
      const token = request.headers.authorization?.slice('Bearer '.length).trim() ?? '';
      const address = request.socket.remoteAddress ?? 'local';
      this.#onConnection({
        socket: webSocket,
        tokenName: verdict.tokenName,
        tokenDigest: digestOf(token),
        address,
      });
    });
  }

  #judge(request: IncomingMessage): UpgradeVerdict {
    const address = request.socket.remoteAddress ?? 'local';
    const verdict = judgeUpgrade(
      {
        url: request.url ?? '',
        origin: request.headers.origin,
        authorizations: request.headersDistinct.authorization ?? [],
        subprotocols: request.headers['sec-websocket-protocol'],
      },
      this.#policy,
      (token) => this.tokens.nameOf(token),
      this.#failed.recent(address),
      this.#sockets.clients.size,
    );
    if (verdict.status === 401) this.#failed.add(address);
    if (verdict.status !== 101) this.#onRefused(address, verdict);
    return verdict;
  }
}

function refuse(socket: Duplex, { status, message }: Exclude<UpgradeVerdict, { status: 101 }>): void {
  const body = `${message}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Pings a peer at the wire's pace, and drops it when it is dead. */
function watchPeer(socket: WebSocket, request: IncomingMessage): void {
  const transport = request.socket;
  let heardBytes = -1;
  let takenBytes = -1;
  let heardAtMs = monotonicMs();
  let tookAtMs: number | null = null;
  let pingedAtMs = monotonicMs();
  let watchedAtMs = monotonicMs();
  const watch = setInterval(() => {
    const nowMs = monotonicMs();
    // After a stop of this process the silence was its own: what the peer sent meanwhile has still to be read.
    const wasStopped = nowMs - watchedAtMs > 3 * WATCH_INTERVAL_MS;
    watchedAtMs = nowMs;
    if (wasStopped || transport.bytesRead !== heardBytes) heardAtMs = nowMs;
    heardBytes = transport.bytesRead;
    const taken = transport.bytesWritten - socket.bufferedAmount;
    if (socket.bufferedAmount === 0) tookAtMs = null;
    else if (taken !== takenBytes) tookAtMs = nowMs;
    takenBytes = taken;
    if (isPeerDead({ heardAtMs, tookAtMs }, nowMs, PEER_SILENCE_MS)) return socket.terminate();
    if (nowMs - pingedAtMs < PING_INTERVAL_MS) return;
    pingedAtMs = nowMs;
    socket.ping();
  }, WATCH_INTERVAL_MS);
  socket.once('close', () => clearInterval(watch));
}
