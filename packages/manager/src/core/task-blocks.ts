/** The blocks of a task, as its worker tells them. What is done about them is `climb`'s. */
import type { BlockCleared, BlockDetected } from '@sandcrew/protocol';
import { leaveClimb, meetBlock } from './climb.js';
import type { BlockInfo } from './report.js';
import { moveTask, note, type Task } from './task.js';
import { placeOf, type Turn } from './turn.js';
import { type Worker, workerName } from './worker.js';
import { showEvidence, showWords } from './worker-words.js';

/** In the history, of which a task keeps many entries. */
const MAX_SUMMARY_CHARACTERS = 500;

export function taskBlocked(turn: Turn, task: Task, worker: Worker, message: BlockDetected): void {
  const { reason, confidence, resourceUsage, recoverable, action } = message;
  const evidence = showEvidence(message.evidence);
  const block: BlockInfo = {
    taskId: task.taskId,
    workerId: workerName(worker),
    reason,
    confidence,
    durationMs: message.duration,
    resourceUsage,
    recoverable,
    evidence,
    action,
  };
  task.blocks.set(reason, { block, sinceMs: turn.nowMs - message.duration });
  const summary =
    typeof evidence['summary'] === 'string'
      ? `: ${showWords(evidence['summary'], MAX_SUMMARY_CHARACTERS)}`
      : '';
  const why = `${reason}, ${confidence}${summary}`;
  if (task.state === 'running') moveTask(task, 'block', placeOf(turn, task), why);
  else note(task, placeOf(turn, task), why);
  turn.effects.push({ type: 'tell_block', block });
  meetBlock(turn, task, block);
}

export function blockCleared(turn: Turn, task: Task, message: BlockCleared): void {
  const standing = task.blocks.get(message.reason);
  if (standing === undefined) return;
  task.blocks.delete(message.reason);
  leaveClimb(turn, task, message.reason);
  if (task.blocks.size === 0 && task.state === 'blocked') {
    moveTask(task, 'clear', placeOf(turn, task), `${message.reason} has cleared`);
  }
  turn.effects.push({ type: 'tell_block_cleared', block: standing.block, durationMs: message.duration });
}
