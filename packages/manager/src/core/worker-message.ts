/** What a worker says: whom it is about, and whether it may say it. */
import type { ProtocolError, WorkerMessage } from '@sandcrew/protocol';
import { endRemoval } from './answering.js';
import { judgeGap } from './output-cursor.js';
import type { Task } from './task.js';
import { blockCleared, taskBlocked } from './task-blocks.js';
import { taskCompleted, taskErred, taskMessageRefused, taskStarted } from './task-news.js';
import { type Turn, workerOf } from './turn.js';
import { type Worker, workerName } from './worker.js';
import { findLie } from './worker-lies.js';
import { protocolBroken, workerBeat } from './worker-life.js';
import { workerWelcomed } from './worker-return.js';
import { showWords } from './worker-words.js';

export function handleMessage(turn: Turn, worker: Worker, message: WorkerMessage): void {
  const isWelcome = message.type === 'welcome';
  if (!isWelcome && worker.phase !== 'connected') return;
  if (isWelcome && worker.phase === 'connected') {
    protocolBroken(turn, worker, 'expected one welcome, got another');
    return;
  }
  const lie = findLie(worker, message, (taskId) => taskOf(turn, worker, taskId));
  if (lie !== null) {
    protocolBroken(turn, worker, lie);
    return;
  }
  if (isWelcome) {
    workerWelcomed(turn, worker, message);
    return;
  }
  switch (message.type) {
    case 'heartbeat':
      workerBeat(turn, worker, message);
      return;
    case 'pong':
      return;
    case 'task_output':
      protocolBroken(turn, worker, 'expected output as binary frames, got it as text');
      return;
    case 'workspace_removed':
      worker.workspaces.delete(message.workspace);
      turn.state.homes.delete(message.workspace);
      endRemoval(turn, worker, null, message.workspace);
      return;
    case 'protocol_error':
      handleRefusal(turn, worker, message);
      return;
    default:
      withTaskOf(turn, worker, message.taskId, (task) => handleTaskMessage(turn, task, worker, message));
      return;
  }
}

/** It would not take a message. Which removal of a workspace is meant need not be said: one at a time is asked for. */
function handleRefusal(turn: Turn, worker: Worker, refusal: ProtocolError): void {
  const { code, taskId } = refusal;
  const message = showWords(refusal.message);
  if (taskId !== undefined)
    withTaskOf(turn, worker, taskId, (task) => taskMessageRefused(turn, task, worker, { code, message }));
  else if (code === 'workspace_busy') endRemoval(turn, worker, { code: 'WORKSPACE_BUSY', message });
  else if (code === 'unknown_workspace') endRemoval(turn, worker, { code: 'UNKNOWN_WORKSPACE', message });
}

type TaskMessage = Exclude<
  WorkerMessage,
  { type: 'welcome' | 'heartbeat' | 'pong' | 'task_output' | 'workspace_removed' | 'protocol_error' }
>;

function handleTaskMessage(turn: Turn, task: Task, worker: Worker, message: TaskMessage): void {
  switch (message.type) {
    case 'execution_started':
      taskStarted(turn, task, worker, message);
      return;
    case 'task_complete':
      taskCompleted(turn, task, worker, message);
      return;
    case 'task_error':
      taskErred(turn, task, worker, { ...message, message: showWords(message.message) });
      return;
    case 'block_detected':
      taskBlocked(turn, task, worker, message);
      return;
    case 'block_cleared':
      blockCleared(turn, task, message);
      return;
    case 'input_ack':
      turn.effects.push({ type: 'accept_input', taskId: task.taskId, offset: message.offset });
      return;
    case 'output_gap': {
      const judged = judgeGap(task.cursor, message);
      if (judged.verdict === 'breach') {
        protocolBroken(turn, worker, `a gap in the output of ${task.taskId} begins behind what was sent`);
        return;
      }
      if (judged.verdict === 'known') return;
      turn.effects.push({
        type: 'tell_gap',
        taskId: task.taskId,
        workerId: workerName(worker),
        gap: judged.gap,
      });
    }
  }
}

/** What a worker says of a task that it does not have (any more) is no news. */
function withTaskOf(turn: Turn, worker: Worker, taskId: string, act: (task: Task) => void): void {
  const task = taskOf(turn, worker, taskId);
  if (task !== undefined) act(task);
}

function taskOf(turn: Turn, worker: Worker, taskId: string): Task | undefined {
  const task = turn.state.tasks.get(taskId);
  return task !== undefined && workerOf(turn, task) === worker ? task : undefined;
}
