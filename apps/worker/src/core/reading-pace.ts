/** What is known of whether a command's output is read on. It knows no task; `reading.ts` decides by it. */

export interface PacePolicy {
  /** Reading waits from so much unacked output of a task on, bytes. More than the window, less than is kept in memory. */
  readonly holdBytes: number;
  /** … and goes on below this, bytes. More than the window, so that there is always something to send. */
  readonly releaseBytes: number;
  /** A reader keeps up that takes so much within the patience of 50 ms; what takes less is slow, and stops nothing. */
  readonly keepingUpBytes: number;
}

export interface ReadingPace {
  isHeld: boolean;
  /** Its reader did not keep up, and has not caught up since. */
  isBehind: boolean;
  /** Where its reader stood, and when, as it last showed that it keeps up. */
  shownOffset: number;
  shownAtMs: number;
}

export function createPace(): ReadingPace {
  return { isHeld: false, isBehind: false, shownOffset: 0, shownAtMs: 0 };
}
