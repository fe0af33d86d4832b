/** `run`: starts a command, and answers at its exit, at a block, or when the time is up. */
import { createHash, randomUUID } from 'node:crypto';
import type { TaskRequest } from '@sandcrew/manager';
import { type Static, Type } from 'typebox';
import { answerOf } from '../task-answer.js';
import { OutputOptions, TASK_ID, TaskAnswer, WorkspaceName } from '../task-schemas.js';
import { waitForTask } from '../task-wait.js';
import { defineTool } from '../tool.js';
import type { TrackedTask } from '../tracked-task.js';

/** A terminal of this size, as `input: "terminal"` has it. */
const TERMINAL = { cols: 120, rows: 40 } as const;
const MAX_COMMAND_SHOWN = 200;
const MAX_TIMER_MS = 2_147_483_647;

const Input = Type.Object(
  {
    command: Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String(), { minItems: 1 })], {
      description:
        'A line for bash, as in `npm test 2>&1 | tail`; or a program and its arguments, without a shell.',
    }),
    taskId: Type.Optional(
      Type.String({
        pattern: TASK_ID,
        description:
          'Your own id for it. The same call again with the same id starts nothing: it answers how the first one stands. Default: a random one.',
      }),
    ),
    workspace: Type.Optional(WorkspaceName),
    cwd: Type.Optional(
      Type.String({ description: 'Where to run, relative to the workspace and inside it.' }),
    ),
    env: Type.Optional(
      Type.Object({}, { additionalProperties: Type.String(), description: 'Further environment variables.' }),
    ),
    input: Type.Optional(
      Type.Enum(['none', 'pipe', 'terminal'], {
        description:
          '`none` (default): it reads end of file. `pipe`: it reads what send_input brings. `terminal`: the same on a terminal, for programs that ask only there.',
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_TIMER_MS,
        description: 'It is ended after so long, milliseconds. Default 300000; 0: never.',
      }),
    ),
    kind: Type.Optional(
      Type.Enum(['batch', 'service', 'interactive'], {
        description:
          '`batch` (default) ends by itself; the idleness of a `service` is no block; `interactive` waits for input as a matter of course.',
      }),
    ),
    network: Type.Optional(
      Type.Enum(['none', 'host'], {
        description: 'Whether it has a network. Default host; the worker may refuse none.',
      }),
    ),
    yieldMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        description:
          'Answer after so long at the latest, milliseconds; the command goes on. Default, and at most, what the server allows (45000 unless it was told otherwise).',
      }),
    ),
    blocks: Type.Optional(
      Type.Enum(['confirmed', 'any', 'none'], {
        description: 'Which blocks to answer at. Default confirmed.',
      }),
    ),
    onCancel: Type.Optional(
      Type.Enum(['terminate', 'leave'], {
        description: 'What becomes of it where this call is cancelled before it answers. Default terminate.',
      }),
    ),
    ...OutputOptions,
  },
  { additionalProperties: false },
);

export const run = defineTool({
  name: 'run',
  title: 'Run a command',
  description: [
    'Runs a command in the sandbox. Answers when it exits, when it cannot go on by itself (a prompt, a deadlock: see `block`), or after `yieldMs`.',
    'A non-zero exit code is a result, not an error. When the answer says that it goes on, use wait_for with its taskId.',
    'When it exits, every process that it left behind is ended; keep a server running as a command of its own (kind service, timeoutMs 0).',
  ].join(' '),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
  input: Input,
  output: TaskAnswer,
  async handle(given, { registry, yieldMs: maxYieldMs }, context) {
    const taskId = given.taskId ?? `t-${randomUUID()}`;
    const digest = digestOf(given);
    const known = await registry.known(taskId, digest);
    const task = known ?? registry.start(requestOf(given), entryOf(given, taskId, digest));
    const { blocks = 'confirmed', yieldMs = maxYieldMs } = given;
    const terms = { blocks, yieldMs: Math.min(yieldMs, maxYieldMs), pattern: null, fromOffset: 0 };
    const isOurs = known === null && given.onCancel !== 'leave';
    const { because } = await waitForTask(task, terms, context).catch((error: unknown) => {
      if (isOurs) end(task);
      throw error;
    });
    return answerOf(task, because, given);
  },
});

function end(task: TrackedTask): void {
  task.handle?.terminate();
}

function requestOf(given: Static<typeof Input>): TaskRequest {
  const { command, workspace, cwd, env, input = 'none', timeoutMs, kind, network } = given;
  const fields = { workspace, cwd, env: env as Record<string, string> | undefined, timeoutMs, kind, network };
  const defined = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const stdin = input === 'terminal' ? { pty: TERMINAL } : { stdin: input };
  return { command, ...stdin, ...defined };
}

function entryOf(given: Static<typeof Input>, taskId: string, digest: string) {
  const line = Array.isArray(given.command) ? given.command.join(' ') : given.command;
  return {
    taskId,
    command: line.length > MAX_COMMAND_SHOWN ? `${line.slice(0, MAX_COMMAND_SHOWN)}…` : line,
    digest,
    startedAtMs: Date.now(),
    takesInput: (given.input ?? 'none') !== 'none',
  };
}

/** Of what decides what is run, and not of how it is answered. */
function digestOf(given: Static<typeof Input>): string {
  const { env = {}, ...request } = requestOf(given);
  const variables = Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
  const fields = Object.entries(request).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([fields, variables]))
    .digest('hex');
}
