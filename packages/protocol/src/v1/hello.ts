import Type, { type Static } from 'typebox';
import { ManagerId, OutputOffset, TaskId, Timestamp } from './fields.js';

/** Manager -> worker: who speaks. First or never. Answered by `welcome`, then by the replay of each resumed task. */
export const Hello = Type.Object({
  type: Type.Literal('hello'),
  managerId: ManagerId,
  output: Type.Union([Type.Literal('text'), Type.Literal('binary')], {
    description: 'How chunks of output come: `task_output` messages, or binary frames.',
  }),
  resume: Type.Optional(
    Type.Array(Type.Object({ taskId: TaskId, offset: OutputOffset }), {
      description: 'Tasks to go on with, each from the first byte that the manager does not have.',
    }),
  ),
  timestamp: Timestamp,
});
export type Hello = Static<typeof Hello>;
