/** What the manager's machine wants done. In the imperative; whoever runs it decides nothing. */
import type { ManagerMessage } from '@sandcrew/protocol';
import type { Timer } from './event.js';
import type {
  BlockInfo,
  HistoryEntry,
  OutputGapInfo,
  RecoveryInfo,
  SandboxWorker,
  TaskResult,
  TaskStart,
} from './report.js';
import type { Fault } from './sandbox-error.js';

/** A message for a worker, but for the time at which it is sent. */
export type Outgoing = ManagerMessage extends infer Message
  ? Message extends unknown
    ? Omit<Message, 'timestamp'>
    : never
  : never;

/** What a worker told of a command's end. */
export type TaskEnd = Pick<
  TaskResult,
  'exitCode' | 'signal' | 'durationMs' | 'outputBytes' | 'usage' | 'leftover'
>;

/** How a task ended: by itself, or with a fault and what is known all the same. */
export interface Outcome {
  readonly workerId: string | null;
  readonly attempts: number;
  readonly gaps: readonly OutputGapInfo[];
  readonly history: readonly HistoryEntry[];
  readonly receivedOffset: number;
  readonly fault: Fault | null;
  readonly end: Partial<TaskEnd>;
}

export type Effect =
  | { readonly type: 'dial'; readonly workerKey: string }
  /** Ends a connection at once. Nothing is reported of it any more. */
  | { readonly type: 'drop_connection'; readonly workerKey: string }
  | { readonly type: 'send'; readonly workerKey: string; readonly message: Outgoing }
  | { readonly type: 'start_worker'; readonly workerKey: string; readonly workerType: string }
  /** Ends a worker process at once, where it still lives, and starts another in its place. */
  | { readonly type: 'restart_worker'; readonly workerKey: string; readonly workerType: string }
  /** Ends a worker process at once. */
  | { readonly type: 'stop_worker'; readonly workerKey: string }
  | { readonly type: 'set_timer'; readonly timer: Timer; readonly delayMs: number }
  | { readonly type: 'clear_timer'; readonly timer: Timer }
  /** Report `tick_ended` when the code that runs now has come to its end. */
  | { readonly type: 'await_tick_end' }
  | { readonly type: 'tell_assigned'; readonly taskId: string; readonly worker: SandboxWorker }
  | {
      readonly type: 'tell_started';
      readonly taskId: string;
      readonly start: TaskStart;
      readonly attempt: number;
    }
  | { readonly type: 'settle_task'; readonly taskId: string; readonly outcome: Outcome }
  /** A new attempt: its output begins at 0 again, and what came of the last one does not count. */
  | {
      readonly type: 'restart_task';
      readonly taskId: string;
      readonly attempts: number;
      readonly why: string;
    }
  /** Input may go to this worker, from the first byte that the command has not taken. */
  | { readonly type: 'open_input'; readonly taskId: string; readonly workerKey: string }
  | { readonly type: 'hold_input'; readonly taskId: string }
  | { readonly type: 'accept_input'; readonly taskId: string; readonly offset: number }
  | { readonly type: 'refuse_input'; readonly taskId: string; readonly message: string }
  /** An answer to a prompt: input that is of this attempt alone, and never told. */
  | { readonly type: 'reply_input'; readonly taskId: string; readonly text: string }
  | { readonly type: 'end_input'; readonly taskId: string }
  /** Ask the caller's function what to do about a block; report `block_answered`. */
  | {
      readonly type: 'ask_handler';
      readonly taskId: string;
      readonly climbId: number;
      readonly block: BlockInfo;
    }
  | {
      readonly type: 'tell_gap';
      readonly taskId: string;
      readonly workerId: string;
      readonly gap: OutputGapInfo;
    }
  | { readonly type: 'tell_block'; readonly block: BlockInfo }
  | { readonly type: 'tell_block_cleared'; readonly block: BlockInfo; readonly durationMs: number }
  | { readonly type: 'tell_recovery'; readonly recovery: RecoveryInfo }
  | { readonly type: 'tell_worker_created'; readonly worker: SandboxWorker }
  | { readonly type: 'tell_worker_connected'; readonly worker: SandboxWorker }
  | { readonly type: 'tell_worker_disconnected'; readonly worker: SandboxWorker; readonly fault: Fault }
  | { readonly type: 'answer_request'; readonly requestId: string; readonly worker: SandboxWorker }
  | { readonly type: 'refuse_request'; readonly requestId: string; readonly fault: Fault }
  /** Close every connection, end every worker process, then say that the manager is closed. */
  | { readonly type: 'shut_down' };
