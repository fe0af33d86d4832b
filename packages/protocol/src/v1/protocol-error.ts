import Type, { type Static } from 'typebox';
import { TaskId, Timestamp, WorkerId } from './fields.js';

export const PROTOCOL_ERROR_CODES = [
  'invalid_json', 'invalid_message', 'unknown_type', 'unknown_task', 'task_ended', 'stdin_closed', 'duplicate_task',
  'invalid_offset', 'input_full', 'unexpected_hello', 'workspace_busy', 'unknown_workspace',
] as const;
export type ProtocolErrorCode = (typeof PROTOCOL_ERROR_CODES)[number];

/** The codes that say a frame was malformed; only these count towards closing with 1008. */
export const MALFORMED_CODES = ['invalid_json', 'invalid_message', 'unknown_type'] as const satisfies ProtocolErrorCode[];

/** Worker -> manager: a message was not accepted, and changed nothing. */
export const ProtocolError = Type.Object({
  type: Type.Literal('protocol_error'),
  code: Type.Union(
    PROTOCOL_ERROR_CODES.map((code) => Type.Literal(code)),
    { description: 'Why it was not accepted.' },
  ),
  message: Type.String({ description: 'What was expected and what came; for a person.' }),
  path: Type.Optional(Type.String({ description: 'JSON Pointer of the field at fault, as in `/limits/pids`.' })),
  taskId: Type.Optional(TaskId),
  workerId: WorkerId,
  timestamp: Timestamp,
});
export type ProtocolError = Static<typeof ProtocolError>;
