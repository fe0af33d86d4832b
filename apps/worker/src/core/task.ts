/** A task's life on this worker, from its acceptance on: what each thing that happens to it means. */
import {
  ORPHANED_OUTPUT_AFTER_MS,
  type RejectionDetail,
  type SpawnFailureDetail,
  type Usage,
} from '@sandcrew/protocol';
import { audit, describeCommand } from './audit.js';
import { claimBlock } from './block-watch.js';
import { createBlockWatch } from './blocks/watch.js';
import { subscribe } from './delivery.js';
import { beginEnd, climbKillLadder, endTask, finish, killNow, sweep } from './ending.js';
import type { WorkerEvent } from './event.js';
import { onHeldOpen, onLingerOver } from './held-output.js';
import { createInput } from './input.js';
import { isTimedOut } from './judge-block.js';
import { removeTask } from './keeping.js';
import { createOutputLog } from './output-log.js';
import { nextPhase } from './phase.js';
import { onPatienceOver } from './reading.js';
import { createPace } from './reading-pace.js';
import type { FullCommand } from './same-command.js';
import { type Session, type Task, taskKey } from './state.js';
import { clearTaskTimer, setTaskTimer, type TaskTimer, type Turn } from './turn.js';

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
    holdersAskedAtMs: Number.NEGATIVE_INFINITY,
    exit: null,
    isOutputClosed: false,
    isTreeEnded: false,
    log: createOutputLog(),
    ackedOffset: 0,
    sentOffset: 0,
    subscriber: null,
    pace: createPace(),
    input: createInput(command.stdin === 'pipe'),
    early: [],
    awaitingStart: new Set([session.id]),
    terminal: null,
    isForgotten: false,
    blocks: createBlockWatch(turn.nowMs),
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
      limits: command.limits,
      network: command.network,
    },
  });
}

export function onStarted(turn: Turn, task: Task, pid: number): void {
  task.phase = nextPhase(task.phase, 'started');
  task.pid = pid;
  task.startedAtMs = turn.nowMs;
  task.blocks = { ...createBlockWatch(turn.nowMs), isFeederThere: task.blocks.isFeederThere };
  audit(turn, task, 'task_accepted', {
    pid,
    command: describeCommand(task.command.command),
    workspace: task.command.workspace ?? null,
  });
  for (const sessionId of task.awaitingStart) sendStarted(turn, task, sessionId, pid);
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
  const failed = { type: 'task_error', taskId: task.taskId, code: 'spawn_failed', message } as const;
  const terminal = detail === undefined ? failed : { ...failed, detail };
  task.awaitingStart.delete(task.subscriber?.session.id ?? '');
  for (const sessionId of task.awaitingStart)
    turn.effects.push({ type: 'send', sessionId, message: terminal });
  finish(turn, task, terminal);
}

export function onExited(
  turn: Turn,
  task: Task,
  { exitCode, signal, memoryKills }: Extract<WorkerEvent, { type: 'process_exited' }>,
): void {
  task.phase = nextPhase(task.phase, 'exited');
  if (memoryKills > 0) onMemoryKill(turn, task, memoryKills, exitCode);
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

/** The kernel has ended processes of a command that has now exited: the surest sign, and maybe the first that is seen. */
function onMemoryKill(turn: Turn, task: Task, kills: number, exitCode: number | null): void {
  const message = `it needed more than its ${task.command.limits.memoryBytes} bytes of memory`;
  claimBlock(
    turn,
    task,
    {
      reason: 'memory_exhausted',
      confidence: 'confirmed',
      sinceMs: turn.nowMs,
      summary: `${message}: the kernel has ended ${kills === 1 ? 'a process' : `${kills} processes`} for it`,
      processes: [],
      details: { maxBytes: task.command.limits.memoryBytes, kills },
    },
    {},
  );
  if (exitCode !== 0) task.cause ??= { kind: 'memory_exhausted', message };
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
      return onLingerOver(turn, task);
    case 'orphaned-output':
      return onHeldOpen(turn, task);
    case 'orphan':
      return beginEnd(turn, task, {
        kind: 'orphaned',
        message: 'its manager was away for longer than the orphan timeout of this worker',
      });
    case 'keep':
      return removeTask(turn, task);
    case 'pace':
      return onPatienceOver(turn, task);
    case 'close-output':
      turn.effects.push({ type: 'close_output', taskKey: task.key });
  }
}

function onTimeout(turn: Turn, task: Task): void {
  const { timeoutMs } = task.command;
  const runningMs = turn.nowMs - (task.startedAtMs ?? turn.nowMs);
  if (!isTimedOut(runningMs, timeoutMs)) {
    return setTaskTimer(turn, task, 'timeout', Math.ceil(timeoutMs - runningMs)); // timers may fire a little early
  }
  beginEnd(turn, task, {
    kind: 'timed_out',
    message: `the command ran for its timeoutMs of ${timeoutMs}; give it more, or 0 for none`,
  });
}

export function sendStarted(turn: Turn, task: Task, sessionId: string, pid: number): void {
  const { containment } = turn.state.policy;
  turn.effects.push({
    type: 'send',
    sessionId,
    message: { type: 'execution_started', taskId: task.taskId, pid, containment },
  });
}

function rememberWorkspace(turn: Turn, tokenName: string, workspace: string): void {
  const names = turn.state.workspaces.get(tokenName) ?? new Set();
  turn.state.workspaces.set(tokenName, names.add(workspace));
}
