import Type, { type Static } from 'typebox';
import { byteCount, TaskId, Timestamp } from './fields.js';

/** Manager -> worker: bytes for the command's stdin. Answered by `input_ack` when they are taken, or by `protocol_error`. */
export const SendInput = Type.Object({
  type: Type.Literal('send_input'),
  taskId: TaskId,
  input: Type.String({ description: 'The input, in `encoding`. May be empty, to say `end` alone.' }),
  encoding: Type.Optional(
    Type.Union([Type.Literal('utf8'), Type.Literal('base64')], { description: 'How `input` is written; default `utf8`.' }),
  ),
  offset: Type.Optional(
    byteCount('Bytes of this task’s input before this message. With it, what the worker already has is skipped.'),
  ),
  end: Type.Optional(Type.Boolean({ description: 'Nothing comes after this: the command reads end of file (^D on a PTY).' })),
  timestamp: Timestamp,
});
export type SendInput = Static<typeof SendInput>;
