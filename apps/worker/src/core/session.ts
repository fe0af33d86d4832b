/** A session: what each message of a manager, or of a plain client, does to the tasks that are its own. */
import {
  CLOSE_CODES,
  DEFAULT_GRACE_MS,
  type Hello,
  MALFORMED_WINDOW_MS,
  MAX_MALFORMED_FRAMES,
  MAX_PAYLOAD_BYTES,
  type ManagerMessage,
  PROTOCOL_VERSION,
  type Refusal,
  type RemoveWorkspace,
  type Welcome,
} from '@sandcrew/protocol';
import { refuse, send } from './answer.js';
import { beginEnd, forgetTask } from './ending.js';
import { sendHeartbeat, tellDrain } from './heartbeat.js';
import { releaseReading } from './reading.js';
import { type Session, type Task, taskKey } from './state.js';
import {
  askProcess,
  receiveAck,
  receiveExecute,
  receiveInput,
  receiveSignal,
  resume,
} from './task-messages.js';
import { clearTaskTimer, sessionOf, setTaskTimer, type Turn } from './turn.js';

export function openSession(turn: Turn, id: string, tokenName: string): void {
  turn.state.sessions.set(id, {
    id,
    tokenName,
    kind: 'new',
    output: 'text',
    owner: `connection:${id}`,
    waitingBytes: 0,
    hungry: new Set(),
    malformedAtMs: [],
    isClosing: false,
    knowsDrain: false,
  });
}

/** A session ended: a manager's tasks run on and wait for it, a plain client's end with it. */
export function closeSession(turn: Turn, session: Session): void {
  turn.state.sessions.delete(session.id);
  for (const task of [...turn.state.tasks.values()]) {
    if (task.subscriber?.session === session) {
      task.subscriber = null;
      releaseReading(turn, task);
    }
    task.awaitingStart.delete(session.id);
    if (task.owner !== session.owner) continue;
    if (session.kind === 'manager') {
      if (task.phase !== 'ended') setTaskTimer(turn, task, 'orphan', turn.state.policy.orphanTimeoutMs);
      continue;
    }
    beginEnd(turn, task, { kind: 'orphaned', message: 'the connection that started it closed' });
    forgetTask(turn, task);
  }
}

/** Counts a malformed frame, answers it, and closes a peer that sends nothing else. */
export function refuseFrame(turn: Turn, session: Session, refusal: Refusal): void {
  session.malformedAtMs = session.malformedAtMs.filter((atMs) => turn.nowMs - atMs < MALFORMED_WINDOW_MS);
  session.malformedAtMs.push(turn.nowMs);
  turn.effects.push({ type: 'send', sessionId: session.id, message: { type: 'protocol_error', ...refusal } });
  if (session.malformedAtMs.length < MAX_MALFORMED_FRAMES) return;
  closeConnection(
    turn,
    session,
    CLOSE_CODES.policyViolation,
    `${MAX_MALFORMED_FRAMES} malformed frames within a minute`,
  );
}

export function closeConnection(turn: Turn, session: Session, code: number, reason: string): void {
  session.isClosing = true;
  turn.effects.push({ type: 'close_connection', sessionId: session.id, code, reason });
}

/** @param input the bytes of a `send_input`, decoded. */
export function receiveMessage(
  turn: Turn,
  session: Session,
  message: ManagerMessage,
  input: Uint8Array | undefined,
): void {
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
  if (task === null)
    return refuse(
      turn,
      session,
      'unknown_task',
      `this worker keeps no task ${message.taskId} of yours`,
      message.taskId,
    );
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
      return beginEnd(
        turn,
        task,
        { kind: 'terminated', message: 'terminated by its manager' },
        message.graceMs ?? DEFAULT_GRACE_MS,
      );
    case 'resize_pty':
      if (task.command.pty === undefined) return;
      return askProcess(turn, task, {
        type: 'resize_terminal',
        taskKey: task.key,
        cols: message.cols,
        rows: message.rows,
      });
    case 'forget_task':
      return forgetTask(turn, task);
  }
}

function receiveHello(turn: Turn, session: Session, hello: Hello): void {
  const { state } = turn;
  if (session.kind !== 'new') {
    return refuse(
      turn,
      session,
      'unexpected_hello',
      'expected hello as the first message of a connection, and once',
    );
  }
  const tokenName = state.managerOwners.get(hello.managerId);
  if (tokenName !== undefined && tokenName !== session.tokenName) {
    return closeConnection(
      turn,
      session,
      CLOSE_CODES.managerIdTaken,
      'this managerId belongs to a token of another name',
    );
  }
  const owner = `manager:${hello.managerId}`;
  const other = sessionOf(state, owner);
  if (other !== null && isNewer(turn, other, session)) return replace(turn, session);
  state.managerOwners.set(hello.managerId, session.tokenName);
  session.kind = 'manager';
  session.output = hello.output;
  session.owner = owner;
  if (other !== null) {
    replace(turn, other);
    closeSession(turn, other);
  }
  const mine = [...state.tasks.values()].filter((task) => task.owner === session.owner && !task.isForgotten);
  for (const task of mine) clearTaskTimer(turn, task, 'orphan');
  send(turn, session, welcome(turn, session, mine));
  if (state.drain === 'no') sendHeartbeat(turn, session);
  else tellDrain(turn, session);
  for (const { taskId, offset } of hello.resume ?? []) {
    const task = findTask(turn, session, taskId);
    if (task === null)
      refuse(turn, session, 'unknown_task', `this worker keeps no task ${taskId} of yours`, taskId);
    else resume(turn, session, task, offset);
  }
}

/** By when they were opened: the `hello` of a manager that has died may arrive after that of the one in its place. */
function isNewer(turn: Turn, one: Session, other: Session): boolean {
  return [...turn.state.sessions.values()].find((session) => session === one || session === other) === other;
}

function replace(turn: Turn, session: Session): void {
  closeConnection(
    turn,
    session,
    CLOSE_CODES.replaced,
    'a newer connection with the same managerId took over',
  );
}

function welcome(
  turn: Turn,
  session: Session,
  tasks: readonly Task[],
): Omit<Welcome, 'workerId' | 'timestamp'> {
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
      enforced: [...policy.enforcedLimits],
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

function receiveRemoveWorkspace(turn: Turn, session: Session, { workspace }: RemoveWorkspace): void {
  const { state } = turn;
  const scoped = `${session.tokenName}/${workspace}`;
  if (!state.workspaces.get(session.tokenName)?.has(workspace)) {
    return refuse(turn, session, 'unknown_workspace', `there is no workspace ${workspace}`);
  }
  const isUsed = [...state.tasks.values()].some(
    (task) =>
      task.phase !== 'ended' && task.tokenName === session.tokenName && task.command.workspace === workspace,
  );
  if (isUsed || state.leavingWorkspaces.has(scoped)) {
    return refuse(
      turn,
      session,
      'workspace_busy',
      `a task runs in workspace ${workspace}, or it is being removed; try again later`,
    );
  }
  state.leavingWorkspaces.add(scoped);
  turn.effects.push({
    type: 'remove_workspace',
    sessionId: session.id,
    tokenName: session.tokenName,
    workspace,
  });
}

function findTask(turn: Turn, session: Session, taskId: string): Task | null {
  const task = turn.state.tasks.get(taskKey(session.owner, taskId));
  return task === undefined || task.isForgotten ? null : task;
}
