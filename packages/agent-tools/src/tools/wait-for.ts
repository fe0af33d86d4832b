/** `wait_for`: one call that answers at a command's exit, at a block, or when its output has what is looked for. */
import { Type } from 'typebox';
import { compilePattern, MAX_PATTERN_CHARACTERS } from '../pattern.js';
import { answerOf } from '../task-answer.js';
import { Cursor, OutputOptions, TaskAnswer, TaskId } from '../task-schemas.js';
import { waitForTask } from '../task-wait.js';
import { defineTool, LOOKS } from '../tool.js';

export const waitFor = defineTool({
  name: 'wait_for',
  title: 'Wait for a command',
  description: [
    'Waits until a command exits, cannot go on by itself, or writes a line that has `text` or matches `regex` (whichever comes first), at most `yieldMs`.',
    'The answer shows the output from `cursor` on. Cancelling the call leaves the command running.',
  ].join(' '),
  annotations: LOOKS,
  input: Type.Object(
    {
      taskId: TaskId,
      text: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: MAX_PATTERN_CHARACTERS,
          description: 'Words to look for in a line of the output, as they stand.',
        }),
      ),
      regex: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: MAX_PATTERN_CHARACTERS,
          description:
            'Or a regular expression for a line, in RE2 syntax: (?i) for any case; no look-around, no back-references.',
        }),
      ),
      cursor: Type.Optional(Cursor),
      yieldMs: Type.Optional(
        Type.Integer({
          minimum: 0,
          description:
            'Answer after so long at the latest, milliseconds. Default, and at most, what the server allows (45000 unless it was told otherwise).',
        }),
      ),
      blocks: Type.Optional(
        Type.Enum(['confirmed', 'any', 'none'], {
          description: 'Which blocks to answer at. Default confirmed.',
        }),
      ),
      ...OutputOptions,
    },
    { additionalProperties: false },
  ),
  output: TaskAnswer,
  async handle(given, { registry, yieldMs: maxYieldMs }, context) {
    const pattern = compilePattern(given);
    const task = await registry.find(given.taskId);
    const { blocks = 'confirmed', yieldMs = maxYieldMs, cursor = 0 } = given;
    const terms = { blocks, yieldMs: Math.min(yieldMs, maxYieldMs), pattern, fromOffset: cursor };
    const { because, match } = await waitForTask(task, terms, context);
    return answerOf(task, because, given, match);
  },
});
