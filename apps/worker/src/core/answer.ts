/** What a session is told. */
import type { ProtocolErrorCode } from '@sandcrew/protocol';
import type { OutgoingMessage } from './effect.js';
import type { Session } from './state.js';
import type { Turn } from './turn.js';

export function send(turn: Turn, session: Session, message: OutgoingMessage): void {
  turn.effects.push({ type: 'send', sessionId: session.id, message });
}

/** Says why a message was not accepted. It changed nothing. */
export function refuse(
  turn: Turn,
  session: Session,
  code: ProtocolErrorCode,
  message: string,
  taskId?: string,
): void {
  send(turn, session, { type: 'protocol_error', code, message, ...(taskId === undefined ? {} : { taskId }) });
}
