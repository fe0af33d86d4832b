/** The shapes that several tools share: how a task stands, what it waits for, what it wrote. */
import { Type } from 'typebox';

export const TASK_ID = '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$';

export const DEFAULT_OUTPUT_BYTES = 16_384;
const MIN_OUTPUT_BYTES = 1_024;
const MAX_OUTPUT_BYTES = 131_072;

export const TaskId = Type.String({ pattern: TASK_ID, description: 'The id that run answered with.' });

export const WorkspaceName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  description: 'A named directory at the worker that outlives commands; it is made on first use.',
});

export const Cursor = Type.Integer({
  minimum: 0,
  description:
    'A position in the output, in bytes. Pass the `next` of an earlier answer to see only what came since. Default 0: from the beginning.',
});

export const OutputOptions = {
  maxBytes: Type.Optional(
    Type.Integer({
      minimum: MIN_OUTPUT_BYTES,
      maximum: MAX_OUTPUT_BYTES,
      description: `How much output to answer with at most, bytes. Default ${DEFAULT_OUTPUT_BYTES}.`,
    }),
  ),
  view: Type.Optional(
    Type.Enum(['both', 'head', 'tail'], {
      description:
        'What to show where not all of it fits: `both` (default) begins with a quarter from the start and ends with the end; `head` the first part, to page on from `next`; `tail` the end.',
    }),
  ),
  raw: Type.Optional(
    Type.Boolean({
      description:
        'Leave escape sequences and carriage returns as they were written. Default false: plain text.',
    }),
  ),
};

const Fault = Type.Object({
  code: Type.String(),
  detail: Type.Optional(Type.String()),
  message: Type.String(),
  next: Type.String({ description: 'What to do about it.' }),
});

const Block = Type.Object({
  reason: Type.String({
    description:
      'waiting_for_input, deadlock, infinite_loop, stopped, no_progress, … as docs/blocks.md has them.',
  }),
  confidence: Type.Enum(['confirmed', 'suspected'], {
    description: 'confirmed: the evidence excludes every other reading.',
  }),
  summary: Type.String({ description: 'The evidence in a sentence.' }),
  prompt: Nullable(Type.String(), 'What it asks, where it asks something.'),
  isPassword: Type.Boolean({ description: 'Whether it asks for a password: what is typed is not shown.' }),
  choices: Type.Array(Type.Object({ input: Type.String(), isDefault: Type.Boolean() }), {
    description: 'The answers that the prompt names; empty where it names none.',
  }),
  stoodMs: Type.Number({ description: 'How long it had stood when it was told, milliseconds.' }),
  advice: Type.String({ description: 'What to do about it.' }),
});

const Omitted = Type.Object({
  cursor: Type.Integer({ description: 'Where it begins.' }),
  bytes: Type.Integer(),
  why: Type.Enum(['size', 'lost', 'dropped'], {
    description:
      'size: read_output from `cursor` shows it. dropped: more than is kept. lost: the worker could not keep it, or an earlier reader took it.',
  }),
});

const Output = Type.Object({
  text: Type.String({ description: 'stdout and stderr in the order in which they were read.' }),
  from: Type.Integer({ description: 'The cursor at which it begins.' }),
  next: Type.Integer({ description: 'The cursor to go on at.' }),
  end: Type.Integer({ description: 'How much the command has written so far, bytes.' }),
  omitted: Type.Array(Omitted, { description: 'What `text` leaves out; it says so in its place, too.' }),
});

/** How a task stands, as most tools answer. */
export const TaskAnswer = Type.Object({
  taskId: Type.String(),
  state: Type.Enum(['waiting', 'running', 'blocked', 'unreachable', 'ended']),
  because: Type.Enum(['exit', 'block', 'match', 'yield', 'unreachable', 'asked'], {
    description: 'Why the answer comes now. yield: the time was up, the command goes on.',
  }),
  exitCode: Nullable(Type.Integer(), 'Of a command that came to its own end.'),
  signal: Nullable(Type.String(), 'The signal that ended it, where one did.'),
  error: Nullable(Fault, 'Why it ended otherwise (timed out, terminated, lost …), or cannot be reached.'),
  block: Nullable(Block, 'Why it cannot go on by itself.'),
  match: Nullable(
    Type.Object({ stream: Type.Enum(['stdout', 'stderr']), line: Type.String() }),
    'The first line that had what was looked for.',
  ),
  output: Output,
  durationMs: Nullable(Type.Number(), 'From its start to its exit, milliseconds.'),
  leftover: Nullable(Type.Integer(), 'Processes that it left behind and that were ended with it.'),
  hint: Nullable(Type.String(), 'What to do next, where something is to be done.'),
});

function Nullable<Schema extends Parameters<typeof Type.Union>[0][number]>(
  schema: Schema,
  description: string,
) {
  return Type.Union([schema, Type.Null()], { description });
}
