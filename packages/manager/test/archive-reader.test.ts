/** What an archive may cost its reader before it has told an entry. */
import { expect, test } from '@jest/globals';

import { pack } from 'tar-stream';
import { ArchiveReader } from '#src/io/files/archive-reader.js';

const MEBIBYTE = 1_048_576;

/** A header of this type that claims so many bytes, as the first block of an archive has it. */
async function headerOf(typeflag: string, bytes: number): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: 'name', size: 0 }, '');
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive) parts.push(part as Buffer);
  const header = Buffer.from(Buffer.concat(parts).subarray(0, 512));
  header.write(bytes.toString(8).padStart(11, '0'), 124, 'latin1');
  header.write(typeflag, 156, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

test.each([
  ['a pax header', 'x'],
  ['a GNU long name', 'L'],
])('%s that claims gigabytes is refused before they are kept', async (_, typeflag) => {
  const visited: string[] = [];
  const reader = new ArchiveReader(async ({ name }) => {
    visited.push(name);
  });
  const pushAll = async () => {
    await reader.push(await headerOf(typeflag, 2 ** 32));
    for (let pushed = 0; pushed < 64; pushed++) await reader.push(Buffer.alloc(MEBIBYTE, 'x'));
  };
  await expect(pushAll()).rejects.toMatchObject({
    code: 'INVALID_ARCHIVE',
    message: expect.stringContaining('max size'),
  });
  expect(visited).toEqual([]);
});
