/** One connection to one worker: dials, tells frames, notices a dead peer. It knows neither tasks nor what frames mean. */
import {
  CLOSE_CODES,
  MAX_FRAGMENTS,
  MAX_PAYLOAD_BYTES,
  PEER_SILENCE_MS,
  PING_INTERVAL_MS,
  SUBPROTOCOL,
} from '@sandcrew/protocol';
import { WebSocket } from 'ws';
import { type DialFault, faultOfClose, faultOfError, faultOfStatus, faultOfTimeout } from './dial-fault.js';
import { ReadingTurns } from './reading-turns.js';

export interface ConnectionTarget {
  readonly url: string;
  readonly token: string;
  /** For `wss:`: the authority that is trusted alone, the certificate to show and its key, PEM. */
  readonly tls?: Readonly<Record<'ca' | 'cert' | 'key', string | Uint8Array | undefined>>;
  /** Of one dial, from the first byte to the end of the upgrade. */
  readonly connectTimeoutMs: number;
}

/** Of `failed` and `lost` one is called, once, unless the connection was closed or dropped from this side. */
export interface ConnectionEvents {
  opened(): void;
  /** It never opened. */
  failed(fault: DialFault): void;
  /** It was open. */
  lost(fault: DialFault): void;
  text(frame: string): void;
  binary(frame: Uint8Array): void;
  /** A frame that WebSocket itself does not allow; the connection is gone. */
  broken(message: string): void;
}

/** How often this side looks whether bytes came. */
const WATCH_EVERY_MS = 2_500;
const CLOSE_TIMEOUT_MS = 2_000;
/** With so much unsent its pings are not answered: a worker that pings and reads nothing would fill the memory, bytes. */
const MAX_PONG_BACKLOG_BYTES = 65_536;
const MAX_REFUSAL_BYTES = 4_096;

export class WorkerConnection {
  readonly #target: ConnectionTarget;
  readonly #events: ConnectionEvents;
  readonly #socket: WebSocket;
  readonly #connectTimer: NodeJS.Timeout;
  #watchTimer: NodeJS.Timeout | undefined;
  #opened = false;
  #over = false;

  constructor(target: ConnectionTarget, events: ConnectionEvents) {
    this.#target = target;
    this.#events = events;
    this.#socket = new WebSocket(target.url, [SUBPROTOCOL], {
      headers: { authorization: `Bearer ${target.token}` },
      maxPayload: MAX_PAYLOAD_BYTES,
      maxFragments: MAX_FRAGMENTS,
      perMessageDeflate: false,
      followRedirects: false,
      autoPong: false,
      minVersion: 'TLSv1.2',
      ...pemOf(target.tls),
    });
    this.#connectTimer = setTimeout(() => {
      this.#end(() => events.failed(faultOfTimeout(target.url, target.connectTimeoutMs)));
    }, target.connectTimeoutMs);
    this.#listen();
  }

  /** False where it can no longer be sent: nothing of it left. */
  send(frame: string): boolean {
    if (this.#over || this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(frame);
    return true;
  }

  /** Ends it at once; nothing is told any more. */
  drop(): void {
    this.#end(() => {});
  }

  /** Ends it after all that was sent has left. Resolves when it is gone, at the latest after 2 s. */
  async close(): Promise<void> {
    if (this.#over) return;
    const socket = this.#socket;
    this.#stopTimers();
    this.#over = true;
    if (socket.readyState === WebSocket.CONNECTING) {
      socket.terminate();
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.close(CLOSE_CODES.normal);
    });
  }

  #listen(): void {
    const { url } = this.#target;
    const socket = this.#socket;
    socket.on('upgrade', (response) => this.#watch(response.socket));
    socket.on('open', () => {
      clearTimeout(this.#connectTimer);
      if (this.#over) return;
      this.#opened = true;
      this.#events.opened();
    });
    const turns = new ReadingTurns(socket);
    socket.on('message', (data: Buffer, isBinary) => {
      turns.noteFrame();
      if (this.#over) return;
      if (isBinary) this.#events.binary(data);
      else this.#events.text(data.toString());
    });
    socket.on('pong', () => turns.noteFrame());
    socket.on('ping', (data) => {
      turns.noteFrame();
      if (!this.#over && socket.bufferedAmount < MAX_PONG_BACKLOG_BYTES) socket.pong(data);
    });
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        body += part;
        if (body.length > MAX_REFUSAL_BYTES) response.destroy();
      });
      const answer = () =>
        this.#end(() =>
          this.#events.failed(faultOfStatus(url, response.statusCode ?? 0, this.#withoutToken(body))),
        );
      response.on('end', answer);
      response.on('close', answer);
    });
    socket.on('error', (error: Error & { code?: string }) => {
      if (!this.#opened) this.#end(() => this.#events.failed(faultOfError(url, error)));
      else if (error.code?.startsWith('WS_ERR')) this.#end(() => this.#events.broken(error.message));
      else this.#end(() => this.#events.lost(faultOfError(url, error)));
    });
    socket.on('close', (code, reason) => {
      const fault = faultOfClose(url, code, this.#withoutToken(reason.toString()));
      this.#end(() => (this.#opened ? this.#events.lost(fault) : this.#events.failed(fault)));
    });
  }

  /** Pings, and gives up a peer from which no byte came for too long while no backlog to it shrinks. */
  #watch(socket: import('node:net').Socket): void {
    let seen = { read: socket.bytesRead, backlog: 0, atMs: performance.now() };
    let pingedAtMs = performance.now();
    this.#watchTimer = setInterval(() => {
      const nowMs = performance.now();
      const backlog = this.#socket.bufferedAmount;
      if (socket.bytesRead > seen.read || backlog < seen.backlog)
        seen = { read: socket.bytesRead, backlog, atMs: nowMs };
      seen.backlog = backlog;
      if (nowMs - seen.atMs >= PEER_SILENCE_MS) {
        const error = Object.assign(new Error(`no byte came for ${PEER_SILENCE_MS} ms`), { code: 'ESILENT' });
        this.#end(() => this.#events.lost(faultOfError(this.#target.url, error)));
      } else if (nowMs - pingedAtMs >= PING_INTERVAL_MS && this.#socket.readyState === WebSocket.OPEN) {
        pingedAtMs = nowMs;
        this.#socket.ping();
      }
    }, WATCH_EVERY_MS);
  }

  #end(tell: () => void): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopTimers();
    this.#socket.on('error', () => {}); // what a torn down socket still has to say
    this.#socket.terminate();
    tell();
  }

  /** Whoever answers may say the token again, and errors end up in logs. */
  #withoutToken(words: string): string {
    const { token } = this.#target;
    return token === '' ? words : words.replaceAll(token, '[token]');
  }

  #stopTimers(): void {
    clearTimeout(this.#connectTimer);
    clearInterval(this.#watchTimer);
  }
}

function pemOf(
  tls: ConnectionTarget['tls'] = { ca: undefined, cert: undefined, key: undefined },
): Record<string, Buffer> {
  const given = Object.entries(tls).flatMap(([name, pem]) =>
    pem === undefined ? [] : [[name, Buffer.from(pem)] as const],
  );
  return Object.fromEntries(given);
}
