/** How long to wait before dialling again: full jitter, so that managers that lost one worker do not come back as one. */
export interface BackoffPolicy {
  readonly firstMs: number;
  readonly mostMs: number;
}

const BACKOFF: BackoffPolicy = { firstMs: 250, mostMs: 30_000 };

/** @param random From 0 to 1, drawn by the caller. @returns milliseconds, from 0 to the bound of this failure. */
export function nextDelayMs(failures: number, random: number, policy: BackoffPolicy = BACKOFF): number {
  return Math.round(random * Math.min(policy.mostMs, policy.firstMs * 2 ** Math.min(failures, 20)));
}
