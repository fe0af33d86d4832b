/** Connections that end, and tasks that do not. */
import type { Citation } from '../core/check.js';
import { expectFields, expectSame, expectThat } from '../core/mismatch.js';
import { endOfChunks } from './output.js';
import type { WorkerCheck } from './worker-check.js';

const LOST = 'Lost connections, restarts, shutdown';
const OUTPUT = 'Output';
const RUNS_ON: Citation = [LOST, 'After `hello` a connection that ends takes no task with it.'];
const RESUME: Citation = [OUTPUT, 'Output comes from N on, none of it lost and none twice.'];
const WAITS: Citation = [
  LOST,
  'Output, gaps and the terminal message of a task wait on a new connection until `hello.resume` or `resume_task` names it.',
];
const ACKS: Citation = [OUTPUT, 'A resume at N also acks N; an ack never goes backwards.'];
const AGAIN: Citation = [
  OUTPUT,
  'After the replay of an ended task its terminal message comes again, each time until `forget_task`.',
];
const FORGET: Citation = [LOST, '`forget_task` of a running task ends it without a terminal message.'];
const LINES = Array.from({ length: 30 }, (_, index) => `line ${index + 1}\n`).join('');
const WRITE_LINES = 'for i in $(seq 1 30); do echo "line $i"; sleep 0.02; done; exit 7';

export const RESUME_CHECKS: readonly WorkerCheck[] = [
  {
    id: 'resume.by-hello',
    says: 'A task outlives its connection, and hello.resume continues its output: no byte lost, none twice.',
    cites: RESUME,
    run: async (bench) => {
      const { client: first, managerId } = await bench.manager();
      first.execute('t', WRITE_LINES);
      await first.until(() => first.text('t').length > 20, 'some output');
      await first.cut();
      const have = first.text('t');
      const { client: second } = await bench.manager({
        managerId,
        resume: [{ taskId: 't', offset: have.length }],
      });
      expectFields(await second.terminal('t'), { type: 'task_complete', exitCode: 7 });
      expectSame('the output of both connections', have + second.text('t'), LINES);
      endOfChunks(second, 't', have.length);
    },
  },
  {
    id: 'resume.by-message',
    says: 'resume_task does the same as hello.resume.',
    cites: RESUME,
    run: async (bench) => {
      const { client: first, managerId } = await bench.manager({ output: 'binary' });
      first.execute('t', WRITE_LINES);
      await first.until(() => first.bytes('t').length > 20, 'some output');
      await first.cut();
      const have = first.bytes('t');
      const { client: second } = await bench.manager({ managerId, output: 'binary' });
      second.send({ type: 'resume_task', taskId: 't', offset: have.length });
      expectFields(await second.terminal('t'), { type: 'task_complete', exitCode: 7 });
      expectSame('the output of both connections', have.toString() + second.bytes('t').toString(), LINES);
    },
  },
  {
    id: 'resume.welcome-first',
    says: 'The welcome comes before every replay.',
    cites: ['Who answers what', '`welcome`, a `heartbeat`, then for each resumed task its replay'],
    run: async (bench) => {
      const { client: first, managerId } = await bench.manager();
      first.execute('t', 'echo hello');
      await first.terminal('t');
      await first.cut();
      const { client: second } = await bench.manager({ managerId, resume: [{ taskId: 't', offset: 0 }] });
      await second.terminal('t');
      const types = second.received.map(({ type }) => type);
      expectSame('the messages', types, ['welcome', 'heartbeat', 'task_output', 'task_complete']);
    },
  },
  {
    id: 'resume.waits',
    says: 'On a new connection nothing of a task comes before it is resumed.',
    cites: WAITS,
    run: async (bench) => {
      const { client: first, managerId } = await bench.manager();
      first.execute('done', 'echo hello');
      first.execute('runs', 'while :; do echo more; sleep 0.05; done');
      await first.terminal('done');
      await first.next('task_output', 'runs');
      await first.cut();
      const { client: second } = await bench.manager({ managerId });
      second.execute('other', 'sleep 0.3');
      await second.terminal('other');
      const ofTasks = second.received.filter(({ taskId }) => taskId === 'done' || taskId === 'runs');
      expectSame('messages of tasks that were not resumed', ofTasks.length, 0);
    },
  },
  {
    id: 'resume.one-answer',
    says: 'A repeated execute_command on a new connection gets only its one answer.',
    cites: [LOST, 'A repeated `execute_command` gets only its one answer.'],
    run: async (bench) => {
      const { client: first, managerId } = await bench.manager();
      first.execute('t', 'echo hello');
      await first.terminal('t');
      await first.cut();
      const { client: second } = await bench.manager({ managerId });
      second.execute('t', 'echo hello');
      await second.terminal('t');
      await second.settle();
      const types = second.received.filter(({ taskId }) => taskId === 't').map(({ type }) => type);
      expectSame('the answers', types, ['task_complete']);
    },
  },
  {
    id: 'resume.end-again',
    says: 'Each replay of an ended task ends with its terminal message again.',
    cites: AGAIN,
    run: async (bench) => {
      const { client } = await bench.manager();
      client.execute('t', 'echo hello; exit 3');
      await client.terminal('t');
      for (let count = 0; count < 2; count++) {
        const from = client.received.length;
        client.send({ type: 'resume_task', taskId: 't', offset: 6 });
        expectFields(await client.terminal('t', from), { type: 'task_complete', exitCode: 3 });
      }
    },
  },
  {
    id: 'resume.acks',
    says: 'A resume at N acks N.',
    cites: ACKS,
    run: async (bench) => {
      const { client, managerId } = await bench.manager();
      client.execute('t', 'echo hello');
      await client.terminal('t');
      client.send({ type: 'resume_task', taskId: 't', offset: 4 });
      await client.settle();
      await client.cut();
      const { welcome } = await bench.manager({ managerId });
      expectFields((welcome['tasks'] as readonly object[])[0] ?? {}, { taskId: 't', ackedOffset: 4 });
    },
  },
  {
    id: 'resume.below',
    says: 'A resume below what is kept tells the missing bytes by a gap, and goes on from there.',
    cites: [OUTPUT, 'Below what is kept, an `output_gap` tells the missing bytes first.'],
    run: async (bench) => {
      const { client } = await bench.manager();
      client.execute('t', 'echo hello');
      await client.terminal('t');
      client.send({ type: 'task_ack', taskId: 't', offset: 4 });
      await client.settle();
      const from = client.received.length;
      client.send({ type: 'resume_task', taskId: 't', offset: 1 });
      await client.terminal('t', from);
      expectSame('the end of gap and chunks', endOfChunks(client, 't', 1, from), 6);
      expectThat(client.text('t', from).endsWith('o\n'), 'the bytes from the ack on', client.text('t', from));
    },
  },
  {
    id: 'resume.beyond',
    says: 'A resume beyond the end is invalid_offset.',
    cites: [OUTPUT, 'a resume beyond the end, is `invalid_offset` and changes nothing'],
    run: async (bench) => {
      const { client } = await bench.manager();
      client.execute('t', 'echo hello');
      await client.terminal('t');
      const from = client.received.length;
      client.send({ type: 'resume_task', taskId: 't', offset: 7 });
      expectFields(await client.next(['protocol_error', 'task_complete'], 't', from), {
        code: 'invalid_offset',
      });
    },
  },
  {
    id: 'resume.unknown',
    says: 'A task in hello.resume that is not there is unknown_task, and the others are resumed.',
    cites: ['Who answers what', 'any of them for a task that the sender does not have here'],
    run: async (bench) => {
      const { client: first, managerId } = await bench.manager();
      first.execute('t', 'echo hello');
      await first.terminal('t');
      await first.cut();
      const resume = [
        { taskId: 'nobody', offset: 0 },
        { taskId: 't', offset: 0 },
      ];
      const { client: second } = await bench.manager({ managerId, resume });
      expectFields(await second.refusal(), { code: 'unknown_task', taskId: 'nobody' });
      await second.terminal('t');
      expectSame('the output', second.text('t'), 'hello\n');
    },
  },
  {
    id: 'resume.code-point',
    says: 'A resume inside a code point gives its text, or U+FFFD where its first bytes are gone.',
    cites: [
      OUTPUT,
      'inside a code point looks back for its first bytes on that stream, and gives U+FFFD where they are gone',
    ],
    run: async (bench) => {
      const workspace = bench.workspace();
      const { client: first, managerId } = await bench.manager();
      const waits = 'until [ -e resumed ]; do sleep 0.05; done';
      first.execute('t', `printf 'a\\342\\202'; ${waits}; printf '\\254z'`, { workspace });
      await first.until(() => endOfChunks(first, 't') === 3, 'three bytes');
      await first.cut();
      const { client: second } = await bench.manager({ managerId, resume: [{ taskId: 't', offset: 3 }] });
      await bench.look(workspace, 'touch resumed');
      await second.terminal('t');
      expectSame('the text', second.text('t'), '\u20acz');
      expectSame('the end of the chunks', endOfChunks(second, 't', 3), 5);
    },
  },
  {
    id: 'resume.timers',
    says: 'A timeout runs on while the connection is away.',
    cites: ['Commands', '(timeout, orphan, linger) run on while a connection is away'],
    run: async (bench) => {
      const { client: first, managerId } = await bench.manager();
      first.execute('t', 'sleep 30', { timeoutMs: 400 });
      await first.next('execution_started', 't');
      await first.cut();
      const { client: second } = await bench.manager({ managerId });
      second.execute('wait', 'sleep 1');
      await second.terminal('wait');
      second.send({ type: 'resume_task', taskId: 't', offset: 0 });
      expectFields(await second.terminal('t'), { code: 'timed_out' });
    },
  },
  {
    id: 'resume.runs-on',
    says: 'A task of a manager runs on without a connection.',
    cites: RUNS_ON,
    run: async (bench) => {
      const workspace = bench.workspace();
      const { client: first, managerId } = await bench.manager();
      first.execute('t', 'sleep 0.4; echo done > finished', { workspace });
      await first.next('execution_started', 't');
      await first.cut();
      const seen = await bench.look(
        workspace,
        'for i in $(seq 60); do [ -e finished ] && break; sleep 0.05; done; cat finished',
      );
      expectSame('what it wrote', seen, 'done\n');
      await bench.manager({ managerId });
    },
  },
  {
    id: 'resume.forget',
    says: 'An ended task that was forgotten is unknown, and its id is free.',
    cites: [LOST, 'An ended task is kept until `forget_task`'],
    run: async (bench) => {
      const { client } = await bench.manager();
      client.execute('t', 'echo one');
      await client.terminal('t');
      client.send({ type: 'forget_task', taskId: 't' });
      client.send({ type: 'resume_task', taskId: 't', offset: 0 });
      expectFields(await client.next(['protocol_error', 'pong'], 't'), { code: 'unknown_task' });
      const from = client.received.length;
      client.execute('t', 'echo two');
      await client.terminal('t', from);
      expectSame('the output', client.text('t', from), 'two\n');
    },
  },
  {
    id: 'resume.forget-running',
    says: 'forget_task of a running task ends it without a terminal message.',
    cites: FORGET,
    run: async (bench) => {
      const workspace = bench.workspace();
      const { client } = await bench.manager();
      client.execute('t', 'echo x > alive; echo up; while :; do echo x >> alive; sleep 0.05; done', {
        workspace,
      });
      await client.next('task_output', 't');
      const from = client.received.length;
      client.send({ type: 'forget_task', taskId: 't' });
      await client.settle();
      const grown =
        'a=$(wc -c < alive); for i in $(seq 40); do sleep 0.2; b=$(wc -c < alive); [ $a = $b ] && break; a=$b; done; [ $a = $b ] && echo still';
      expectSame('the file that it wrote to', await bench.look(workspace, grown), 'still\n');
      await client.settle();
      const ends = client.received
        .slice(from)
        .filter(({ type }) => type === 'task_error' || type === 'task_complete');
      expectSame('terminal messages', ends.length, 0);
    },
  },
];
