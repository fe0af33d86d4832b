/** What a command names and the worker cannot reach is told truly: which file, and which permission. */
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testIf } from '../needs.js';
import { Client, copyOf, Place, TOKEN, WorkerRun } from '../worker-process.js';

const UID = process.getuid?.() === 0 ? 65_534 : process.getuid?.(); // nothing is forbidden to root
const UNPRIVILEGED =
  process.getuid?.() === 0 ? ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups'] : [];

describe('a worker that may not do everything', () => {
  let place: Place;
  let run: WorkerRun;
  let client: Client;
  let workspace: string;

  beforeAll(async () => {
    place = new Place();
    workspace = join(place.stateDir, 'workspace');
    const command = copyOf(place.path, UID ?? 0);
    for (const path of [place.path, place.tokenFile]) chownSync(path, UID ?? 0, UID ?? 0);
    const args = [...place.arguments, '--containment', 'process-group', '--log-level', 'warn'];
    run = new WorkerRun(args, { HOME: place.path }, UNPRIVILEGED, command);
    client = await Client.connect((await run.listening()).url, TOKEN);
    client.send({ type: 'hello', managerId: 'm1', output: 'binary' });
    mkdirSync(join(workspace, 'closed'));
    writeFileSync(join(workspace, 'closed/program'), '#!/bin/sh\n', { mode: 0o755 });
    chmodSync(join(workspace, 'closed'), 0);
    writeFileSync(join(workspace, 'file'), '');
    writeFileSync(join(workspace, 'script'), '#!/bin/sh\n', { mode: 0o644 });
    writeFileSync(join(workspace, 'unreadable'), '#!/bin/sh\n', { mode: 0o755 });
    chmodSync(join(workspace, 'unreadable'), 0o111);
  });
  afterAll(async () => {
    client.socket.terminate();
    run.kill('SIGTERM');
    await run.ended;
    chmodSync(join(workspace, 'closed'), 0o700);
    place.remove();
  });

  test.each([
    ['that it may not enter', 'closed', /closed'\); uid \d+ needs the permission x/],
    ['below one that it may not enter', 'closed/in', /closed\/in'\); uid \d+ needs the permission x/],
    ['that is not there', 'gone', /"gone", which is not there; make it/],
    ['that is a file', 'file', /"file", which is a file/],
    ['below a file', 'file/in', /"file\/in", which the worker cannot enter \(ENOTDIR/],
  ])('refuses a cwd %s', async (_, cwd, message) => {
    expect((await client.run('pwd', { cwd })).terminal).toMatchObject({
      code: 'rejected',
      detail: 'invalid_cwd',
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ['./script', 'not_executable', /lacks the permission x on \/.*\/script \(mode 0644\); chmod \+x it/],
    ['./closed/program', 'not_executable', /cannot be reached; uid \d+ lacks .* into \/.*\/closed/],
    ['./closed', 'not_executable', /\/closed is a directory/],
    ['/dev/null', 'not_executable', /no regular file/],
    ['./gone', 'command_not_found', /there is no such file/],
  ])('cannot run %s: %s', async (program, detail, message) => {
    expect((await client.run([program])).terminal).toMatchObject({
      code: 'spawn_failed',
      detail,
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ['', /PATH is empty; name the program by its path/],
    ['/nowhere', /in no directory of PATH \(\/nowhere\)$/],
    ['/nowhere:closed', /in no directory of PATH \(\/nowhere:closed\); uid \d+ lacks .* into \/.*\/closed$/],
  ])('finds no program in a PATH of %j', async (PATH, message) => {
    expect((await client.run(['program'], { env: { PATH } })).terminal).toMatchObject({
      code: 'spawn_failed',
      detail: 'command_not_found',
      message: expect.stringMatching(message),
    });
  });

  test('leaves it to the interpreter to say that it cannot read a script', async () => {
    const { stderr, terminal } = await client.run(['./unreadable']);
    expect(stderr.toString()).toMatch(/unreadable: Permission denied/);
    expect(terminal).toMatchObject({ type: 'task_complete', exitCode: expect.any(Number) });
    expect(terminal.exitCode).not.toBe(0);
  });

  test('names the directory that it may not make', async () => {
    const homes = join(place.stateDir, 'homes/default');
    await client.run('true');
    chmodSync(homes, 0o500);
    const { terminal } = await client.run('true', { workspace: 'late' });
    chmodSync(homes, 0o700);
    expect(terminal).toMatchObject({
      code: 'rejected',
      detail: 'invalid_cwd',
      message: expect.stringContaining(join(homes, 'late')),
    });
  });
});

const canMount = process.getuid?.() === 0 && process.platform === 'linux';
testIf(canMount, 'a file system of their own (run as root on Linux)')(
  'a full disk is no_space, and the directory without room is named',
  async () => {
    const place = new Place();
    mkdirSync(place.stateDir);
    const small = 'mount -t tmpfs -o nr_inodes=100 tmpfs "$0" && exec "$@"';
    const launcher = ['unshare', '--mount', 'sh', '-c', small, place.stateDir];
    const run = new WorkerRun([...place.arguments, '--containment', 'process-group'], {}, launcher);
    const client = await Client.connect((await run.listening()).url, TOKEN);
    client.send({ type: 'hello', managerId: 'm1', output: 'binary' });
    await client.run('count=0; while : > file$count; do count=$((count + 1)); done');
    const refused = (call: string) => ({
      code: 'rejected',
      detail: 'no_space',
      message: expect.stringContaining(`${call} '${place.stateDir}/`),
    });
    const { terminal } = await client.run('true', { workspace: 'another' });
    expect(terminal).toMatchObject(refused('mkdir'));
    let last = terminal;
    // As many as there are pipes that were made ahead; each that is used leaves room, which is filled again.
    for (let count = 0; count < 50 && (count === 0 || last.type === 'task_complete'); count++)
      last = (await client.run(': > more$$; : > more$$.2; : > more$$.3')).terminal;
    expect(last).toMatchObject(refused('mkfifo'));
    client.socket.terminate();
    run.kill('SIGTERM');
    await run.ended;
    place.remove();
  },
);
