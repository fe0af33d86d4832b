/** What stands in a directory under a manifest's name need not be a file, and nobody waits for it. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readDirectory } from '#src/io/manifest-reader.js';

let directory: string;
let fifo: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-manifests-'));
  fifo = join(directory, 'package.json');
  execFileSync('mkfifo', [fifo]);
});
afterEach(() => {
  closeSync(openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)); // lets go of a reader that waits, or the process could not end
  rmSync(directory, { recursive: true });
});

test('a FIFO, a directory, a device or a link to nowhere under a manifest’s name is no manifest', async () => {
  mkdirSync(join(directory, 'Cargo.toml'));
  symlinkSync('nowhere', join(directory, 'go.mod'));
  symlinkSync('/dev/zero', join(directory, 'requirements.txt'));
  writeFileSync(join(directory, 'Makefile'), 'all:\n');
  const { manifests } = await readDirectory(directory);
  expect([...manifests.keys()]).toEqual(['Makefile']);
});

test('a link under a manifest’s name is followed inside of the directory, and not out of it', async () => {
  const secret = mkdtempSync(join(tmpdir(), 'sandcrew-secret-'));
  writeFileSync(join(secret, 'key'), 'key:\n');
  mkdirSync(join(directory, 'build'));
  writeFileSync(join(directory, 'build', 'make'), 'all:\n');
  symlinkSync('build/make', join(directory, 'Makefile'));
  symlinkSync(join(secret, 'key'), join(directory, 'requirements.txt'));
  symlinkSync(secret, join(directory, 'outside'));
  symlinkSync('outside/key', join(directory, 'go.mod'));
  const seen = join(secret, 'here'); // the directory itself may be reached by a link
  symlinkSync(directory, seen);
  const { manifests } = await readDirectory(seen);
  expect([...manifests]).toEqual([['Makefile', { text: 'all:\n' }]]);
  rmSync(secret, { recursive: true });
});
