/** `sandcrew-mcp` as its clients meet it: long commands, cancellation, going away, restarts, and who is let in over HTTP. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { connectHttp, connectStdio, type HttpServer, startHttpServer } from '../agent-faces.js';
import { startWorker, type WorkerProcess } from '../worker-process.js';

const MAIN = fileURLToPath(new URL('../../../apps/mcp/dist/main.js', import.meta.url));
/** How long a long command takes: some seconds, or the five minutes of `npm run test:mcp:long`. */
const LONG_SECONDS = Number(process.env['MCP_LONG_SECONDS'] ?? 3);

/** A wait of the tools takes 45 s at most. */
jest.setTimeout(60_000 + LONG_SECONDS * 1_000);

// biome-ignore lint/suspicious/noExplicitAny: each test looks into it as it comes over the wire
type Value = any;

async function call(client: Client, name: string, given: object, options = {}): Promise<Value> {
  const result = (await client.callTool(
    { name, arguments: { ...given } },
    undefined,
    options,
  )) as CallToolResult;
  if (result.isError === true)
    throw new Error(`expected ${name} to answer, got ${JSON.stringify(result.content)}`);
  return result.structuredContent;
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sandcrew-mcp-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe.each(['stdio', 'HTTP'])('over %s', (transport) => {
  let client: Client;
  let server: HttpServer | null = null;

  const open = async (args: readonly string[] = []) => {
    const all = ['--workspace', directory, ...args];
    server = transport === 'HTTP' ? await startHttpServer(directory, all) : null;
    client = server === null ? await connectStdio(all) : await connectHttp(server);
  };
  afterEach(async () => {
    await client.close();
    await server?.stop();
  });

  test('a command that takes longer than a call is waited for call by call, and tells its progress', async () => {
    await open(['--yield', '2s']);
    const command = `for i in $(seq ${LONG_SECONDS}); do echo "tick $i"; sleep 1; done; echo done`;
    const progress: { progress: number; total?: number; message?: string }[] = [];
    let told = await call(
      client,
      'run',
      { command, timeoutMs: 0 },
      { onprogress: (one: never) => progress.push(one) },
    );
    let text = told.output.text as string;
    while (told.because === 'yield') {
      const { taskId, output } = told;
      told = await call(client, 'wait_for', { taskId, cursor: output.next, view: 'head' });
      text += told.output.text;
    }
    expect(told).toMatchObject({ because: 'exit', exitCode: 0 });
    expect(told.durationMs).toBeGreaterThanOrEqual(LONG_SECONDS * 1_000);
    const ticks = Array.from({ length: LONG_SECONDS }, (_, index) => `tick ${index + 1}\n`);
    expect(text).toBe(`${ticks.join('')}done\n`);
    expect(progress.length).toBeGreaterThan(0);
    expect(progress[0]).toMatchObject({
      total: 2,
      message: expect.stringContaining('bytes of output so far'),
    });
    const steps = progress.map((one) => one.progress);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  test('cancelling a run ends its command, unless it is to be left; cancelling a wait ends nothing', async () => {
    await open();
    for (const [taskId, onCancel] of [
      ['ended', 'terminate'],
      ['left', 'leave'],
    ] as const) {
      const cancel = new AbortController();
      const given = { taskId, onCancel, command: `touch ${taskId}; exec sleep 600`, timeoutMs: 0 };
      const run = call(client, 'run', given, { signal: cancel.signal });
      run.catch(() => {});
      await present(join(directory, taskId));
      cancel.abort();
      await expect(run).rejects.toThrow();
    }
    expect(await call(client, 'wait_for', { taskId: 'ended' })).toMatchObject({
      because: 'exit',
      error: { code: 'TERMINATED' },
    });
    const cancel = new AbortController();
    const wait = call(client, 'wait_for', { taskId: 'left' }, { signal: cancel.signal });
    wait.catch(() => {});
    cancel.abort();
    await expect(wait).rejects.toThrow();
    expect(await call(client, 'read_output', { taskId: 'left' })).toMatchObject({ state: 'running' });
    expect(await call(client, 'terminate', { taskId: 'left', graceMs: 0 })).toMatchObject({ state: 'ended' });
  });
});

describe('a restart', () => {
  let worker: WorkerProcess;
  beforeAll(async () => {
    worker = await startWorker();
  });
  afterAll(() => worker.stop());

  const options = () => [
    '--worker',
    worker.url,
    '--token-file',
    worker.tokenFile,
    '--state-file',
    join(directory, 'state.json'),
  ];

  test('finds what runs and what has ended, and starts nothing twice', async () => {
    const go = join(directory, 'go');
    const runs = {
      taskId: 'runs',
      command: `echo once >> ${directory}/runs; echo begun; until [ -e ${go} ]; do sleep 0.05; done; echo gone`,
      timeoutMs: 0,
    };
    const ended = { taskId: 'ended', command: `echo once >> ${directory}/ended; exit 5` };

    const first = await connectStdio(options());
    await call(first, 'run', ended);
    // It is open still when its client goes away: that is no wish to end the command.
    first.callTool({ name: 'run', arguments: runs }).catch(() => {});
    await present(join(directory, 'runs'));
    await call(first, 'wait_for', { taskId: 'runs', text: 'begun' });
    await first.close();

    const second = await connectStdio(options());
    const { tasks } = await call(second, 'list_tasks', {});
    expect(tasks.map(({ taskId }: { taskId: string }) => taskId).sort()).toEqual(['ended', 'runs']);
    expect(await call(second, 'run', ended)).toMatchObject({ state: 'ended', because: 'exit', exitCode: 5 });
    expect(await call(second, 'run', { ...runs, yieldMs: 0 })).toMatchObject({ state: 'running' });
    await writeFile(go, '');
    const gone = await call(second, 'wait_for', { taskId: 'runs' });
    expect(gone).toMatchObject({ because: 'exit', exitCode: 0 });
    // What the first server had taken is gone, and is said to be; what it had not is here.
    const { text, omitted } = gone.output;
    expect(text).toMatch(/(^|\n)gone\n$/);
    if (!text.startsWith('begun\n')) expect(omitted).toEqual([{ cursor: 0, bytes: 6, why: 'lost' }]);
    await second.close();
    for (const name of ['runs', 'ended'])
      expect(await readFile(join(directory, name), 'utf8')).toBe('once\n');
  });

  test('after a kill finds what runs, too', async () => {
    const first = await connectStdio(options());
    await call(first, 'run', {
      taskId: 'kept',
      command: 'echo begun; exec sleep 600',
      timeoutMs: 0,
      yieldMs: 0,
    });
    await call(first, 'wait_for', { taskId: 'kept', text: 'begun' });
    const { pid } = first.transport as unknown as { pid: number };
    process.kill(pid, 'SIGKILL');
    await first.close();

    const second = await connectStdio(options());
    expect(await call(second, 'read_output', { taskId: 'kept' })).toMatchObject({ state: 'running' });
    const ended = await call(second, 'terminate', { taskId: 'kept', graceMs: 0 });
    expect(ended).toMatchObject({ state: 'ended', error: { code: 'TERMINATED' } });
    await second.close();
  });

  test('with a worker that cannot be reached says so, and does not call the command ended', async () => {
    const other = await startWorker();
    const words = ['--worker', other.url, '--token-file', other.tokenFile, ...options().slice(4)];
    const first = await connectStdio(words);
    const command = 'echo begun; exec sleep 600';
    await call(first, 'run', { taskId: 'away', command, timeoutMs: 0, yieldMs: 0 });
    await call(first, 'wait_for', { taskId: 'away', text: 'begun' });
    await first.close();
    await other.stop();
    await writeFile(join(directory, 'token'), 'a'.repeat(64), { mode: 0o600 });
    const gone = ['--worker', other.url, '--token-file', join(directory, 'token'), ...options().slice(4)];
    const second = await connectStdio([...gone, '--connect-timeout', '1s']);
    const answer = await call(second, 'wait_for', { taskId: 'away' });
    expect(answer).toMatchObject({
      state: 'unreachable',
      because: 'unreachable',
      exitCode: null,
      error: { code: 'WORKER_UNREACHABLE' },
    });
    await second.close();
  });

  test('a state file that is in use is refused, with exit status 2', async () => {
    const first = await connectStdio(options());
    await call(first, 'health', {});
    const second = spawn(process.execPath, [MAIN, ...options()], { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    second.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const [status] = await once(second, 'close');
    expect([status, said]).toEqual([2, expect.stringMatching(/^sandcrew-mcp: --state-file .* in use\./)]);
    await first.close();
  });
});

describe('over HTTP', () => {
  let server: HttpServer;
  beforeEach(async () => {
    server = await startHttpServer(directory, [
      '--workspace',
      directory,
      '--allow-origin',
      'https://page.example',
    ]);
  });
  afterEach(() => server.stop());

  const INITIALIZE = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'e2e', version: '0' } },
  });

  /** By `node:http`, since fetch writes its own Host. */
  async function post(headers: Record<string, string>, body = INITIALIZE, path = '/mcp') {
    const sent = request({
      host: '127.0.0.1',
      port: server.url.port,
      path,
      method: 'POST',
      agent: false,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${server.token}`,
        ...headers,
      },
    });
    sent.on('error', () => {}); // a refusal may come before all was sent
    sent.end(body);
    const [response] = await once(sent, 'response');
    response.resume();
    return { status: response.statusCode as number, headers: response.headers as Record<string, string> };
  }

  test.each<[string, Record<string, string>, number]>([
    ['a client', {}, 200],
    ['a page that is allowed', { origin: 'https://page.example' }, 200],
    ['a name that was led here', { host: 'evil.example' }, 403],
    ['a page', { origin: 'https://evil.example' }, 403],
    ['who shows no token', { authorization: '' }, 401],
    ['who shows another token', { authorization: `Bearer ${'a'.repeat(64)}` }, 401],
    ['who names a session that there is not', { 'mcp-session-id': 'x' }, 404],
  ])('%s is let in or not, by %j', async (_who, headers, status) => {
    expect((await post(headers)).status).toBe(status);
  });

  test('what is no request is refused, and the server goes on', async () => {
    expect((await post({}, '{')).status).toBe(400);
    expect((await post({}, JSON.stringify('x'.repeat(9_000_000)))).status).toBe(413);
    expect((await post({}, INITIALIZE, '/')).status).toBe(404);
    expect((await post({}, INITIALIZE)).status).toBe(200);
  });

  test('sessions are bounded, and one that is ended makes room', async () => {
    const opened: Awaited<ReturnType<typeof post>>[] = [];
    for (let index = 0; index < 32; index += 1) opened.push(await post({}));
    expect(opened.map(({ status }) => status)).toEqual(opened.map(() => 200));
    expect((await post({})).status).toBe(503);
    const ended = await fetch(server.url, {
      method: 'DELETE',
      headers: {
        authorization: `Bearer ${server.token}`,
        'mcp-session-id': opened[0]?.headers['mcp-session-id'] ?? '',
      },
    });
    expect(ended.status).toBe(200);
    expect((await post({})).status).toBe(200);
  });

  test('a session that ends while its call is open cancels nothing', async () => {
    const [one, other] = [await connectHttp(server), await connectHttp(server)];
    const command = 'touch begun; exec sleep 600';
    call(one, 'run', { taskId: 'open', command, timeoutMs: 0 }).catch(() => {});
    await present(join(directory, 'begun'));
    await (one.transport as StreamableHTTPClientTransport).terminateSession();
    await one.close();
    expect(await call(other, 'wait_for', { taskId: 'open', yieldMs: 1_000 })).toMatchObject({
      because: 'yield',
    });
    const ended = await call(other, 'terminate', { taskId: 'open', graceMs: 0 });
    expect(ended).toMatchObject({ error: { code: 'TERMINATED' } });
    await other.close();
  });

  test('all sessions see the same commands', async () => {
    const [one, other] = [await connectHttp(server), await connectHttp(server)];
    await call(one, 'run', { taskId: 'seen', command: 'echo seen' });
    expect(await call(other, 'read_output', { taskId: 'seen' })).toMatchObject({
      output: { text: 'seen\n' },
    });
    await one.close();
    await other.close();
  });
});

/** Waits for a file that a command makes. */
async function present(path: string): Promise<void> {
  for (;;) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return;
  }
}
