/** What stands in a directory under a manifest's name need not be a file, and nobody waits for it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readDirectory } from '#src/io/manifest-reader.js';

test('a FIFO, a directory or a link to nowhere under a manifest’s name is no manifest', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sandcrew-manifests-'));
  try {
    execFileSync('mkfifo', [join(directory, 'package.json')]);
    mkdirSync(join(directory, 'Cargo.toml'));
    symlinkSync('nowhere', join(directory, 'go.mod'));
    writeFileSync(join(directory, 'Makefile'), 'all:\n');
    const { manifests } = await readDirectory(directory);
    expect([...manifests.keys()]).toEqual(['Makefile']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
