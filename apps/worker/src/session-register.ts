/** The sessions that are open, each with the token that it came with; carries out what concerns one. It decides nothing. */
import type { WorkerEffect } from './core/effect.js';
import type { TokenRegister } from './io/auth.js';
import type { SocketSession } from './session.js';

/** What concerns a session, but for its output, which tells back when it was taken. */
export type SessionEffect = Extract<
  WorkerEffect,
  { type: 'send' | 'begin_text' | 'prime_text' | 'finish_text' | 'ask_drain_heard' | 'close_connection' }
>;

export class SessionRegister {
  readonly #sessions = new Map<string, { session: SocketSession; tokenDigest: Buffer }>();

  add(session: SocketSession, tokenDigest: Buffer): void {
    this.#sessions.set(session.id, { session, tokenDigest });
  }

  remove(sessionId: string): void {
    this.#sessions.delete(sessionId);
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
