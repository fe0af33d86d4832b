/**
 * The malformed list against a real worker: each field of each message as the schemas forbid it, frames that are none,
 * upgrades that are none. Each gets its code, the worker stays up, and a good client beside it is undisturbed.
 */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { frame, RawSocket, upgradeRequest } from '../raw-socket.js';
import { WireClient } from '../wire-client.js';
import { startWorker, type WorkerProcess } from '../worker-process.js';

interface Case {
  readonly name: string;
  readonly from?: string;
  readonly text: string;
  readonly code: string;
  readonly path?: string;
  readonly taskId?: string;
}

/** Made from the schemas by the protocol's own generator. */
function casesOf(file: string): Case[] {
  const url = new URL(`../../../packages/protocol/fixtures/v1/invalid/${file}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

const MANAGER_TYPES = [
  ...['hello', 'execute_command', 'resume_task', 'send_input', 'signal_task', 'terminate_task', 'resize_pty'],
  ...['task_ack', 'forget_task', 'remove_workspace', 'ping'],
];
const WORKER_TYPES = [
  ...['welcome', 'execution_started', 'task_output', 'output_gap', 'input_ack', 'workspace_removed'],
  ...[
    'block_detected',
    'block_cleared',
    'task_complete',
    'task_error',
    'heartbeat',
    'pong',
    'protocol_error',
  ],
];
/** Fewer than close a connection. */
const BATCH = 90;

let worker: WorkerProcess;
let good: WireClient;
let lines = 0;
/** Dropped by their silence; they are silent while all else is tried. */
let silent: { readonly unfinished: RawSocket; readonly wordless: RawSocket; readonly slow: RawSocket };

beforeAll(async () => {
  worker = await startWorker(['--containment', 'process-group', '--log-level', 'debug']);
  good = await WireClient.connect(worker.url, worker.token);
  good.execute('good', 'while read -r line; do echo "good $line"; done', { stdin: 'pipe' });
  await good.next('execution_started', 'good');
  const unfinished = await RawSocket.upgraded(worker.url, worker.token);
  unfinished.send(frame(1, '{"type":"ping"', { claimedBytes: 1_000n }));
  const slow = new RawSocket(worker.url);
  slow.send('GET / HTTP/1.1\r\n');
  silent = { unfinished, wordless: new RawSocket(worker.url), slow };
});

afterEach(async () => {
  good.send({ type: 'send_input', taskId: 'good', input: `${lines}\n` });
  const line = `good ${lines++}\n`;
  await good.until(() => good.text('good').endsWith(line), line);
});

afterAll(async () => {
  await good.close();
  expect(await worker.stop()).toBe(0);
});

/** What is answered to each frame, in order; frames that close nothing. */
async function answersTo(texts: readonly string[]): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (let start = 0; start < texts.length; start += BATCH) {
    const client = await WireClient.connect(worker.url, worker.token);
    for (const text of texts.slice(start, start + BATCH)) client.send(text);
    await client.settle();
    const errors = client.received.filter(({ type }) => type === 'protocol_error');
    answers.push(...errors.map(({ code, path, taskId }) => ({ code, path, taskId })));
    // Nothing of it has changed anything: the connection is as new.
    client.send({ type: 'hello', managerId: 'malformed', output: 'text' });
    const answer = await client.next(['welcome', 'protocol_error'], undefined, client.received.length);
    expect(answer).toMatchObject({ code: 'unexpected_hello' }); // the ping of `settle` was its first message
    await client.close();
  }
  return answers;
}

test.each(MANAGER_TYPES)(
  'each field of %s, as its schema forbids it, is refused by its path',
  async (type) => {
    const cases = casesOf(type);
    expect(cases.length).toBeGreaterThan(5);
    const answers = await answersTo(cases.map(({ text }) => text));
    expect(answers).toEqual(cases.map(({ code, path, taskId }) => ({ code, path, taskId })));
  },
);

test('frames that are no message at all are refused, each with its code', async () => {
  const cases = casesOf('frames').filter(({ from }) => from === 'manager');
  const answers = await answersTo(cases.map(({ text }) => text));
  expect(answers).toEqual(cases.map(({ code, path, taskId }) => ({ code, path, taskId })));
});

test("a worker's own messages, sent to a worker, are of an unknown type", async () => {
  const texts = WORKER_TYPES.map((type) => JSON.stringify({ type, workerId: 'w', timestamp: 1 }));
  const unknown = { code: 'unknown_type', path: '/type', taskId: undefined };
  expect(await answersTo(texts)).toEqual(texts.map(() => unknown));
});

describe('a name or a number that is meant to do harm', () => {
  test.each<[string, string, object]>([
    ['half a million arrays', '['.repeat(500_000), { code: 'invalid_json' }],
    ['half a million objects', '{"a":'.repeat(200_000), { code: 'invalid_json' }],
    [
      'a taskId of a path',
      '{"type":"execute_command","taskId":"../../x","command":"true","timestamp":1}',
      { code: 'invalid_message', path: '/taskId' },
    ],
    [
      'a workspace of a path',
      '{"type":"execute_command","taskId":"x","workspace":"../../x","command":"true","timestamp":1}',
      { code: 'invalid_message', path: '/workspace', taskId: 'x' },
    ],
    [
      'a taskId of half a pair',
      '{"type":"execute_command","taskId":"\\ud800","command":"true","timestamp":1}',
      { code: 'invalid_message', path: '/taskId' },
    ],
    [
      'a taskId with a NUL',
      '{"type":"execute_command","taskId":"x\\u0000","command":"true","timestamp":1}',
      { code: 'invalid_message', path: '/taskId' },
    ],
    ['a type of the prototype', '{"type":"__proto__","timestamp":1}', { code: 'unknown_type' }],
    ['a type of every object', '{"type":"constructor","timestamp":1}', { code: 'unknown_type' }],
    ['a number without end', `{"type":"ping","timestamp":${'9'.repeat(400)}}`, { code: 'invalid_message' }],
  ])('%s is refused', async (_, text, refusal) => {
    const client = await WireClient.connect(worker.url, worker.token);
    client.send(text);
    expect(await client.next('protocol_error')).toMatchObject(refusal);
    await client.close();
  });

  test.each<[string, object, string]>([
    ['a NUL in the command', { command: 'echo \u0000' }, 'invalid_command'],
    ['a cwd that climbs', { command: 'true', cwd: '../..' }, 'invalid_cwd'],
    ['a NUL in the cwd', { command: 'true', cwd: 'a\u0000' }, 'invalid_cwd'],
    ['a NUL in a variable', { command: 'true', env: { A: '\u0000' } }, 'invalid_env'],
    ['a variable that is two', { command: 'true', env: { 'A=B': '1' } }, 'invalid_env'],
  ])('%s is rejected', async (_, fields, detail) => {
    const client = await WireClient.connect(worker.url, worker.token);
    client.send({ type: 'execute_command', taskId: 'x', ...fields });
    expect(await client.terminal('x')).toMatchObject({ type: 'task_error', code: 'rejected', detail });
    await client.close();
  });

  test('names of the prototype are names in env, and nothing as fields', async () => {
    const client = await WireClient.connect(worker.url, worker.token);
    client.send(
      '{"type":"execute_command","taskId":"x","command":["env"],"env":{"__proto__":"1","constructor":"2"},"__proto__":{"cwd":"/"},"constructor":{"prototype":{"polluted":1}},"timestamp":1}',
    );
    expect(await client.terminal('x')).toMatchObject({ exitCode: 0 });
    expect(client.text('x').split('\n')).toEqual(expect.arrayContaining(['__proto__=1', 'constructor=2']));
    await client.close();
  });

  test('of a key that comes twice the last counts', async () => {
    const client = await WireClient.connect(worker.url, worker.token);
    client.send('{"type":"hello","type":"ping","id":"first","id":"last","timestamp":1}');
    expect(await client.next('pong')).toMatchObject({ id: 'last' });
    await client.close();
  });

  test('half a pair in a command reaches it as U+FFFD', async () => {
    const client = await WireClient.connect(worker.url, worker.token);
    client.send('{"type":"execute_command","taskId":"x","command":["echo","\\ud800."],"timestamp":1}');
    await client.terminal('x');
    expect(client.text('x')).toBe('\uFFFD.\n');
    await client.close();
  });

  test('what looks like a record of the log is none there', async () => {
    const client = await WireClient.connect(worker.url, worker.token);
    const forged = '{"level":50,"event":"forged"}';
    client.execute('x', `true\n${forged}\r\n${forged}\u2028${forged}`, { cwd: `\n${forged}\n` });
    client.send(`{"type":"\\n${forged.replaceAll('"', '\\"')}","timestamp":1}`);
    await client.terminal('x');
    await client.settle();
    await worker.logged('frame_refused');
    expect(worker.log.filter(({ event, line }) => event === 'forged' || line !== undefined)).toEqual([]);
    await client.close();
  });
});

const ping = frame(1, '{"type":"ping","timestamp":1}');
const opcodes = (codes: readonly number[]) =>
  codes.map((code): [string, Buffer, number] => [`of the reserved opcode ${code}`, frame(code), 1002]);

describe('a frame', () => {
  test.each<[string, Buffer, number]>([
    ['that is not masked', frame(1, '{}', { isMasked: false }), 1002],
    ...[1, 2, 4].map((reserved): [string, Buffer, number] => [
      `with the reserved bit ${reserved}`,
      frame(1, '{}', { reserved }),
      1002,
    ]),
    ...opcodes([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]),
    ['that goes on with nothing', frame(0, '{}'), 1002],
    ['that begins while another is open', Buffer.concat([frame(1, '{', { isFinal: false }), ping]), 1002],
    ['of control in pieces', frame(9, '', { isFinal: false }), 1002],
    ['of control that is too long', frame(9, 'x'.repeat(126)), 1002],
    ['of close with half a code', frame(8, Buffer.from([3])), 1002],
    ['of close with a code that may not be sent', frame(8, Buffer.from([0x03, 0xed])), 1002],
    ['of close with a reason that is no text', frame(8, Buffer.from([0x03, 0xe8, 0xff])), 1007],
    ['that is no UTF-8', frame(1, Buffer.from([0xff, 0xfe])), 1007],
    ['of half a pair in UTF-8', frame(1, Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), 1007],
    ['of bytes', frame(2, '{}'), 1003],
    ['over length', frame(1, '', { claimedBytes: 1_048_577n }), 1009],
    ['of more bytes than there are', frame(1, '', { claimedBytes: 2n ** 63n - 1n }), 1009],
    ['of a negative length', frame(1, '', { claimedBytes: 2n ** 64n - 1n }), 1009],
    [
      'of pieces over length',
      Buffer.concat([
        frame(1, 'x'.repeat(600_000), { isFinal: false }),
        frame(0, 'x'.repeat(600_000), { isFinal: false }),
      ]),
      1009,
    ],
    [
      'of more than 64 pieces',
      Buffer.concat([frame(1, '', { isFinal: false }), ...Array(64).fill(frame(0, '', { isFinal: false }))]),
      1008,
    ],
  ])('%s closes with its code', async (_, bytes, code) => {
    const raw = await RawSocket.upgraded(worker.url, worker.token);
    raw.send(bytes);
    expect(await raw.closeCode()).toBe(code);
  });

  test('in 64 pieces, each a byte at a time, is one message', async () => {
    const raw = await RawSocket.upgraded(worker.url, worker.token);
    const text = '{"type":"ping","timestamp":1}';
    const pieces = [...text.padEnd(63)].map((letter, at) =>
      frame(at === 0 ? 1 : 0, letter, { isFinal: false }),
    );
    for (const byte of Buffer.concat([...pieces, frame(0)])) raw.send(Buffer.from([byte]));
    while (!raw.received.includes('"pong"')) await new Promise((resolve) => raw.socket.once('data', resolve));
    raw.socket.destroy();
  });
});

describe('an upgrade', () => {
  const token = () => `Authorization: Bearer ${worker.token}`;
  test.each<[string, () => string, number]>([
    ['without a token', () => upgradeRequest([]), 401],
    ['with a wrong token', () => upgradeRequest([`Authorization: Bearer ${'x'.repeat(64)}`]), 401],
    ['with a token twice', () => upgradeRequest([token(), token()]), 401],
    ['with two tokens in one line', () => upgradeRequest([`${token()}, Bearer ${worker.token}`]), 401],
    ['with a token in the query', () => upgradeRequest([token()], `/?token=${worker.token}`), 401],
    ['with a token in the query alone', () => upgradeRequest([], `/?x=${worker.token}`), 401],
    ['of a foreign Origin', () => upgradeRequest([token(), 'Origin: https://example.org']), 403],
    ['of the Origin null', () => upgradeRequest([token(), 'Origin: null']), 403],
    ['at another path', () => upgradeRequest([token()], '/x'), 404],
    ['at a whole URL', () => upgradeRequest([token()], 'http://worker/'), 404],
    ['with headers of 9 KiB', () => upgradeRequest([token(), `X: ${'x'.repeat(9_216)}`]), 431],
    ['to another protocol', () => upgradeRequest([token()]).replace('websocket', 'h2c'), 400],
    ['without a key', () => upgradeRequest([token()]).replace(/Sec-WebSocket-Key.*\r\n/, ''), 400],
    ['with a NUL in a header', () => upgradeRequest([token(), 'X: \0']), 400],
    [
      'of two lengths',
      () => upgradeRequest([token(), 'Content-Length: 1', 'Transfer-Encoding: chunked']),
      400,
    ],
    ['that is no HTTP', () => 'hello, worker\r\n\r\n', 400],
    ['that is none', () => `GET / HTTP/1.1\r\nHost: x\r\n${token()}\r\n\r\n`, 426],
    ['that is none, without a token', () => 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 401],
  ])('%s gets its status', async (_, request, status) => {
    const raw = new RawSocket(worker.url);
    raw.send(request());
    expect(await raw.status()).toBe(status);
  });
});

describe('silence', () => {
  test('before the upgrade ends after 5 s, whether a word was said or none', async () => {
    await Promise.all([silent.wordless.ended, silent.slow.ended]);
  });

  test('in the middle of a frame ends after 20 s', async () => {
    await silent.unfinished.ended;
  }, 60_000);
});

test('no token stands in the log, and each record is one line', () => {
  expect(JSON.stringify(worker.log)).not.toContain(worker.token);
  expect(worker.log.filter(({ level, event }) => level === undefined || event === undefined)).toEqual([]);
});
