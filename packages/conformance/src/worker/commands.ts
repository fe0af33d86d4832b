/** What runs, how, and what cannot. */
import type { Citation } from '../core/check.js';
import { expectFields, expectSame, expectThat, Skipped } from '../core/mismatch.js';
import type { WorkerBench } from '../worker-bench.js';
import type { WorkerCheck } from './worker-check.js';

const COMMANDS = 'Commands';
const ENDS = 'How a task ends';
const SHELL: Citation = [COMMANDS, 'it runs as `bash --noprofile --norc -c -- LINE`'];
const STDIN: Citation = [
  COMMANDS,
  '`stdin` is `none` unless asked for: the command reads end of file at once',
];
const STEERING: Citation = [COMMANDS, 'need `allowEnv` beside them: `true`, or a list that names them'];
const CWD: Citation = [COMMANDS, '`cwd` is relative to the workspace and may not leave it.'];
const CANNOT: Citation = [
  COMMANDS,
  'That covers an empty command, a NUL, a `cwd` or a variable that will not do, a limit that cannot be enforced',
];
const FREE: Citation = [COMMANDS, 'The id of a rejected command stays free'];
const STARTED: Citation = ['Who answers what', '`execution_started`, later the one terminal message'];
const COMPLETE: Citation = [
  ENDS,
  '`task_complete`: the command came to its own end, whatever its exit code.',
];
const NEVER_RAN: Citation = [ENDS, '`rejected` and `spawn_failed` never ran.'];
const SAME: Citation = [COMMANDS, 'The same `execute_command` under an id that is known starts nothing'];

export const COMMAND_CHECKS: readonly WorkerCheck[] = [
  {
    id: 'commands.shell',
    says: 'A string is a line for the shell.',
    cites: SHELL,
    run: (bench) => expectOutput(bench, 'echo $((1 + 1)) "$HOME" | wc -l', {}, '1\n'),
  },
  {
    id: 'commands.dash',
    says: 'A line that begins with a dash is a line, and no option of the shell.',
    cites: SHELL,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', '--version');
      expectFields(await client.terminal('t'), { type: 'task_complete', exitCode: 127 });
    },
  },
  {
    id: 'commands.argv',
    says: 'An array is an argv, and no shell is involved.',
    cites: [COMMANDS, 'its first item is the program, and no shell is involved'],
    run: (bench) => expectOutput(bench, ['printf', '%s|', '$HOME', 'a b', ''], {}, '$HOME|a b||'),
  },
  {
    id: 'commands.started',
    says: 'execution_started comes first, and names the containment of the welcome.',
    cites: STARTED,
    run: async (bench) => {
      const { client, welcome } = await bench.manager();
      client.execute('t', 'echo hi');
      await client.terminal('t');
      const [first] = client.received.filter(({ taskId }) => taskId === 't');
      expectFields(first ?? {}, { type: 'execution_started', containment: welcome['containment'] });
      expectThat(Number(first?.['pid']) > 0, 'a pid', first);
    },
  },
  {
    id: 'commands.one-end',
    says: 'Exactly one terminal message comes, after all output.',
    cites: [ENDS, 'Each accepted task has exactly one terminal message, after all of its output'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'echo one; echo two >&2; (sleep 0.2; echo three) &');
      await client.terminal('t');
      client.execute('after', 'sleep 0.3');
      await client.terminal('after');
      const types = client.received.filter(({ taskId }) => taskId === 't').map(({ type }) => type);
      const ends = types.filter((type) => type === 'task_complete' || type === 'task_error');
      expectSame('the terminal messages', ends, ['task_complete']);
      expectSame('the last message of the task', types.at(-1), 'task_complete');
      expectThat(client.text('t').includes('three'), 'all of its output before its end', client.text('t'));
    },
  },
  ...[0, 3, 127, 255].map(
    (exitCode): WorkerCheck => ({
      id: `commands.exit-${exitCode}`,
      says: `An exit with ${exitCode} is a result: task_complete with exitCode ${exitCode} and signal null.`,
      cites: COMPLETE,
      run: async (bench) => {
        const client = await bench.plain();
        client.execute('t', `exit ${exitCode}`);
        expectFields(await client.terminal('t'), { type: 'task_complete', exitCode, signal: null });
      },
    }),
  ),
  {
    id: 'commands.duration',
    says: 'durationMs tells how long the command ran.',
    cites: ['task_complete', 'From the start to the exit of the command.'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'sleep 0.5');
      const { durationMs } = await client.terminal('t');
      const isLikely = Number(durationMs) >= 450 && Number(durationMs) <= 60_000;
      expectThat(isLikely, 'about 500 ms', durationMs);
    },
  },
  {
    id: 'commands.output-bytes',
    says: 'outputBytes counts the bytes of both streams.',
    cites: [ENDS, '`outputBytes` counts both streams.'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', "printf 'gr\\303\\274n'; printf 'err' >&2");
      expectFields(await client.terminal('t'), { outputBytes: 8 });
    },
  },
  {
    id: 'commands.stdin-none',
    says: 'Without stdin a command reads end of file at once.',
    cites: STDIN,
    run: (bench) => expectOutput(bench, 'cat; echo end', {}, 'end\n'),
  },
  {
    id: 'commands.env',
    says: 'env reaches the command, on top of what the worker sets.',
    cites: [COMMANDS, '`env` comes on top of the few variables that the worker sets itself.'],
    run: (bench) =>
      expectOutput(bench, 'echo "$MINE|${PATH:+path}"', { env: { MINE: 'yes = so' } }, 'yes = so|path\n'),
  },
  rejected('commands.env-steering', 'A variable that steers loaders is refused.', STEERING, 'invalid_env', {
    env: { LD_PRELOAD: '/nowhere.so' },
  }),
  rejected(
    'commands.env-list',
    'A list in allowEnv allows those alone that it names.',
    STEERING,
    'invalid_env',
    { env: { NODE_OPTIONS: '', BASH_ENV: '' }, allowEnv: ['NODE_OPTIONS'] },
  ),
  {
    id: 'commands.allow-env',
    says: 'What allowEnv names reaches the command, and `true` names all.',
    cites: STEERING,
    run: async (bench) => {
      const env = { NODE_OPTIONS: '--no-warnings' };
      await expectOutput(
        bench,
        'echo "$NODE_OPTIONS"',
        { env, allowEnv: ['NODE_OPTIONS'] },
        '--no-warnings\n',
      );
      await expectOutput(bench, 'echo "$NODE_OPTIONS"', { env, allowEnv: true }, '--no-warnings\n');
    },
  },
  rejected('commands.env-nul', 'A NUL in a variable is refused.', CANNOT, 'invalid_env', {
    env: { A: '\0' },
  }),
  rejected('commands.env-name', 'A variable whose name holds `=` is refused.', CANNOT, 'invalid_env', {
    env: { 'A=B': 'c' },
  }),
  rejected('commands.empty', 'An empty command is refused.', CANNOT, 'invalid_command', { command: '' }),
  rejected('commands.empty-argv', 'An empty argv is refused.', CANNOT, 'invalid_command', { command: [] }),
  rejected('commands.nul', 'A NUL in the command is refused.', CANNOT, 'invalid_command', {
    command: 'echo \0',
  }),
  {
    id: 'commands.cwd',
    says: 'cwd is relative to the workspace.',
    cites: CWD,
    run: async (bench) => {
      const workspace = bench.workspace();
      const client = await bench.plain();
      client.execute('make', 'mkdir -p a/b && echo here > a/b/file', { workspace });
      await client.terminal('make');
      client.execute('t', 'cat file', { workspace, cwd: 'a/b' });
      await client.terminal('t');
      expectSame('the output', client.text('t'), 'here\n');
    },
  },
  rejected('commands.cwd-up', 'A cwd that leaves the workspace is refused.', CWD, 'invalid_cwd', {
    cwd: '../..',
  }),
  rejected('commands.cwd-absolute', 'An absolute cwd is refused.', CWD, 'invalid_cwd', { cwd: '/etc' }),
  rejected('commands.cwd-nowhere', 'A cwd that is not there is refused.', CANNOT, 'invalid_cwd', {
    cwd: 'nowhere-at-all',
  }),
  {
    id: 'commands.cwd-link',
    says: 'A cwd that leaves the workspace by a link is refused.',
    cites: CWD,
    run: async (bench) => {
      const workspace = bench.workspace();
      const client = await bench.plain();
      client.execute('link', 'ln -s / out', { workspace });
      await client.terminal('link');
      client.execute('t', 'true', { workspace, cwd: 'out/etc' });
      expectFields(await client.terminal('t'), { code: 'rejected', detail: 'invalid_cwd' });
    },
  },
  {
    id: 'commands.rejected-free',
    says: 'The id of a rejected command stays free.',
    cites: FREE,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', '');
      expectFields(await client.terminal('t'), { code: 'rejected' });
      const from = client.received.length;
      client.execute('t', 'echo ran');
      expectFields(await client.next(['task_complete', 'task_error', 'protocol_error'], undefined, from), {
        type: 'task_complete',
        exitCode: 0,
      });
    },
  },
  {
    id: 'commands.not-found',
    says: 'An argv whose program is not there gets spawn_failed command_not_found.',
    cites: NEVER_RAN,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', ['no-such-program-at-all']);
      expectFields(await client.terminal('t'), { code: 'spawn_failed', detail: 'command_not_found' });
    },
  },
  {
    id: 'commands.not-executable',
    says: 'An argv whose program may not be run gets spawn_failed not_executable.',
    cites: NEVER_RAN,
    run: async (bench) => {
      const workspace = bench.workspace();
      const client = await bench.plain();
      client.execute('make', 'echo true > plain; chmod 644 plain', { workspace });
      await client.terminal('make');
      client.execute('t', ['./plain'], { workspace });
      expectFields(await client.terminal('t'), { code: 'spawn_failed', detail: 'not_executable' });
    },
  },
  {
    id: 'commands.limits',
    says: 'A limit of memory is held, or the command is refused.',
    cites: CANNOT,
    run: async (bench) => {
      const client = await bench.plain();
      const command = "x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo ${#x}"; // held by the shell itself
      client.execute('t', command, { limits: { memoryBytes: 67_108_864 } });
      const end = await client.terminal('t');
      const isRefused = end['code'] === 'rejected' && end['detail'] === 'unenforceable_limit';
      const isHeld = end['code'] === 'memory_exhausted';
      expectThat(isRefused || isHeld, 'rejected unenforceable_limit, or memory_exhausted', end);
    },
  },
  {
    id: 'commands.no-network',
    says: '`network` `none` reaches nothing, or the command is refused.',
    cites: ['execute_command', 'Whether the task reaches the network.'],
    run: async (bench) => {
      const { hostname, port } = new URL(bench.target.url);
      const command = ['bash', '-c', `exec 3<>/dev/tcp/${hostname}/${port} && echo reached`];
      const client = await bench.plain();
      client.execute('host', command, { network: 'host' });
      await client.terminal('host');
      if (!client.text('host').includes('reached'))
        throw new Skipped(`a command there does not reach ${hostname}:${port} in any case`);
      client.execute('none', command, { network: 'none' });
      const end = await client.terminal('none');
      if (end['code'] === 'rejected') return expectFields(end, { detail: 'containment_unavailable' });
      expectThat(!client.text('none').includes('reached'), 'no network', 'a connection to the worker');
    },
  },
  {
    id: 'commands.busy',
    says: 'A task more than welcome.maxTasks is rejected as busy.',
    cites: [COMMANDS, 'a busy or draining worker'],
    runsAlone: true,
    run: async (bench) => {
      const { client, welcome } = await bench.manager();
      const maxTasks = Number(welcome['maxTasks']);
      if (maxTasks > 64) throw new Skipped(`it runs ${maxTasks} tasks at once`);
      for (let count = 0; count < maxTasks; count++) client.execute(`t${count}`, 'sleep 30');
      await client.until(
        () => client.received.filter(({ type }) => type === 'execution_started').length === maxTasks,
        `${maxTasks} started tasks`,
      );
      client.execute('more', 'sleep 30');
      expectFields(await client.next(['task_error', 'execution_started'], 'more'), {
        code: 'rejected',
        detail: 'busy',
      });
    },
  },
  {
    id: 'commands.same-running',
    says: 'The same command while its task runs is answered by execution_started again, and starts nothing.',
    cites: SAME,
    run: async (bench) => {
      const workspace = bench.workspace();
      const client = await bench.plain();
      const same = { workspace, stdin: 'pipe' };
      client.execute('t', 'echo ran >> runs; cat', same);
      const { pid } = await client.next('execution_started', 't');
      const from = client.received.length;
      client.execute('t', 'echo ran >> runs; cat', same);
      expectFields(await client.next(['execution_started', 'protocol_error', 'task_error'], 't', from), {
        type: 'execution_started',
        pid,
      });
      client.send({ type: 'send_input', taskId: 't', input: '', end: true });
      await client.terminal('t');
      expectSame('how often it ran', await bench.look(workspace, 'cat runs'), 'ran\n');
    },
  },
  {
    id: 'commands.same-ended',
    says: 'The same command after its end is answered by the same terminal message, without output.',
    cites: SAME,
    run: async (bench) => {
      const { client } = await bench.manager();
      client.execute('t', 'echo hi; exit 5');
      const end = await client.terminal('t');
      const from = client.received.length;
      client.execute('t', 'echo hi; exit 5');
      const again = await client.next(['task_complete', 'task_error', 'protocol_error'], 't', from);
      expectFields(again, { ...end, timestamp: again['timestamp'] });
      await client.settle();
      expectSame('output beside it', client.text('t', from), '');
    },
  },
  {
    id: 'commands.same-defaults',
    says: 'Two commands are equal where one of them says the defaults aloud.',
    cites: [COMMANDS, 'Two commands are equal if all their fields but `timestamp` are, after defaults'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'sleep 30');
      await client.next('execution_started', 't');
      const from = client.received.length;
      const defaults = { stdin: 'none', timeoutMs: 300_000, lingerMs: 2_000, kind: 'batch', env: {} };
      client.execute('t', 'sleep 30', defaults);
      const answer = await client.next(['execution_started', 'protocol_error', 'task_error'], 't', from);
      expectFields(answer, { type: 'execution_started' });
    },
  },
  {
    id: 'commands.duplicate',
    says: 'Another body under a known id is duplicate_task, and the task is untouched.',
    cites: [COMMANDS, 'Another body under a known id is `duplicate_task`, and the task is untouched.'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'cat', { stdin: 'pipe' });
      await client.next('execution_started', 't');
      client.execute('t', 'cat -n', { stdin: 'pipe' });
      expectFields(await client.next(['protocol_error', 'task_error', 'task_complete']), {
        code: 'duplicate_task',
        taskId: 't',
      });
      client.send({ type: 'send_input', taskId: 't', input: 'still here', end: true });
      expectFields(await client.terminal('t'), { type: 'task_complete', exitCode: 0 });
      expectSame('the output', client.text('t'), 'still here');
    },
  },
];

function rejected(
  id: string,
  says: string,
  cites: Citation,
  detail: string,
  fields: Readonly<Record<string, unknown>>,
): WorkerCheck {
  return {
    id,
    says,
    cites,
    run: async (bench) => {
      const client = await bench.plain();
      client.send({ type: 'execute_command', taskId: 't', command: 'true', ...fields });
      const answer = await client.next(['task_error', 'task_complete', 'protocol_error']);
      expectFields(answer, { type: 'task_error', code: 'rejected', detail, taskId: 't' });
    },
  };
}

async function expectOutput(
  bench: WorkerBench,
  command: string | readonly string[],
  more: Readonly<Record<string, unknown>>,
  output: string,
): Promise<void> {
  const client = await bench.plain();
  client.execute('t', command, more);
  expectFields(await client.terminal('t'), { type: 'task_complete', exitCode: 0 });
  expectSame('the output', client.text('t').replace(/^ +/, ''), output);
}
