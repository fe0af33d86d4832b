/** The sessions that are open, each with the token that it came with: opens them, and carries out what concerns one. It decides nothing. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { WorkerEffect } from './core/effect.js';
import type { WorkerEvent } from './core/event.js';
import type { TokenRegister } from './io/auth.js';
import type { OutputBuffers } from './io/output-buffers.js';
import type { Connection } from './io/websocket.js';
import { SocketSession } from './session.js';

/** What concerns a session, but for its output, which tells back when it was taken. */
export type SessionEffect = Extract<
  WorkerEffect,
  { type: 'send' | 'begin_text' | 'prime_text' | 'finish_text' | 'ask_drain_heard' | 'close_connection' }
>;

export class SessionRegister {
  readonly #sessions = new Map<string, { session: SocketSession; tokenDigest: Buffer }>();
  readonly #workerId: string;
  readonly #buffers: OutputBuffers;
  readonly #log: Logger;

  constructor(workerId: string, buffers: OutputBuffers, log: Logger) {
    this.#workerId = workerId;
    this.#buffers = buffers;
    this.#log = log;
  }

  /** Makes a session of a connection whose upgrade was granted; `emit` is told of what comes on it, until it is closed. */
  open({ socket, tokenName, tokenDigest, address }: Connection, emit: (event: WorkerEvent) => void): void {
    const id = randomUUID();
    const log = this.#log;
    log.info({ event: 'connection_opened', session: id, token: tokenName, address });
    emit({ type: 'connection_opened', sessionId: id, tokenName });
    const session = new SocketSession(id, socket, this.#workerId, this.#buffers, (event) => {
      if (event.type === 'connection_closed') {
        this.#sessions.delete(id);
        log.info({ event: 'connection_closed', session: id });
      }
      // A refusal is bounded whatever came, and so is their number: the hundredth of a minute closes the connection.
      if (event.type === 'frame_refused') log.warn({ event: 'frame_refused', session: id, ...event.refusal });
      emit(event);
    });
    this.#sessions.set(id, { session, tokenDigest });
  }

  /** Undefined where it has ended. */
  find(sessionId: string): SocketSession | undefined {
    return this.#sessions.get(sessionId)?.session;
  }

  /** The ids of those whose token is none of these. */
  findRevoked(tokens: TokenRegister): string[] {
    return [...this.#sessions]
      .filter(([, { tokenDigest }]) => !tokens.holds(tokenDigest))
      .map(([sessionId]) => sessionId);
  }

  perform(effect: SessionEffect): void {
    const session = this.find(effect.sessionId);
    switch (effect.type) {
      case 'send':
        return session?.send(effect.message);
      case 'begin_text':
        return session?.beginText(effect.taskId);
      case 'prime_text':
        return session?.primeText(effect.taskId, effect.stream, effect.data);
      case 'finish_text':
        return session?.finishText(effect.taskId, effect.offset);
      case 'ask_drain_heard':
        return session?.askDrainHeard();
      case 'close_connection':
        return session?.close(effect.code, effect.reason);
    }
  }
}
