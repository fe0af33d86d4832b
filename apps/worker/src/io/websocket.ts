/** Listens for managers: judges each upgrade before a WebSocket byte, keeps the limits of the wire, drops dead peers. */
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, ListenOptions, Socket } from 'node:net';
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
import { contextOf, type TlsFiles } from './tls-files.js';
import { WaitingRoom } from './waiting-room.js';

/** Headers that are not finished in this time close the connection, milliseconds. */
const HEADERS_TIMEOUT_MS = 5_000;
const MAX_HEADER_BYTES = 8_192;
/**
 * So many connections the kernel may hold ready: one that comes when they are as many is not heard, and tries again after a second
 * (`tcp(7)`), whoever it is. The kernel lowers it to net.core.somaxconn, 4,096 since Linux 5.4; Node asks for 511.
 */
const BACKLOG = 4_096;
/** So long a peer has to take its refusal and to close, milliseconds. */
const REFUSAL_LINGER_MS = 2_000;
/** With so much unsent to a peer its pings are not answered: one that pings and reads nothing would fill the memory, bytes. */
const MAX_PONG_BACKLOG_BYTES = 65_536;
/** How often peers are looked at, milliseconds. */
const WATCH_INTERVAL_MS = 1_000;

export interface Connection {
  readonly socket: WebSocket;
  readonly tokenName: string;
  readonly tokenDigest: Buffer;
  readonly address: string;
}

/** What a listener tells, beside the connections themselves. */
export interface ListenerEvents {
  opened(connection: Connection): void;
  refused(address: string, verdict: Exclude<UpgradeVerdict, { status: 101 }>): void;
  /** A TLS handshake came to nothing: no certificate that is trusted, no version in common. */
  handshakeFailed(address: string, error: Error): void;
  /** So many connections that asked for nothing had to make room. */
  sentAway(count: number): void;
}

export class WebSocketListener {
  readonly #server: Server;
  readonly #secureServer: TlsServer | null;
  readonly #waiting: WaitingRoom;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    autoPong: false,
    maxPayload: MAX_PAYLOAD_BYTES,
    maxFragments: MAX_FRAGMENTS,
    clientTracking: true,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  readonly #policy: UpgradePolicy;
  readonly #failed = new FailedTokens();
  readonly #events: ListenerEvents;
  /** The tokens in force; replaced whole when their file is read again. */
  tokens: TokenRegister;

  constructor(tokens: TokenRegister, policy: UpgradePolicy, tls: TlsFiles | null, events: ListenerEvents) {
    this.tokens = tokens;
    this.#policy = policy;
    this.#events = events;
    this.#waiting = new WaitingRoom((count) => events.sentAway(count));
    const limits = {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: MAX_HEADER_BYTES,
    };
    const handshake = {
      handshakeTimeout: HEADERS_TIMEOUT_MS,
      requestCert: tls?.clientCa !== undefined,
      rejectUnauthorized: true,
    };
    this.#secureServer =
      tls === null ? null : createTlsServer({ ...limits, ...handshake, ...contextOf(tls) });
    this.#server = this.#secureServer ?? createServer(limits);
    this.#server.on('connection', (socket: Socket) => {
      // Over a unix socket nothing tells which TLS socket is whose; the handshake's own timeout has to do.
      if (tls === null || socket.remotePort !== undefined) this.#waiting.enter(socket);
    });
    this.#server.on('tlsClientError', (error: Error, socket: Socket) =>
      events.handshakeFailed(socket.remoteAddress ?? 'unknown', error),
    );
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on('request', (request, response) => {
      const verdict = this.#judge(request);
      response.setHeader('Connection', 'close');
      if (verdict.status === 101)
        response.writeHead(426, { Upgrade: 'websocket' }).end('this is a WebSocket server\n');
      else response.writeHead(verdict.status, { 'Content-Type': 'text/plain' }).end(`${verdict.message}\n`);
    });
  }

  /** Settles when it listens, with where; rejects where it cannot. */
  listen(options: ListenOptions): Promise<AddressInfo | string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ ...options, backlog: BACKLOG }, () => {
        this.#server.off('error', reject);
        resolve(this.#server.address() as AddressInfo | string);
      });
    });
  }

  /** Puts other certificates in force for the handshakes to come. @throws where they were not judged before. */
  replaceTls(files: TlsFiles): void {
    this.#secureServer?.setSecureContext(contextOf(files));
  }

  /** Takes no further connection, and cuts those that do not close by themselves within `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#waiting.close();
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
    this.#waiting.leave(request.socket);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      watchPeer(webSocket, request);
      const token = request.headers.authorization?.slice('Bearer '.length).trim() ?? '';
      const address = request.socket.remoteAddress ?? 'local';
      this.#events.opened({
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
    if (verdict.status !== 101) this.#events.refused(address, verdict);
    return verdict;
  }
}

/** Answers, and does not wait for long that the peer takes the answer and closes. */
function refuse(socket: Duplex, { status, message }: Exclude<UpgradeVerdict, { status: 101 }>): void {
  const timer = setTimeout(() => socket.destroy(), REFUSAL_LINGER_MS);
  socket.once('close', () => clearTimeout(timer)).resume();
  const body = `${message}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Pings a peer at the wire's pace, and drops it when it is dead. */
function watchPeer(socket: WebSocket, request: IncomingMessage): void {
  const transport = request.socket;
  socket.on('ping', (data) => {
    if (socket.bufferedAmount < MAX_PONG_BACKLOG_BYTES) socket.pong(data);
  });
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
