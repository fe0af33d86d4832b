/** What is spooled can be read back from where it was put, in real files, however fast it came. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { OutputSpool } from '#src/io/output-spool.js';

let directory: string;
let spool: OutputSpool;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-spool-'));
  spool = new OutputSpool(directory);
  await spool.open();
});
afterEach(async () => {
  await spool.delete('t1', 'all'); // closes its files
  rmSync(directory, { recursive: true });
});

/** No two of them alike. */
function piece(index: number): Uint8Array {
  return new Uint8Array(1 + ((index * 7_919) % 20_000)).fill(index % 251);
}

test('pieces that come while the disk is busy stand one behind the other, and each is told when it is written', async () => {
  const files = spool.of('t1');
  const pieces = Array.from({ length: 300 }, (_, index) => piece(index));
  const told: number[] = [];
  let position = 0;
  const written = pieces.map((data, index) => {
    const done = files.append(0, position, data).then(() => told.push(index));
    position += data.length;
    return done;
  });
  expect(files.isBehind).toBe(true);
  await Promise.all(written);
  expect(files.isBehind).toBe(false);
  expect(told).toEqual(pieces.map((_, index) => index));
  expect(readFileSync(join(directory, '0', '0.log')).equals(Buffer.concat(pieces))).toBe(true);
});

test('what is asked for between two pieces is done between them', async () => {
  const files = spool.of('t1');
  const [first, second, third] = [piece(1), piece(2), piece(3)];
  void files.append(0, 0, first);
  const read = files.read(0, 0, first.length);
  void files.append(0, first.length, second);
  void files.delete(0);
  const later = files.append(0, first.length + second.length, third); // into a file of that name, made anew
  expect(await read).toEqual(first);
  await later;
  const stored = readFileSync(join(directory, '0', '0.log'));
  expect(stored.equals(Buffer.concat([Buffer.alloc(first.length + second.length), third]))).toBe(true);
});

test('a piece that does not follow the last one goes where it belongs', async () => {
  const files = spool.of('t1');
  const pieces = [piece(4), piece(5), piece(6)] as const;
  await Promise.all([
    files.append(0, 0, pieces[0]),
    files.append(1, 0, pieces[1]),
    files.append(1, 50_000, pieces[2]),
  ]);
  expect(await files.read(0, 0, pieces[0].length)).toEqual(pieces[0]);
  expect(await files.read(1, 0, pieces[1].length)).toEqual(pieces[1]);
  expect(await files.read(1, 50_000, pieces[2].length)).toEqual(pieces[2]);
});

test('where it cannot be written, each piece is told so', async () => {
  const files = spool.of('t1');
  rmSync(directory, { recursive: true });
  writeFileSync(directory, 'a file where its directory was');
  const outcomes = await Promise.allSettled([
    files.append(0, 0, piece(1)),
    files.append(0, piece(1).length, piece(2)),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(files.isBehind).toBe(false);
  rmSync(directory);
  mkdirSync(directory);
});
