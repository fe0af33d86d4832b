import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Sandcrew, sandcrew, shellLine } from './sandcrew.js';
import { startWorker } from './worker-process.js';

// Each waits for seconds and does nothing meanwhile, so that they run side by side, which begins before any `beforeAll`.
const directory = mkdtempSync(join(tmpdir(), 'sandcrew-cli-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Two threads, each with the lock that the other wants. */
const DEADLOCK = `
import threading
one, other, both = threading.Lock(), threading.Lock(), threading.Barrier(2)
def take(first, second):
    with first:
        both.wait()
        with second: pass
threading.Thread(target=take, args=(one, other)).start()
take(other, one)
`;
writeFileSync(join(directory, 'deadlock.py'), DEADLOCK);

/** One that may be let go on by another, which waits for the time. */
const HALF_STOPPED = "sh -c 'kill -STOP $$' & sleep 1000";

function start(...words: readonly string[]): Sandcrew {
  return new Sandcrew(['run', ...words], { cwd: directory });
}

function lastLine(text: string): string | undefined {
  return text.trimEnd().split('\n').at(-1);
}

describe('a command that cannot go on', () => {
  test.concurrent.each([
    [
      'that asks on a terminal that nobody sits at',
      ['--pty', '--', 'read -r -p "Proceed? [y/N] " answer'],
      /^sandcrew: blocked: waiting for input: "Proceed\? \[y\/N\]" \(bash, pid \d+\); answer with --stdin, end its input with --on-block end-input, or run it with a flag that asks nothing\.\n$/,
    ],
    [
      'that asks for a password',
      ['--pty', '--', 'read -r -s -p "Password: " answer'],
      /^sandcrew: blocked: waiting for a password: "Password:" \(bash, pid \d+\); give it with --stdin \(from a file,.*\n$/,
    ],
    [
      'that reads our stdin, to which nobody writes',
      ['--stdin', '--', 'cat'],
      /^sandcrew: blocked: waiting for input \(cat, pid \d+\); write the answer to our stdin, .*\n$/,
    ],
    [
      'whose threads wait for each other',
      ['--', 'python3', 'deadlock.py'],
      /^sandcrew: blocked: deadlock: python3 \(pid \d+\) .*; Ctrl-C ends it, and --on-block terminate does so by itself\.\n$/,
    ],
    [
      'that is stopped',
      ['--', 'kill -STOP $$'],
      /^sandcrew: blocked: stopped: bash \(pid \d+\) is stopped by SIGSTOP; only SIGCONT .*\n$/,
    ],
  ])('is told at once, in one sentence: %s', async (_what, words, sentence) => {
    const running = start(...words);
    expect(await running.says('\n', 'stderr')).toMatch(sentence);
    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    await running.ended;
  });

  test.concurrent('begins a line of its own where stdout and stderr are one pipe', async () => {
    const line = `$SANDCREW run --on-block terminate --pty -- 'read -r -p "Sure? " answer' 2>&1`;
    const { stdout } = await shellLine(line, { cwd: directory }).ended;
    expect(stdout.toString()).toMatch(/^Sure\? \nsandcrew: blocked: .*\nsandcrew: blocked and ended: .*\n$/);
  });

  test.concurrent('is told to go on when it does', async () => {
    const running = start('--stdin', '--', 'read -r a; until [ -e on ]; do sleep 0.05; done; echo "got $a"');
    await running.says('blocked: waiting for input', 'stderr');
    running.child.stdin.write('yes\n');
    await running.says(/\nsandcrew: no longer blocked: waiting for input is over after \d s\.\n/, 'stderr');
    writeFileSync(join(directory, 'on'), '');
    const { status, stdout } = await running.ended;
    expect([status, stdout.toString()]).toEqual([0, 'got yes\n']);
  });

  test.concurrent('as JSON is an event with its whole evidence, and one that withdraws it', async () => {
    const running = start('--json', '--pty', '--stdin', '--', 'read -r -p "Name? " n; sleep 1.5');
    await running.says('"block"');
    running.child.stdin.end('Ada\n');
    const events = (await running.ended).stdout
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event !== 'output');
    const pid = expect.any(Number);
    expect(events).toMatchObject([
      { event: 'started' },
      {
        event: 'block',
        reason: 'waiting_for_input',
        confidence: 'confirmed',
        recoverable: true,
        evidence: {
          summary: expect.stringContaining('at the prompt "Name?"'),
          processes: [{ pid, name: 'bash' }],
          prompt: 'Name?',
          password: false,
          process: 'bash',
          pid,
        },
        action: 'report',
      },
      { event: 'block_cleared', reason: 'waiting_for_input', durationMs: expect.any(Number) },
      { event: 'end', status: 0 },
    ]);
  });
});

describe('--on-block', () => {
  test.concurrent.each([
    ['at a prompt', ['--pty', '--', 'read -r -p "Sure? " answer'], 'waiting for input: "Sure?" (bash, pid'],
    ['in a deadlock', ['--', 'python3', 'deadlock.py'], 'deadlock: python3 (pid'],
    ['that is stopped', ['--', 'kill -STOP $$'], 'stopped: bash (pid'],
  ])(
    'terminate ends a command, exits with 122, and the last word says why: %s',
    async (_what, words, why) => {
      const ended = await sandcrew(['run', '--on-block', 'terminate', ...words], { cwd: directory });
      expect(ended.status).toBe(122);
      expect(ended.stderr).toContain(`sandcrew: blocked: ${why}`);
      expect(ended.stderr).toContain('; it is being ended.\n');
      expect(lastLine(ended.stderr)?.startsWith(`sandcrew: blocked and ended: ${why}`)).toBe(true);
    },
  );

  test.concurrent('terminate leaves its exit code to a command that has exited, whatever it left behind', async () => {
    const words = ['run', '--on-block', 'terminate', '--', '(sleep 1000 &); exit 3'];
    const { status, stderr } = await sandcrew(words, { cwd: directory });
    expect(status).toBe(3);
    expect(stderr).toMatch(
      /^sandcrew: blocked: orphaned output: .*\nsandcrew: 1 process that it left behind/,
    );
  });

  test.concurrent('end-input ends the input of a command that waits for it', async () => {
    const running = start('--stdin', '--on-block', 'end-input', '--', 'cat; echo ended; exit 4');
    const { status, stdout, stderr } = await running.ended;
    expect([status, stdout.toString()]).toEqual([4, 'ended\n']);
    expect(stderr).toMatch(/^sandcrew: blocked: waiting for input \(cat, pid \d+\); its input is ended\.\n$/);
  });

  test.concurrent('--suspected-after acts on what only looks blocked, which a pipe is told of by the last word alone', async () => {
    const words = ['run', '--on-block', 'terminate', '--suspected-after', '0', '--', HALF_STOPPED];
    const { status, stderr } = await sandcrew(words, { cwd: directory });
    expect(status).toBe(122);
    expect(stderr).toMatch(
      /^sandcrew: blocked and ended: stopped: sh \(pid \d+\) is stopped by SIGSTOP; .*\n$/,
    );
  });
});

test.concurrent('a block of a task that was left running is told to whoever attaches to it', async () => {
  const { worker, env } = await startWorker(directory);
  try {
    const detached = await sandcrew(['run', '--detach', '--', 'kill -STOP $$'], { env });
    const taskId = detached.stdout.toString().trim();
    const attached = new Sandcrew(['attach', taskId], { env });
    expect(await attached.says('\n', 'stderr')).toMatch(
      new RegExp(`^sandcrew: blocked: stopped: .*; \`sandcrew stop ${taskId}\` ends it\\.\n$`),
    );
    expect((await sandcrew(['stop', '--grace', '0', taskId], { env })).status).toBe(0);
    await attached.ended;
  } finally {
    worker.child.kill('SIGTERM');
    await worker.ended;
  }
});
