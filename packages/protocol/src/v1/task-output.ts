import Type, { type Static } from 'typebox';
import { MAX_CHUNK_BYTES } from '../version.js';
import { OutputOffset, Stream, TaskId, Timestamp, WorkerId } from './fields.js';

/** Worker -> manager: one chunk of a task's output, in order. */
export const TaskOutput = Type.Object(
  {
    type: Type.Literal('task_output'),
    taskId: TaskId,
    stream: Stream,
    output: Type.String({
      description:
        'UTF-8 text, never cut inside a code point (which belongs to the chunk that completes it); invalid bytes are U+FFFD. May be empty.',
    }),
    offset: OutputOffset,
    bytes: Type.Integer({
      minimum: 0,
      maximum: MAX_CHUNK_BYTES,
      description:
        'Raw bytes of this chunk; `offset + bytes` is the next one’s offset. 0 only where a cut code point is told at the end.',
    }),
    workerId: WorkerId,
    timestamp: Timestamp,
  },
  {
    description:
      'Brings one chunk of a task’s output, in order. After `hello` with `output` `binary` a binary frame comes instead.',
    answeredBy: '`task_ack`, at the reader’s own pace',
  },
);
export type TaskOutput = Static<typeof TaskOutput>;
