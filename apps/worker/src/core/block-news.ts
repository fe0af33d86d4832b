/** What a task's reader and the log are told of a block that stands, and of one that does no more. It judges nothing. */
import type { Evidence } from './blocks/evidence.js';
import type { ResourceUsage, Standing } from './blocks/watch.js';
import { isRecoverable } from './judge-block.js';
import type { Session, Task } from './state.js';
import { sessionOf, type Turn } from './turn.js';

/** No message grows with the size of the tree. */
const MAX_PROCESSES_TOLD = 16;

/** It stands from now on. */
export function tellBlock(turn: Turn, task: Task, block: Standing): void {
  const { reason, confidence, summary } = block.claim;
  log(turn, task, 'block_detected', { reason, confidence, summary, action: block.action });
  const session = sessionOf(turn.state, task.owner);
  if (session !== null) send(turn, task, session, block);
}

/** It does no more. */
export function tellCleared(turn: Turn, task: Task, { claim: { reason, sinceMs } }: Standing): void {
  const duration = Math.round(turn.nowMs - sinceMs);
  const session = sessionOf(turn.state, task.owner);
  log(turn, task, 'block_cleared', { reason, duration });
  if (session !== null)
    turn.effects.push({
      type: 'send',
      sessionId: session.id,
      message: { type: 'block_cleared', taskId: task.taskId, reason, duration },
    });
}

/** A reader that has just come knows nothing of what stands. */
export function tellStanding(turn: Turn, task: Task, session: Session): void {
  if (task.phase === 'ended') return;
  for (const block of task.blocks.standing.values()) send(turn, task, session, block);
}

/** What the task uses, in the units of the message. */
export function measureUsage({ threads, processes, usage }: Evidence): ResourceUsage {
  if (usage !== null) return usage;
  const cpu = threads.reduce((sum, { busy }) => sum + (busy ?? 0), 0) * 100;
  return {
    cpu: Math.round(cpu * 10) / 10,
    memory: processes.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
    disk: processes.reduce((sum, { diskBytes }) => sum + diskBytes, 0),
  };
}

function send(turn: Turn, task: Task, session: Session, block: Standing): void {
  const { claim, stacks } = block;
  turn.effects.push({
    type: 'send',
    sessionId: session.id,
    message: {
      type: 'block_detected',
      taskId: task.taskId,
      reason: claim.reason,
      confidence: block.confidence,
      duration: Math.max(0, Math.round(turn.nowMs - claim.sinceMs)),
      resourceUsage: block.usage,
      recoverable: isRecoverable(claim.reason),
      evidence: {
        summary: claim.summary,
        processes: claim.processes.slice(0, MAX_PROCESSES_TOLD).map(({ pid, name }) => ({ pid, name })),
        ...claim.details,
        ...(stacks.length === 0 ? {} : { stacks }),
      },
      action: block.action,
    },
  });
}

function log(turn: Turn, task: Task, event: string, fields: Readonly<Record<string, unknown>>): void {
  turn.effects.push({ type: 'write_log', level: 'info', event, fields: { taskId: task.taskId, ...fields } });
}
