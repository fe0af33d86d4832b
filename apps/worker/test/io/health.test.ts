/** The listener for probes and scrapers of a worker that runs. */
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Place, TestWorker, WorkerRun } from '../worker-process.js';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function ask(
  url: string,
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(new URL(path, url), { method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body }),
      );
    });
    asking.on('error', reject);
    asking.end();
  });
}

/** The value of one row of a scrape; null where it is not there. */
function rowOf(text: string, row: string): number | null {
  const line = text.split('\n').find((one) => one.startsWith(`${row} `));
  return line === undefined ? null : Number(line.slice(row.length + 1));
}

let worker: TestWorker;
let health: string;
beforeAll(async () => {
  worker = await TestWorker.start(['--health-listen', '127.0.0.1:0', '--max-tasks', '3']);
  ({ health } = (await worker.run.listening()) as unknown as { health: string });
});
afterAll(() => worker.stop());

test('/healthz says that the process lives, and how its event loop does', async () => {
  const { status, type, body } = await ask(health, '/healthz');
  expect({ status, type }).toEqual({ status: 200, type: 'application/json' });
  expect(JSON.parse(body)).toMatchObject({
    status: 'ok',
    version: expect.stringMatching(/^\d/),
    eventLoopDelayMs: expect.any(Number),
  });
});

test('/metrics counts tasks by their end, bytes, starts and slots', async () => {
  const client = await worker.manager('counted');
  await client.run('printf 12345; printf 678 >&2');
  await client.run('exit 3');
  await client.run('kill -SEGV $$');
  await client.run('true', { limits: { pids: 1, cpus: 1, memoryBytes: 1 } }).catch(() => {});
  const running = await client.start('read x', { stdin: 'pipe' });
  const { status, type, body } = await ask(health, '/metrics');
  expect({ status, type }).toEqual({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
  const row = (name: string) => rowOf(body, `sandcrew_worker_${name}`);
  expect(row('tasks_ended_total{end="succeeded"}')).toBeGreaterThanOrEqual(1);
  expect(row('tasks_ended_total{end="failed"}')).toBe(1);
  expect(row('output_bytes_total{stream="stdout"}')).toBe(5);
  expect(row('output_bytes_total{stream="stderr"}')).toBe(3);
  expect(row('running_tasks')).toBe(1);
  expect(row('slots')).toBe(3);
  expect(row('sessions')).toBe(1);
  expect(row('start_seconds_count')).toBe(row('tasks_started_total'));
  expect(row('output_delay_seconds_count')).toBeGreaterThanOrEqual(2);
  expect(body).toMatch(/^process_resident_memory_bytes \d+/m);
  expect(body).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
  expect(body).toMatch(
    /^sandcrew_worker_build_info\{version="[^"]+",protocol="1\.0",containment="[a-z-]+"\} 1$/m,
  );
  client.send({ type: 'terminate_task', taskId: running });
  await client.terminal(running);
});

test('no label bears a task, a workspace, a token or a manager', async () => {
  const client = await worker.manager('a-manager-of-mine');
  await client.run('true', { taskId: 'a-task-of-mine', workspace: 'a-workspace-of-mine' });
  const { body } = await ask(health, '/metrics');
  expect(body).not.toContain('of-mine');
  expect(body).not.toContain(worker.token);
  const labels = new Set([...body.matchAll(/[{,]([a-z_]+)="/g)].map(([, name]) => name));
  const known = ['code', 'containment', 'detail', 'end', 'kind', 'le', 'major', 'minor', 'patch', 'protocol'];
  const more = ['quantile', 'reason', 'space', 'status', 'stream', 'type', 'version'];
  expect([...labels].filter((label) => ![...known, ...more].includes(label ?? ''))).toEqual([]);
});

test('a connection that is not let in is counted by its status', async () => {
  await expect(worker.connect('no-such-token')).rejects.toThrow('401');
  const { body } = await ask(health, '/metrics');
  expect(rowOf(body, 'sandcrew_worker_refused_upgrades_total{status="401"}')).toBe(1);
});

describe('what it does not answer', () => {
  test.each([
    ['another path', '/', 'GET', {}, 404],
    ['a POST', '/metrics', 'POST', {}, 405],
    ['a browser', '/metrics', 'GET', { Origin: 'https://a.example' }, 403],
    ['a head of 9 KiB', '/healthz', 'GET', { 'X-Long': 'x'.repeat(9_216) }, 431],
  ] as const)('%s', async (_, path, method, headers, status) => {
    const answer = await ask(health, path, method, headers).catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
    // Too long a head is answered, or its connection is reset before that was read.
    if (status === 431)
      expect(['ECONNRESET', 'EPIPE', 431]).toContain(typeof answer === 'object' ? answer.status : answer);
    else expect(answer).toMatchObject({ status });
  });

  test('a WebSocket', async () => {
    const socket = connect(Number(new URL(health).port), '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const first = await new Promise<string>((resolve) =>
      socket.once('data', (data) => resolve(String(data))),
    );
    expect(first).not.toMatch(/^HTTP\/1\.1 101/);
    socket.destroy();
  });
});

test('a worker that drains lives and is not ready', async () => {
  const draining = await TestWorker.start(['--health-listen', '127.0.0.1:0', '--drain-timeout-ms', '60000']);
  const { health: url } = (await draining.run.listening()) as unknown as { health: string };
  expect(await ask(url, '/readyz')).toMatchObject({ status: 200, body: '{"ready":true,"reasons":[]}\n' });
  const client = await draining.manager();
  const taskId = await client.start('read x', { stdin: 'pipe' });
  draining.run.kill('SIGTERM');
  let answer = await ask(url, '/readyz'); // until the signal has arrived
  while (answer.status === 200) answer = await ask(url, '/readyz');
  expect(answer).toMatchObject({ status: 503, body: expect.stringContaining('draining') });
  expect((await ask(url, '/healthz')).status).toBe(200);
  client.send({ type: 'terminate_task', taskId });
  await client.terminal(taskId);
  await draining.stop();
});

test('its port in use is told by the name of its option', async () => {
  const place = new Place();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const run = new WorkerRun([...place.arguments, '--health-listen', `127.0.0.1:${port}`]);
  expect(await run.ended).toBe(2);
  expect(run.stderr).toMatch(new RegExp(`--health-listen 127\\.0\\.0\\.1:${port}: the address is in use`));
  await new Promise((resolve) => server.close(resolve));
  place.remove();
});

test('beyond loopback it warns at each start', async () => {
  const place = new Place();
  const run = new WorkerRun([...place.arguments, '--health-listen', '0.0.0.0:0']);
  await run.listening();
  expect(await run.logged('health_beyond_loopback')).toMatchObject({
    message: expect.stringContaining('let only probes and scrapers reach it'),
  });
  run.kill('SIGTERM');
  await run.ended;
  place.remove();
});
