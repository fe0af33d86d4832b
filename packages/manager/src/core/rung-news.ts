/** Tells that a rung of the ladder was climbed: to whoever listens, and in the task's history. */
import type { RecoveryInfo } from './report.js';
import { note } from './task.js';
import { placeOf, type Turn } from './turn.js';

export function tellRung(turn: Turn, recovery: RecoveryInfo): void {
  const task = turn.state.tasks.get(recovery.taskId);
  if (task !== undefined) note(task, placeOf(turn, task), recovery.why, recovery.rung);
  turn.effects.push({ type: 'tell_recovery', recovery });
}
