import Type, { type Static } from 'typebox';
import { byteCount, TaskId, Timestamp } from './fields.js';
import { oneWordOf } from './words.js';

/** Manager -> worker: bytes for a command's stdin. */
export const SendInput = Type.Object(
  {
    type: Type.Literal('send_input'),
    taskId: TaskId,
    input: Type.String({ description: 'The input, in `encoding`. May be empty, to say `end` alone.' }),
    encoding: Type.Optional(
      oneWordOf(
        { utf8: 'The default: the text’s own bytes.', base64: 'RFC 4648 section 4, padded.' },
        'How `input` is written.',
      ),
    ),
    offset: Type.Optional(
      byteCount(
        'Bytes of this task’s input before this message. With it, what the worker already has is skipped.',
      ),
    ),
    end: Type.Optional(
      Type.Boolean({ description: 'Nothing comes after this: the command reads end of file (^D on a PTY).' }),
    ),
    timestamp: Timestamp,
  },
  { description: 'Brings bytes for the command’s stdin.', answeredBy: '`input_ack`, or a `protocol_error`' },
);
export type SendInput = Static<typeof SendInput>;
