import Type, { type Static } from 'typebox';
import { SignalName, TaskId, Timestamp } from './fields.js';

/**
 * Manager -> worker: send a signal to the command's process group (on a PTY to the foreground group). What it ends so
 * is the command's own end, a `task_complete`. Not answered.
 */
export const SignalTask = Type.Object({
  type: Type.Literal('signal_task'),
  taskId: TaskId,
  signal: SignalName,
  timestamp: Timestamp,
});
export type SignalTask = Static<typeof SignalTask>;
