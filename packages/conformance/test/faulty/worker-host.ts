/** What a connection knows of the reference worker that it belongs to. */
import type { WebSocket } from 'ws';
import type { Task } from './task.js';

export interface WorkerHost {
  readonly bootId: string;
  readonly startedAtMs: number;
  /** Holds the workspaces. */
  readonly directory: string;
  readonly maxTasks: number;
  readonly runningTasks: number;
  /** By owner and id. */
  readonly tasks: Map<string, Task>;
  /** Every task that was ever started: also a forgotten one is cleared away at the end. */
  readonly started: Set<Task>;
  /** The live connection of each manager. */
  readonly managers: Map<string, { readonly socket: WebSocket }>;
  /** Which token's name a managerId belongs to. */
  readonly owners: Map<string, string>;
  /** Whether this is the one thing that is broken. */
  is(fault: string): boolean;
}
