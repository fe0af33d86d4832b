/** The one door through which a command's life is shown, as text or as JSON. */
import type {
  BlockInfo,
  BlockReason,
  OutputChunk,
  OutputGapInfo,
  PartialTaskResult,
  SandboxError,
  TaskResult,
  TaskStart,
} from '@sandcrew/manager';

/** How it ended: its own end, or why it has none. */
export type TaskEnd =
  | { readonly kind: 'result'; readonly result: TaskResult }
  | { readonly kind: 'error'; readonly error: SandboxError<PartialTaskResult> };

export interface TaskRenderer {
  started(taskId: string, start: TaskStart): void;
  /** Resolves when it was taken: the pace of the reader is the pace of the command's output. */
  output(chunk: OutputChunk): Promise<void>;
  gap(gap: OutputGapInfo): void;
  blockDetected(block: BlockInfo): void;
  blockCleared(reason: BlockReason, durationMs: number): void;
  /** Something that a person should know, in a sentence. */
  notice(sentence: string): void;
  /** The last call. `status` is what we exit with. */
  ended(end: TaskEnd, status: number): Promise<void>;
  /** Why output can't be shown any more, or null. It has been told, where there was a place to tell it. */
  readonly fault: NodeJS.ErrnoException | null;
}
