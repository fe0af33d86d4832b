/** `terminate`: ends a command and everything that it started. */
import { Type } from 'typebox';
import { answerOf } from '../task-answer.js';
import { OutputOptions, TaskAnswer, TaskId } from '../task-schemas.js';
import { waitForTask } from '../task-wait.js';
import { defineTool } from '../tool.js';

const MAX_GRACE_MS = 30_000;

export const terminate = defineTool({
  name: 'terminate',
  title: 'End a command',
  description:
    'Ends a command and every process that it started: SIGTERM, after `graceMs` SIGKILL. Answers when none of them lives; one that has ended already is answered as it ended.',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: Type.Object(
    {
      taskId: TaskId,
      graceMs: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: MAX_GRACE_MS,
          description: 'From SIGTERM to SIGKILL, milliseconds. Default 5000; 0: at once.',
        }),
      ),
      ...OutputOptions,
    },
    { additionalProperties: false },
  ),
  output: TaskAnswer,
  async handle(given, { registry, yieldMs }, context) {
    const task = await registry.find(given.taskId);
    const cursor = task.record.endOffset;
    if (task.end === null) task.handle?.terminate(given.graceMs);
    const terms = { blocks: 'none', pattern: null, fromOffset: cursor, yieldMs } as const;
    const { because } = await waitForTask(task, terms, context);
    return answerOf(task, because, { ...given, cursor });
  },
});
