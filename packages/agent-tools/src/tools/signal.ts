/** `signal`: a signal to a command's process group. */
import { Type } from 'typebox';
import { answerOf } from '../task-answer.js';
import { OutputOptions, TaskAnswer, TaskId } from '../task-schemas.js';
import { waitForTask } from '../task-wait.js';
import { defineTool } from '../tool.js';

/** A command that ends of a signal has ended by then, as a rule. */
const DEFAULT_YIELD_MS = 2_000;

export const signal = defineTool({
  name: 'signal',
  title: 'Send a signal',
  description:
    'Sends a signal to a command: SIGINT as Ctrl-C does, SIGCONT to let a stopped one go on, SIGUSR1 and the like. To end a command for sure, use terminate.',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  input: Type.Object(
    {
      taskId: TaskId,
      signal: Type.Enum(
        [
          'SIGINT',
          'SIGTERM',
          'SIGHUP',
          'SIGQUIT',
          'SIGKILL',
          'SIGSTOP',
          'SIGCONT',
          'SIGUSR1',
          'SIGUSR2',
          'SIGWINCH',
        ],
        { description: 'Which one.' },
      ),
      yieldMs: Type.Optional(
        Type.Integer({
          minimum: 0,
          description: `How long to wait for its exit then, milliseconds. Default ${DEFAULT_YIELD_MS}.`,
        }),
      ),
      ...OutputOptions,
    },
    { additionalProperties: false },
  ),
  output: TaskAnswer,
  async handle(given, { registry, yieldMs: maxYieldMs }, context) {
    const task = await registry.find(given.taskId);
    const cursor = task.record.endOffset;
    task.handle?.signal(given.signal);
    const yieldMs = Math.min(given.yieldMs ?? DEFAULT_YIELD_MS, maxYieldMs);
    const terms = { blocks: 'none', pattern: null, fromOffset: cursor, yieldMs } as const;
    const { because } = await waitForTask(task, terms, context);
    return answerOf(task, because, { ...given, cursor });
  },
});
