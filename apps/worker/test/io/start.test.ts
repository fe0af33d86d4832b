/** How a worker starts, refuses to start, and is told of new tokens. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { get } from 'node:http';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { COMMAND, isAlive, Place, TestWorker, TOKEN, until, WorkerRun } from '../worker-process.js';

let place: Place;
let servers: Server[];
beforeEach(() => {
  place = new Place();
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  place.remove();
});

/** Starts a worker that must refuse to, by itself: exit 2. Within a second, which `npm run test:faults` measures. */
async function refusal(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const run = new WorkerRun([...place.arguments, '--containment', 'process-group', ...args], env);
  expect(await run.ended).toBe(2);
  expect(run.stdout).toBe('');
  return run.stderr;
}

function listenOn(where: string | number): Promise<void> {
  const server = createServer();
  servers.push(server);
  return new Promise((resolve) => {
    if (typeof where === 'number') server.listen(where, '127.0.0.1', resolve);
    else server.listen(where, resolve);
  });
}

test('it prints one line when it listens, and logs JSON lines that never hold the token', async () => {
  const run = new WorkerRun([...place.arguments, '--worker-id', 'w1']);
  const line = await run.listening();
  expect(line).toEqual({
    event: 'listening',
    url: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+$/),
    workerId: 'w1',
    pid: run.pid,
  });
  run.kill('SIGTERM');
  expect(await run.ended).toBe(0);
  expect(run.stdout.trim().split('\n')).toHaveLength(1);
  expect(run.log.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['containment', 'drain_requested', 'stopped']),
  );
  expect(run.stderr + run.stdout).not.toContain(TOKEN);
});

test('it closes what it is born with, but for the file of certificates that Node itself may be reading', async () => {
  const certificates = join(place.path, 'ca.pem');
  const secret = join(place.path, 'secret');
  for (const file of [certificates, secret]) writeFileSync(file, '');
  const opener = ['bash', '-c', `exec 28<'${secret}' 29<'${certificates}'; exec "$@"`, 'bash'];
  const run = new WorkerRun(place.arguments, { NODE_EXTRA_CA_CERTS: certificates }, opener);
  await run.listening();
  const open = readdirSync(`/proc/${run.pid}/fd`).map((fd) => readlinkSync(`/proc/${run.pid}/fd/${fd}`));
  expect(open).toContain(certificates);
  expect(open).not.toContain(secret);
  run.kill('SIGTERM');
  await run.ended;
});

test('one that waits for what can never come any more ends by a fault of its own, and not as if it were done', async () => {
  const broken = join(place.path, 'broken.cjs');
  writeFileSync(
    broken,
    "require('node:fs/promises').realpath = () => new Promise(() => {}); require('node:module').syncBuiltinESMExports();",
  );
  const run = new WorkerRun([...place.arguments, '--containment', 'process-group'], {
    NODE_OPTIONS: `--require ${broken}`,
  });
  expect({ code: await run.ended, stdout: run.stdout, stderr: run.stderr }).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^sandcrew-worker: this is a fault of the worker itself: it waited for what never came$/m,
    ),
  });
});

test('a port in use is told', async () => {
  await listenOn(0);
  const address = servers[0]?.address();
  const port = typeof address === 'object' ? address?.port : 0;
  expect(await refusal(['--listen', `127.0.0.1:${port}`])).toMatch(/in use; choose another/);
  expect(existsSync(join(place.stateDir, 'lock'))).toBe(false);
});

test('a stale socket, a live one and a file that is none are told apart', async () => {
  const path = join(place.path, 's.sock');
  const killed = new WorkerRun([...place.arguments, '--listen', `unix:${path}`]);
  await killed.listening();
  expect(statSync(path).mode & 0o077).toBe(0);
  killed.kill('SIGKILL');
  await killed.ended;
  expect(await refusal(['--listen', `unix:${path}`])).toMatch(/stale socket.*remove it/);
  const live = join(place.path, 'live.sock');
  await listenOn(live);
  expect(await refusal(['--listen', `unix:${live}`])).toMatch(/another server listens/);
  const file = join(place.path, 'file');
  writeFileSync(file, '');
  expect(await refusal(['--listen', `unix:${file}`])).toMatch(/no socket/);
});

test('a worker on a unix socket is reached there', async () => {
  const worker = await TestWorker.start(['--listen', `unix:${join(place.path, 'u.sock')}`]);
  const client = await worker.manager();
  expect((await client.run('echo here')).stdout.toString()).toBe('here\n');
  await worker.stop();
});

describe('the state directory', () => {
  test('is held by one worker at a time, and free again after a kill', async () => {
    const first = new WorkerRun(place.arguments);
    await first.listening();
    expect(await refusal([])).toMatch(new RegExp(`pid ${first.pid} uses .*--state-dir`));
    first.kill('SIGKILL');
    await first.ended;
    const second = new WorkerRun(place.arguments);
    await second.listening();
    second.kill('SIGTERM');
    expect(await second.ended).toBe(0);
  });

  test('goes to one of several that start at once', async () => {
    const runs = Array.from(
      { length: 4 },
      () => new WorkerRun([...place.arguments, '--containment', 'process-group']),
    );
    const ends = await Promise.all(
      runs.map((run) => Promise.race([run.listening().then(() => 'listens'), run.ended])),
    );
    expect(ends.filter((end) => end === 'listens')).toHaveLength(1);
    for (const run of runs) if (isAlive(run.pid)) run.kill('SIGTERM');
    await Promise.all(runs.map((run) => run.ended));
  });

  test('keeps workspaces over a restart, and loses the spool of the run before', async () => {
    mkdirSync(join(place.stateDir, 'spool/old'), { recursive: true });
    mkdirSync(join(place.stateDir, 'workspaces/default/app'), { recursive: true });
    const run = new WorkerRun(place.arguments);
    await run.listening();
    expect(existsSync(join(place.stateDir, 'spool/old'))).toBe(false);
    expect(existsSync(join(place.stateDir, 'workspaces/default/app'))).toBe(true);
    run.kill('SIGTERM');
    await run.ended;
  });
});

describe('a token file', () => {
  test.each(['644', '640', '604'])('of mode %s is refused', async (mode) => {
    chmodSync(place.tokenFile, mode);
    expect(await refusal([])).toMatch(/expected mode 0600, got 06..; run chmod 600/);
  });

  test.each([
    ['of random bytes', Buffer.from([0, 255, 254, 10, 200, 10, 7]), /line 1: .*\n.*line 2: .*\n.*line 3: /],
    ['of UTF-16', Buffer.from(`\uFEFF${TOKEN}`, 'utf16le'), /line 1: expected/],
    [
      'of a megabyte',
      Buffer.alloc(1_048_576, 'a'),
      /at most 65536 bytes of \[NAME:\]TOKEN lines, got 1048576/,
    ],
    ['of no line', Buffer.from('# nothing yet\n'), /at least one line/],
  ])('%s is refused', async (_, content, fault) => {
    writeFileSync(place.tokenFile, content);
    expect(await refusal([])).toMatch(fault);
  });

  test('that is no regular file is refused, and not waited for', async () => {
    rmSync(place.tokenFile);
    execFileSync('mkfifo', ['-m', '600', place.tokenFile]);
    expect(await refusal([])).toMatch(/expected a regular file/);
  });

  test('that is not there is told with how to make one', async () => {
    const run = new WorkerRun(['--token-file', join(place.path, 'gone'), '--state-dir', place.stateDir]);
    expect(await run.ended).toBe(2);
    expect(run.stderr).toMatch(/token new FILE/);
  });

  test('is made by `token new`, once, mode 0600', async () => {
    const path = join(place.path, 'new');
    expect(await new WorkerRun(['token', 'new', path]).ended).toBe(0);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await new WorkerRun(['token', 'new', path]).ended).toBe(2);
    const run = new WorkerRun(['--token-file', path, '--state-dir', place.stateDir]);
    await run.listening();
    run.kill('SIGTERM');
    await run.ended;
  });
});

describe('`token new`', () => {
  const made = async (...words: string[]) => {
    const run = new WorkerRun(['token', 'new', ...words]);
    return { code: await run.ended, stdout: run.stdout, stderr: run.stderr };
  };

  test('makes 32 random bytes, under a name where one is given, to be appended to the file of a worker', async () => {
    const bare = await made();
    expect(bare.stdout).toMatch(/^[A-Za-z0-9_-]{43}\n$/);
    const named = await made('--name', 'ci');
    expect(named.stdout).toMatch(/^ci:[A-Za-z0-9_-]{43}\n$/);
    expect(named.stdout.slice(3)).not.toBe(bare.stdout);
    writeFileSync(place.tokenFile, bare.stdout + named.stdout);
    const run = new WorkerRun(place.arguments);
    await run.listening();
    run.kill('SIGTERM');
    await run.ended;
  });

  test.each([
    [['--name', 'no spaces'], /--name expects at most 64 letters/],
    [['--name'], /--name expects/],
    [['--nam', 'x'], /expected: sandcrew-worker token new \[--name NAME\] \[FILE\]/],
    [['a', 'b'], /expected: /],
  ])('%j is refused', async (words, fault) => {
    expect(await made(...words)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(fault) });
  });

  test.each([
    [['token', '--help'], /^Usage: sandcrew-worker token new \[--name NAME\] \[FILE\]\n$/],
    [['token', 'new', '--help'], /^Usage: sandcrew-worker token new /],
    [['-h'], /^Usage: sandcrew-worker \[OPTIONS\]\n/],
    [['doctor', '--help'], /^Usage: sandcrew-worker \[OPTIONS\]\n +sandcrew-worker doctor \[--json\]/],
  ])('%j tells how it is called, and does nothing', async (words, usage) => {
    const run = new WorkerRun(words);
    expect({ code: await run.ended, stdout: run.stdout, stderr: run.stderr }).toEqual({
      code: 0,
      stdout: expect.stringMatching(usage),
      stderr: '',
    });
  });

  test('keeps a file that is there, and tells how a token is added', async () => {
    const { stderr } = await made(place.tokenFile);
    expect(stderr).toMatch(/is kept; a further token is added by: .*--name NAME >> /);
    expect(readFileSync(place.tokenFile, 'utf8')).toContain(TOKEN);
  });
});

test('SIGHUP takes new tokens, and closes the connections of those that are gone', async () => {
  const worker = await TestWorker.start();
  const kept = await worker.connect(`${TOKEN}-other`);
  const revoked = await worker.connect();
  writeFileSync(worker.place.tokenFile, `other:${TOKEN}-other\nnew:${TOKEN}-new\n`);
  worker.run.kill('SIGHUP');
  expect(await revoked.closed()).toBe(1008);
  kept.send({ type: 'ping' });
  await kept.next('pong');
  await worker.connect(`${TOKEN}-new`);
  await expect(worker.connect()).rejects.toThrow(/401/);
  writeFileSync(worker.place.tokenFile, 'short\n');
  worker.run.kill('SIGHUP');
  expect(await worker.run.logged('tokens_kept')).toMatchObject({
    message: expect.stringContaining('line 1'),
  });
  await worker.connect(`${TOKEN}-new`);
  await worker.stop();
});

test('every fault is named at once, each on a line', async () => {
  chmodSync(place.tokenFile, 0o644);
  const faults = await refusal([
    '--max-task',
    '1',
    '--network',
    'wifi',
    '--tls-cert',
    '/gone',
    '--tls-key',
    '/gone',
  ]);
  expect(faults).toMatch(/expected mode 0600/);
  expect(faults).toMatch(/--tls-key \/gone: ENOENT/);
  expect(faults).toMatch(/did you mean --max-tasks/);
  expect(faults).toMatch(/--network expects one of host, none/);
});

test('a worker is started from a file, and --print-config shows what that comes to', async () => {
  const file = join(place.path, 'worker.jsonc');
  writeFileSync(file, '{ "token-file": "tokens", "state-dir": "state", "worker-id": "w9" /* its name */ }');
  const run = new WorkerRun(['--config', file]);
  expect((await run.listening()).workerId).toBe('w9');
  run.kill('SIGTERM');
  expect(await run.ended).toBe(0);
  const shown = new WorkerRun(['--config', file, '--print-config', '--type', 'gpu']);
  expect(await shown.ended).toBe(0);
  expect(JSON.parse(shown.stdout)).toMatchObject({
    'token-file': { value: place.tokenFile, source: `${file}:1:3` },
    type: { value: 'gpu', source: '--type' },
    'max-tasks': { value: 16, source: 'default' },
  });
  expect(shown.stdout).not.toContain(TOKEN);
});

describe('a stdout', () => {
  test('that nobody reads ends no worker', async () => {
    const socket = join(place.path, 'unread.sock');
    const run = new WorkerRun([...place.arguments, '--listen', `unix:${socket}`]);
    run.child.stdout?.destroy();
    await until(() => existsSync(socket), 15_000);
    // An answer, whatever it is: from then on it serves, and obeys signals.
    await new Promise((resolve, reject) => {
      get({ socketPath: socket }, (answer) => answer.resume().once('end', resolve)).once('error', reject);
    });
    run.kill('SIGTERM');
    expect({ exitCode: await run.ended, stderr: run.stderr }).toEqual({
      exitCode: 0,
      stderr: expect.stringContaining('"stopped"'),
    });
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('that takes nothing is told, and an answer that is lost is no success', () => {
    const full = openSync('/dev/full', 'w');
    const [program = '', ...words] = COMMAND;
    const ended = spawnSync(program, [...words, '--help'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '' }, // with more, Node itself may have something to say
    });
    closeSync(full);
    expect(ended).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^sandcrew-worker: stdout: ENOSPC.*\n$/),
    });
  });
});

test('--help and --version answer and exit', async () => {
  const help = new WorkerRun(['--help']);
  expect(await help.ended).toBe(0);
  expect(help.stdout).toContain('Usage: sandcrew-worker');
  const version = new WorkerRun(['--version']);
  expect(await version.ended).toBe(0);
  expect(version.stdout).toMatch(
    /^sandcrew-worker \d+\.\d+\.\d+, protocol \d+\.\d+, node \d+\.\d+\.\d+(, commit [0-9a-f]{12}(\+changes)?)?\n$/,
  );
});
