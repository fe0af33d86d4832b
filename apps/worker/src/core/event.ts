/** What happened: everything that reaches the worker's decisions from outside, in the past tense. */
import type {
  BlockReason,
  ManagerMessage,
  Refusal,
  RejectionDetail,
  SpawnFailureDetail,
  Stream,
  Usage,
} from '@sandcrew/protocol';
import type { Evidence } from './blocks/evidence.js';
import type { ResourceUsage, StackReport } from './blocks/watch.js';

export type WorkerEvent =
  // connections
  | { readonly type: 'connection_opened'; readonly sessionId: string; readonly tokenName: string }
  | {
      readonly type: 'message_received';
      readonly sessionId: string;
      readonly message: ManagerMessage;
      readonly input?: Uint8Array;
    }
  | { readonly type: 'frame_refused'; readonly sessionId: string; readonly refusal: Refusal }
  | { readonly type: 'output_flushed'; readonly sessionId: string; readonly bytes: number }
  | { readonly type: 'connection_closed'; readonly sessionId: string }
  // processes
  | { readonly type: 'process_started'; readonly taskKey: string; readonly pid: number }
  | {
      readonly type: 'start_rejected';
      readonly taskKey: string;
      readonly detail: RejectionDetail;
      readonly message: string;
    }
  | {
      readonly type: 'start_failed';
      readonly taskKey: string;
      readonly detail?: SpawnFailureDetail;
      readonly message: string;
    }
  | {
      readonly type: 'output_read';
      readonly taskKey: string;
      readonly stream: Stream;
      readonly data: Uint8Array;
    }
  | { readonly type: 'output_closed'; readonly taskKey: string }
  | { readonly type: 'input_taken'; readonly taskKey: string; readonly bytes: number }
  | { readonly type: 'input_closed'; readonly taskKey: string }
  | {
      readonly type: 'process_exited';
      readonly taskKey: string;
      readonly exitCode: number | null;
      readonly signal: string | null;
      /** Processes that the kernel has ended since they were over the task's own memory limit. */
      readonly memoryKills: number;
    }
  | {
      readonly type: 'tree_ended';
      readonly taskKey: string;
      readonly leftover: number;
      readonly usage: Usage;
    }
  | { readonly type: 'holders_listed'; readonly taskKey: string; readonly holders: OutputHolders }
  | { readonly type: 'task_sampled'; readonly taskKey: string; readonly evidence: Evidence }
  | {
      readonly type: 'stacks_collected';
      readonly taskKey: string;
      readonly reason: BlockReason;
      readonly stacks: readonly StackReport[];
      readonly usage: ResourceUsage;
    }
  // the spool
  | {
      readonly type: 'spool_read';
      readonly taskKey: string;
      readonly offset: number;
      readonly data: Uint8Array;
    }
  | {
      readonly type: 'spool_failed';
      readonly taskKey: string;
      readonly offset: number;
      readonly bytes: number;
    }
  // the worker itself
  | {
      readonly type: 'workspace_removed';
      readonly sessionId: string;
      readonly tokenName: string;
      readonly workspace: string;
    }
  | {
      readonly type: 'workspace_kept';
      readonly sessionId: string;
      readonly tokenName: string;
      readonly workspace: string;
      readonly message: string;
    }
  | { readonly type: 'timer_fired'; readonly timer: string }
  | { readonly type: 'health_measured'; readonly health: HostHealth }
  | { readonly type: 'token_revoked'; readonly sessionId: string }
  /** A manager has heard what was sent to it before `ask_drain_heard`, and all that it had sent until then came. */
  | { readonly type: 'drain_heard'; readonly sessionId: string }
  | { readonly type: 'drain_requested'; readonly timeoutMs: number };

/** Who holds the output of a command that has exited, and what they use. */
export interface OutputHolders {
  readonly processes: readonly { readonly pid: number; readonly name: string }[];
  readonly resourceUsage: ResourceUsage;
}

/** `heartbeat.health`. */
export interface HostHealth {
  readonly cpu: number;
  readonly memory: number;
  readonly disk: number;
  readonly loadAverage: readonly [number, number, number];
  readonly eventLoopDelayMs: number;
  readonly uptimeMs: number;
}
