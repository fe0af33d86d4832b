/** One task's life: its record, its states, and what leads from one to the next. It knows no worker and no queue. */
import type { BlockReason, ExecuteCommand } from '@sandcrew/protocol';
import type { Answer, BlockOrders, BlockPlan } from './block-orders.js';
import { type OutputCursor, openCursor } from './output-cursor.js';
import type { BlockInfo, HistoryEntry, RecoveryRung, TaskState } from './report.js';

/** What happens to a task. */
export type TaskTrigger =
  | 'assign'
  | 'start'
  | 'block'
  | 'clear'
  | 'disconnect'
  | 'terminate'
  | 'requeue'
  | 'complete'
  | 'fail'
  | 'cancel';

/** The one table of a task's states. docs/task-states.md is made from it. */
export const TRANSITIONS: Readonly<Record<TaskState, Partial<Record<TaskTrigger, TaskState>>>> = {
  queued: { assign: 'assigned', fail: 'failed', cancel: 'cancelled' },
  assigned: {
    start: 'running',
    disconnect: 'unknown',
    terminate: 'terminating',
    requeue: 'queued',
    complete: 'completed',
    fail: 'failed',
    cancel: 'cancelled',
  },
  running: {
    block: 'blocked',
    disconnect: 'unknown',
    terminate: 'terminating',
    requeue: 'queued',
    complete: 'completed',
    fail: 'failed',
  },
  blocked: {
    clear: 'running',
    disconnect: 'unknown',
    terminate: 'terminating',
    requeue: 'queued',
    complete: 'completed',
    fail: 'failed',
  },
  unknown: {
    assign: 'assigned',
    start: 'running',
    block: 'blocked',
    terminate: 'terminating',
    requeue: 'queued',
    fail: 'failed',
    cancel: 'cancelled',
  },
  terminating: {
    disconnect: 'unknown',
    requeue: 'queued',
    complete: 'completed',
    fail: 'failed',
    cancel: 'cancelled',
  },
  completed: {},
  failed: {},
  cancelled: {},
};

/** What `execute_command` carries, but for the time at which it is sent. */
export type CommandBody = Omit<ExecuteCommand, 'type' | 'taskId' | 'timestamp' | 'command'> & {
  /** Null while a slot is only reserved. */
  readonly command: ExecuteCommand['command'] | null;
};

export interface TaskNeeds {
  readonly worker?: string;
  readonly type?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly memoryBytes?: number;
}

/** A task as a caller hands it in. */
export interface Submission {
  readonly taskId: string;
  readonly priority: number;
  readonly needs: TaskNeeds;
  readonly idempotent: boolean;
  /** What is to be done about its blocks; null = they are told. */
  readonly orders: BlockOrders | null;
  /** From SIGTERM to SIGKILL where a block ends it, milliseconds. */
  readonly graceMs: number;
  readonly body: CommandBody;
}

/** Why a task is to end before its own end. */
export interface StopOrder {
  readonly graceMs: number;
  readonly by: 'caller' | 'abort' | 'close' | 'recovery';
}

/** What is being done about a block that stands. */
export interface Climb {
  readonly block: BlockInfo;
  /** Tells this climb from an earlier one, where an answer comes late. */
  readonly id: number;
  /** Null until the caller's function has said what is to be done. */
  plan: BlockPlan | null;
  readonly tried: RecoveryRung[];
  lastTriedAtMs: number;
}

/** What is of one attempt alone, and begins anew with the next. */
export interface Attempt {
  workerKey: string | null;
  /** Whether `execute_command` was sent, and answered. */
  sent: boolean;
  started: boolean;
  /** The worker listed it as ended, or told its end before its output was complete. */
  endedAtWorker: boolean;
  /** Its output was asked for again, since its end came before all of it. */
  replayAsked: boolean;
  stop: StopOrder | null;
  /** Blocks that stand, by reason, and since when. */
  readonly blocks: Map<BlockReason, { readonly block: BlockInfo; readonly sinceMs: number }>;
  /** What is being done about them. */
  readonly climbs: Map<BlockReason, Climb>;
  /** How often each answer was given, whether its input was ended and how often it was let go on, for a block. */
  readonly answersGiven: Map<Answer, number>;
  answeredPrompt: string;
  inputEnded: boolean;
  continues: number;
  cursor: OutputCursor;
}

export interface Task extends Attempt {
  readonly taskId: string;
  /** Order of acceptance; kept through requeues. */
  readonly seq: number;
  readonly priority: number;
  readonly needs: TaskNeeds;
  readonly idempotent: boolean;
  readonly orders: BlockOrders | null;
  readonly graceMs: number;
  readonly acceptedAtMs: number;
  body: CommandBody;
  state: TaskState;
  /** Starts so far, the present one included. */
  attempt: number;
  detachAsked: boolean;
  /** A task that another connection started: whether its worker has confirmed it, and may drop it after its end. */
  adoption: { confirmed: boolean; readonly forget: boolean } | null;
  /** The block for which an attempt was last ended, and whether another is to follow. */
  blockedBy: { readonly reason: BlockReason; readonly why: string; readonly thenRequeue: boolean } | null;
  /** Only a host with more memory than this may have it, bytes: it ran out of that much. */
  aboveMemoryBytes: number;
  /** Where earlier attempts were lost. */
  readonly failedOn: { readonly workerKey: string; readonly bootId: string }[];
  readonly history: HistoryEntry[];
}

/** When and where something happened to a task. */
export interface Place {
  readonly nowMs: number;
  readonly workerId: string | null;
}

/** A worker may report blocks without end; a task's memory does not grow with them. */
const MAX_HISTORY = 200;

export function openTask(submission: Submission, seq: number, nowMs: number): Task {
  const { taskId, priority, needs, idempotent, orders, graceMs, body } = submission;
  // Each field by its name: a spread in an object of this size costs 18 KB of garbage a task (measured), and its collection.
  const task: Task = {
    taskId,
    seq,
    priority,
    needs,
    idempotent,
    orders,
    graceMs,
    body,
    acceptedAtMs: nowMs,
    state: 'queued',
    attempt: 0,
    detachAsked: false,
    adoption: null,
    blockedBy: null,
    aboveMemoryBytes: 0,
    ...openAttempt(),
    failedOn: [],
    history: [],
  };
  note(task, { nowMs, workerId: null });
  return task;
}

/** Moves a task on. A trigger that its state does not know is a fault of this package. */
export function moveTask(task: Task, trigger: TaskTrigger, place: Place, why?: string): void {
  const next = TRANSITIONS[task.state][trigger];
  if (next === undefined)
    throw new Error(`task ${task.taskId}: "${trigger}" has no meaning while ${task.state}`);
  task.state = next;
  note(task, place, why);
}

/** Writes down where the task stands, and why. */
export function note(task: Task, { nowMs, workerId }: Place, why?: string, rung?: RecoveryRung): void {
  if (task.history.length >= MAX_HISTORY) task.history.splice(MAX_HISTORY / 2, 1);
  task.history.push({
    afterMs: Math.round(nowMs - task.acceptedAtMs),
    state: task.state,
    attempt: task.attempt,
    workerId,
    ...(why === undefined ? {} : { note: why }),
    ...(rung === undefined ? {} : { rung }),
  });
}

/** The block for which a task is being ended; null where it is not, or for something else. */
export function endedFor({ stop, blockedBy }: Task): Task['blockedBy'] {
  return stop?.by === 'recovery' ? blockedBy : null;
}

/** Forgets the present attempt, so that the task can be given to a worker anew. */
export function resetAttempt(task: Task): void {
  Object.assign(task, openAttempt());
}

function openAttempt(): Attempt {
  return {
    workerKey: null,
    sent: false,
    started: false,
    endedAtWorker: false,
    replayAsked: false,
    stop: null,
    blocks: new Map(),
    climbs: new Map(),
    answersGiven: new Map(),
    answeredPrompt: '',
    inputEnded: false,
    continues: 0,
    cursor: openCursor(0),
  };
}
