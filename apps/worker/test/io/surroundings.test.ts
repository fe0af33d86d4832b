/** What a command finds around it: descriptors, variables, directories, and nothing else. */
import { mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readDescendants } from '#src/io/proc/process-stat.js';
import { type Client, LEVELS, TestWorker, until } from '../worker-process.js';

describe.each(LEVELS)('%s', (containment) => {
  let worker: TestWorker;
  let client: Client;
  let inside: string;

  beforeAll(async () => {
    worker = await TestWorker.start(['--containment', containment], {
      SECRET_OF_THE_OPERATOR: 'x',
      LD_LIBRARY_PATH: '/nowhere',
      LANG: 'C.UTF-8',
    });
    client = await worker.manager();
    inside = join(worker.place.stateDir, 'workspace');
    mkdirSync(join(inside, 'sub'));
    symlinkSync('/etc', join(inside, 'out'));
    symlinkSync('sub', join(inside, 'within'));
  });
  afterAll(() => worker.stop());

  /** Beside 0, 1 and 2 there is the one with which ls reads the directory. */
  const LIST = ['ls', '-l', '/proc/self/fd'];

  test('no descriptor above 2', async () => {
    const { stdout } = await client.run(LIST);
    expect(descriptorsOf(stdout)).toEqual([]);
  });

  test('no descriptor above 2 that leads anywhere, while other tasks have terminals', async () => {
    const terminals = await Promise.all(
      [1, 2, 3].map(() => client.start('sleep 60', { pty: { cols: 80, rows: 24 } })),
    );
    const { stdout } = await client.run(LIST);
    const { stdout: onTerminal } = await client.run(LIST, { pty: { cols: 80, rows: 24 } });
    expect(descriptorsOf(stdout).filter((target) => target !== '/dev/null')).toEqual([]);
    expect(descriptorsOf(onTerminal).filter((target) => target !== '/dev/null')).toEqual([]);
    for (const taskId of terminals) client.send({ type: 'terminate_task', taskId });
    await Promise.all(terminals.map((taskId) => client.terminal(taskId)));
  });

  function descriptorsOf(listing: Buffer): string[] {
    const found = listing.toString().matchAll(/ (\d+) -> (\S+)/g);
    return [...found]
      .filter(([, fd, target = '']) => Number(fd) > 2 && !/^\/proc\/\d+\/fd$/.test(target))
      .map(([, , target = '']) => target);
  }

  const ownWordsOfAnInit = { stdin: '1', stdout: '2', stderr: '3', groups: '4', file: '5', status: '6' };

  test('exactly the variables of the worker and those that the caller sends', async () => {
    const { stdout } = await client.run(['env', '-0'], {
      env: { MINE: 'a\nb', PATH: '/usr/bin:/bin', 'with.dot': '1', ...ownWordsOfAnInit },
    });
    const variables = Object.fromEntries(
      stdout
        .toString()
        .split('\0')
        .filter(Boolean)
        .map((entry) => [entry.split('=')[0], entry.slice(entry.indexOf('=') + 1)]),
    );
    delete variables.SANDCREW_TASK; // by this the process-group level finds what a task left
    expect(variables).toEqual({
      PATH: '/usr/bin:/bin',
      HOME: join(worker.place.stateDir, 'homes/default/.default'),
      LANG: 'C.UTF-8',
      TERM: 'dumb',
      TMPDIR: expect.stringMatching(/^\//),
      CI: '1',
      MINE: 'a\nb',
      'with.dot': '1',
      ...ownWordsOfAnInit,
    });
  });

  test('a HOME of its own for each workspace, which outlives the task', async () => {
    await client.run('echo a > ~/mine; pwd > where', { workspace: 'app' });
    const { stdout } = await client.run('cat ~/mine where', { workspace: 'app' });
    expect(stdout.toString()).toBe(`a\n${join(worker.place.stateDir, 'workspaces/default/app')}\n`);
    const { terminal } = await client.run('cat ~/mine', { workspace: 'other' });
    expect(terminal.exitCode).toBe(1);
  });

  test.each([
    [undefined, ''],
    ['.', ''],
    ['sub', '/sub'],
    ['sub/../sub/.', '/sub'],
    ['within', '/sub'],
  ])('cwd %s is inside the workspace', async (cwd, expected) => {
    const { stdout } = await client.run(['pwd'], cwd === undefined ? {} : { cwd });
    expect(stdout.toString()).toBe(`${inside}${expected}\n`);
  });

  test.each(['out', 'out/ssh', 'gone', 'sub/../..', '/etc', '..'])('cwd %s is refused', async (cwd) => {
    const { terminal } = await client.run(['pwd'], { cwd });
    expect(terminal).toMatchObject({ type: 'task_error', code: 'rejected', detail: 'invalid_cwd' });
  });

  test('a workspace is scoped by the name of the token, listed in welcome, and removed', async () => {
    await client.run('touch mine', { workspace: 'scoped' });
    const stranger = await worker.connect(`${worker.token}-other`);
    stranger.send({ type: 'hello', managerId: 'stranger', output: 'binary' });
    expect((await stranger.next('welcome')).workspaces).toEqual([]);
    const { stdout } = await stranger.run(['ls'], { workspace: 'scoped' });
    expect(stdout.toString()).toBe('');
    stranger.send({ type: 'remove_workspace', workspace: 'scoped' });
    await stranger.next('workspace_removed');
    const { stdout: kept } = await client.run(['ls'], { workspace: 'scoped' });
    expect(kept.toString()).toBe('mine\n');
  });

  test.each(['pipes', 'a terminal'])('what it needs, also where all of it was deleted: %s', async (kind) => {
    // What a sandbox would be made of ahead is deleted here at the same time.
    const own = await TestWorker.start(['--containment', containment, '--ready-sandboxes', '0']);
    const manager = await own.manager();
    const { stateDir } = own.place;
    const guardians = containment === 'process-group' ? 1 : 0;
    const pty = kind === 'pipes' ? {} : { pty: { cols: 80, rows: 24 } };
    await manager.run('true', pty);
    for (const [workspace, path] of [
      [undefined, 'workspace'],
      ['app', 'workspaces/default/app'],
    ] as const) {
      await until(() => readDescendants(own.run.pid).length <= guardians); // no mkfifo is at work there
      rmSync(stateDir, { recursive: true });
      const more = { ...pty, ...(workspace === undefined ? {} : { workspace }) };
      const { stdout, terminal } = await manager.run('pwd; cd && echo home', more);
      expect(stdout.toString().replaceAll('\r', '')).toBe(`${join(stateDir, path)}\nhome\n`);
      expect(terminal).toMatchObject({ type: 'task_complete', exitCode: 0 });
      expect(statSync(join(stateDir, path)).mode & 0o777).toBe(0o700);
    }
    await own.stop();
  });

  test('or is told which directory cannot be made', async () => {
    const own = await TestWorker.start(['--containment', containment]);
    const manager = await own.manager();
    const workspace = join(own.place.stateDir, 'workspace');
    rmSync(workspace, { recursive: true });
    writeFileSync(workspace, '');
    expect((await manager.run('pwd')).terminal).toMatchObject({
      code: 'rejected',
      detail: 'invalid_cwd',
      message: expect.stringContaining(workspace),
    });
    await own.stop();
  });

  test('nothing, where network is none', async () => {
    const { stdout, terminal } = await client.run(
      'ls /sys/class/net; cat /proc/net/dev | tail -n +3 | cut -d: -f1',
      { network: 'none' },
    );
    if (containment === 'process-group')
      expect(terminal).toMatchObject({ code: 'rejected', detail: 'containment_unavailable' });
    else expect(stdout.toString().trim().split('\n').at(-1)?.trim()).toBe('lo');
  });
});
