/** The events of a `SandboxManager`: what each brings, and which news it is the telling of. */
import type { EventEmitter } from 'node:events';
import type { BlockReason } from '@sandcrew/protocol';
import type {
  BlockInfo,
  OutputChunk,
  OutputGapInfo,
  PartialTaskResult,
  RecoveryInfo,
  SandboxWorker,
  TaskResult,
  TaskStart,
} from './core/report.js';
import { SandboxError } from './core/sandbox-error.js';
import type { Announcement } from './io/effect-runner.js';

export interface ManagerEvents {
  /** A worker process was started by this manager, and is connected. */
  workerCreated: [worker: SandboxWorker];
  /** A worker answered `hello`; also after each reconnect. */
  workerConnected: [worker: SandboxWorker];
  /** A connection was lost, or a dial failed. The manager dials again, unless `error.code` is CONNECTION_REPLACED. */
  workerDisconnected: [worker: SandboxWorker, error: SandboxError];
  /** The command runs. */
  taskStarted: [start: TaskStart & { readonly taskId: string; readonly attempt: number }];
  /** Output as it comes, whoever iterates it or not; a listener has no back-pressure. */
  taskOutput: [output: OutputChunk & { readonly taskId: string; readonly workerId: string }];
  outputGap: [gap: OutputGapInfo & { readonly taskId: string; readonly workerId: string }];
  /** The command came to its own end, whatever its exit code. */
  taskComplete: [result: TaskResult];
  /** The task ended otherwise, or never ran. */
  taskFailed: [error: SandboxError<PartialTaskResult>, taskId: string];
  /** An `idempotent` task goes back to the queue, its worker excluded. */
  taskRequeued: [requeue: { readonly taskId: string; readonly attempts: number; readonly why: string }];
  blockDetected: [block: BlockInfo];
  blockCleared: [
    cleared: {
      readonly taskId: string;
      readonly workerId: string;
      readonly reason: BlockReason;
      /** How long the block stood, milliseconds. */
      readonly durationMs: number;
    },
  ];
  /** Something was done about a block. docs/recovery.md tells what each rung is. */
  blockRecovery: [recovery: RecoveryInfo];
}

/** Tells news that are no one task's. */
export function emitNews(emitter: EventEmitter<ManagerEvents>, news: Announcement): void {
  switch (news.type) {
    case 'tell_gap':
      emitter.emit('outputGap', { taskId: news.taskId, workerId: news.workerId, ...news.gap });
      return;
    case 'tell_block':
      emitter.emit('blockDetected', news.block);
      return;
    case 'tell_block_cleared': {
      const { taskId, workerId, reason } = news.block;
      emitter.emit('blockCleared', { taskId, workerId, reason, durationMs: news.durationMs });
      return;
    }
    case 'tell_recovery':
      emitter.emit('blockRecovery', news.recovery);
      return;
    case 'tell_worker_created':
      emitter.emit('workerCreated', news.worker);
      return;
    case 'tell_worker_connected':
      emitter.emit('workerConnected', news.worker);
      return;
    case 'tell_worker_disconnected':
      emitter.emit('workerDisconnected', news.worker, new SandboxError(news.fault));
  }
}
