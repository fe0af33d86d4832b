/** Files that arrive go through no link, whatever names the file system takes for one. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StagedFiles } from '#src/io/files/staged-files.js';

const FACTS = { mode: 0o644, mtimeS: 1 };
let place: string;
let target: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'sandcrew-staged-'));
  target = join(place, 'target');
  mkdirSync(target);
});
afterEach(() => rmSync(place, { recursive: true }));

async function* content(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('text');
}

// A file system that folds case shows a link `A` where `a/file` is to be made: as one that has the very name shows it here.
describe('behind a link that stands where a directory is to be', () => {
  const adding: [what: string, add: (files: StagedFiles) => Promise<void>][] = [
    ['no file', (files) => files.addFile('a/file', FACTS, content())],
    ['no directory', (files) => files.addDirectory('a/b/c', FACTS)],
    ['no directory of that name', (files) => files.addDirectory('a', FACTS)],
    ['no link', (files) => files.addSymlink('a/link', '../..', FACTS)],
    [
      'no hard link',
      async (files) => {
        await files.addFile('file', FACTS, content());
        await files.addLink('a/link', 'file');
      },
    ],
  ];
  test.each(adding)('%s is made', async (_what, add) => {
    const files = await StagedFiles.open(target);
    await files.addSymlink('a', '../..', FACTS); // out of the directory that all goes into
    await expect(add(files)).rejects.toMatchObject({
      code: 'INVALID_PATH',
      message: expect.stringContaining(' at a,'),
    });
    await files.drop();
    expect(readdirSync(place)).toEqual(['target']);
    expect(readdirSync(target)).toEqual([]);
  });
});

test('directories are made for what lies in them, and taken as they are where they come later', async () => {
  const files = await StagedFiles.open(target);
  await files.addFile('a/b/file', FACTS, content());
  await files.addDirectory('a/b', { ...FACTS, mode: 0o755 });
  await files.addFile('a/b/more', FACTS, content());
  await files.place();
  await files.drop();
  expect(readdirSync(join(target, 'a/b')).sort()).toEqual(['file', 'more']);
});
