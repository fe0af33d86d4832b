/** The upgrade and the frames, on real sockets and without our own client where the bytes themselves matter. */
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { TestWorker, TOKEN } from '../worker-process.js';

let worker: TestWorker;
beforeAll(async () => {
  worker = await TestWorker.start(['--containment', 'process-group', '--allow-origin', 'https://ok.example']);
});
afterAll(() => worker.stop());

const GOOD = { authorization: `Bearer ${TOKEN}` };
const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

async function statusOf(
  path: string,
  headers: Record<string, string | string[]>,
  url = worker.url,
): Promise<number | undefined> {
  const asked = request(`${url.replace('ws:', 'http:')}${path}`, {
    headers: { ...UPGRADE, ...headers },
  }).end();
  const [answer, socket] = await Promise.race([once(asked, 'response'), once(asked, 'upgrade')]);
  socket?.destroy();
  asked.destroy();
  return answer.statusCode;
}

test.each<[string, string, Record<string, string | string[]>, number]>([
  ['a good token', '/', GOOD, 101],
  ['and the subprotocol', '/', { ...GOOD, 'sec-websocket-protocol': 'sandcrew.v1' }, 101],
  ['an allowed Origin', '/', { ...GOOD, origin: 'https://ok.example' }, 101],
  ['no token', '/', {}, 401],
  ['a wrong token', '/', { authorization: `Bearer ${TOKEN}x` }, 401],
  ['a token twice', '/', { authorization: [`Bearer ${TOKEN}`, `Bearer ${TOKEN}`] }, 401],
  ['a token in the query beside a good one', `/?token=${TOKEN}`, GOOD, 401],
  ['any other Origin', '/', { ...GOOD, origin: 'https://evil.example' }, 403],
  ['another path', '/x', GOOD, 404],
  ['a subprotocol that is not supported', '/', { ...GOOD, 'sec-websocket-protocol': 'sandcrew.v2' }, 400],
])('%s: %s', async (_, path, headers, status) => {
  expect(await statusOf(path, headers)).toBe(status);
});

test('compression is never negotiated, and the subprotocol is named only where it was offered', async () => {
  const socket = new WebSocket(worker.url, ['sandcrew.v1'], { headers: GOOD, perMessageDeflate: true });
  await once(socket, 'open');
  expect([socket.extensions, socket.protocol]).toEqual(['', 'sandcrew.v1']);
  socket.terminate();
});

test('the 21st failed token of an address gets 429, and a good one passes', async () => {
  const other = await TestWorker.start();
  for (let count = 0; count < 20; count++) expect(await statusOf('/', {}, other.url)).toBe(401);
  expect(await statusOf('/', {}, other.url)).toBe(429);
  expect(await statusOf('/', GOOD, other.url)).toBe(101);
  await other.stop();
});

test('the 65th connection gets 503', async () => {
  const other = await TestWorker.start();
  const clients = await Promise.all(Array.from({ length: 64 }, () => other.connect()));
  expect(await statusOf('/', GOOD, other.url)).toBe(503);
  clients[0]?.socket.close();
  await clients[0]?.closed();
  while ((await statusOf('/', GOOD, other.url)) !== 101);
  await other.stop();
});

test('headers that are not finished in 5 s close the connection', async () => {
  const socket = connect(Number(new URL(worker.url).port), '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
  const beganMs = performance.now();
  socket.resume();
  await once(socket, 'close');
  expect(performance.now() - beganMs).toBeLessThan(7_500);
});

describe('a frame', () => {
  test('that is binary closes with 1003, and what follows it is void', async () => {
    const client = await worker.manager('binary');
    client.socket.send(Buffer.from([1, 2]));
    client.execute('sleep 60');
    expect(await client.closed()).toBe(1003);
    const again = await worker.connect();
    again.send({ type: 'hello', managerId: 'binary', output: 'text' });
    expect((await again.next('welcome')).tasks).toEqual([]);
  });

  test('over 1 MiB closes with 1009', async () => {
    const client = await worker.connect();
    client.socket.send('x'.repeat(1_048_577));
    expect(await client.closed()).toBe(1009);
  });

  test('of more than 64 fragments closes with 1008', async () => {
    const client = await worker.connect();
    for (let count = 0; count < 70; count++) client.socket.send('x', { fin: false });
    expect(await client.closed()).toBe(1008);
  });

  test.each([
    ['no JSON', '{', 'invalid_json', undefined],
    ['too deep', '['.repeat(500_000), 'invalid_json', undefined],
    ['of an unknown type', '{"type":"reboot"}', 'unknown_type', '/type'],
    [
      'with a wrong field',
      '{"type":"task_ack","taskId":"t1","offset":-1,"timestamp":1}',
      'invalid_message',
      '/offset',
    ],
  ])('that is %s is refused, and changes nothing', async (_, frame, code, path) => {
    const client = await worker.connect();
    client.socket.send(frame);
    expect(await client.next('protocol_error')).toMatchObject({
      code,
      ...(path === undefined ? {} : { path }),
    });
    client.send({ type: 'hello', managerId: 'm1', output: 'text' });
    await client.next('welcome');
  });

  test('of a hundred malformed ones is the last', async () => {
    const client = await worker.connect();
    for (let count = 0; count < 100; count++) client.socket.send('{');
    expect(await client.closed()).toBe(1008);
    expect(client.messages).toHaveLength(100);
  });
});

test('the conversation of the specification, in literal JSON', async () => {
  const socket = new WebSocket(worker.url, { headers: GOOD });
  await once(socket, 'open');
  const received: Record<string, unknown>[] = [];
  socket.on('message', (data) => received.push(JSON.parse(String(data))));
  socket.send(
    '{"type":"execute_command","taskId":"task-123","command":"echo Build completed","timestamp":1640995200000}',
  );
  while (received.at(-1)?.type !== 'task_complete') await once(socket, 'message');
  expect(received).toMatchObject([
    { type: 'execution_started', taskId: 'task-123' },
    {
      type: 'task_output',
      taskId: 'task-123',
      output: 'Build completed\n',
      stream: 'stdout',
      offset: 0,
      bytes: 16,
    },
    { type: 'task_complete', taskId: 'task-123', exitCode: 0, signal: null, outputBytes: 16, leftover: 0 },
  ]);
  for (const message of received)
    expect(message).toMatchObject({ workerId: expect.any(String), timestamp: expect.any(Number) });
  socket.terminate();
});

test('a heartbeat tells load and health at the asked pace', async () => {
  const other = await TestWorker.start(['--heartbeat-interval-ms', '100']);
  const client = await other.connect();
  const beat = await client.next('heartbeat');
  expect(beat).toMatchObject({
    status: 'idle',
    runningTasks: 0,
    health: { loadAverage: [expect.any(Number), expect.any(Number), expect.any(Number)] },
  });
  await other.stop();
});

test('of two connections with one managerId the newer wins, and goes on with the output', async () => {
  const older = await worker.manager('twice');
  const taskId = await older.start('echo one; read -r line; echo $line', { stdin: 'pipe' });
  await older.output(taskId, 'one');
  const newer = await worker.manager('twice', { resume: [{ taskId, offset: 0 }] });
  expect(await older.closed()).toBe(4001);
  newer.send({ type: 'send_input', taskId, input: 'two\n', offset: 0, end: true });
  expect((await newer.outcome(taskId)).stdout.toString()).toMatch(/two\n$/);
});

test('a managerId of a token of another name closes with 4003', async () => {
  await worker.manager('mine');
  const stranger = await worker.connect(`${TOKEN}-other`);
  stranger.send({ type: 'hello', managerId: 'mine', output: 'text' });
  expect(await stranger.closed()).toBe(4003);
});
