/** Monotonic time, milliseconds. */
export function monotonicMs(): number {
  return performance.now();
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
