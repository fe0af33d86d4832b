/** The connections that are not upgraded yet: keeps them in the order in which they came, and sends away whom core chooses. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { chooseSentAway, chooseWaitingPolicy } from '../core/waiting-room.js';
import { monotonicMs } from './clock.js';

/** Where the system does not tell: what systems give a process that asks for no more. */
const USUAL_OPEN_FILES = 1_024;

export class WaitingRoom {
  readonly #waiting = new Map<Socket | string, { readonly socket: Socket; readonly sinceMs: number }>();
  readonly #policy = chooseWaitingPolicy(maxOpenFiles());
  readonly #onSentAway: (count: number) => void;

  constructor(onSentAway: (count: number) => void) {
    this.#onSentAway = onSentAway;
  }

  enter(socket: Socket): void {
    const name = nameOf(socket);
    this.#waiting.set(name, { socket, sinceMs: monotonicMs() });
    socket.once('close', () => this.#waiting.delete(name));
    const count = chooseSentAway(this.#waiting.size, this.#sinceMs(), monotonicMs(), this.#policy);
    const sentAway = count === 0 ? [] : [...this.#waiting.values()].slice(0, count);
    if (sentAway.length === 0) return;
    for (const { socket: silent } of sentAway) {
      this.#waiting.delete(nameOf(silent));
      silent.destroy();
    }
    this.#onSentAway(sentAway.length);
  }

  /** Sends all of them away. */
  close(): void {
    for (const { socket } of this.#waiting.values()) socket.destroy();
  }

  *#sinceMs(): Generator<number> {
    for (const { sinceMs } of this.#waiting.values()) yield sinceMs;
  }

  /** @param socket that which entered, or the TLS socket over it. */
  leave(socket: Socket): void {
    this.#waiting.delete(nameOf(socket));
  }
}

/** A TLS socket is another object than the one below it, but has the same address. A unix socket has none. */
function nameOf(socket: Socket): Socket | string {
  return socket.remotePort === undefined ? socket : `${socket.remoteAddress} ${socket.remotePort}`;
}

function maxOpenFiles(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return USUAL_OPEN_FILES;
  }
}
