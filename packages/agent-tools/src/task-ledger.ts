/** What outlives this process of each task, so that its id means the same after a restart. */
import type { ToolFault } from './tool-error.js';

/** How a task ended. `error` is null where its command came to its own end. */
export interface TaskEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number | null;
  /** Processes that it left behind and that were ended. */
  readonly leftover: number | null;
  readonly error: ToolFault | null;
}

export interface LedgerEntry {
  readonly taskId: string;
  /** The command in one line, shortened. */
  readonly command: string;
  /** SHA-256 of all that it was started with, hexadecimal: the same again is the same task. */
  readonly digest: string;
  /** When it was asked for, milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly takesInput: boolean;
  /** Null while it runs. */
  readonly end: TaskEnd | null;
  /** Bytes of output that it wrote, once it has ended. */
  readonly outputBytes: number;
}

/** Where the entries are kept. Both must be durable when they return: `put` is called before a command is sent. */
export interface TaskLedger {
  entries(): readonly LedgerEntry[];
  put(entry: LedgerEntry): void;
  remove(taskId: string): void;
}
