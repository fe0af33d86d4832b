/** Chooses which session makes room for a new one: only one that nobody has used for a while, the longest unused first. */
export interface SessionUse {
  readonly sessionId: string;
  readonly lastUsedMs: number;
  /** Requests that are being answered, its stream included. */
  readonly openRequests: number;
}

/** A client that has gone without a word leaves its session behind. */
export const SESSION_IDLE_MS = 1_800_000;
/** One that was used so lately is not taken away for a new one. */
const MIN_IDLE_MS = 60_000;

/** Sessions whose time is up. */
export function chooseExpired(sessions: readonly SessionUse[], nowMs: number): string[] {
  return sessions
    .filter((session) => session.openRequests === 0 && nowMs - session.lastUsedMs >= SESSION_IDLE_MS)
    .map(({ sessionId }) => sessionId);
}

/** @returns the one to end, or null where all are in use. */
export function chooseEvicted(sessions: readonly SessionUse[], nowMs: number): string | null {
  const [oldest] = sessions
    .filter((session) => session.openRequests === 0 && nowMs - session.lastUsedMs >= MIN_IDLE_MS)
    .sort((a, b) => a.lastUsedMs - b.lastUsedMs);
  return oldest?.sessionId ?? null;
}
