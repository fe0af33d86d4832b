import Type, { type Static } from 'typebox';
import { TaskId, Timestamp, WorkerId } from './fields.js';
import { oneWordOf, wordsOf } from './words.js';

const PROTOCOL_ERRORS = {
  invalid_json: 'The frame is no JSON, or nests deeper than 32.',
  invalid_message: 'The frame is no valid message of its `type`; `path` says where.',
  unknown_type: 'The frame has a `type` that a manager does not send.',
  unknown_task: 'The sender has no task of this `taskId` here.',
  task_ended: 'Input for a task that has ended; none of it was taken.',
  stdin_closed: 'Input for a task without an open stdin; none of it was taken.',
  duplicate_task: 'Another command under a `taskId` that is in use; the task is untouched.',
  invalid_offset: 'An `offset` that skips over bytes, or acks bytes that were never sent; nothing was taken.',
  input_full: 'Too much input waits for the command to take it; nothing of this message was taken.',
  unexpected_hello: 'A second `hello`, or one after another message.',
  workspace_busy: 'A task runs in this workspace.',
  unknown_workspace: 'There is no such workspace under this token’s name.',
} as const;
export const PROTOCOL_ERROR_CODES = wordsOf(PROTOCOL_ERRORS);
export type ProtocolErrorCode = (typeof PROTOCOL_ERROR_CODES)[number];

/** The codes that say a frame was malformed; only these count towards closing with 1008. */
export const MALFORMED_CODES = [
  'invalid_json',
  'invalid_message',
  'unknown_type',
] as const satisfies ProtocolErrorCode[];

/** Worker -> manager: a message was not accepted, and changed nothing. */
export const ProtocolError = Type.Object(
  {
    type: Type.Literal('protocol_error'),
    code: oneWordOf(PROTOCOL_ERRORS, 'Why it was not accepted.'),
    message: Type.String({ description: 'What was expected and what came; for a person.' }),
    path: Type.Optional(
      Type.String({
        description: 'JSON Pointer of the field at fault, as in `/limits/pids`; empty for the whole message.',
      }),
    ),
    taskId: Type.Optional(
      Type.String({ ...TaskId, description: 'The `taskId` of the message, where it had a valid one.' }),
    ),
    workerId: WorkerId,
    timestamp: Timestamp,
  },
  { description: 'Says that a message was not accepted, and changed nothing.' },
);
export type ProtocolError = Static<typeof ProtocolError>;
