/** The one list of messages, in two tables: who sends what. Everything else (codec, schema, docs) is made from these. */
import { BlockCleared } from './block-cleared.js';
import { BlockDetected } from './block-detected.js';
import { ExecuteCommand } from './execute-command.js';
import { ExecutionStarted } from './execution-started.js';
import { ForgetTask } from './forget-task.js';
import { Heartbeat } from './heartbeat.js';
import { Hello } from './hello.js';
import { InputAck } from './input-ack.js';
import { OutputGap } from './output-gap.js';
import { Ping } from './ping.js';
import { Pong } from './pong.js';
import { ProtocolError } from './protocol-error.js';
import { RemoveWorkspace } from './remove-workspace.js';
import { ResizePty } from './resize-pty.js';
import { ResumeTask } from './resume-task.js';
import { SendInput } from './send-input.js';
import { SignalTask } from './signal-task.js';
import { TaskAck } from './task-ack.js';
import { TaskComplete } from './task-complete.js';
import { TaskError } from './task-error.js';
import { TaskOutput } from './task-output.js';
import { TerminateTask } from './terminate-task.js';
import { Welcome } from './welcome.js';
import { WorkspaceRemoved } from './workspace-removed.js';

/** What a manager sends, by `type`. */
export const MANAGER_MESSAGES = {
  hello: Hello,
  execute_command: ExecuteCommand,
  resume_task: ResumeTask,
  send_input: SendInput,
  signal_task: SignalTask,
  terminate_task: TerminateTask,
  resize_pty: ResizePty,
  task_ack: TaskAck,
  forget_task: ForgetTask,
  remove_workspace: RemoveWorkspace,
  ping: Ping,
} as const;

/** What a worker sends, by `type`. */
export const WORKER_MESSAGES = {
  welcome: Welcome,
  execution_started: ExecutionStarted,
  task_output: TaskOutput,
  output_gap: OutputGap,
  input_ack: InputAck,
  workspace_removed: WorkspaceRemoved,
  block_detected: BlockDetected,
  block_cleared: BlockCleared,
  task_complete: TaskComplete,
  task_error: TaskError,
  heartbeat: Heartbeat,
  pong: Pong,
  protocol_error: ProtocolError,
} as const;

/** Any message from a manager, told apart by `type`. */
export type ManagerMessage =
  | Hello
  | ExecuteCommand
  | ResumeTask
  | SendInput
  | SignalTask
  | TerminateTask
  | ResizePty
  | TaskAck
  | ForgetTask
  | RemoveWorkspace
  | Ping;

/** Any message from a worker, told apart by `type`. */
export type WorkerMessage =
  | Welcome
  | ExecutionStarted
  | TaskOutput
  | OutputGap
  | InputAck
  | WorkspaceRemoved
  | BlockDetected
  | BlockCleared
  | TaskComplete
  | TaskError
  | Heartbeat
  | Pong
  | ProtocolError;
