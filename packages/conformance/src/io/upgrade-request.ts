/** An HTTP upgrade written by hand, so that each header is there as often as a check wants it. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect, type Socket } from 'node:net';
import { Mismatch } from '../core/mismatch.js';
import { monotonicMs } from './clock.js';

export interface UpgradeAnswer {
  /** 101, or the refusal's. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Open where `status` is 101; to be destroyed by who asked. */
  readonly socket: Socket | null;
}

export interface UpgradeRequest {
  readonly path?: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** The address to ask from; whichever the system takes by default. */
  readonly localAddress?: string;
}

/** @throws {Mismatch} where no answer comes within `patienceMs`. */
export function askUpgrade(
  url: URL,
  { path = '/', headers, localAddress }: UpgradeRequest,
  patienceMs: number,
): Promise<UpgradeAnswer> {
  return new Promise((resolve, reject) => {
    const options = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path,
      localAddress,
      timeout: patienceMs,
      rejectUnauthorized: false,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...(headers as Record<string, string | string[]>),
      },
    };
    const asked: ClientRequest = (url.protocol === 'wss:' ? requestTls : request)(options);
    asked.on('upgrade', (response: IncomingMessage, socket: Socket) => {
      socket.on('error', () => {});
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '', socket });
    });
    asked.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      const end = () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, socket: null });
      response.on('end', end).on('error', end);
    });
    asked.on('timeout', () => asked.destroy(new Mismatch(`an answer within ${patienceMs} ms`, 'none')));
    asked.on('error', (error) =>
      reject(error instanceof Mismatch ? error : new Mismatch('an HTTP answer', error.message)),
    );
    asked.end();
  });
}

/**
 * Sends the beginning of a request and no more.
 * @returns after how many milliseconds the other side closed, or null where it did not within `patienceMs`.
 */
export function sendHalfARequest(url: URL, patienceMs: number): Promise<number | null> {
  const startedAtMs = monotonicMs();
  return new Promise((resolve) => {
    const socket = connect(Number(url.port), url.hostname.replace(/^\[|\]$/g, ''));
    const timer = setTimeout(() => end(null), patienceMs);
    const end = (afterMs: number | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(afterMs);
    };
    socket.on('error', () => {}).on('close', () => end(monotonicMs() - startedAtMs));
    socket.on('connect', () => socket.write('GET / HTTP/1.1\r\nHost: worker\r\n')).resume();
  });
}
