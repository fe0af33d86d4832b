import Type, { type Static } from 'typebox';
import {
  BLOCK_REASONS,
  BlockAction,
  type BlockReason,
  byteCount,
  ColumnCount,
  durationMs,
  RowCount,
  TaskId,
  Timestamp,
  WorkspaceName,
} from './fields.js';
import { oneWordOf } from './words.js';

const BlockPolicyEntry = Type.Union(
  [
    BlockAction,
    Type.Object({
      action: BlockAction,
      suspectedAfterMs: durationMs('How long a suspicion must have stood before `action` is taken on it.'),
    }),
  ],
  { description: 'What the worker does when this block is confirmed, or suspected for long enough.' },
);
type BlockPolicyEntry = Static<typeof BlockPolicyEntry>;

/** What the worker does on a block, by reason. `default` (itself `report` where left out) covers every reason not named. */
export const BlockPolicy = Type.Object(
  Object.fromEntries(
    (['default', ...BLOCK_REASONS] as const).map((reason) => [reason, Type.Optional(BlockPolicyEntry)]),
  ),
  {
    description:
      'What the worker does on a block, by reason; `default` for those not named, `report` where left out.',
  },
);
export type BlockPolicy = { [reason in BlockReason | 'default']?: BlockPolicyEntry };

export const TaskLimits = Type.Object(
  {
    memoryBytes: Type.Optional(byteCount('Most memory of the whole tree.')),
    pids: Type.Optional(Type.Integer({ minimum: 1, description: 'Most processes and threads at once.' })),
    cpus: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, description: 'Most CPU time per wall time, in cores.' }),
    ),
    outputBytes: Type.Optional(byteCount('Most output of both streams.')),
  },
  { description: 'Limits that the worker enforces; one that it cannot enforce refuses the command.' },
);
export type TaskLimits = Static<typeof TaskLimits>;

/** Manager -> worker: run one command. */
export const ExecuteCommand = Type.Object(
  {
    type: Type.Literal('execute_command'),
    taskId: TaskId,
    command: Type.Union([Type.String(), Type.Array(Type.String())], {
      description:
        'A string runs as `bash --noprofile --norc -c` (`sh -c` where there is no bash); an array is an argv, without a shell.',
    }),
    workspace: Type.Optional(WorkspaceName),
    cwd: Type.Optional(
      Type.String({ description: 'Directory to run in, relative to the workspace, and inside it.' }),
    ),
    env: Type.Optional(
      Type.Object(
        {},
        {
          additionalProperties: Type.String({ description: 'The value of the variable.' }),
          description:
            'Variables of the command, name to value, beside the few of the worker: PATH, HOME, LANG, TERM, TMPDIR, CI.',
        },
      ),
    ),
    stdin: Type.Optional(
      oneWordOf(
        { none: 'The default: it reads end of file at once.', pipe: 'It reads what `send_input` brings.' },
        'What the command reads.',
      ),
    ),
    pty: Type.Optional(
      Type.Object(
        { cols: ColumnCount, rows: RowCount },
        { description: 'Run on a terminal of this size; implies an open stdin.' },
      ),
    ),
    timeoutMs: Type.Optional(durationMs('Wall clock from `execution_started`; default 300 000, 0 = none.')),
    limits: Type.Optional(TaskLimits),
    network: Type.Optional(
      oneWordOf(
        { none: 'No network at all.', host: 'The network of the host.' },
        'Whether the task reaches the network. Default: as the worker was started, `--network`.',
      ),
    ),
    allowEnv: Type.Optional(
      Type.Union([Type.Boolean(), Type.Array(Type.String())], {
        description:
          'Which variables of `env` that steer loaders and interpreters (LD_*, NODE_OPTIONS, …) are meant: true = all of them, or their names.',
      }),
    ),
    kind: Type.Optional(
      oneWordOf(
        {
          batch: 'The default: it ends by itself.',
          service: 'It serves, and idles meanwhile.',
          interactive: 'It waits for input as a matter of course.',
        },
        'What to expect of it, for the judging of blocks.',
      ),
    ),
    expectQuietMs: Type.Optional(
      durationMs('Silence up to so long is expected, and no reason to suspect a block.'),
    ),
    lingerMs: Type.Optional(
      durationMs('How long output is read on after the exit while something holds it open; default 2 000.'),
    ),
    blockPolicy: Type.Optional(BlockPolicy),
    timestamp: Timestamp,
  },
  {
    description:
      'Runs one command. The same message again starts nothing and is answered with the task’s present state.',
    answeredBy:
      '`execution_started`, later exactly one of `task_complete`, `task_error`; or `task_error` `rejected` alone',
  },
);
export type ExecuteCommand = Omit<Static<typeof ExecuteCommand>, 'env' | 'blockPolicy'> & {
  env?: Record<string, string>;
  blockPolicy?: BlockPolicy;
};
