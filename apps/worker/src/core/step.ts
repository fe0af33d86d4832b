/** The worker's one door: whatever happened goes in, what to do about it comes out. Deterministic; time is an input. */
import { CLOSE_CODES } from '@sandcrew/protocol';
import { onSampled, onStacksCollected } from './block-watch.js';
import { watchOutput } from './blocks/output-watch.js';
import { deliver, deliverHungry, receiveSpooled } from './delivery.js';
import { beginDrain, drainFurther, fireDrainTimer } from './drain.js';
import type { WorkerEffect } from './effect.js';
import type { WorkerEvent } from './event.js';
import { takeHealth } from './heartbeat.js';
import { onHoldersListed } from './held-output.js';
import { keepOutput, loseOutput } from './keeping.js';
import { closeConnection, closeSession, openSession, receiveMessage, refuseFrame } from './session.js';
import type { Task, WorkerState } from './state.js';
import {
  onExited,
  onOutputClosed,
  onStarted,
  onStartFailed,
  onStartRejected,
  onTaskTimer,
  onTreeEnded,
} from './task.js';
import { readTaskTimer, sessionOf, type Turn } from './turn.js';

/** @param nowMs the worker's monotonic clock, milliseconds; never goes back. */
export function step(state: WorkerState, event: WorkerEvent, nowMs: number): WorkerEffect[] {
  const turn: Turn = { state, nowMs, effects: [] };
  if ('sessionId' in event) stepSession(turn, event);
  else if ('taskKey' in event) stepTask(turn, event);
  else stepWorker(turn, event);
  drainFurther(turn);
  return turn.effects;
}

type SessionEvent = Extract<WorkerEvent, { sessionId: string }>;
type TaskEvent = Extract<WorkerEvent, { taskKey: string }>;

function stepSession(turn: Turn, event: SessionEvent): void {
  if (event.type === 'connection_opened') return openSession(turn, event.sessionId, event.tokenName);
  if (event.type === 'workspace_removed' || event.type === 'workspace_kept')
    return settleWorkspace(turn, event);
  const session = turn.state.sessions.get(event.sessionId);
  if (session === undefined) return; // what was under way when it closed
  switch (event.type) {
    case 'message_received':
      if (!session.isClosing) receiveMessage(turn, session, event.message, event.input);
      return;
    case 'frame_refused':
      if (!session.isClosing) refuseFrame(turn, session, event.refusal);
      return;
    case 'output_flushed':
      session.waitingBytes -= event.bytes;
      return deliverHungry(turn, session);
    case 'drain_heard':
      session.knowsDrain = true;
      return;
    case 'token_revoked':
      return closeConnection(
        turn,
        session,
        CLOSE_CODES.policyViolation,
        'the token of this connection was revoked',
      );
    case 'connection_closed':
      return closeSession(turn, session);
  }
}

function stepTask(turn: Turn, event: TaskEvent): void {
  const task = turn.state.tasks.get(event.taskKey);
  if (task === undefined) return;
  switch (event.type) {
    case 'process_started':
      return onStarted(turn, task, event.pid);
    case 'start_rejected':
      return onStartRejected(turn, task, event.detail, event.message);
    case 'start_failed':
      return onStartFailed(turn, task, event.detail, event.message);
    case 'output_read':
      watchOutput(task.blocks.output, event.stream, event.data, turn.nowMs);
      keepOutput(turn, task, event.stream, event.data);
      return deliver(turn, task);
    case 'output_closed':
      return onOutputClosed(turn, task);
    case 'input_taken':
      return onInputTaken(turn, task, event.bytes);
    case 'input_closed':
      task.input.isOpen = false;
      return;
    case 'process_exited':
      return onExited(turn, task, event);
    case 'tree_ended':
      return onTreeEnded(turn, task, event.leftover, event.usage);
    case 'holders_listed':
      return onHoldersListed(turn, task, event.holders);
    case 'task_sampled':
      return onSampled(turn, task, event.evidence);
    case 'stacks_collected':
      return onStacksCollected(turn, task, event.reason, event.stacks, event.usage);
    case 'spool_read':
      return receiveSpooled(turn, task, event.offset, event.data);
    case 'spool_failed':
      loseOutput(turn, task, event.offset, event.bytes);
      if (task.subscriber?.readingOffset === event.offset) task.subscriber.readingOffset = null;
      return deliver(turn, task);
  }
}

function stepWorker(turn: Turn, event: Exclude<WorkerEvent, SessionEvent | TaskEvent>): void {
  switch (event.type) {
    case 'timer_fired':
      return fireTimer(turn, event.timer);
    case 'health_measured':
      return takeHealth(turn, event.health);
    case 'drain_requested':
      return beginDrain(turn, event.timeoutMs);
  }
}

function fireTimer(turn: Turn, name: string): void {
  const found = readTaskTimer(name);
  if (found !== null) {
    const task = turn.state.tasks.get(found.taskKey);
    if (task !== undefined) onTaskTimer(turn, task, found.timer);
    return;
  }
  fireDrainTimer(turn, name);
}

function onInputTaken(turn: Turn, task: Task, bytes: number): void {
  task.input.takenOffset += bytes;
  const writer = sessionOf(turn.state, task.owner);
  if (writer === null || task.isForgotten) return;
  const message = { type: 'input_ack', taskId: task.taskId, offset: task.input.takenOffset } as const;
  turn.effects.push({ type: 'send', sessionId: writer.id, message });
}

function settleWorkspace(
  turn: Turn,
  event: Extract<SessionEvent, { type: 'workspace_removed' | 'workspace_kept' }>,
): void {
  const { sessionId, tokenName, workspace } = event;
  turn.state.leavingWorkspaces.delete(`${tokenName}/${workspace}`);
  if (event.type === 'workspace_removed') {
    turn.state.workspaces.get(tokenName)?.delete(workspace);
    turn.effects.push({ type: 'send', sessionId, message: { type: 'workspace_removed', workspace } });
  } else {
    const { message } = event;
    turn.effects.push({
      type: 'send',
      sessionId,
      message: { type: 'protocol_error', code: 'workspace_busy', message },
    });
  }
}
