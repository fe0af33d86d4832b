/** What happens to the manager: calls of its owner, news of its connections and processes, timers. In the past tense. */
import type { BlockReason, SignalName, WorkerMessage } from '@sandcrew/protocol';
import type { Answer, BlockPlan } from './block-orders.js';
import type { RecoveryRung } from './report.js';
import type { RequestKind } from './request.js';
import type { Fault } from './sandbox-error.js';
import type { CommandBody, StopOrder, Submission } from './task.js';

export type Timer =
  | {
      readonly kind: 'redial' | 'welcome' | 'away' | 'full' | 'silence' | 'revival';
      readonly workerKey: string;
    }
  | { readonly kind: 'task'; readonly taskId: string }
  | { readonly kind: 'block'; readonly taskId: string; readonly reason: BlockReason }
  | { readonly kind: 'request'; readonly requestId: string }
  | { readonly kind: 'stranded' | 'close' };

/** What a caller wants done about the oldest block of a worker. */
export interface RungOrder {
  /** Undefined: the next of the ladder. */
  readonly rung: RecoveryRung | undefined;
  readonly answer: Answer | null;
  readonly graceMs: number;
}

export type ManagerEvent =
  | { readonly type: 'task_submitted'; readonly submission: Submission }
  /** Whoever submitted tasks has had its say: what it took back at once is gone from them. */
  | { readonly type: 'tick_ended' }
  | {
      readonly type: 'task_commanded';
      readonly taskId: string;
      readonly command: NonNullable<CommandBody['command']>;
    }
  | {
      readonly type: 'task_adopted';
      readonly submission: Submission;
      readonly worker: string | undefined;
      readonly offset: number;
      readonly forget: boolean;
    }
  /** The reader of a task that has ended took all of its output, or will take no more. */
  | { readonly type: 'reading_ended'; readonly taskId: string }
  | { readonly type: 'stop_asked'; readonly taskId: string; readonly stop: StopOrder }
  | { readonly type: 'signal_asked'; readonly taskId: string; readonly signal: SignalName }
  | { readonly type: 'resize_asked'; readonly taskId: string; readonly cols: number; readonly rows: number }
  | { readonly type: 'detach_asked'; readonly taskId: string }
  | {
      readonly type: 'request_made';
      readonly requestId: string;
      readonly worker: string | undefined;
      readonly kind: RequestKind;
    }
  | { readonly type: 'worker_named'; readonly url: string }
  | { readonly type: 'worker_wanted'; readonly requestId: string; readonly workerType: string }
  | { readonly type: 'worker_started'; readonly workerKey: string; readonly url: string }
  | { readonly type: 'worker_start_failed'; readonly workerKey: string; readonly fault: Fault }
  | { readonly type: 'worker_exited'; readonly workerKey: string; readonly fault: Fault }
  | { readonly type: 'connection_opened'; readonly workerKey: string }
  /** A dial failed. `lasting`: dialling again will hardly mend it. */
  | {
      readonly type: 'dial_failed';
      readonly workerKey: string;
      readonly fault: Fault;
      readonly lasting: boolean;
    }
  /** An open connection ended. */
  | {
      readonly type: 'connection_lost';
      readonly workerKey: string;
      readonly fault: Fault;
      readonly lasting: boolean;
    }
  | {
      readonly type: 'message_received';
      readonly workerKey: string;
      readonly message: WorkerMessage;
    }
  /** A frame, or a run of output, that the protocol does not allow. */
  | {
      readonly type: 'protocol_broken';
      readonly workerKey: string;
      readonly message: string;
    }
  /** `execute_command` could not be handed to the connection: nothing of it left. */
  | { readonly type: 'command_unsent'; readonly taskId: string; readonly workerKey: string }
  /** The caller's function has said what to do about a block, or has failed. */
  | {
      readonly type: 'block_answered';
      readonly taskId: string;
      readonly climbId: number;
      readonly answer: { readonly plan: BlockPlan } | { readonly fault: string };
    }
  | { readonly type: 'rung_asked'; readonly workerKey: string; readonly order: RungOrder }
  | { readonly type: 'timer_fired'; readonly timer: Timer }
  | { readonly type: 'close_asked'; readonly graceMs: number; readonly leaveTasks: boolean };
