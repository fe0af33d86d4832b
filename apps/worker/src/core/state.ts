/** What the worker knows: sessions, tasks, workspaces. Plain data, changed by `step` alone. */
import type { Containment, TaskComplete, TaskError, Welcome } from '@sandcrew/protocol';
import type { BlockWatch } from './blocks/watch.js';
import type { CreditPolicy, Gap } from './credit.js';
import type { WorkerEffect } from './effect.js';
import type { HostHealth } from './event.js';
import type { InputState } from './input.js';
import type { EndCause } from './kill-ladder.js';
import type { OutputLog } from './output-log.js';
import type { Phase } from './phase.js';
import type { PacePolicy, ReadingPace } from './reading-pace.js';
import type { Kept, RetentionPolicy } from './retention.js';
import type { FullCommand } from './same-command.js';

export interface WorkerPolicy {
  readonly bootId: string;
  readonly workerType: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly resources: Welcome['resources'];
  readonly maxTasks: number;
  readonly containment: Containment;
  /** Names of the limits that it can hold a task to. */
  readonly enforcedLimits: readonly string[];
  /** What `network` is where a command says nothing. */
  readonly network: 'none' | 'host';
  readonly orphanTimeoutMs: number;
  readonly credit: CreditPolicy;
  readonly pace: PacePolicy;
  readonly retention: RetentionPolicy;
}

export interface WorkerState {
  readonly policy: WorkerPolicy;
  readonly sessions: Map<string, Session>;
  /** By `taskKey`, in the order in which they were accepted. */
  readonly tasks: Map<string, Task>;
  /** Which token name a managerId belongs to, since this worker started. */
  readonly managerOwners: Map<string, string>;
  /** The named workspaces that exist, by token name. */
  readonly workspaces: Map<string, Set<string>>;
  /** `tokenName/workspace` of those being removed. */
  readonly leavingWorkspaces: Set<string>;
  /** Output that all tasks keep together. */
  kept: Kept;
  /** As measured last; null until then. */
  health: HostHealth | null;
  drain: 'no' | 'draining' | 'flushing' | 'stopping';
}

/** The worker's side of a connection. */
export interface Session {
  readonly id: string;
  readonly tokenName: string;
  /** `new` until the first message tells which of the two it is. */
  kind: 'new' | 'manager' | 'plain';
  output: 'text' | 'binary';
  /** Whose tasks this session may see. */
  owner: string;
  /** Output that was handed to the socket and that it has not taken yet, bytes. */
  waitingBytes: number;
  /** Tasks with output that waits for this session's socket, next first. */
  readonly hungry: Set<string>;
  /** When malformed frames came, on the worker's clock. */
  malformedAtMs: number[];
  isClosing: boolean;
  /** It has heard that the worker drains, and all that it had sent before came. */
  knowsDrain: boolean;
}

export interface Task {
  readonly key: string;
  readonly taskId: string;
  readonly owner: string;
  readonly tokenName: string;
  readonly command: FullCommand;
  phase: Phase;
  /** The first cause for which the worker ends it, and what to say of it. */
  cause: { readonly kind: EndCause; readonly message: string; readonly reason?: TaskError['reason'] } | null;
  /** When SIGKILL is due, on the worker's clock. */
  killDueMs: number | null;
  pid: number | null;
  startedAtMs: number | null;
  exitedAtMs: number | null;
  /** When it was asked who holds its output; long ago where it was not, or is answered. */
  holdersAskedAtMs: number;
  exit: { readonly exitCode: number | null; readonly signal: string | null } | null;
  isOutputClosed: boolean;
  isTreeEnded: boolean;
  readonly log: OutputLog;
  /** The consumer has every byte before it. */
  ackedOffset: number;
  /** The furthest byte that was ever sent. */
  sentOffset: number;
  subscriber: Subscriber | null;
  readonly pace: ReadingPace;
  readonly input: InputState;
  /** Input, signals and sizes that came before the process did. */
  readonly early: WorkerEffect[];
  /** Sessions that asked for this command while it was starting. */
  readonly awaitingStart: Set<string>;
  terminal: Terminal | null;
  /** Its owner wants nothing of it any more: the record goes when its processes are dead. */
  isForgotten: boolean;
  /** Where the spool is written next. */
  readonly spool: { firstSegment: number; segment: number; position: number };
  /** Replaced once, at its start. */
  blocks: BlockWatch;
  leftover: number;
  usage: TaskComplete['usage'];
}

/** Who reads a task's output now, and how far it was sent. */
export interface Subscriber {
  readonly session: Session;
  sentOffset: number;
  /** Where spooled bytes stand that were asked for and are not here yet. */
  readingOffset: number | null;
  /** Gaps that were told past the last ack. */
  gaps: Gap[];
  isTerminalSent: boolean;
}

type Unstamped<Message> = Omit<Message, 'workerId' | 'timestamp'>;
export type Terminal = Unstamped<TaskComplete> | Unstamped<TaskError>;

export function createState(
  policy: WorkerPolicy,
  workspaces: ReadonlyMap<string, Iterable<string>>,
): WorkerState {
  return {
    policy,
    sessions: new Map(),
    tasks: new Map(),
    managerOwners: new Map(),
    workspaces: new Map([...workspaces].map(([tokenName, names]) => [tokenName, new Set(names)])),
    leavingWorkspaces: new Set(),
    kept: { memoryBytes: 0, spoolBytes: 0 },
    health: null,
    drain: 'no',
  };
}

export function taskKey(owner: string, taskId: string): string {
  return `${owner} ${taskId}`;
}
