/** How tasks are ended, and how the end is told. */
import type { Citation } from '../core/check.js';
import { expectFields, expectSame, expectThat } from '../core/mismatch.js';
import type { WorkerCheck } from './worker-check.js';

const ENDS = 'How a task ends';
const COMMANDS = 'Commands';
const CAUSE: Citation = [ENDS, 'Once the worker has begun to end a task, the code is the first cause'];
const OWN_END: Citation = [
  ENDS,
  'A signal sent with `signal_task`, or one that the task sent itself, is an end of its own as well.',
];
const GRACE: Citation = [
  COMMANDS,
  'SIGKILL after a grace of 5 000 ms, or of `graceMs` where `terminate_task` gave',
];
const LINGER: Citation = [ENDS, 'the worker reads on until it closes, for at most `lingerMs` (2 000)'];
const LEFTOVER: Citation = [
  ENDS,
  'It is sent only when no process of the task lives any more; `leftover` counts those that the worker had to end.',
];
const GROUP: Citation = [COMMANDS, 'go to the process group of the command'];
const LATE: Citation = [
  COMMANDS,
  '`signal_task`, `terminate_task` and `resize_pty` for a task that has ended are ignored',
];
const UNTIL_TERM = 'echo up; while :; do sleep 0.05; done';

const FIELDS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  resume_task: { offset: 0 },
  send_input: { input: 'x' },
  signal_task: { signal: 'SIGTERM' },
  resize_pty: { cols: 80, rows: 24 },
  task_ack: { offset: 0 },
};

export const END_CHECKS: readonly WorkerCheck[] = [
  {
    id: 'ends.timeout',
    says: 'timeoutMs ends a command with timed_out.',
    cites: CAUSE,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'sleep 30', { timeoutMs: 200 });
      expectFields(await client.terminal('t'), { type: 'task_error', code: 'timed_out' });
    },
  },
  {
    id: 'ends.timeout-tree',
    says: 'What a command has started ends with it.',
    cites: LEFTOVER,
    run: async (bench) => {
      const workspace = bench.workspace();
      const client = await bench.plain();
      const command = '(while :; do echo x >> alive; sleep 0.05; done) & while :; do sleep 1; done';
      client.execute('t', command, { timeoutMs: 500, workspace });
      await client.terminal('t');
      const sizes = await bench.look(workspace, 'wc -c < alive; sleep 0.4; wc -c < alive');
      const [before, after] = sizes.trim().split(/\s+/);
      expectThat(
        before === after,
        'nothing of the task alive',
        `a file that grew from ${before} to ${after} bytes`,
      );
    },
  },
  {
    id: 'ends.terminate',
    says: 'terminate_task sends SIGTERM and ends a task as terminated.',
    cites: ['Who answers what', 'the terminal message of the task'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'echo up; exec sleep 30');
      await client.next('task_output', 't');
      client.send({ type: 'terminate_task', taskId: 't' });
      expectFields(await client.terminal('t'), {
        type: 'task_error',
        code: 'terminated',
        exitCode: null,
        signal: 'SIGTERM',
      });
    },
  },
  {
    id: 'ends.terminate-early',
    says: 'A terminate that comes right behind its command is not lost.',
    cites: ['Who answers what', 'the terminal message of the task'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'sleep 30');
      client.send({ type: 'terminate_task', taskId: 't' });
      expectFields(await client.terminal('t'), { code: 'terminated' });
    },
  },
  {
    id: 'ends.grace',
    says: 'A command that ignores SIGTERM gets SIGKILL after graceMs, and not before.',
    cites: GRACE,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', `trap '' TERM; ${UNTIL_TERM}`);
      await client.next('task_output', 't');
      const sentAtMs = performance.now();
      client.send({ type: 'terminate_task', taskId: 't', graceMs: 600 });
      expectFields(await client.terminal('t'), { code: 'terminated', exitCode: null, signal: 'SIGKILL' });
      const tookMs = Math.round(performance.now() - sentAtMs);
      expectThat(tookMs >= 550, 'no end before 600 ms', `an end after ${tookMs} ms`);
    },
  },
  {
    id: 'ends.clean-exit',
    says: 'A clean exit after terminate is still terminated, with its exit code.',
    cites: [ENDS, 'whatever the process then exits with'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', `trap 'exit 7' TERM; ${UNTIL_TERM}`);
      await client.next('task_output', 't');
      client.send({ type: 'terminate_task', taskId: 't' });
      expectFields(await client.terminal('t'), {
        type: 'task_error',
        code: 'terminated',
        exitCode: 7,
        signal: null,
      });
    },
  },
  {
    id: 'ends.first-cause',
    says: 'Of two causes the first is told.',
    cites: CAUSE,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', `trap 'echo asked' TERM; ${UNTIL_TERM}`, { timeoutMs: 1_500 });
      await client.until(() => client.text('t').includes('asked'), 'its timeout to ask it to end');
      client.send({ type: 'terminate_task', taskId: 't', graceMs: 0 });
      expectFields(await client.terminal('t'), { code: 'timed_out', signal: 'SIGKILL' });
    },
  },
  {
    id: 'ends.signal',
    says: 'A signal by signal_task is the own end of the command.',
    cites: OWN_END,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'echo up; exec sleep 30');
      await client.next('task_output', 't');
      client.send({ type: 'signal_task', taskId: 't', signal: 'SIGINT' });
      expectFields(await client.terminal('t'), { type: 'task_complete', exitCode: null, signal: 'SIGINT' });
    },
  },
  {
    id: 'ends.signal-group',
    says: 'signal_task goes to the process group of the command.',
    cites: GROUP,
    run: async (bench) => {
      const client = await bench.plain();
      const child = `bash -c 'trap "echo child; exit" USR1; echo up; while :; do sleep 0.05; done'`;
      client.execute('t', `trap : USR1; ${child} & wait; wait; echo parent`);
      await client.next('task_output', 't');
      client.send({ type: 'signal_task', taskId: 't', signal: 'SIGUSR1' });
      expectFields(await client.terminal('t'), { type: 'task_complete', exitCode: 0 });
      const text = client.text('t'); // a shell may also say that its sleep got the signal
      expectThat(
        text.includes('child\n') && text.endsWith('parent\n'),
        'the words of child and parent',
        text,
      );
    },
  },
  {
    id: 'ends.self-signal',
    says: 'A signal that a command sends itself is its own end.',
    cites: OWN_END,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'kill -KILL $$');
      expectFields(await client.terminal('t'), { type: 'task_complete', exitCode: null, signal: 'SIGKILL' });
    },
  },
  {
    id: 'ends.late-output',
    says: 'What comes after the exit, while the output is open, is not lost.',
    cites: LINGER,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', '(sleep 0.4; echo late) & echo early');
      expectFields(await client.terminal('t'), { type: 'task_complete', exitCode: 0, leftover: 0 });
      expectSame('the output', client.text('t'), 'early\nlate\n');
    },
  },
  {
    id: 'ends.daemon',
    says: 'A daemon that has let go of the output does not hold the task, is ended, and counted.',
    cites: LEFTOVER,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'sleep 30 </dev/null >/dev/null 2>&1 & echo up');
      const end = await client.terminal('t');
      expectFields(end, { type: 'task_complete', exitCode: 0, leftover: 1 });
    },
  },
  {
    id: 'ends.linger',
    says: 'What holds the output open is ended at lingerMs and counted.',
    cites: [ENDS, 'at `lingerMs` it ends what is left and counts it in `leftover`'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'sleep 30 & echo up; exit 4', { lingerMs: 300 });
      const end = await client.terminal('t');
      expectFields(end, { type: 'task_complete', exitCode: 4, leftover: 1 });
    },
  },
  {
    id: 'ends.linger-default',
    says: 'Where no lingerMs was given it is 2 s.',
    cites: LINGER,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', '(sleep 1; echo late) & echo early');
      await client.terminal('t');
      expectSame('the output', client.text('t'), 'early\nlate\n');
      client.execute('held', 'sleep 30 & echo up');
      expectFields(await client.terminal('held'), { type: 'task_complete', leftover: 1 });
    },
  },
  {
    id: 'ends.orphaned-output',
    says: 'Output still held open after 1.5 s is reported as orphaned_output.',
    cites: [ENDS, 'After 1 500 ms the worker reports the block `orphaned_output`'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'sleep 30 & echo up', { lingerMs: 30_000 }); // a busy worker may report it later
      const block = await client.next(['block_detected', 'task_complete', 'task_error'], 't');
      expectFields(block, {
        type: 'block_detected',
        reason: 'orphaned_output',
        confidence: 'confirmed',
        action: 'report',
      });
    },
  },
  {
    id: 'ends.block-policy',
    says: 'blockPolicy may end what holds the output: task_error blocked with its reason.',
    cites: ['Blocks', '`blockPolicy` says what the worker itself does about a _confirmed_ block'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'sleep 30 & echo up', {
        lingerMs: 30_000,
        blockPolicy: { orphaned_output: 'terminate' },
      });
      expectFields(await client.terminal('t'), {
        type: 'task_error',
        code: 'blocked',
        reason: 'orphaned_output',
        exitCode: 0,
        leftover: 1,
      });
    },
  },
  {
    id: 'ends.waiting-for-input',
    says: 'A command that waits for input which nobody sends is told as waiting_for_input.',
    cites: ['Blocks', 'A _block_ is a task that cannot go on by itself. `block_detected` says so once'],
    isOptional: true,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', "printf 'Proceed? '; read answer; echo done", { stdin: 'pipe' });
      expectFields(await client.next('block_detected', 't'), { reason: 'waiting_for_input' });
    },
  },
  {
    id: 'ends.end-input',
    says: '`end_input` as the policy of waiting_for_input closes the stdin.',
    cites: ['Blocks', '`end_input` acts on `waiting_for_input` alone, and otherwise reports.'],
    isOptional: true,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'cat; echo done', {
        stdin: 'pipe',
        blockPolicy: { waiting_for_input: 'end_input' },
      });
      expectFields(await client.terminal('t'), { type: 'task_complete', exitCode: 0 });
      expectSame('the output', client.text('t'), 'done\n');
    },
  },
  {
    id: 'ends.late-messages',
    says: 'Signal, terminate and resize for an ended task are ignored.',
    cites: LATE,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'true');
      await client.terminal('t');
      const from = client.received.length;
      client.send({ type: 'signal_task', taskId: 't', signal: 'SIGTERM' });
      client.send({ type: 'terminate_task', taskId: 't' });
      client.send({ type: 'resize_pty', taskId: 't', cols: 80, rows: 24 });
      await client.settle();
      const answers = client.received
        .slice(from)
        .filter(({ type }) => type !== 'pong' && type !== 'heartbeat');
      expectSame('answers', answers, []);
    },
  },
  ...(
    [
      'resume_task',
      'send_input',
      'signal_task',
      'terminate_task',
      'resize_pty',
      'task_ack',
      'forget_task',
    ] as const
  ).map(
    (type): WorkerCheck => ({
      id: `ends.unknown-${type.replaceAll('_', '-')}`,
      says: `\`${type}\` for a task that is not there is unknown_task, with its taskId.`,
      cites: ['Who answers what', 'any of them for a task that the sender does not have here'],
      run: async (bench) => {
        const { client } = await bench.manager();
        client.send({ type, taskId: 'nobody', ...FIELDS[type] });
        client.send({ type: 'ping' });
        const answer = await client.next(['protocol_error', 'pong']);
        expectFields(answer, { type: 'protocol_error', code: 'unknown_task', taskId: 'nobody' });
      },
    }),
  ),
];
