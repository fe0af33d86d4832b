/** What to do: everything the worker's decisions ask of the outside, in the imperative. */
import type { BlockReason, OutputFrame, SignalName, TaskLimits, WorkerMessage } from '@sandcrew/protocol';
import type { ResourceUsage } from './blocks/watch.js';

/** A message without what the sender's side stamps on each (`workerId`, `timestamp`). */
export type OutgoingMessage = WorkerMessage extends infer Message
  ? Message extends WorkerMessage
    ? Omit<Message, 'workerId' | 'timestamp'>
    : never
  : never;

export type WorkerEffect =
  // connections
  | { readonly type: 'send'; readonly sessionId: string; readonly message: OutgoingMessage }
  /** One chunk. When the socket has taken it, `output_flushed` brings `cost` back. */
  | {
      readonly type: 'send_output';
      readonly sessionId: string;
      readonly encoding: 'text' | 'binary';
      readonly frame: OutputFrame;
      readonly cost: number;
    }
  /** A replay begins: what a decoder of this task still holds is void. */
  | { readonly type: 'begin_text'; readonly sessionId: string; readonly taskId: string }
  /** Gives a text decoder the bytes of a stream that stand right before where a replay begins. */
  | {
      readonly type: 'prime_text';
      readonly sessionId: string;
      readonly taskId: string;
      readonly stream: 'stdout' | 'stderr';
      readonly data: Uint8Array;
    }
  /** What stands next is gone, or is the end: a code point still cut is told as U+FFFD. */
  | {
      readonly type: 'finish_text';
      readonly sessionId: string;
      readonly taskId: string;
      readonly offset: number;
    }
  | {
      readonly type: 'close_connection';
      readonly sessionId: string;
      readonly code: number;
      readonly reason: string;
    }
  /** Answered by `drain_heard`. */
  | { readonly type: 'ask_drain_heard'; readonly sessionId: string }
  // processes
  | { readonly type: 'start_process'; readonly taskKey: string; readonly launch: LaunchRequest }
  | { readonly type: 'write_input'; readonly taskKey: string; readonly data: Uint8Array }
  | { readonly type: 'end_input'; readonly taskKey: string }
  | {
      readonly type: 'resize_terminal';
      readonly taskKey: string;
      readonly cols: number;
      readonly rows: number;
    }
  /** To the command's process group; `foreground` means the terminal's foreground group. */
  | {
      readonly type: 'signal_process';
      readonly taskKey: string;
      readonly signal: SignalName;
      readonly foreground: boolean;
    }
  /** SIGKILL to all that is left; answered by `tree_ended` when none lives. */
  | { readonly type: 'end_tree'; readonly taskKey: string }
  /** Read what is there and let go, also where something out of reach still holds the output. */
  | { readonly type: 'close_output'; readonly taskKey: string }
  /** Do not read the output of a task for a moment, or read on. */
  | { readonly type: 'hold_output'; readonly taskKey: string; readonly isHeld: boolean }
  /** Answered by `holders_listed`. */
  | { readonly type: 'list_holders'; readonly taskKey: string }
  /** Answered by a `task_sampled` with its surroundings. */
  | { readonly type: 'look_closer'; readonly taskKey: string }
  /** Answered by `stacks_collected`, soon also where there are none; `usage` comes back with it. */
  | {
      readonly type: 'collect_stacks';
      readonly taskKey: string;
      readonly reason: BlockReason;
      readonly pids: readonly number[];
      readonly usage: ResourceUsage;
    }
  // the spool
  /** The log needs these bytes no more; the socket that was given them may still. Those of an `append_spool` pass to it. */
  | { readonly type: 'free_output'; readonly taskKey: string; readonly data: Uint8Array }
  | {
      readonly type: 'append_spool';
      readonly taskKey: string;
      readonly segment: number;
      readonly position: number;
      readonly offset: number;
      readonly data: Uint8Array;
    }
  | {
      readonly type: 'read_spool';
      readonly taskKey: string;
      readonly segment: number;
      readonly position: number;
      readonly offset: number;
      readonly bytes: number;
    }
  | { readonly type: 'delete_spool'; readonly taskKey: string; readonly segment: number | 'all' }
  // the worker itself
  | {
      readonly type: 'remove_workspace';
      readonly sessionId: string;
      readonly tokenName: string;
      readonly workspace: string;
    }
  | { readonly type: 'set_timer'; readonly timer: string; readonly delayMs: number }
  | { readonly type: 'clear_timer'; readonly timer: string }
  | {
      readonly type: 'write_log';
      readonly level: 'info' | 'warn';
      readonly event: string;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'stop_worker' };

/** All that the outside needs to start a command. */
export interface LaunchRequest {
  readonly tokenName: string;
  readonly command: string | readonly string[];
  readonly workspace?: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: 'none' | 'pipe';
  readonly pty?: { readonly cols: number; readonly rows: number };
  readonly limits: TaskLimits;
  readonly network: 'none' | 'host';
}
