/** How frames are read and refused. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Citation } from '../core/check.js';
import { expectFields, expectSame, expectThat } from '../core/mismatch.js';
import type { Message, WireClient } from '../io/wire-client.js';
import type { WorkerBench } from '../worker-bench.js';
import type { WorkerCheck } from './worker-check.js';

const READING = 'Reading frames';
const CONNECTING = 'Connecting';
const PONG: Citation = ['Who answers what', '`pong` with the same `id`'];
const PATHS: Citation = [READING, '`protocol_error.path` is a JSON Pointer (RFC 6901) to the field at fault'];
const MALFORMED: Citation = [
  READING,
  'Only `invalid_json`, `invalid_message` and `unknown_type` count as malformed',
];
/** So many malformed frames go over one connection; 100 would close it. */
const MALFORMED_A_CONNECTION = 90;
const MAX_PAYLOAD_BYTES = 1_048_576;
const MANAGER_TYPES = [
  'hello',
  'execute_command',
  'resume_task',
  'send_input',
  'signal_task',
  'terminate_task',
  'resize_pty',
  'task_ack',
  'forget_task',
  'remove_workspace',
  'ping',
];

interface Fixture {
  readonly name: string;
  readonly from?: 'manager' | 'worker';
  readonly text: string;
  readonly code: string;
  readonly path?: string;
  readonly taskId?: string;
}

export const FRAME_CHECKS: readonly WorkerCheck[] = [
  {
    id: 'frames.ping',
    says: 'A ping is answered by a pong with its id.',
    cites: PONG,
    run: async (bench) => {
      const client = await bench.plain();
      client.send({ type: 'ping', id: 'one' });
      client.send({ type: 'ping', id: 'two' });
      const ids = await pongIds(client, 2);
      expectSame('the ids of the pongs', ids, ['one', 'two']);
    },
  },
  {
    id: 'frames.ping-without-id',
    says: 'A ping without an id gets a pong without one.',
    cites: PONG,
    run: async (bench) => {
      const client = await bench.plain();
      client.send({ type: 'ping' });
      expectThat(!('id' in (await client.next('pong'))), 'a pong without an id', client.received);
    },
  },
  {
    id: 'frames.unknown-fields',
    says: 'Fields that are not declared are ignored.',
    cites: [
      READING,
      'Fields that are not declared are ignored, also those named `__proto__` or `constructor`',
    ],
    run: async (bench) => {
      const client = await bench.plain();
      client.send(
        '{"type":"ping","id":"p","timestamp":1,"future":{"deep":[1]},"__proto__":{"x":1},"constructor":null}',
      );
      expectSame('the ids of the pongs', await pongIds(client, 1), ['p']);
    },
  },
  {
    id: 'frames.declared',
    says: 'The worker sends only what the schema declares.',
    cites: ['Versions', 'senders send only what their schema declares'],
    run: async (bench) => {
      const { client } = await bench.manager();
      client.execute('t', 'echo out; echo err >&2');
      await client.terminal('t');
      client.send({ type: 'resume_task', taskId: 'unknown', offset: 0 });
      await client.settle();
      expectSame('messages with fields that are not declared', client.undeclared, []);
    },
  },
  {
    id: 'frames.last-key',
    says: 'Of a key that comes twice the last one counts.',
    cites: [READING, 'Of a key that comes twice the last one counts.'],
    run: async (bench) => {
      const client = await bench.plain();
      client.send('{"type":"ping","id":"first","timestamp":1,"id":"last"}');
      expectSame('the ids of the pongs', await pongIds(client, 1), ['last']);
    },
  },
  {
    id: 'frames.numbers',
    says: 'A whole number may be written as JSON likes.',
    cites: [READING, '`1.0` and `1e0` are the integer 1'],
    run: async (bench) => {
      const client = await bench.plain();
      client.send('{"type":"ping","id":"p","timestamp":1.0}');
      client.send('{"type":"ping","id":"q","timestamp":1e0}');
      expectSame('the ids of the pongs', await pongIds(client, 2), ['p', 'q']);
    },
  },
  {
    id: 'frames.lone-surrogate',
    says: 'A lone surrogate in free text stands for U+FFFD.',
    cites: [READING, 'stands for U+FFFD where text is free, and is invalid in ids'],
    run: async (bench) => {
      const client = await bench.plain();
      client.send(
        '{"type":"execute_command","taskId":"t","command":["printf","%s","a\\ud800b"],"timestamp":1}',
      );
      await client.terminal('t');
      expectSame('the output', client.text('t'), 'a\uFFFDb');
    },
  },
  {
    id: 'frames.invalid-json',
    says: 'What is no JSON is `invalid_json`, without a path.',
    cites: [READING, 'absent for `invalid_json`'],
    run: async (bench) => expectRefused(bench, framesOf('invalid_json', /^(?!33 levels)/)),
  },
  {
    id: 'frames.nesting',
    says: 'JSON that nests deeper than 32 is `invalid_json`.',
    cites: [
      READING,
      'A frame is judged in this order: size, nesting (`MAX_JSON_DEPTH`), JSON, `type`, fields',
    ],
    run: async (bench) => expectRefused(bench, framesOf('invalid_json', /^33 levels/)),
  },
  {
    id: 'frames.unknown-type',
    says: 'A type that no manager sends is `unknown_type` at /type.',
    cites: ['Who answers what', '`protocol_error` `invalid_json`, `invalid_message`, `unknown_type`'],
    run: async (bench) => expectRefused(bench, framesOf('unknown_type', /./)),
  },
  {
    id: 'frames.no-message',
    says: 'JSON that is no object, or has no type, or breaks a rule across fields is `invalid_message`.',
    cites: PATHS,
    run: async (bench) => expectRefused(bench, framesOf('invalid_message', /./)),
  },
  ...MANAGER_TYPES.map(
    (type): WorkerCheck => ({
      id: `frames.invalid-${type.replaceAll('_', '-')}`,
      says: `Each way to break a field of \`${type}\` is refused, with the path of the field.`,
      cites: PATHS,
      run: async (bench) => expectRefused(bench, readFixtures(type)),
    }),
  ),
  {
    id: 'frames.changes-nothing',
    says: 'A refused message has changed nothing.',
    cites: [READING, 'A refused message has changed nothing.'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'echo ran', { timeoutMs: -1 });
      expectFields(await client.refusal(), { code: 'invalid_message', path: '/timeoutMs', taskId: 't' });
      client.send({ type: 'terminate_task', taskId: 't' });
      expectFields(await client.refusal(client.received.length), { code: 'unknown_task' });
      expectSame('the output', client.text('t'), '');
    },
  },
  {
    id: 'frames.binary',
    says: 'A binary frame closes the connection with 1003.',
    cites: ['From the manager to the worker', 'A binary frame to a worker closes the connection with 1003.'],
    run: async (bench) => {
      const client = await bench.plain();
      client.socket.send(Buffer.from('{"type":"ping","timestamp":1}'));
      expectSame('the close code', (await client.closed('a close with 1003')).code, 1003);
    },
  },
  {
    id: 'frames.largest',
    says: 'A message of exactly 1 MiB is taken.',
    cites: [CONNECTING, 'A message larger than `MAX_PAYLOAD_BYTES` closes the connection with 1009'],
    run: async (bench) => {
      const client = await bench.plain();
      client.send(padded(MAX_PAYLOAD_BYTES));
      expectSame('the ids of the pongs', await pongIds(client, 1), ['p']);
    },
  },
  {
    id: 'frames.too-large',
    says: 'A message of 1 MiB and a byte closes with 1009.',
    cites: [CONNECTING, 'A message larger than `MAX_PAYLOAD_BYTES` closes the connection with 1009'],
    run: async (bench) => {
      const client = await bench.plain();
      client.send(padded(MAX_PAYLOAD_BYTES + 1));
      expectSame('the close code', (await client.closed('a close with 1009')).code, 1009);
    },
  },
  {
    id: 'frames.64-fragments',
    says: 'A message of 64 fragments is taken.',
    cites: [CONNECTING, 'one of more than `MAX_FRAGMENTS` fragments with 1008'],
    run: async (bench) => {
      const client = await bench.plain();
      sendFragments(client, 64);
      expectSame('the ids of the pongs', await pongIds(client, 1), ['p']);
    },
  },
  {
    id: 'frames.65-fragments',
    says: 'A message of 65 fragments closes with 1008.',
    cites: [CONNECTING, 'one of more than `MAX_FRAGMENTS` fragments with 1008'],
    run: async (bench) => {
      const client = await bench.plain();
      sendFragments(client, 65);
      expectSame('the close code', (await client.closed('a close with 1008')).code, 1008);
    },
  },
  {
    id: 'frames.malformed-limit',
    says: '100 malformed frames in a minute close with 1008, and not one before.',
    cites: [READING, '`MAX_MALFORMED_FRAMES` of them within `MALFORMED_WINDOW_MS` close with 1008'],
    run: async (bench) => {
      const client = await bench.plain();
      for (let count = 0; count < 99; count++) client.send('x');
      await client.settle();
      client.send('x');
      expectSame('the close code', (await client.closed('a close with 1008')).code, 1008);
    },
  },
  {
    id: 'frames.late-messages',
    says: 'Late messages, however many, never close a good session.',
    cites: MALFORMED,
    run: async (bench) => {
      const client = await bench.plain();
      for (let count = 0; count < 150; count++) client.send({ type: 'terminate_task', taskId: 'gone' });
      await client.settle();
      const refusals = client.received.filter(({ code }) => code === 'unknown_task');
      expectSame('refusals', refusals.length, 150);
    },
  },
  {
    id: 'frames.websocket-ping',
    says: 'A WebSocket ping is answered by a pong with its bytes.',
    cites: [CONNECTING, 'Both sides send a WebSocket ping each `PING_INTERVAL_MS`'],
    run: async (bench) => {
      const client = await bench.plain();
      let answer: string | null = null;
      client.socket.on('pong', (bytes) => {
        answer = bytes.toString();
      });
      client.socket.ping('are you there');
      await client.settle();
      expectSame('the pong', answer, 'are you there');
    },
  },
  {
    id: 'frames.websocket-pings',
    says: 'The worker sends a WebSocket ping each 10 s.',
    cites: [CONNECTING, 'Both sides send a WebSocket ping each `PING_INTERVAL_MS`'],
    run: async (bench) => {
      const client = await bench.plain();
      // Waited for at half a patience's distance beyond the pace, so that a busy host is not taken for a breach.
      const tries = Math.ceil(14_000 / bench.target.patienceMs);
      for (let count = 1; count <= tries && client.pings === 0; count++)
        await client
          .until(() => client.pings > 0, 'a WebSocket ping')
          .catch((error) => {
            if (count === tries) throw error;
          });
    },
  },
  {
    id: 'frames.silent-peer',
    says: 'A peer from which no byte comes for 20 s is dropped.',
    cites: [CONNECTING, 'drop a peer from which no byte has come for `PEER_SILENCE_MS`'],
    isSlow: true,
    run: async (bench) => {
      const { socket } = await bench.upgrade({ headers: { Authorization: `Bearer ${bench.target.token}` } });
      expectThat(socket !== null, 'an open connection', 'none');
      socket?.resume(); // reads, and answers nothing
      const closed = new Promise<string>((resolve) => socket?.once('close', () => resolve('closed')));
      const late = new Promise<string>((resolve) => setTimeout(resolve, 32_000, 'still open').unref());
      expectSame('the connection after 32 s', await Promise.race([closed, late]), 'closed');
    },
  },
];

function padded(bytes: number): string {
  const head = '{"type":"ping","id":"p","timestamp":1,"pad":"';
  return `${head}${'x'.repeat(bytes - head.length - 2)}"}`;
}

function sendFragments({ socket }: WireClient, count: number): void {
  const text = '{"type":"ping","id":"p","timestamp":1}'.padEnd(count, ' ');
  for (let index = 0; index < count; index++) {
    const isLast = index === count - 1;
    socket.send(isLast ? text.slice(index) : text.charAt(index), { fin: isLast, binary: false });
  }
}

async function pongIds(client: WireClient, count: number): Promise<unknown[]> {
  const pongs = () => client.received.filter(({ type }) => type === 'pong' || type === 'protocol_error');
  await client.until(() => pongs().length >= count, `${count} pongs`);
  return pongs().map((pong) => pong['id'] ?? pong['message']);
}

function framesOf(code: string, name: RegExp): readonly Fixture[] {
  return readFixtures('frames').filter(
    (fixture) => fixture.from === 'manager' && fixture.code === code && name.test(fixture.name),
  );
}

function readFixtures(name: string): readonly Fixture[] {
  const path = createRequire(import.meta.url).resolve(`@sandcrew/protocol/fixtures/v1/invalid/${name}.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as Fixture[];
}

/** Sends invalid frames and wants each to be refused as its fixture says, in their order, a few connections at a time. */
async function expectRefused(bench: WorkerBench, fixtures: readonly Fixture[]): Promise<void> {
  for (let start = 0; start < fixtures.length; start += MALFORMED_A_CONNECTION) {
    const sent = fixtures.slice(start, start + MALFORMED_A_CONNECTION);
    const client = await bench.plain();
    for (const { text } of sent) client.send(text);
    await client.settle();
    const refusals = client.received.filter(({ type }) => type === 'protocol_error');
    for (const [index, fixture] of sent.entries()) expectRefusal(fixture, refusals[index]);
    expectSame('the count of refusals', refusals.length, sent.length);
    await client.close();
  }
}

function expectRefusal({ name, text, code, path, taskId }: Fixture, got: Message | undefined): void {
  const expected = { code, path, taskId };
  const seen = { code: got?.['code'], path: got?.['path'], taskId: got?.taskId };
  expectSame(`the refusal of "${name}" (${text.slice(0, 120)})`, seen, expected);
}
