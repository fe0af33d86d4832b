/** The defaults that docs/security.md promises of a worker that was given a token file and nothing else. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { frame, RawSocket, upgradeRequest } from '../raw-socket.js';
import { WireClient } from '../wire-client.js';
import { startWorker, type WorkerProcess } from '../worker-process.js';

let worker: WorkerProcess;
let client: WireClient;
beforeAll(async () => {
  process.env['AGENT_SECRET'] = 'of the operator';
  worker = await startWorker(['--containment', 'process-group']);
  delete process.env['AGENT_SECRET'];
  client = await WireClient.connect(worker.url, worker.token);
});
afterAll(async () => {
  await client.close();
  expect(await worker.stop()).toBe(0);
});

describe('where it listens', () => {
  test('is 127.0.0.1 alone', async () => {
    expect(worker.url).toMatch(/^ws:\/\/127\.0\.0\.1:/);
    const elsewhere = connect(Number(new URL(worker.url).port), '127.0.0.2');
    const [error] = await once(elsewhere, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test.each(['0.0.0.0:0', '[::]:0', '192.0.2.1:0', 'localhost.example:0', '128.0.0.1:0'])(
    'is not %s without TLS',
    async (listen) => {
      await expect(startWorker(['--listen', listen])).rejects.toThrow(/exited with 2.*is beyond loopback/);
    },
  );

  test('is a unix socket that is its own user’s, where it is one', async () => {
    const path = join(worker.directory, 'w.sock');
    const own = await startWorker(['--listen', `unix:${path}`]);
    expect(statSync(path).mode & 0o077).toBe(0);
    const bare = connect(path);
    bare.write(upgradeRequest([]));
    expect(String((await once(bare, 'data'))[0])).toMatch(/^HTTP\/1\.1 401 /);
    bare.destroy();
    await own.stop();
  });
});

describe('a token', () => {
  test('is asked for on loopback too', async () => {
    const raw = new RawSocket(worker.url);
    raw.send(upgradeRequest([]));
    expect(await raw.status()).toBe(401);
  });

  test('comes from a file alone, which is its own and of mode 0600', async () => {
    await expect(startWorker(['--token', 'x'.repeat(43)])).rejects.toThrow(/unknown option --token/);
    chmodSync(worker.tokenFile, 0o640);
    const log = worker.log.length;
    worker.process.kill('SIGHUP');
    expect(await worker.logged('tokens_kept', log)).toMatchObject({
      message: expect.stringContaining('mode 0600'),
    });
    chmodSync(worker.tokenFile, 0o600);
  });

  test('has 32 random bytes at least', async () => {
    await expect(startWorker([], ['x'.repeat(42)])).rejects.toThrow(/expected a token of 32 random bytes/);
  });

  test('may stand beside others, each under its name, and one that is taken out loses its sessions', async () => {
    const [kept, gone] = ['k'.repeat(43), 'g'.repeat(43)];
    const several = await startWorker(['--containment', 'process-group'], [`kept:${kept}`, `gone:${gone}`]);
    const [staying, leaving] = [
      await WireClient.connect(several.url, kept),
      await WireClient.connect(several.url, gone),
    ];
    writeFileSync(several.tokenFile, `kept:${kept}\n`);
    several.process.kill('SIGHUP');
    expect((await leaving.closed).code).toBe(1008);
    await several.logged('tokens_read');
    await staying.settle();
    await expect(WireClient.connect(several.url, gone)).rejects.toThrow(/401/);
    appendFileSync(several.tokenFile, `new:${gone}\n`);
    several.process.kill('SIGHUP');
    await several.logged('tokens_read', several.log.length);
    await (await WireClient.connect(several.url, gone)).close();
    await staying.close();
    await several.stop();
  });
});

test('a frame nests 32 deep and no deeper', async () => {
  const deep = (depth: number) =>
    `{"type":"ping","x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)},"timestamp":1}`;
  client.send(deep(32));
  await client.next('pong');
  client.send(deep(33));
  expect(await client.next('protocol_error')).toMatchObject({ code: 'invalid_json' });
});

test('no extension is negotiated', async () => {
  const raw = new RawSocket(worker.url);
  const token = `Authorization: Bearer ${worker.token}`;
  raw.send(upgradeRequest([token, 'Sec-WebSocket-Extensions: permessage-deflate']));
  await once(raw.socket, 'data');
  expect(raw.received.toString()).toMatch(/^HTTP\/1\.1 101 /);
  expect(raw.received.toString()).not.toMatch(/Sec-WebSocket-Extensions/i);
  raw.send(frame(8));
  await raw.ended;
});

describe('a task', () => {
  test('has an environment made from nothing', async () => {
    client.execute('env', ['env']);
    await client.terminal('env');
    const names = client
      .text('env')
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0] ?? '');
    const own = ['PATH', 'HOME', 'LANG', 'TERM', 'TMPDIR', 'CI'];
    expect(names).toEqual(expect.arrayContaining(own));
    expect(names.filter((name) => !own.includes(name) && !name.startsWith('SANDCREW_'))).toEqual([]);
    expect(client.text('env')).not.toContain(worker.token);
  });

  test('is not steered by a variable that nobody meant', async () => {
    for (const name of [
      'LD_PRELOAD',
      'BASH_ENV',
      'ENV',
      'NODE_OPTIONS',
      'PYTHONSTARTUP',
      'PERL5OPT',
      'RUBYOPT',
      'GIT_SSH_COMMAND',
      'BASH_FUNC_x%%',
    ]) {
      client.execute(`v-${name.replace(/\W/g, '-')}`, 'true', { env: { [name]: '/tmp/x' } });
      const end = await client.terminal(`v-${name.replace(/\W/g, '-')}`);
      expect(end).toMatchObject({ type: 'task_error', detail: 'invalid_env' });
    }
  });

  test('has stdin, stdout and stderr open, and nothing of the worker', async () => {
    client.execute('fds', ['bash', '--norc', '-c', 'ls /proc/$$/fd; true']);
    await client.terminal('fds');
    const open = client.text('fds').trim().split('\n');
    expect(open.filter((fd) => fd !== '255')).toEqual(['0', '1', '2']); // bash has a copy of its own at 255
  });

  test('reads no start-up file', async () => {
    client.execute('home', 'printf %s "$HOME"');
    await client.terminal('home');
    for (const name of ['.bashrc', '.bash_profile', '.profile'])
      writeFileSync(join(client.text('home'), name), 'echo started up\n');
    client.execute('quiet', 'echo quiet');
    client.execute('pty', 'echo quiet', { pty: { cols: 80, rows: 24 } });
    await client.terminal('quiet');
    await client.terminal('pty');
    expect(client.text('quiet') + client.text('pty')).not.toContain('started up');
  });
});

test('what it was started with tells no secret: neither its arguments nor its log', async () => {
  const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(worker.pid)], { encoding: 'utf8' });
  expect(stdout).not.toContain(worker.token);
  client.execute('secret', 'API_TOKEN=hunter2 true');
  await client.terminal('secret');
  await client.settle();
  const accepted = worker.log.filter(({ event }) => event === 'task_accepted');
  expect(JSON.stringify(accepted)).toContain('API_TOKEN=[redacted]');
  expect(JSON.stringify(worker.log)).not.toMatch(/hunter2/);
  expect(JSON.stringify(worker.log)).not.toContain(worker.token);
});
