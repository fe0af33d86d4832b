/** How a command ended is told truly, at each level of containment. */
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Client, LEVELS, Place, TestWorker } from '../worker-process.js';

describe.each(LEVELS)('%s', (containment) => {
  let worker: TestWorker;
  let client: Client;

  beforeAll(async () => {
    worker = await TestWorker.start(['--containment', containment]);
    client = await worker.manager();
  });
  afterAll(() => worker.stop());

  test('welcome and execution_started name the containment in force', async () => {
    const other = await worker.connect();
    other.send({ type: 'hello', managerId: 'm2', output: 'text' });
    expect(await other.next('welcome')).toMatchObject({ containment, tasks: [] });
    other.execute('true', { taskId: 'a' });
    expect(await other.next('execution_started')).toMatchObject({ containment, pid: expect.any(Number) });
    await other.terminal('a');
  });

  test.each([0, 1, 3, 126, 127, 255])('exit code %i is told as it is', async (exitCode) => {
    const { terminal } = await client.run(`exit ${exitCode}`);
    expect(terminal).toMatchObject({
      type: 'task_complete',
      exitCode,
      signal: null,
      outputBytes: 0,
      leftover: 0,
    });
  });

  test.each(['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGINT'])(
    'a command that ends itself by %s is complete, with that signal',
    async (signal) => {
      const { terminal } = await client.run(`kill -${signal.slice(3)} $$`);
      expect(terminal).toMatchObject({ type: 'task_complete', exitCode: null, signal });
    },
  );

  test('a status of 128+n is told as it is, but where the init is a shell as the signal n', async () => {
    const { terminal } = await client.run('exit 130');
    const told =
      containment === 'process-group'
        ? { exitCode: 130, signal: null }
        : { exitCode: null, signal: 'SIGINT' };
    expect(terminal).toMatchObject(told);
  });

  test('a command that is not found is told apart from its own exit 127', async () => {
    const { terminal } = await client.run(['no-such-program-here']);
    expect(terminal).toMatchObject({ type: 'task_error', code: 'spawn_failed', detail: 'command_not_found' });
    expect(terminal).not.toHaveProperty('exitCode');
  });

  test.each([['/etc/passwd'], ['/etc']])('%s is there and cannot be executed', async (path) => {
    const { terminal } = await client.run([path]);
    expect(terminal).toMatchObject({ code: 'spawn_failed', detail: 'not_executable' });
  });

  test('an argv reaches the command word by word, and no shell sees it', async () => {
    const { stdout } = await client.run(['printf', '%s|', '$HOME', 'a b', '', '*', "'"]);
    expect(stdout.toString()).toBe("$HOME|a b||*|'|");
  });

  test('a string runs in bash, without its start-up files', async () => {
    const { stdout } = await client.run('shopt -q login_shell; echo $?; [[ a == a ]] && echo bash');
    expect(stdout.toString()).toBe('1\nbash\n');
  });

  test.each(['bash', 'sh'])('a line that begins with a dash is a line, in %s', async (shell) => {
    const place = new Place();
    symlinkSync(execFileSync('which', ['mkfifo']).toString().trim(), join(place.path, 'mkfifo'));
    const env = shell === 'sh' ? { PATH: place.path } : {}; // no bash is to be found there
    const other = await TestWorker.start(['--containment', 'process-group'], env);
    const { stderr, terminal } = await (await other.manager()).run('-c; echo more >&2');
    expect(stderr.toString()).toMatch(/-c: (command )?not found\nmore\n$/);
    expect(terminal).toMatchObject({ type: 'task_complete', exitCode: 0 });
    await other.stop();
    place.remove();
  });

  test('terminate asks with SIGTERM, and a command that obeys is terminated with its own code', async () => {
    const taskId = await client.start(
      'trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.01; done',
    );
    await client.output(taskId, 'ready');
    client.send({ type: 'terminate_task', taskId });
    const { stdout, terminal } = await client.outcome(taskId);
    expect(stdout.toString()).toBe('ready\nbye\n');
    expect(terminal).toMatchObject({ type: 'task_error', code: 'terminated', exitCode: 7, signal: null });
  });

  test('a command that ignores SIGTERM is killed after the grace', async () => {
    const taskId = await client.start('trap "" TERM; echo ready; while :; do sleep 0.01; done');
    await client.output(taskId, 'ready');
    client.send({ type: 'terminate_task', taskId, graceMs: 100 });
    expect(await client.terminal(taskId)).toMatchObject({
      code: 'terminated',
      exitCode: null,
      signal: 'SIGKILL',
    });
  });

  test('a stopped command is terminated too', async () => {
    const taskId = await client.start('kill -STOP $$');
    client.send({ type: 'terminate_task', taskId });
    expect(await client.terminal(taskId)).toMatchObject({ code: 'terminated', signal: 'SIGTERM' });
  });

  test('timeoutMs ends a command as timed_out', async () => {
    // On a busy machine the time may be over before the command has written anything.
    const { stdout, terminal } = await client.run('echo on; sleep 60', { timeoutMs: 200 });
    expect(terminal).toMatchObject({ code: 'timed_out', signal: 'SIGTERM', outputBytes: stdout.length });
    expect(terminal.durationMs).toBeGreaterThanOrEqual(200);
  });

  test('signal_task reaches the whole group, and the end is the command’s own', async () => {
    const taskId = await client.start(
      'trap "echo got; exit 4" USR1; echo ready; while :; do sleep 0.01; done',
    );
    await client.output(taskId, 'ready');
    client.send({ type: 'signal_task', taskId, signal: 'SIGUSR1' });
    expect(await client.terminal(taskId)).toMatchObject({ type: 'task_complete', exitCode: 4 });
  });

  test('a signal that crosses the start on the way is not lost', async () => {
    const taskId = client.execute(['sleep', '60']);
    client.send({ type: 'signal_task', taskId, signal: 'SIGKILL' });
    expect(await client.terminal(taskId)).toMatchObject({
      type: 'task_complete',
      exitCode: null,
      signal: 'SIGKILL',
    });
  });

  test('an argument list that is too long for the system is told as such', async () => {
    const { terminal } = await client.run(['true', 'x'.repeat(200_000)]);
    expect(terminal).toMatchObject({
      type: 'task_error',
      code: 'spawn_failed',
      message: expect.stringContaining('too long'),
    });
  });

  test('usage covers the whole tree', async () => {
    const { terminal } = await client.run(
      'for i in 1 2; do (i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done) & done; wait',
    );
    if (containment !== 'process-group') expect(terminal.usage?.cpuMs).toBeGreaterThan(50);
    else expect(terminal.usage).not.toHaveProperty('cpuMs'); // it is not known there, and not guessed
    expect(terminal.usage?.maxMemoryBytes).toBeGreaterThan(100_000);
  });

  test('200 commands at once all run, each with its own output', async () => {
    const wide = await TestWorker.start(['--containment', containment, '--max-tasks', '200']);
    try {
      const manager = await wide.manager();
      const outcomes = await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          manager.run(`echo ${index}`, { stdin: index % 2 === 0 ? 'pipe' : 'none' }),
        ),
      );
      expect(outcomes.map(({ stdout, terminal }) => [stdout.toString(), terminal.exitCode])).toEqual(
        outcomes.map((_, index) => [`${index}\n`, 0]),
      );
    } finally {
      await wide.stop();
    }
  }, 240_000);
});
