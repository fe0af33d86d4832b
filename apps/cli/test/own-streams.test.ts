import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Sandcrew, shellLine } from './sandcrew.js';

const FULL = 'sandcrew: The output cannot be written: ENOSPC: no space left on device, write.\n';
const ENDED = 'sandcrew: The command was ended, as it was asked for.\n';
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-cli-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('our own output', () => {
  test.each([
    ['stdout', 'yes'],
    ['stderr', 'yes >&2'],
  ] as const)(
    'whose reader goes away ends the command, as a broken pipe does: %s',
    async (stream, command) => {
      const running = new Sandcrew(['run', '--', command], { cwd: directory });
      await once(running.child[stream], 'data');
      running.child[stream].destroy();
      const { status, stdout, stderr } = await running.ended;
      expect(status).toBe(141);
      expect((stream === 'stdout' ? stderr : stdout.toString()).includes('cannot be written')).toBe(false);
    },
  );

  test.each([
    ['stdout', "run -- 'yes' >/dev/full", '', FULL + ENDED],
    [
      'stderr',
      `run -- 'echo out; until [ -e shown ]; do sleep 0.01; done; yes >&2' 2>/dev/full`,
      'out\n',
      '',
    ],
    ['JSON', "run --json -- 'yes' >/dev/full", '', FULL],
    ['help', 'run --help >/dev/full', '', FULL],
  ])('that is full ends the command with 125, and says so where it can: %s', async (_, words, out, said) => {
    const running = shellLine(`$SANDCREW ${words}`, { cwd: directory });
    await running.says(out);
    if (out !== '') writeFileSync(join(directory, 'shown'), '');
    const { status, stdout, stderr } = await running.ended;
    expect([status, stdout.toString(), stderr]).toEqual([125, out, said]);
  });

  test('that nobody takes does not hold up the second Ctrl-C', async () => {
    const { child } = shellLine('exec $SANDCREW run -- yes 2>&1', { cwd: directory });
    await once(child.stdout, 'data');
    child.stdout.pause();
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    await new Promise(setImmediate);
    const orderedMs = performance.now();
    child.kill('SIGTERM'); // another than the first, since two of one that come at once are one
    const [status] = await exited;
    child.stdout.destroy();
    expect([130, 143]).toContain(status);
    expect(performance.now() - orderedMs).toBeLessThan(10_000);
  });

  test('that is closed takes nothing, and the command ends as it ends', async () => {
    const { status } = await shellLine("$SANDCREW run -- 'echo hi; echo hi >&2; exit 4' >&- 2>&-", {
      cwd: directory,
    }).ended;
    expect(status).toBe(4);
  });
});

describe('our own stdin', () => {
  test.each(['<&-', '</dev/null'])('where there is nothing in it is end of file: %s', async (redirection) => {
    const { status, stdout } = await shellLine(`$SANDCREW run --stdin -- 'wc -c' ${redirection}`, {
      cwd: directory,
    }).ended;
    expect([status, stdout.toString().trim()]).toEqual([0, '0']);
  });

  test('that is a directory is refused', async () => {
    const { status, stderr } = await shellLine("$SANDCREW run --stdin -- 'wc -c' <.", { cwd: directory })
      .ended;
    expect(status).toBe(2);
    expect(stderr).toBe(
      'sandcrew: --stdin: expected something that can be read on stdin, got a directory.\n',
    );
  });

  test('that cannot be read is never taken for its end: the command is ended, exit status 125', async () => {
    const { status, stdout, stderr } = await shellLine("$SANDCREW run --stdin -- 'wc -c' 0>written", {
      cwd: directory,
    }).ended;
    expect([status, stdout.toString()]).toEqual([125, '']);
    expect(stderr).toContain('Our stdin cannot be read: EBADF');
  });
});
