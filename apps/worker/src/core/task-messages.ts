/** What a manager's messages about one task do to it. */
import type { ExecuteCommand, SendInput, SignalTask } from '@sandcrew/protocol';
import { judgeAdmission } from './admission.js';
import { refuse, send } from './answer.js';
import { tellStanding } from './block-news.js';
import { endInputWait, lookWhetherItGoesOn } from './block-watch.js';
import { noteFeed } from './blocks/watch.js';
import { deliver, subscribe } from './delivery.js';
import type { WorkerEffect } from './effect.js';
import { judgeInput } from './input.js';
import { letGo } from './keeping.js';
import { isSameCommand, withDefaults } from './same-command.js';
import { type Session, type Task, taskKey } from './state.js';
import { acceptTask, sendStarted } from './task.js';
import { runningTasks, type Turn } from './turn.js';

/** Accepts a command, or answers what it already is, or why it cannot be run. */
export function receiveExecute(turn: Turn, session: Session, message: ExecuteCommand): void {
  const { taskId } = message;
  const command = withDefaults(message, turn.state.policy.network);
  const known = turn.state.tasks.get(taskKey(session.owner, taskId));
  if (known !== undefined) return repeatCommand(turn, session, known, isSameCommand(known.command, command));
  const rejection = judgeAdmission(command, {
    containment: turn.state.policy.containment,
    enforcedLimits: turn.state.policy.enforcedLimits,
    isDraining: turn.state.drain !== 'no',
    runningTasks: runningTasks(turn.state),
    maxTasks: turn.state.policy.maxTasks,
    isWorkspaceLeaving: turn.state.leavingWorkspaces.has(`${session.tokenName}/${command.workspace ?? ''}`),
  });
  if (rejection === null) return acceptTask(turn, session, taskId, command);
  send(turn, session, { type: 'task_error', taskId, code: 'rejected', ...rejection });
}

/** The same command again starts nothing: it is told what the task is now. */
function repeatCommand(turn: Turn, session: Session, task: Task, isSame: boolean): void {
  if (!isSame || task.isForgotten) {
    return refuse(
      turn,
      session,
      'duplicate_task',
      `task ${task.taskId} is another command; choose a new taskId`,
      task.taskId,
    );
  }
  if (task.terminal !== null) send(turn, session, task.terminal);
  else if (task.pid === null) task.awaitingStart.add(session.id);
  else sendStarted(turn, task, session.id, task.pid);
}

/** Makes a session the reader of a task from `offset` on; acks what is before. */
export function resume(turn: Turn, session: Session, task: Task, offset: number): void {
  if (offset > task.log.endOffset) {
    return refuse(
      turn,
      session,
      'invalid_offset',
      `expected at most ${task.log.endOffset}, got ${offset}`,
      task.taskId,
    );
  }
  if (task.phase === 'starting') task.awaitingStart.add(session.id);
  ack(turn, task, offset);
  task.sentOffset = Math.max(task.sentOffset, offset);
  subscribe(turn, task, session, offset);
  tellStanding(turn, task, session);
}

export function receiveAck(turn: Turn, session: Session, task: Task, offset: number): void {
  if (offset > task.sentOffset) {
    return refuse(
      turn,
      session,
      'invalid_offset',
      `expected at most the ${task.sentOffset} that were sent, got ${offset}`,
      task.taskId,
    );
  }
  ack(turn, task, offset);
  // It has what a replay was about to give it again: that goes on behind it, and no gap is told of what is dropped now.
  const isAhead = task.subscriber?.session === session && task.subscriber.sentOffset < offset;
  if (isAhead) subscribe(turn, task, session, task.ackedOffset);
  else deliver(turn, task);
}

/** An ack that goes back changes nothing. */
function ack(turn: Turn, task: Task, offset: number): void {
  task.ackedOffset = Math.max(task.ackedOffset, offset);
  letGo(turn, task, task.ackedOffset);
  if (task.subscriber !== null)
    task.subscriber.gaps = task.subscriber.gaps.filter((gap) => gap.offset + gap.bytes > task.ackedOffset);
}

export function receiveInput(
  turn: Turn,
  session: Session,
  task: Task,
  message: SendInput,
  data: Uint8Array,
): void {
  if (task.phase === 'ended')
    return refuse(
      turn,
      session,
      'task_ended',
      `task ${task.taskId} has ended; its input was not taken`,
      task.taskId,
    );
  const verdict = judgeInput(task.input, data.length, message.offset);
  if (verdict.kind === 'refuse') {
    const have = `it has ${task.input.receivedOffset} bytes, of which the command took ${task.input.takenOffset}`;
    return refuse(
      turn,
      session,
      verdict.code,
      `the input of task ${task.taskId} was not taken: ${have}`,
      task.taskId,
    );
  }
  const fresh = verdict.kind === 'write' ? data.subarray(verdict.skip) : new Uint8Array(0);
  if (fresh.length > 0) {
    task.input.receivedOffset += fresh.length;
    noteFeed(task.blocks, turn.nowMs);
    endInputWait(turn, task);
    askProcess(turn, task, { type: 'write_input', taskKey: task.key, data: fresh });
  } else if (message.end !== true) task.blocks.isFeederThere = true;
  if (fresh.length === 0)
    send(turn, session, { type: 'input_ack', taskId: task.taskId, offset: task.input.takenOffset });
  if (message.end !== true || !task.input.isOpen) return;
  task.input.isOpen = false;
  endInputWait(turn, task);
  askProcess(turn, task, { type: 'end_input', taskKey: task.key });
}

export function receiveSignal(turn: Turn, task: Task, message: SignalTask): void {
  const foreground = task.command.pty !== undefined;
  askProcess(turn, task, { type: 'signal_process', taskKey: task.key, signal: message.signal, foreground });
  if (message.signal === 'SIGCONT') lookWhetherItGoesOn(turn, task);
}

/** Asks something of a command that runs, at its start where it is not there yet. After its exit it is ignored. */
export function askProcess(turn: Turn, task: Task, effect: WorkerEffect): void {
  if (task.phase === 'starting') task.early.push(effect);
  else if (task.phase === 'running') turn.effects.push(effect);
}
