/**
 * Whether a command's output is read on. While its reader keeps up, reading waits for it: a command that writes faster
 * than anybody reads would else push its output through the disk, and past `retainBytes` lose it before an eager reader.
 * A reader that does not keep up stops nothing: from then on all is kept, until it has caught up (docs/adr/0023).
 */
import type { Task } from './state.js';
import { clearTaskTimer, setTaskTimer, type Turn } from './turn.js';

/** So long a command waits for a reader that takes less than `keepingUpBytes` of its output, milliseconds. */
const PATIENCE_MS = 50;

/** After output came: holds the reading where there is enough, and somebody who takes it. */
export function holdReading(turn: Turn, task: Task): void {
  const { pace, log } = task;
  if (pace.isHeld || pace.isBehind || unread(task) < turn.state.policy.pace.holdBytes) return;
  if (task.isForgotten || task.subscriber === null) return;
  pace.isHeld = true;
  pace.shownOffset = log.startOffset;
  turn.effects.push({ type: 'hold_output', taskKey: task.key, isHeld: true });
  setTaskTimer(turn, task, 'pace', PATIENCE_MS);
}

/** After output was let go. */
export function noteRead(turn: Turn, task: Task): void {
  const { pace, log } = task;
  const { releaseBytes, keepingUpBytes } = turn.state.policy.pace;
  if (log.startOffset - pace.shownOffset >= keepingUpBytes) {
    pace.shownOffset = log.startOffset;
    pace.shownAtMs = turn.nowMs;
  }
  if (unread(task) > releaseBytes) return;
  pace.isBehind = false;
  releaseReading(turn, task);
}

/** Reads on, whoever takes it. */
export function releaseReading(turn: Turn, task: Task): void {
  if (!task.pace.isHeld) return;
  task.pace.isHeld = false;
  turn.effects.push({ type: 'hold_output', taskKey: task.key, isHeld: false });
  clearTaskTimer(turn, task, 'pace');
}

/** A held reading has waited: on with it, unless its reader has shown meanwhile that it keeps up. */
export function onPatienceOver(turn: Turn, task: Task): void {
  if (!task.pace.isHeld) return;
  const leftMs = task.pace.shownAtMs + PATIENCE_MS - turn.nowMs;
  if (leftMs > 0) return setTaskTimer(turn, task, 'pace', Math.ceil(leftMs));
  task.pace.isBehind = true;
  releaseReading(turn, task);
}

function unread({ log }: Task): number {
  return log.endOffset - log.startOffset;
}
