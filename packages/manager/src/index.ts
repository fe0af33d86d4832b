/** `@sandcrew/manager`: run commands on sandbox workers. */
export type {
  BlockPolicy,
  BlockReason,
  Containment,
  SignalName,
  Stream,
  TaskLimits,
  Usage,
} from '@sandcrew/protocol';
export type * from './core/report.js';
export { ERROR_CODES, type ErrorCode, type Fault, SandboxError } from './core/sandbox-error.js';
export type { ManagerEvents } from './events.js';
export type {
  FileSource,
  GetOptions,
  PutOptions,
  TransferOptions,
  TransferProgress,
  TransferReport,
} from './file-options.js';
export { workerCommand } from './io/providers/process.js';
export type {
  AttachRequest,
  BlockHandler,
  BlockLadder,
  BlockReaction,
  BlockTable,
  CloseOptions,
  EmbeddedOptions,
  ManagerOptions,
  PromptAnswer,
  RecoveryOptions,
  Reply,
  TaskRequest,
  TaskReservation,
  WorkerAddress,
  WorkerRequirements,
} from './options.js';
export { SandboxManager } from './sandbox-manager.js';
export type { TaskHandle } from './task-handle.js';
