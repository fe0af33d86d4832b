/** `send_input`: types into a command, and waits for what it makes of it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskHandle } from '@sandcrew/manager';
import { Type } from 'typebox';
import { answerOf } from '../task-answer.js';
import { OutputOptions, TaskAnswer, TaskId } from '../task-schemas.js';
import { waitForTask } from '../task-wait.js';
import { defineTool } from '../tool.js';
import { toolError } from '../tool-error.js';
import type { TrackedTask } from '../tracked-task.js';

const MAX_TEXT_CHARACTERS = 262_144;
/** A command that reads takes its input in far less. */
const TAKE_MS = 10_000;
/** Most programs have answered by then; and the next prompt is told within some seconds, later the slower the answers come. */
const DEFAULT_YIELD_MS = 10_000;

export const sendInput = defineTool({
  name: 'send_input',
  title: 'Send input',
  description: [
    'Types text into a command that was run with input "pipe" or "terminal": the answer to a prompt, as a rule.',
    'Then waits up to `yieldMs` for its exit or its next block, and shows what it wrote meanwhile.',
  ].join(' '),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: Type.Object(
    {
      taskId: TaskId,
      text: Type.Optional(
        Type.String({
          maxLength: MAX_TEXT_CHARACTERS,
          description: 'What to type. A line end is added where it has none, unless `enter` is false.',
        }),
      ),
      enter: Type.Optional(Type.Boolean({ description: 'Whether to end it as a line. Default true.' })),
      end: Type.Optional(
        Type.Boolean({ description: 'Whether its input ends after that (end of file). Default false.' }),
      ),
      yieldMs: Type.Optional(
        Type.Integer({
          minimum: 0,
          description: `How long to wait then, milliseconds. Default ${DEFAULT_YIELD_MS}.`,
        }),
      ),
      ...OutputOptions,
    },
    { additionalProperties: false },
  ),
  output: TaskAnswer,
  async handle(given, { registry, yieldMs: maxYieldMs }, context) {
    const { text, enter = true, end = false, yieldMs = DEFAULT_YIELD_MS } = given;
    if (text === undefined && !end)
      throw toolError('INVALID_ARGUMENTS', 'text: expected what to type, or end: true, got neither.');
    const task = await registry.find(given.taskId);
    const handle = openHandle(task);
    const cursor = task.record.endOffset;
    await withinTime(typeLine(handle, lineOf(text, enter), end));
    task.answered();
    const terms = { blocks: 'confirmed', pattern: null, fromOffset: cursor } as const;
    const { because } = await waitForTask(
      task,
      { ...terms, yieldMs: Math.min(yieldMs, maxYieldMs) },
      context,
    );
    return answerOf(task, because, { ...given, cursor });
  },
});

function lineOf(text: string | undefined, enter: boolean): string {
  if (text === undefined) return '';
  return enter && !text.endsWith('\n') ? `${text}\n` : text;
}

function openHandle(task: TrackedTask): TaskHandle {
  if (task.handle !== null && task.end === null) return task.handle;
  const how = task.end === null ? 'cannot be reached' : 'has ended';
  throw toolError(
    'INVALID_ARGUMENTS',
    `taskId: expected a task that runs, got "${task.taskId}", which ${how}.`,
  );
}

async function typeLine(handle: TaskHandle, line: string, end: boolean): Promise<void> {
  if (line !== '') await handle.write(line);
  if (end) await handle.endInput();
}

/** What it does not take in time stays on its way: it is taken when the command reads. */
async function withinTime(taken: Promise<void>): Promise<void> {
  const late = new AbortController();
  try {
    await Promise.race([taken, delay(TAKE_MS, undefined, { signal: late.signal })]);
  } finally {
    late.abort();
  }
}
