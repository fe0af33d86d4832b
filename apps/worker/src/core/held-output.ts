/** Output that is held open when its command has exited: told at 1.5 s, and ended with who holds it at `lingerMs`. */
import { ORPHANED_OUTPUT_AFTER_MS } from '@sandcrew/protocol';
import { claimBlock } from './block-watch.js';
import { listNames } from './blocks/look.js';
import { sweep } from './ending.js';
import type { OutputHolders } from './event.js';
import { chooseBlockAction, isOutputOrphaned } from './judge-block.js';
import type { Task } from './state.js';
import { setTaskTimer, type Turn } from './turn.js';

/** So long is waited for who holds it, where that was asked and is not answered at `lingerMs`: a busy host is late with both. */
const ANSWER_WITHIN_MS = 1_000;

export function onHeldOpen(turn: Turn, task: Task): void {
  if (task.phase !== 'lingering' || task.exitedAtMs === null) return;
  const lingeringMs = turn.nowMs - task.exitedAtMs;
  // Timers may fire a little early.
  if (!isOutputOrphaned(lingeringMs))
    return setTaskTimer(turn, task, 'orphaned-output', Math.ceil(ORPHANED_OUTPUT_AFTER_MS - lingeringMs));
  task.holdersAskedAtMs = turn.nowMs;
  turn.effects.push({ type: 'list_holders', taskKey: task.key });
}

/** What was held for 1.5 s is told before it is ended. */
export function onLingerOver(turn: Turn, task: Task): void {
  if (task.phase !== 'lingering') return;
  const waitMs = task.holdersAskedAtMs + ANSWER_WITHIN_MS - turn.nowMs;
  if (waitMs > 0) setTaskTimer(turn, task, 'linger', Math.ceil(waitMs));
  else sweep(turn, task);
}

/** Who holds it: that is a block, whatever they do with it. */
export function onHoldersListed(turn: Turn, task: Task, holders: OutputHolders): void {
  task.holdersAskedAtMs = Number.NEGATIVE_INFINITY;
  if (task.phase !== 'lingering' || task.exitedAtMs === null) return;
  const lingeringMs = turn.nowMs - task.exitedAtMs;
  if (!isOutputOrphaned(lingeringMs)) return;
  const names = listNames(holders.processes) || 'a process that is out of reach';
  const summary = `the command has exited and its output is held open by ${names}`;
  const { processes, resourceUsage } = holders;
  claimBlock(
    turn,
    task,
    { reason: 'orphaned_output', confidence: 'confirmed', sinceMs: task.exitedAtMs, summary, processes },
    resourceUsage,
  );
  const { action } = chooseBlockAction('orphaned_output', task.command.blockPolicy);
  if (action === 'terminate') task.cause ??= { kind: 'blocked', message: summary, reason: 'orphaned_output' };
  if (action === 'terminate' || lingeringMs >= task.command.lingerMs) sweep(turn, task);
}
