import Type, { type Static } from 'typebox';
import { byteCount, Containment, OutputOffset, TaskId, Timestamp, WorkerId, WorkspaceName } from './fields.js';

/** Worker -> manager: answers `hello`: what this worker is, and which of the manager's tasks it keeps. */
export const Welcome = Type.Object({
  type: Type.Literal('welcome'),
  bootId: Type.String({ minLength: 1, maxLength: 128, description: 'Changes when the worker process restarts; its tasks died with it.' }),
  protocol: Type.String({ pattern: '^[0-9]+\\.[0-9]+$', description: 'The protocol that the worker speaks, MAJOR.MINOR.' }),
  workerType: Type.String({ description: 'What kind of worker it is, by its operator’s words.' }),
  labels: Type.Object({}, { additionalProperties: Type.String(), description: 'What its operator says of it, to be matched by requirements.' }),
  resources: Type.Object(
    {
      cpus: Type.Number({ minimum: 0, description: 'Cores of the host.' }),
      memoryBytes: byteCount('Memory of the host.'),
      diskBytes: byteCount('Size of the file system that holds the workspaces.'),
    },
    { description: 'What the host has.' },
  ),
  maxTasks: Type.Integer({ minimum: 1, description: 'How many tasks run at once at most (slots).' }),
  containment: Containment,
  limits: Type.Object(
    {
      maxPayloadBytes: byteCount('The largest message that the worker accepts.'),
      windowBytes: byteCount('How far past the last ack of a task it sends.'),
      retainBytes: byteCount('How much of a task’s unacknowledged output it keeps at most.'),
    },
    { description: 'The numbers in force on this worker.' },
  ),
  tasks: Type.Array(
    Type.Object({
      taskId: TaskId,
      state: Type.Union(
        [Type.Literal('running'), Type.Literal('terminating'), Type.Literal('complete'), Type.Literal('error')],
        { description: '`complete` and `error` are ended tasks that are kept until `forget_task`.' },
      ),
      ackedOffset: OutputOffset,
      endOffset: OutputOffset,
    }),
    { description: 'The tasks of this `managerId` that the worker knows.' },
  ),
  workspaces: Type.Array(WorkspaceName, { description: 'The workspaces of this token that exist.' }),
  workerId: WorkerId,
  timestamp: Timestamp,
});
export type Welcome = Omit<Static<typeof Welcome>, 'labels'> & { labels: Record<string, string> };
