/** `read_output`: what a command has written, from a cursor on, at once. */
import { Type } from 'typebox';
import { answerOf } from '../task-answer.js';
import { Cursor, OutputOptions, TaskAnswer, TaskId } from '../task-schemas.js';
import { defineTool, LOOKS } from '../tool.js';

export const readOutput = defineTool({
  name: 'read_output',
  title: 'Read output',
  description:
    'Shows what a command has written so far, from `cursor` on, and how it stands, without waiting. What is left out is said, with the cursor to read it at. The first 256 KiB and the last 1.75 MiB of a command are kept.',
  annotations: LOOKS,
  input: Type.Object(
    { taskId: TaskId, cursor: Type.Optional(Cursor), ...OutputOptions },
    { additionalProperties: false },
  ),
  output: TaskAnswer,
  async handle(given, { registry }) {
    return answerOf(await registry.find(given.taskId), 'asked', given);
  },
});
