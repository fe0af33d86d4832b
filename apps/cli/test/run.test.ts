import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Sandcrew, sandcrew } from './sandcrew.js';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-cli-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('a command on an embedded worker', () => {
  test('writes to stdout and stderr byte for byte, and exits as it exits', async () => {
    const command = String.raw`printf 'a\377\000b\r\n\033[1m'; printf 'err\376' >&2; exit 7`;
    const { status, stdout, stderr } = await sandcrew(['run', '--', command], { cwd: directory });
    expect(status).toBe(7);
    expect(stdout).toEqual(Buffer.from('a\xff\0b\r\n\x1b[1m', 'latin1'));
    expect(stderr).toBe('err\ufffd');
  });

  test('runs in the current directory, as an argv without a shell where there are several words', async () => {
    writeFileSync(join(directory, 'here.txt'), 'yes');
    const shell = await sandcrew(['run', '--', 'cat here.txt && pwd'], { cwd: directory });
    expect(shell.stdout.toString()).toBe(`yes${directory}\n`);
    const argv = await sandcrew(['run', '--', 'printf', '%s|', '$HOME', '*', ''], { cwd: directory });
    expect(argv.stdout.toString()).toBe('$HOME|*||');
  });

  test('gets its variables and its directory', async () => {
    mkdirSync(join(directory, 'sub'));
    const words = ['run', '--env', 'A=1 2', '--env', 'B=', '--cwd', 'sub', '--', 'echo "[$A][$B]"; pwd'];
    const { stdout } = await sandcrew(words, { cwd: directory });
    expect(stdout.toString()).toBe(`[1 2][]\n${join(directory, 'sub')}\n`);
  });

  test.each([
    ['a line for the shell', ['no-such-command'], 127, 'command not found'],
    ['a line that begins like an option', ['-x'], 127, '-x: command not found'],
    ['an argv', ['no-such-command', 'x'], 127, 'no-such-command'],
    ['an argv of a file that is no program', ['/etc/passwd', 'x'], 126, '/etc/passwd'],
  ])('that cannot be run exits with its own message: %s', async (_what, words, status, message) => {
    const ended = await sandcrew(['run', '--', ...words], { cwd: directory });
    expect(ended.status).toBe(status);
    expect(ended.stderr).toContain(message);
  });

  test('that a signal ended exits with 128 and its number, and stderr says which', async () => {
    const { status, stderr } = await sandcrew(['run', '--', 'kill -9 $$'], { cwd: directory });
    expect(status).toBe(137);
    expect(stderr).toBe('sandcrew: The command was ended by SIGKILL.\n');
  });

  test('that runs too long exits with 124 and keeps its output', async () => {
    const words = ['run', '--timeout', '3s', '--', 'echo before; sleep 60'];
    const { status, stdout, stderr } = await sandcrew(words, { cwd: directory });
    expect(status).toBe(124);
    expect(stdout.toString()).toBe('before\n');
    expect(stderr).toContain('--timeout');
  });

  test('reads end of file on stdin, unless ours is passed on', async () => {
    const input = randomBytes(3_000_000);
    expect((await sandcrew(['run', '--', 'wc -c'], { cwd: directory, input })).stdout.toString().trim()).toBe(
      '0',
    );
    const passed = await sandcrew(['run', '--stdin', '--', 'sha256sum'], { cwd: directory, input });
    expect(passed.stdout.toString().split(' ')[0]).toBe(createHash('sha256').update(input).digest('hex'));
  });

  test('that stops reading its stdin early is not held up by ours', async () => {
    const input = randomBytes(3_000_000);
    const { status, stdout } = await sandcrew(['run', '--stdin', '--', 'head -c 3 | wc -c'], {
      cwd: directory,
      input,
    });
    expect([status, stdout.toString().trim()]).toEqual([0, '3']);
  });

  test('loses nothing of 200,000 lines', async () => {
    const { status, stdout } = await sandcrew(['run', '--', 'seq 1 200000'], { cwd: directory });
    const expected = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join('');
    expect(status).toBe(0);
    expect(createHash('sha256').update(stdout).digest('hex')).toBe(
      createHash('sha256').update(expected).digest('hex'),
    );
  });

  test('as JSON is one event a line, with exactly one end', async () => {
    const { status, stdout, stderr } = await sandcrew(['run', '--json', '--', 'echo out; exit 3'], {
      cwd: directory,
    });
    const events = stdout
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(status).toBe(3);
    expect(stderr).toBe('');
    expect(events).toMatchObject([
      { event: 'started', pid: expect.any(Number) },
      { event: 'output', stream: 'stdout', offset: 0, bytes: 4, text: 'out\n' },
      { event: 'end', status: 3, exitCode: 3, signal: null, error: null, outputBytes: 4 },
    ]);
  });
});

describe('an interrupt', () => {
  test('ends the command, says so, and exits with 130; nothing is left', async () => {
    const sleep = `sleep 1000.${process.pid}`;
    const running = new Sandcrew(['run', '--', `${sleep} & setsid ${sleep} & echo ready; wait`], {
      cwd: directory,
    });
    await running.says('ready');
    while (processesOf(sleep).length < 2) await new Promise(setImmediate);
    running.child.kill('SIGINT');
    const { status, stderr } = await running.ended;
    expect(status).toBe(130);
    expect(stderr).toContain('Ending the command on SIGINT (SIGTERM now, SIGKILL after 5 s)');
    expect(processesOf(sleep)).toEqual([]);
  });

  test('once more kills a command that does not want to end', async () => {
    const running = new Sandcrew(['run', '--', "trap '' TERM; echo ready; while :; do sleep 0.1; done"], {
      cwd: directory,
    });
    await running.says('ready');
    const askedMs = performance.now();
    running.child.kill('SIGINT');
    await running.says('Once more', 'stderr');
    running.child.kill('SIGINT');
    const { status, stderr } = await running.ended;
    expect(status).toBe(130);
    expect(stderr).not.toContain('may still run');
    expect(performance.now() - askedMs).toBeLessThan(5_000); // the grace
  });

  test('by SIGTERM exits with 143', async () => {
    const running = new Sandcrew(['run', '--', 'echo ready; sleep 1000'], { cwd: directory });
    await running.says('ready');
    running.child.kill('SIGTERM');
    expect((await running.ended).status).toBe(143);
  });
});

test('wrong use exits with 2 before anything is started', async () => {
  const { status, stdout, stderr } = await sandcrew(
    ['run', '--timout', '1s', '--env', 'x', '--', 'touch started'],
    { cwd: directory },
  );
  expect([status, stdout.length]).toEqual([2, 0]);
  expect(stderr).toBe(
    'sandcrew: unknown option \'--timout\' (Did you mean --timeout?)\nsandcrew: --env: expected NAME=VALUE, got "x".\n',
  );
  expect(existsSync(join(directory, 'started'))).toBe(false);
});

test('help is written on stdout and exits with 0', async () => {
  const { status, stdout, stderr } = await sandcrew(['run', '--help']);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout.toString()).toContain('One word after `--` is a line for the shell');
});

/** The processes that run exactly this, by the kernel's own list. */
function processesOf(command: string): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid) === command);
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return ''; // it has ended meanwhile
  }
}
