/** A session: what each message of a manager, or of a plain client, does to the tasks that are its own. */
import {
  CLOSE_CODES,
  DEFAULT_GRACE_MS,
  type ExecuteCommand,
  type Hello,
  MALFORMED_WINDOW_MS,
  type ManagerMessage,
  MAX_MALFORMED_FRAMES,
  PROTOCOL_VERSION,
  type ProtocolErrorCode,
  type Refusal,
  type RemoveWorkspace,
  type SendInput,
  type SignalTask,
  type Welcome,
  MAX_PAYLOAD_BYTES,
} from '@sandcrew/protocol';
import { judgeAdmission } from './admission.js';
import { judgeAck } from './credit.js';
import { deliver, subscribe } from './delivery.js';
import type { WorkerEffect } from './effect.js';
import { judgeInput } from './input.js';
import { letGo } from './keeping.js';
import { isSameCommand, withDefaults } from './same-command.js';
import { type Session, type Task, taskKey } from './state.js';
import { acceptTask, beginEnd, forgetTask, sendStarted } from './task.js';
import { clearTaskTimer, runningTasks, sessionOf, setTaskTimer, type Turn } from './turn.js';

export function openSession(turn: Turn, id: string, tokenName: string): void {
  turn.state.sessions.set(id, {
    id,
    tokenName,
    kind: 'new',
    managerId: null,
    output: 'text',
    owner: `connection:${id}`,
    waitingBytes: 0,
    hungry: new Set(),
    malformedAtMs: [],
    isClosing: false,
  });
}

/** A session ended: a manager's tasks run on and wait for it, a plain client's end with it. */
export function closeSession(turn: Turn, session: Session): void {
  turn.state.sessions.delete(session.id);
  const isReplaced = session.managerId !== null && sessionOf(turn.state, session.owner) !== null;
  for (const task of [...turn.state.tasks.values()]) {
    if (task.subscriber?.sessionId === session.id) task.subscriber = null;
    task.awaitingStart.delete(session.id);
    if (task.owner !== session.owner || isReplaced) continue;
    if (session.kind === 'manager') {
      if (task.phase !== 'ended') setTaskTimer(turn, task, 'orphan', turn.state.policy.orphanTimeoutMs);
      continue;
    }
    beginEnd(turn, task, 'orphaned', 'the connection that started it closed');
    forgetTask(turn, task);
  }
}

/** Counts a malformed frame, answers it, and closes a peer that sends nothing else. */
export function refuseFrame(turn: Turn, session: Session, refusal: Refusal): void {
  session.malformedAtMs = session.malformedAtMs.filter((atMs) => turn.nowMs - atMs < MALFORMED_WINDOW_MS);
  session.malformedAtMs.push(turn.nowMs);
  turn.effects.push({ type: 'send', sessionId: session.id, message: { type: 'protocol_error', ...refusal } });
  if (session.malformedAtMs.length < MAX_MALFORMED_FRAMES) return;
  closeConnection(turn, session, CLOSE_CODES.policyViolation, `${MAX_MALFORMED_FRAMES} malformed frames within a minute`);
}

export function closeConnection(turn: Turn, session: Session, code: number, reason: string): void {
  session.isClosing = true;
  turn.effects.push({ type: 'close_connection', sessionId: session.id, code, reason });
}

/** @param input the bytes of a `send_input`, decoded. */
export function receiveMessage(turn: Turn, session: Session, message: ManagerMessage, input: Uint8Array | undefined): void {
  if (message.type === 'hello') return receiveHello(turn, session, message);
  if (session.kind === 'new') session.kind = 'plain';
  switch (message.type) {
    case 'execute_command':
      return receiveExecute(turn, session, message);
    case 'ping':
      return send(turn, session, { type: 'pong', ...(message.id === undefined ? {} : { id: message.id }) });
    case 'remove_workspace':
      return receiveRemoveWorkspace(turn, session, message);
    default:
  }
  const task = findTask(turn, session, message.taskId);
  if (task === null) return refuse(turn, session, 'unknown_task', `this worker keeps no task ${message.taskId} of yours`, message.taskId);
  switch (message.type) {
    case 'resume_task':
      return resume(turn, session, task, message.offset);
    case 'task_ack':
      return receiveAck(turn, session, task, message.offset);
    case 'send_input':
      return receiveInput(turn, session, task, message, input ?? new Uint8Array(0));
    case 'signal_task':
      return receiveSignal(turn, task, message);
    case 'terminate_task':
      return beginEnd(turn, task, 'terminated', 'terminated by its manager', message.graceMs ?? DEFAULT_GRACE_MS);
    case 'resize_pty':
      if (task.command.pty === undefined) return;
      return askProcess(turn, task, { type: 'resize_terminal', taskKey: task.key, cols: message.cols, rows: message.rows });
    case 'forget_task':
      return forgetTask(turn, task);
  }
}

function receiveHello(turn: Turn, session: Session, hello: Hello): void {
  const { state } = turn;
  if (session.kind !== 'new') {
    return refuse(turn, session, 'unexpected_hello', 'expected hello as the first message of a connection, and once');
  }
  const tokenName = state.managerOwners.get(hello.managerId);
  if (tokenName !== undefined && tokenName !== session.tokenName) {
    return closeConnection(turn, session, CLOSE_CODES.managerIdTaken, 'this managerId belongs to a token of another name');
  }
  const owner = `manager:${hello.managerId}`;
  const older = sessionOf(state, owner);
  state.managerOwners.set(hello.managerId, session.tokenName);
  session.kind = 'manager';
  session.managerId = hello.managerId;
  session.output = hello.output;
  session.owner = owner;
  if (older !== null) {
    closeConnection(turn, older, CLOSE_CODES.replaced, 'a newer connection with the same managerId took over');
    closeSession(turn, older);
  }
  const mine = [...state.tasks.values()].filter((task) => task.owner === session.owner && !task.isForgotten);
  for (const task of mine) clearTaskTimer(turn, task, 'orphan');
  send(turn, session, welcome(turn, session, mine));
  for (const { taskId, offset } of hello.resume ?? []) {
    const task = findTask(turn, session, taskId);
    if (task === null) refuse(turn, session, 'unknown_task', `this worker keeps no task ${taskId} of yours`, taskId);
    else resume(turn, session, task, offset);
  }
}

function welcome(turn: Turn, session: Session, tasks: readonly Task[]): Omit<Welcome, 'workerId' | 'timestamp'> {
  const { policy, workspaces } = turn.state;
  return {
    type: 'welcome',
    bootId: policy.bootId,
    protocol: PROTOCOL_VERSION,
    workerType: policy.workerType,
    labels: { ...policy.labels },
    resources: policy.resources,
    maxTasks: policy.maxTasks,
    containment: policy.containment,
    limits: {
      maxPayloadBytes: MAX_PAYLOAD_BYTES,
      windowBytes: policy.credit.windowBytes,
      retainBytes: policy.retention.retainBytes,
    },
    tasks: tasks.map((task) => ({
      taskId: task.taskId,
      state: stateOf(task),
      ackedOffset: task.ackedOffset,
      endOffset: task.log.endOffset,
    })),
    workspaces: [...(workspaces.get(session.tokenName) ?? [])].sort(),
  };
}

function stateOf(task: Task): Welcome['tasks'][number]['state'] {
  if (task.terminal !== null) return task.terminal.type === 'task_complete' ? 'complete' : 'error';
  return task.cause === null ? 'running' : 'terminating';
}

function receiveExecute(turn: Turn, session: Session, message: ExecuteCommand): void {
  const { type: _, taskId, ...said } = message;
  const command = withDefaults({ type: 'execute_command', taskId, ...said }, turn.state.policy.network);
  const known = turn.state.tasks.get(taskKey(session.owner, taskId));
  if (known !== undefined) return repeatCommand(turn, session, known, isSameCommand(known.command, command));
  const rejection = judgeAdmission(command, {
    containment: turn.state.policy.containment,
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
    return refuse(turn, session, 'duplicate_task', `task ${task.taskId} is another command; choose a new taskId`, task.taskId);
  }
  if (task.terminal !== null) send(turn, session, task.terminal);
  else if (task.phase === 'starting') task.awaitingStart.add(session.id);
  else sendStarted(turn, task, session.id);
}

function resume(turn: Turn, session: Session, task: Task, offset: number): void {
  if (offset > task.log.endOffset) {
    return refuse(turn, session, 'invalid_offset', `expected at most ${task.log.endOffset}, got ${offset}`, task.taskId);
  }
  if (task.phase === 'starting') task.awaitingStart.add(session.id);
  ack(turn, task, offset);
  task.sentOffset = Math.max(task.sentOffset, offset);
  subscribe(turn, task, session, offset);
}

function receiveAck(turn: Turn, session: Session, task: Task, offset: number): void {
  const verdict = judgeAck(offset, task.ackedOffset, task.sentOffset);
  if (verdict === 'invalid') {
    return refuse(turn, session, 'invalid_offset', `expected at most the ${task.sentOffset} that were sent, got ${offset}`, task.taskId);
  }
  if (verdict === 'old') return;
  ack(turn, task, offset);
  deliver(turn, task);
}

function ack(turn: Turn, task: Task, offset: number): void {
  if (offset <= task.ackedOffset) return;
  task.ackedOffset = offset;
  letGo(turn, task, offset);
  if (task.subscriber !== null) task.subscriber.gaps = task.subscriber.gaps.filter((gap) => gap.offset + gap.bytes > offset);
}

function receiveInput(turn: Turn, session: Session, task: Task, message: SendInput, data: Uint8Array): void {
  if (task.phase === 'ended') return refuse(turn, session, 'task_ended', `task ${task.taskId} has ended; its input was not taken`, task.taskId);
  const verdict = judgeInput(task.input, data.length, message.offset);
  if (verdict.kind === 'refuse') {
    const have = `it has ${task.input.receivedOffset} bytes, of which the command took ${task.input.takenOffset}`;
    return refuse(turn, session, verdict.code, `the input of task ${task.taskId} was not taken: ${have}`, task.taskId);
  }
  const fresh = verdict.kind === 'write' ? data.subarray(verdict.skip) : new Uint8Array(0);
  if (fresh.length > 0) {
    task.input.receivedOffset += fresh.length;
    askProcess(turn, task, { type: 'write_input', taskKey: task.key, data: fresh });
  } else send(turn, session, { type: 'input_ack', taskId: task.taskId, offset: task.input.takenOffset });
  if (message.end !== true || !task.input.isOpen) return;
  task.input.isOpen = false;
  askProcess(turn, task, { type: 'end_input', taskKey: task.key });
}

function receiveSignal(turn: Turn, task: Task, message: SignalTask): void {
  const foreground = task.command.pty !== undefined;
  askProcess(turn, task, { type: 'signal_process', taskKey: task.key, signal: message.signal, foreground });
}

/** Asks something of a command that runs, at its start where it is not there yet. After its exit it is ignored. */
function askProcess(turn: Turn, task: Task, effect: WorkerEffect): void {
  if (task.phase === 'starting') task.early.push(effect);
  else if (task.phase === 'running') turn.effects.push(effect);
}

function receiveRemoveWorkspace(turn: Turn, session: Session, { workspace }: RemoveWorkspace): void {
  const { state } = turn;
  const scoped = `${session.tokenName}/${workspace}`;
  if (!state.workspaces.get(session.tokenName)?.has(workspace)) {
    return refuse(turn, session, 'unknown_workspace', `there is no workspace ${workspace}`);
  }
  const isUsed = [...state.tasks.values()].some(
    (task) => task.phase !== 'ended' && task.tokenName === session.tokenName && task.command.workspace === workspace,
  );
  if (isUsed || state.leavingWorkspaces.has(scoped)) {
    return refuse(turn, session, 'workspace_busy', `a task runs in workspace ${workspace}, or it is being removed; try again later`);
  }
  state.leavingWorkspaces.add(scoped);
  turn.effects.push({ type: 'remove_workspace', sessionId: session.id, tokenName: session.tokenName, workspace });
}

function findTask(turn: Turn, session: Session, taskId: string): Task | null {
  const task = turn.state.tasks.get(taskKey(session.owner, taskId));
  return task === undefined || task.isForgotten ? null : task;
}

function refuse(turn: Turn, session: Session, code: ProtocolErrorCode, message: string, taskId?: string): void {
  send(turn, session, { type: 'protocol_error', code, message, ...(taskId === undefined ? {} : { taskId }) });
}

type Message = Extract<Turn['effects'][number], { type: 'send' }>['message'];

function send(turn: Turn, session: Session, message: Message): void {
  turn.effects.push({ type: 'send', sessionId: session.id, message });
}
