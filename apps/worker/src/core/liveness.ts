/** Whether a silent peer is dead, or only slow to read. Pure: the caller brings what it saw and when. */

export interface PeerActivity {
  /** When the last byte came from it, on the caller's clock. */
  readonly heardAtMs: number;
  /** When it last took bytes off a backlog that stands; null where nothing waits for it. */
  readonly tookAtMs: number | null;
}

/** A slow reader's pong waits behind its backlog: as long as that shrinks, it lives. */
export function isPeerDead(activity: PeerActivity, nowMs: number, silenceMs: number): boolean {
  const lastSignMs = Math.max(activity.heardAtMs, activity.tookAtMs ?? Number.NEGATIVE_INFINITY);
  return nowMs - lastSignMs >= silenceMs;
}
