/** Reads a worker's silence. Pure: the caller brings the time. */
import type { WorkerHealth } from './report.js';

export interface HealthPolicy {
  /** The pace of a worker's heartbeats, milliseconds. */
  readonly heartbeatMs: number;
  /** So long without one is lost, milliseconds. */
  readonly lostAfterMs: number;
}

/** The specification's: a heartbeat each 30 s, lost after 60 s. */
export const HEALTH_POLICY: HealthPolicy = { heartbeatMs: 30_000, lostAfterMs: 60_000 };

export function judgeHealth(
  lastHeardMs: number,
  nowMs: number,
  policy: HealthPolicy = HEALTH_POLICY,
): WorkerHealth {
  const silentMs = nowMs - lastHeardMs;
  if (silentMs > policy.lostAfterMs) return 'lost';
  return silentMs > policy.heartbeatMs * 1.25 ? 'late' : 'healthy'; // a quarter more: it has a way to travel
}
