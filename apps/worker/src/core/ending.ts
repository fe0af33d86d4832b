/** How a task is brought to its end: asked, killed, swept, and told with one terminal message. */
import { DEFAULT_GRACE_MS } from '@sandcrew/protocol';
import { audit } from './audit.js';
import { deliver } from './delivery.js';
import { keepFewEnded, removeTask } from './keeping.js';
import { chooseKillStep } from './kill-ladder.js';
import { nextPhase } from './phase.js';
import { releaseReading } from './reading.js';
import type { Task, Terminal } from './state.js';
import { clearTaskTimer, setTaskTimer, TASK_TIMERS, type Turn } from './turn.js';

/**
 * Ends a task for a reason of the worker's or the manager's. The first cause stands; a later call can only shorten
 * the time to SIGKILL.
 */
export function beginEnd(
  turn: Turn,
  task: Task,
  cause: NonNullable<Task['cause']>,
  graceMs: number = DEFAULT_GRACE_MS,
): void {
  if (task.phase === 'ended' || task.phase === 'sweeping') return;
  // A command that has exited came to its own end; only its leavings are ended sooner.
  if (task.phase !== 'lingering') task.cause ??= cause;
  climbKillLadder(turn, task, graceMs);
}

/** The owner wants nothing of it any more. A running one is ended, and its record goes with its processes. */
export function forgetTask(turn: Turn, task: Task): void {
  if (task.phase === 'ended') return removeTask(turn, task);
  task.isForgotten = true;
  task.subscriber = null;
  releaseReading(turn, task);
  beginEnd(turn, task, { kind: 'terminated', message: 'forgotten by its manager' });
}

/** The next step towards the end of a command that has `graceMs` left. */
export function climbKillLadder(turn: Turn, task: Task, graceMs: number): void {
  const step = chooseKillStep(turn.nowMs, graceMs, task.killDueMs);
  if (step.kind === 'wait') return;
  task.killDueMs = turn.nowMs + (step.kind === 'ask' ? step.killAfterMs : 0);
  if (task.phase === 'starting') return; // the climb begins when there is a process
  if (step.kind === 'kill') return killNow(turn, task);
  setTaskTimer(turn, task, 'kill', step.killAfterMs);
  if (task.phase === 'running') {
    turn.effects.push({ type: 'signal_process', taskKey: task.key, signal: 'SIGTERM', foreground: false });
    // A stopped process takes SIGTERM only once it goes on.
    turn.effects.push({ type: 'signal_process', taskKey: task.key, signal: 'SIGCONT', foreground: false });
  }
}

export function killNow(turn: Turn, task: Task): void {
  task.killDueMs = turn.nowMs;
  if (task.phase === 'lingering') sweep(turn, task);
  else if (task.phase === 'running') {
    turn.effects.push({ type: 'signal_process', taskKey: task.key, signal: 'SIGKILL', foreground: false });
  }
}

/** The command has exited: what it left behind is ended now. */
export function sweep(turn: Turn, task: Task): void {
  task.phase = nextPhase(task.phase, 'sweep');
  clearTaskTimer(turn, task, 'linger');
  clearTaskTimer(turn, task, 'orphaned-output');
  turn.effects.push({ type: 'end_tree', taskKey: task.key });
}

/** Nothing of the task lives and its output is read to the end: how it ended is known. */
export function endTask(turn: Turn, task: Task): void {
  if (task.phase !== 'sweeping' || task.exit === null) return;
  task.phase = nextPhase(task.phase, 'tree_ended');
  const facts = {
    ...task.exit,
    durationMs: Math.round((task.exitedAtMs ?? turn.nowMs) - (task.startedAtMs ?? turn.nowMs)),
    outputBytes: task.log.endOffset,
    usage: task.usage,
    leftover: task.leftover,
  };
  if (task.cause === null)
    return finish(turn, task, { type: 'task_complete', taskId: task.taskId, ...facts });
  const { kind, message, reason } = task.cause;
  const error = { type: 'task_error', taskId: task.taskId, code: kind, message, ...facts } as const;
  finish(turn, task, reason === undefined ? error : { ...error, reason });
}

export function finish(turn: Turn, task: Task, terminal: Terminal): void {
  task.terminal = terminal;
  for (const timer of TASK_TIMERS) clearTaskTimer(turn, task, timer);
  audit(turn, task, 'task_ended', { ...terminal, type: undefined });
  if (task.isForgotten) return removeTask(turn, task);
  setTaskTimer(turn, task, 'keep', turn.state.policy.retention.keepEndedMs);
  deliver(turn, task);
  keepFewEnded(turn);
}
