/** The upgrade, decided before a WebSocket byte: by a client that shares no code with the worker. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startWorker, type WorkerProcess } from '../worker-process.js';

let worker: WorkerProcess;
beforeAll(async () => {
  worker = await startWorker();
});
afterAll(() => worker.stop());

/** The status that an upgrade request gets: 101, or the refusal's with its body. */
function upgrade(
  path: string,
  headers: Record<string, string | string[]>,
  port = Number(new URL(worker.url).port),
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      path,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    });
    asked.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({
        status: response.statusCode ?? 0,
        body: String(response.headers['sec-websocket-protocol'] ?? ''),
      });
    });
    asked.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

const good = () => ({ Authorization: `Bearer ${worker.token}` });

test('a good token opens a connection, with the subprotocol where it was offered', async () => {
  expect(await upgrade('/', good())).toEqual({ status: 101, body: '' });
  expect(await upgrade('/', { ...good(), 'Sec-WebSocket-Protocol': 'other, sandcrew.v1' })).toEqual({
    status: 101,
    body: 'sandcrew.v1',
  });
});

test.each([
  ['another path', '/x', () => good(), 404],
  ['an Origin', '/', () => ({ ...good(), Origin: 'https://example.org' }), 403],
  ['no token', '/', () => ({}), 401],
  ['a wrong token', '/', () => ({ Authorization: 'Bearer nonsense' }), 401],
  ['another scheme', '/', () => ({ Authorization: `Basic ${worker.token}` }), 401],
  ['two tokens', '/', () => ({ Authorization: [`Bearer ${worker.token}`, `Bearer ${worker.token}`] }), 401],
  ['a token in the query, beside a good one', '/?token=x', () => good(), 401],
  [
    'a subprotocol of another major version',
    '/',
    () => ({ ...good(), 'Sec-WebSocket-Protocol': 'sandcrew.v2' }),
    400,
  ],
  ['a wrong path is judged before an Origin', '/x', () => ({ Origin: 'https://example.org' }), 404],
  ['an Origin is judged before a token', '/', () => ({ Origin: 'https://example.org' }), 403],
  ['a token is judged before a subprotocol', '/', () => ({ 'Sec-WebSocket-Protocol': 'sandcrew.v2' }), 401],
])('%s is refused', async (_, path, headers, status) => {
  expect((await upgrade(path, headers())).status).toBe(status);
});

test('the refusal of a version names the supported one', async () => {
  expect((await upgrade('/', { ...good(), 'Sec-WebSocket-Protocol': 'sandcrew.v2' })).body).toContain(
    'sandcrew.v1',
  );
});

test('after 20 failed tokens in a minute the next gets 429, and a good one still passes', async () => {
  const own = await startWorker();
  const port = Number(new URL(own.url).port);
  const statuses: number[] = [];
  for (let count = 0; count < 21; count++)
    statuses.push((await upgrade('/', { Authorization: `Bearer wrong-${count}` }, port)).status);
  expect(statuses).toEqual([...Array<number>(20).fill(401), 429]);
  expect((await upgrade('/', { Authorization: `Bearer ${own.token}` }, port)).status).toBe(101);
  expect(await own.stop()).toBe(0);
});

test('headers that are not finished in 5 s close the connection', async () => {
  const startedAt = performance.now();
  const socket = connect(Number(new URL(worker.url).port), '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
  socket.resume();
  await new Promise((resolve) => socket.once('close', resolve));
  const tookMs = performance.now() - startedAt;
  expect(tookMs).toBeGreaterThan(4_000);
  expect(tookMs).toBeLessThan(8_000);
});
