/** Sandboxes that are made ahead of their commands: one command each, and nothing else is different. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readDescendants } from '#src/io/proc/process-stat.js';
import { type Client, isAlive, LEVELS, TestWorker, until } from '../worker-process.js';

const TRIES = 20;

/** The children of inits that wait: each is to become a command. */
function waitingPids(worker: TestWorker): number[] {
  const inits = readDescendants(worker.run.pid).filter(({ pid }) =>
    commandLineOf(pid).includes('sandcrew-init'),
  );
  const of = new Set(inits.map(({ pid }) => pid));
  return readDescendants(worker.run.pid)
    .filter(({ parentPid }) => of.has(parentPid))
    .map(({ pid }) => pid);
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

(LEVELS.includes('bubblewrap') ? describe : describe.skip)('bubblewrap', () => {
  let worker: TestWorker;
  let client: Client;

  beforeAll(async () => {
    worker = await TestWorker.start(['--containment', 'bubblewrap', '--ready-sandboxes', '2']);
    client = await worker.manager();
  });
  afterAll(() => worker.stop());

  test('after a first task the next of its kind runs in one that was there before it', async () => {
    for (let tries = 0; tries < TRIES; tries++) {
      await client.run('true');
      await until(() => waitingPids(worker).length > 0);
      const waiting = waitingPids(worker);
      const taskId = client.execute('true');
      const { pid } = await client.next('execution_started', taskId);
      await client.terminal(taskId);
      if (waiting.includes(pid)) return;
    }
    throw new Error(`none of ${TRIES} tasks ran in a sandbox that waited`);
  });

  test('nothing of a task is seen by the next, however often', async () => {
    for (let round = 0; round < TRIES; round++) {
      const { stdout, terminal } = await client.run(
        '[ -e /tmp/mark ] && echo seen; set -- /proc/[0-9]*; echo $#; echo "${MARK-none}"; export MARK=1; touch /tmp/mark; sleep 60 > /dev/null 2>&1 &',
      );
      expect(stdout.toString()).toBe('2\nnone\n'); // its init, and itself
      expect(terminal).toMatchObject({ exitCode: 0, leftover: 1 });
    }
  });

  test('words, variables, directories and input reach a command as they are', async () => {
    const word = 'a b\'"$x\n`\\é*';
    for (let round = 0; round < 3; round++) {
      const { stdout } = await client.run(['sh', '-c', 'printf "%s|%s" "$1" "$VAR"', 'sh', word], {
        env: { VAR: word },
      });
      expect(stdout.toString()).toBe(`${word}|${word}`);
      const taskId = await client.start('cat; pwd', { stdin: 'pipe', workspace: 'input' });
      client.send({ type: 'send_input', taskId, input: 'hello\n', end: true });
      const { stdout: echoed } = await client.outcome(taskId);
      expect(echoed.toString()).toMatch(/^hello\n\/.*\/input\n$/);
    }
  });

  test('a workspace that was removed and made again is another one', async () => {
    await client.run('echo old > file', { workspace: 'again' });
    await client.run('true', { workspace: 'again' });
    client.send({ type: 'remove_workspace', workspace: 'again' });
    await client.next('workspace_removed');
    const { stdout } = await client.run('ls -A; echo new > file; cat file', { workspace: 'again' });
    expect(stdout.toString()).toBe('new\n');
    const { stdout: later } = await client.run('cat file', { workspace: 'again' });
    expect(later.toString()).toBe('new\n');
  });

  test('a word that is too long for the system is told, and the next command runs', async () => {
    const taskId = client.execute(['true', 'x'.repeat(200_000)]);
    expect(await client.terminal(taskId)).toMatchObject({ type: 'task_error', code: 'spawn_failed' });
    expect((await client.run('true')).terminal).toMatchObject({ exitCode: 0 });
  });
});

(LEVELS.includes('bubblewrap') ? describe : describe.skip)('the end of a worker', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)('by %s leaves none that waits', async (signal) => {
    const worker = await TestWorker.start(['--containment', 'bubblewrap']);
    try {
      const client = await worker.manager();
      await client.run('true');
      await until(() => waitingPids(worker).length > 0);
      const waiting = waitingPids(worker);
      worker.run.kill(signal);
      await worker.run.ended;
      await until(() => !waiting.some(isAlive));
    } finally {
      await worker.stop();
    }
  });

  test('with --ready-sandboxes 0 none waits', async () => {
    const worker = await TestWorker.start(['--containment', 'bubblewrap', '--ready-sandboxes', '0']);
    try {
      const client = await worker.manager();
      for (let round = 0; round < 3; round++) await client.run('true');
      expect(waitingPids(worker)).toEqual([]);
    } finally {
      await worker.stop();
    }
  });
});
