import Type, { type Static } from 'typebox';
import {
  byteCount,
  Containment,
  OutputOffset,
  TaskId,
  Timestamp,
  WorkerId,
  WorkspaceName,
} from './fields.js';
import { oneWordOf } from './words.js';

/** Worker -> manager: answers `hello`. */
export const Welcome = Type.Object(
  {
    type: Type.Literal('welcome'),
    bootId: Type.String({
      minLength: 1,
      maxLength: 128,
      description: 'Changes when the worker process restarts; its tasks died with it.',
    }),
    protocol: Type.String({
      pattern: '^[0-9]+\\.[0-9]+$',
      description: 'The protocol that the worker speaks, MAJOR.MINOR.',
    }),
    workerType: Type.String({
      description: 'What kind of worker it is, as its operator named it (`--type`).',
    }),
    labels: Type.Object(
      {},
      {
        additionalProperties: Type.String({ description: 'The value of the label.' }),
        description:
          'What its operator says of it (`--label`), string to string, to be matched by a task’s requirements.',
      },
    ),
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
        enforced: Type.Optional(
          Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
            maxItems: 64,
            description:
              'Which of the `limits` of a task it can hold a command to, as `memoryBytes`; the others it answers with `unenforceable_limit`. Left out by a worker that does not say.',
          }),
        ),
      },
      { description: 'The numbers in force on this worker.' },
    ),
    tasks: Type.Array(
      Type.Object({
        taskId: TaskId,
        state: oneWordOf(
          {
            running: 'It runs.',
            terminating: 'The worker has begun to end it.',
            complete: 'Ended, with `task_complete`; kept until `forget_task`.',
            error: 'Ended, with `task_error`; kept until `forget_task`.',
          },
          'How it stands.',
        ),
        ackedOffset: OutputOffset,
        endOffset: OutputOffset,
      }),
      { description: 'The tasks of this `managerId` that the worker knows.' },
    ),
    workspaces: Type.Array(WorkspaceName, { description: 'The workspaces of this token that exist.' }),
    workerId: WorkerId,
    timestamp: Timestamp,
  },
  { description: 'Answers `hello`: what this worker is, and which of the manager’s tasks it keeps.' },
);
export type Welcome = Omit<Static<typeof Welcome>, 'labels'> & { labels: Record<string, string> };
