/** Where the news of one task go. */
import type { OutputFrame } from '@sandcrew/protocol';
import type { Outcome } from '../core/effect.js';
import type { BlockInfo, SandboxWorker, TaskStart } from '../core/report.js';
import type { TaskInput } from './task-input.js';
import type { TaskOutput } from './task-output.js';

export interface TaskPort {
  readonly output: TaskOutput;
  readonly input: TaskInput;
  onAssigned(worker: SandboxWorker): void;
  onStarted(start: TaskStart, attempt: number): void;
  /** Its output as it comes, whoever reads it. */
  onOutput(frame: OutputFrame, workerId: string): void;
  onRestarted(attempts: number, why: string): void;
  /** What is to be done about a block is the caller's to say. */
  onBlockAsked(block: BlockInfo, climbId: number): void;
  onSettled(outcome: Outcome): void;
}
