/** The command that fetches files, as the shell and the tar of this machine carry it out: what comes, and when it waits. */
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CREDIT_BYTES, getCommand, type WantedPath } from '#src/core/files/tar-commands.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sandcrew-tar-'));
  mkdirSync(join(root, 'workspace'));
});

afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, content: string | Buffer = path): void {
  const file = join(root, 'workspace', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** Runs the command in the workspace, with so many lines of input; says how many it left. */
function fetch(wanted: readonly WantedPath[], exclude: readonly string[] = [], lines = 4): number {
  const args = ['-c', '"$@" > "$0" || exit; cat', join(root, 'archive'), ...getCommand(wanted, exclude)];
  const run = spawnSync('sh', args, {
    cwd: join(root, 'workspace'),
    input: 'more\n'.repeat(lines),
    encoding: 'utf8',
  });
  expect({ status: run.status, said: run.stderr }).toEqual({ status: 0, said: '' });
  return run.stdout.split('\n').length - 1;
}

/** What the archive holds, once it is unpacked: files by their paths. */
function unpack(): string[] {
  const to = join(root, 'unpacked');
  mkdirSync(to);
  const { status } = spawnSync('tar', ['-x', '-f', join(root, 'archive'), '-C', to]);
  expect(status).toBe(0);
  return readdirSync(to, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(to.length + 1))
    .sort();
}

describe('files that are fetched', () => {
  test('are a name in a directory, or all that a directory holds but for what is left out', () => {
    for (const path of ['top', 'd/one', 'd/other', 'e/two', 'e/f/three', 'e/f/x.o']) put(path);
    fetch(
      [
        { directory: 'd', name: 'one' },
        { directory: 'e', name: null },
        { directory: '', name: 'top' },
      ],
      ['*.o'],
    );
    expect(unpack()).toEqual(['f/three', 'one', 'top', 'two']);
  });

  test('come under their names, be these long, or words and signs that tar has for itself', () => {
    const long = `${'l'.repeat(200)}/${'m'.repeat(200)}`;
    const names = ['-rf', '\\056\\056', 'a b', `d/${long}`, 'ünï', 'new\nline'];
    for (const name of names) put(name);
    fetch([
      ...names.filter((name) => !name.startsWith('d/')).map((name) => ({ directory: '', name })),
      { directory: 'd', name: null },
    ]);
    expect(unpack()).toEqual([...names.filter((name) => !name.startsWith('d/')), long].sort());
  });

  test('keep the time at which they were written, and say nothing of when they were read', () => {
    put('a');
    utimesSync(join(root, 'workspace/a'), 1_700_000_001.25, 1_700_000_000.125);
    fetch([{ directory: '', name: 'a' }]);
    unpack();
    expect(statSync(join(root, 'unpacked/a')).mtimeMs).toBe(1_700_000_000_125);
    expect(readFileSync(join(root, 'archive'), 'latin1')).not.toMatch(/[ac]time=/);
  });

  test('wait for a line of input after each 4 MiB of the archive', () => {
    put('large', Buffer.alloc(2 * CREDIT_BYTES + 1));
    expect(fetch([{ directory: '', name: 'large' }], [], 5)).toBe(3);
    put('small', Buffer.alloc(CREDIT_BYTES / 2));
    expect(fetch([{ directory: '', name: 'small' }], [], 5)).toBe(5);
  });
});
