import Type, { type Static } from 'typebox';
import { SignalName, TaskId, Timestamp } from './fields.js';

/** Manager -> worker: send a signal to a command. */
export const SignalTask = Type.Object(
  {
    type: Type.Literal('signal_task'),
    taskId: TaskId,
    signal: SignalName,
    timestamp: Timestamp,
  },
  {
    description:
      'Sends a signal to the command’s process group, on a PTY to its foreground group. If the command ends by it, that is its own end: `task_complete`.',
    answeredBy: 'nothing',
  },
);
export type SignalTask = Static<typeof SignalTask>;
