import Type, { type Static } from 'typebox';
import { BlockAction, BlockReason, elapsedMs, TaskId, Timestamp, WorkerId } from './fields.js';
import { oneWordOf } from './words.js';

/** Worker -> manager: a task cannot go on by itself. */
export const BlockDetected = Type.Object(
  {
    type: Type.Literal('block_detected'),
    taskId: TaskId,
    reason: BlockReason,
    confidence: oneWordOf(
      { confirmed: 'The evidence excludes every other reading.', suspected: 'It looks so.' },
      'How sure the worker is.',
    ),
    duration: elapsedMs('How long the block has stood.'),
    resourceUsage: Type.Object(
      {
        cpu: Type.Optional(
          Type.Number({ minimum: 0, description: 'CPU of the task, percent; 100 = one core.' }),
        ),
        memory: Type.Optional(
          Type.Number({ minimum: 0, description: 'Resident memory of the task, bytes.' }),
        ),
        disk: Type.Optional(
          Type.Number({ minimum: 0, description: 'Written to disk by the task so far, bytes.' }),
        ),
      },
      { description: 'What the task uses now; what is not known is left out.' },
    ),
    recoverable: Type.Boolean({
      description: 'Whether something short of ending the task may let it go on.',
    }),
    evidence: Type.Object(
      {
        summary: Type.Optional(Type.String({ description: 'The evidence in one sentence.' })),
        processes: Type.Optional(
          Type.Array(
            Type.Object({
              pid: Type.Integer({ minimum: 1, description: 'Process id as the worker’s host numbers it.' }),
              name: Type.String({ description: 'Its command name as the kernel holds it.' }),
            }),
            { description: 'The processes that the claim is about.' },
          ),
        ),
      },
      {
        additionalProperties: true,
        description: 'What the claim rests on. Reasons add fields of their own.',
      },
    ),
    action: BlockAction,
    workerId: WorkerId,
    timestamp: Timestamp,
  },
  { description: 'Says that a task cannot go on by itself. Said once; withdrawn by `block_cleared`.' },
);
export type BlockDetected = Omit<Static<typeof BlockDetected>, 'evidence'> & {
  evidence: Static<typeof BlockDetected>['evidence'] & Record<string, unknown>;
};
