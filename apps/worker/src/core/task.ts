/** A task's life on this worker, from its acceptance on: what each thing that happens to it means. */
import {
  ORPHANED_OUTPUT_AFTER_MS,
  type RejectionDetail,
  type SpawnFailureDetail,
  type Usage,
} from '@sandcrew/protocol';
import { audit, describeCommand } from './audit.js';
import { subscribe } from './delivery.js';
import { beginEnd, climbKillLadder, endTask, finish, killNow, sweep } from './ending.js';
import type { BlockFinding } from './event.js';
import { createInput } from './input.js';
import { chooseBlockAction, judgeBlock } from './judge-block.js';
import { removeTask } from './keeping.js';
import { createOutputLog } from './output-log.js';
import { nextPhase } from './phase.js';
import type { FullCommand } from './same-command.js';
import { type Session, type Task, taskKey } from './state.js';
import { clearTaskTimer, sessionOf, setTaskTimer, type TaskTimer, type Turn } from './turn.js';

/** After all processes are dead, how long output that something out of reach holds open is still read, milliseconds. */
const CLOSE_OUTPUT_AFTER_MS = 250;

/** Accepts a command and asks for its process. */
export function acceptTask(turn: Turn, session: Session, taskId: string, command: FullCommand): void {
  const task: Task = {
    key: taskKey(session.owner, taskId),
    taskId,
    owner: session.owner,
    tokenName: session.tokenName,
    command,
    phase: 'starting',
    cause: null,
    killDueMs: null,
    pid: null,
    startedAtMs: null,
    exitedAtMs: null,
    exit: null,
    isOutputClosed: false,
    isTreeEnded: false,
    log: createOutputLog(),
    ackedOffset: 0,
    sentOffset: 0,
    subscriber: null,
    input: createInput(command.stdin === 'pipe'),
    early: [],
    awaitingStart: new Set([session.id]),
    terminal: null,
    isForgotten: false,
    spool: { firstSegment: 0, segment: 0, position: 0 },
    leftover: 0,
    usage: {},
  };
  turn.state.tasks.set(task.key, task);
  if (command.workspace !== undefined) rememberWorkspace(turn, session.tokenName, command.workspace);
  subscribe(turn, task, session, 0);
  turn.effects.push({
    type: 'start_process',
    taskKey: task.key,
    launch: {
      tokenName: task.tokenName,
      command: command.command,
      ...(command.workspace === undefined ? {} : { workspace: command.workspace }),
      cwd: command.cwd,
      env: command.env,
      stdin: command.stdin,
      ...(command.pty === undefined ? {} : { pty: command.pty }),
      network: command.network,
    },
  });
}

export function onStarted(turn: Turn, task: Task, pid: number): void {
  task.phase = nextPhase(task.phase, 'started');
  task.pid = pid;
  task.startedAtMs = turn.nowMs;
  audit(turn, task, 'task_accepted', {
    pid,
    command: describeCommand(task.command.command),
    workspace: task.command.workspace ?? null,
  });
  for (const sessionId of task.awaitingStart) sendStarted(turn, task, sessionId);
  task.awaitingStart.clear();
  if (task.command.timeoutMs > 0) setTaskTimer(turn, task, 'timeout', task.command.timeoutMs);
  turn.effects.push(...task.early.splice(0));
  if (task.killDueMs === null) return;
  const graceMs = Math.max(0, task.killDueMs - turn.nowMs); // its end was asked for while it was starting
  task.killDueMs = null;
  climbKillLadder(turn, task, graceMs);
}

/** It never ran, and its id stays free. */
export function onStartRejected(turn: Turn, task: Task, detail: RejectionDetail, message: string): void {
  const sessions = [...task.awaitingStart];
  removeTask(turn, task);
  for (const sessionId of sessions) {
    turn.effects.push({
      type: 'send',
      sessionId,
      message: { type: 'task_error', taskId: task.taskId, code: 'rejected', detail, message },
    });
  }
}

/** It was accepted, and the system could not start it. */
export function onStartFailed(
  turn: Turn,
  task: Task,
  detail: SpawnFailureDetail | undefined,
  message: string,
): void {
  task.phase = nextPhase(task.phase, 'start_failed');
  task.isOutputClosed = true;
  task.isTreeEnded = true;
  const failed = { type: 'task_error', taskId: task.taskId, code: 'spawn_failed', message } as const;
  const terminal = detail === undefined ? failed : { ...failed, detail };
  task.awaitingStart.delete(task.subscriber?.sessionId ?? '');
  for (const sessionId of task.awaitingStart)
    turn.effects.push({ type: 'send', sessionId, message: terminal });
  finish(turn, task, terminal);
}

export function onExited(turn: Turn, task: Task, exitCode: number | null, signal: string | null): void {
  task.phase = nextPhase(task.phase, 'exited');
  task.exit = { exitCode, signal };
  task.exitedAtMs = turn.nowMs;
  task.input.isOpen = false;
  clearTaskTimer(turn, task, 'timeout');
  const isOutOfGrace = task.killDueMs !== null && task.killDueMs <= turn.nowMs;
  if (task.isOutputClosed || isOutOfGrace || task.command.lingerMs === 0) return sweep(turn, task);
  setTaskTimer(turn, task, 'linger', task.command.lingerMs);
  if (task.command.lingerMs > ORPHANED_OUTPUT_AFTER_MS)
    setTaskTimer(turn, task, 'orphaned-output', ORPHANED_OUTPUT_AFTER_MS);
}

export function onOutputClosed(turn: Turn, task: Task): void {
  task.isOutputClosed = true;
  if (task.phase === 'lingering') sweep(turn, task);
  else if (task.isTreeEnded) endTask(turn, task);
}

export function onTreeEnded(turn: Turn, task: Task, leftover: number, usage: Usage): void {
  task.isTreeEnded = true;
  task.leftover = leftover;
  task.usage = usage;
  if (task.isOutputClosed) endTask(turn, task);
  else setTaskTimer(turn, task, 'close-output', CLOSE_OUTPUT_AFTER_MS);
}

export function onTaskTimer(turn: Turn, task: Task, timer: TaskTimer): void {
  switch (timer) {
    case 'timeout':
      return onTimeout(turn, task);
    case 'kill':
      return killNow(turn, task);
    case 'linger':
      if (task.phase === 'lingering') sweep(turn, task);
      return;
    case 'orphaned-output':
      if (task.phase === 'lingering')
        turn.effects.push({ type: 'examine_block', taskKey: task.key, reason: 'orphaned_output' });
      return;
    case 'orphan':
      return beginEnd(
        turn,
        task,
        'orphaned',
        'its manager was away for longer than the orphan timeout of this worker',
      );
    case 'keep':
      return removeTask(turn, task);
    case 'close-output':
      turn.effects.push({ type: 'close_output', taskKey: task.key });
  }
}

function onTimeout(turn: Turn, task: Task): void {
  const { timeoutMs } = task.command;
  const runningMs = turn.nowMs - (task.startedAtMs ?? turn.nowMs);
  if (judgeBlock({ runningMs, lingeringMs: null }, timeoutMs) === null) {
    return setTaskTimer(turn, task, 'timeout', Math.ceil(timeoutMs - runningMs)); // timers may fire a little early
  }
  beginEnd(
    turn,
    task,
    'timed_out',
    `the command ran for its timeoutMs of ${timeoutMs}; give it more, or 0 for none`,
  );
}

/** A block was looked into: say so, and do what the task's policy asks. */
export function onBlockExamined(turn: Turn, task: Task, finding: BlockFinding): void {
  if (task.phase !== 'lingering' || task.exitedAtMs === null) return;
  const lingeringMs = turn.nowMs - task.exitedAtMs;
  const verdict = judgeBlock({ runningMs: 0, lingeringMs }, task.command.timeoutMs);
  if (verdict === null || verdict.reason === 'timeout') return;
  const action = chooseBlockAction(verdict.reason, task.command.blockPolicy);
  const reader = sessionOf(turn.state, task.owner);
  if (reader !== null) {
    turn.effects.push({
      type: 'send',
      sessionId: reader.id,
      message: {
        type: 'block_detected',
        taskId: task.taskId,
        reason: verdict.reason,
        confidence: verdict.confidence,
        duration: Math.round(lingeringMs),
        resourceUsage: finding.resourceUsage,
        recoverable: false,
        evidence: { summary: finding.summary, processes: [...finding.processes] },
        action,
      },
    });
  }
  if (action !== 'terminate') return;
  task.cause ??= { kind: 'blocked', message: finding.summary, reason: verdict.reason };
  sweep(turn, task);
}

export function sendStarted(turn: Turn, task: Task, sessionId: string): void {
  if (task.pid === null || !turn.state.sessions.has(sessionId)) return;
  const { containment } = turn.state.policy;
  turn.effects.push({
    type: 'send',
    sessionId,
    message: { type: 'execution_started', taskId: task.taskId, pid: task.pid, containment },
  });
}

function rememberWorkspace(turn: Turn, tokenName: string, workspace: string): void {
  const names = turn.state.workspaces.get(tokenName) ?? new Set();
  turn.state.workspaces.set(tokenName, names.add(workspace));
}
