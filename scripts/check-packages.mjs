/** `npm run check:packages`: packs each published package, and has publint and attw look at it. The tests do the same. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listPublished, lookAt, pack } from './packed-packages.mjs';
import { setUp } from './setup.mjs';

await setUp();
const directory = mkdtempSync(join(tmpdir(), 'sandcrew-packages-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const published = listPublished();
const tarballs = await pack(published, directory);
for (const one of published) {
  const faults = await lookAt(one, tarballs.get(one.name));
  process.stdout.write(`${faults.length === 0 ? 'ok    ' : 'FAULTY'}  ${one.name}\n${faults.join('\n')}`);
  if (faults.length > 0) process.exitCode = 1;
}
