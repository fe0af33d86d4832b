/** What commands are fed. */
import type { Citation } from '../core/check.js';
import { expectFields, expectSame } from '../core/mismatch.js';
import type { WorkerCheck } from './worker-check.js';

const INPUT = 'Input';
const READING = 'Reading frames';
const OFFSET: Citation = [INPUT, 'With it, bytes that the worker already has are skipped'];
const BEYOND: Citation = [INPUT, 'an offset beyond what it has is `invalid_offset`'];
const FULL: Citation = [
  INPUT,
  'If more than `MAX_PENDING_INPUT_BYTES` would wait for the command, the message is `input_full`.',
];
const LOST: Citation = [
  INPUT,
  'Input for an ended task is `task_ended`, for one without an open stdin `stdin_closed`',
];

const feed = (input: string, more: Readonly<Record<string, unknown>> = {}) => ({
  type: 'send_input',
  taskId: 't',
  input,
  ...more,
});

export const INPUT_CHECKS: readonly WorkerCheck[] = [
  {
    id: 'input.ack',
    says: 'input_ack counts the bytes that the stdin has taken.',
    cites: [INPUT, '`input_ack.offset` counts what the stdin of the command has taken.'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'cat', { stdin: 'pipe' });
      client.send(feed('gr\u00fc\u00dfe\n'));
      expectFields(await client.next(['input_ack', 'protocol_error']), { type: 'input_ack', offset: 8 });
    },
  },
  {
    id: 'input.end',
    says: 'end closes the stdin behind this input.',
    cites: [INPUT, '`end: true` closes the stdin after this input'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'cat; echo end', { stdin: 'pipe' });
      client.send(feed('one\n'));
      client.send(feed('two\n', { end: true }));
      expectFields(await client.terminal('t'), { type: 'task_complete', exitCode: 0 });
      expectSame('the output', client.text('t'), 'one\ntwo\nend\n');
    },
  },
  {
    id: 'input.base64',
    says: 'Input in base64 arrives as its bytes.',
    cites: [READING, 'Base64 is RFC 4648 section 4'],
    run: async (bench) => {
      const { client } = await bench.manager({ output: 'binary' });
      client.execute('t', 'cat', { stdin: 'pipe' });
      const bytes = Buffer.from([0, 1, 127, 128, 255, 10]);
      client.send(feed(bytes.toString('base64'), { encoding: 'base64', end: true }));
      await client.terminal('t');
      expectSame('the bytes', client.bytes('t').toString('hex'), bytes.toString('hex'));
    },
  },
  {
    id: 'input.twice',
    says: 'Input that was sent twice is taken once.',
    cites: OFFSET,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'cat', { stdin: 'pipe' });
      client.send(feed('abc', { offset: 0 }));
      client.send(feed('bcd', { offset: 1 }));
      client.send(feed('', { end: true }));
      await client.terminal('t');
      expectSame('the output', client.text('t'), 'abcd');
    },
  },
  {
    id: 'input.beyond',
    says: 'Input beyond what the worker has is invalid_offset, and none of it is taken.',
    cites: BEYOND,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'cat', { stdin: 'pipe' });
      client.send(feed('abc'));
      client.send(feed('xyz', { offset: 9 }));
      expectFields(await client.refusal(), { code: 'invalid_offset', taskId: 't' });
      client.send(feed('', { end: true }));
      await client.terminal('t');
      expectSame('the output', client.text('t'), 'abc');
    },
  },
  {
    id: 'input.full',
    says: 'More than 1 MiB that waits for the command is input_full, and none of that message is taken.',
    cites: FULL,
    run: async (bench) => {
      const workspace = bench.workspace();
      const client = await bench.plain();
      client.execute('t', 'until [ -e full ]; do sleep 0.05; done; wc -c', { stdin: 'pipe', workspace });
      await client.next('execution_started', 't');
      const part = 'x'.repeat(700_000);
      client.send(feed(part));
      client.send(feed(part));
      expectFields(await client.next(['protocol_error', 'task_complete', 'task_error']), {
        code: 'input_full',
        taskId: 't',
      });
      await bench.look(workspace, 'touch full');
      client.send(feed('', { end: true }));
      await client.terminal('t');
      expectSame('the bytes that the command read', client.text('t').trim(), '700000');
    },
  },
  {
    id: 'input.present',
    says: 'Input of no bytes is answered by the present input_ack.',
    cites: [INPUT, 'Input of no bytes, without `end`, is answered by the present `input_ack`'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'cat', { stdin: 'pipe' });
      client.send(feed('abc'));
      await client.next(['input_ack', 'protocol_error'], 't');
      const from = client.received.length;
      client.send(feed(''));
      expectFields(await client.next(['input_ack', 'protocol_error'], 't', from), {
        type: 'input_ack',
        offset: 3,
      });
    },
  },
  {
    id: 'input.none',
    says: 'Input for a task without stdin is stdin_closed.',
    cites: LOST,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'sleep 30');
      client.send(feed('x'));
      expectFields(await client.next(['protocol_error', 'input_ack']), { code: 'stdin_closed', taskId: 't' });
    },
  },
  {
    id: 'input.after-end',
    says: 'Input behind end is stdin_closed.',
    cites: LOST,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'cat; sleep 30', { stdin: 'pipe' });
      client.send(feed('x', { end: true }));
      client.send(feed('y'));
      expectFields(await client.refusal(), { code: 'stdin_closed', taskId: 't' });
    },
  },
  {
    id: 'input.task-ended',
    says: 'Input for an ended task is task_ended.',
    cites: LOST,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'true', { stdin: 'pipe' });
      await client.terminal('t');
      const from = client.received.length;
      client.send(feed('x'));
      expectFields(await client.next(['protocol_error', 'input_ack'], undefined, from), {
        code: 'task_ended',
        taskId: 't',
      });
    },
  },
];
