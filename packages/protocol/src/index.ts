/** `@sandcrew/protocol`: the contract between a manager and a worker. Runs in Node and in a browser. */
export {
  decodeOutputFrame,
  encodeOutputFrame,
  encodeOutputFrameHead,
  OUTPUT_FRAME_KIND,
  type OutputFrame,
} from './binary-frame.js';
export {
  decodeManagerMessage,
  decodeWorkerMessage,
  encodeManagerMessage,
  encodeWorkerMessage,
} from './codec.js';
export type { Decoded, Refusal } from './refusal.js';
export { BlockCleared } from './v1/block-cleared.js';
export { BlockDetected } from './v1/block-detected.js';
export * from './v1/defaults.js';
export { BlockPolicy, ExecuteCommand, TaskLimits } from './v1/execute-command.js';
export { ExecutionStarted } from './v1/execution-started.js';
export {
  BLOCK_REASONS,
  BlockAction,
  BlockReason,
  Containment,
  isTaskId,
  ManagerId,
  SIGNAL_NAMES,
  SignalName,
  Stream,
  TaskId,
  Usage,
  WorkerId,
  WorkspaceName,
} from './v1/fields.js';
export { ForgetTask } from './v1/forget-task.js';
export { Heartbeat } from './v1/heartbeat.js';
export { Hello } from './v1/hello.js';
export { InputAck } from './v1/input-ack.js';
export { MANAGER_MESSAGES, type ManagerMessage, WORKER_MESSAGES, type WorkerMessage } from './v1/messages.js';
export { OutputGap } from './v1/output-gap.js';
export { Ping } from './v1/ping.js';
export { Pong } from './v1/pong.js';
export {
  MALFORMED_CODES,
  PROTOCOL_ERROR_CODES,
  ProtocolError,
  type ProtocolErrorCode,
} from './v1/protocol-error.js';
export { RemoveWorkspace } from './v1/remove-workspace.js';
export { ResizePty } from './v1/resize-pty.js';
export { ResumeTask } from './v1/resume-task.js';
export { SendInput } from './v1/send-input.js';
export { SignalTask } from './v1/signal-task.js';
export { TaskAck } from './v1/task-ack.js';
export { TaskComplete } from './v1/task-complete.js';
export {
  REJECTION_DETAILS,
  type RejectionDetail,
  SPAWN_FAILURE_DETAILS,
  type SpawnFailureDetail,
  TASK_ERROR_CODES,
  TaskError,
  type TaskErrorCode,
} from './v1/task-error.js';
export { TaskOutput } from './v1/task-output.js';
export { TerminateTask } from './v1/terminate-task.js';
export { Welcome } from './v1/welcome.js';
export { WorkspaceRemoved } from './v1/workspace-removed.js';
export * from './version.js';
