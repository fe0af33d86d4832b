import Type, { type Static } from 'typebox';
import { ManagerId, OutputOffset, TaskId, Timestamp } from './fields.js';
import { oneWordOf } from './words.js';

/** Manager -> worker: who speaks. */
export const Hello = Type.Object(
  {
    type: Type.Literal('hello'),
    managerId: ManagerId,
    output: oneWordOf(
      { text: 'As `task_output` messages.', binary: 'As binary frames.' },
      'How chunks of output come.',
    ),
    resume: Type.Optional(
      Type.Array(Type.Object({ taskId: TaskId, offset: OutputOffset }), {
        description: 'Tasks to go on with, each from the first byte that the manager does not have.',
      }),
    ),
    timestamp: Timestamp,
  },
  {
    description: 'Says who speaks. Comes first or not at all.',
    answeredBy: '`welcome`, then the replay of each resumed task',
  },
);
export type Hello = Static<typeof Hello>;
