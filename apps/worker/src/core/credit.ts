/** How much of a task's output may go out now. Pure arithmetic over offsets; it knows neither bytes nor sockets. */

export interface CreditPolicy {
  /** How far past the last ack of a task the worker sends, bytes. */
  readonly windowBytes: number;
  /** How much output of a session may wait in its socket, bytes; the rest waits in the log. */
  readonly socketBytes: number;
}

export interface CreditState {
  /** Bytes that were sent and not acked, without gaps: a gap uses no window. */
  readonly unackedBytes: number;
  /** Whether acks give credit (after `hello`), or the socket alone does (a plain client). */
  readonly isWindowed: boolean;
  /** Output of the session that its socket has not taken, bytes. */
  readonly waitingBytes: number;
}

/** How many bytes may be sent now: 0 waits for an ack, and a full socket for what it is to take. */
export function judgeCredit(state: CreditState, policy: CreditPolicy): number | 'socket_full' {
  if (state.waitingBytes >= policy.socketBytes) return 'socket_full';
  if (!state.isWindowed) return Number.POSITIVE_INFINITY;
  return Math.max(0, policy.windowBytes - state.unackedBytes);
}

export interface Gap {
  readonly offset: number;
  readonly bytes: number;
}

/** Bytes between two offsets that are not in a gap. */
export function bytesBetween(fromOffset: number, toOffset: number, gaps: readonly Gap[]): number {
  let bytes = toOffset - fromOffset;
  for (const gap of gaps)
    bytes -= Math.max(0, Math.min(toOffset, gap.offset + gap.bytes) - Math.max(fromOffset, gap.offset));
  return bytes;
}
