/** What a result keeps of a stream is its first and its last bytes, whatever passed between. */
import { expect, test } from '@jest/globals';
import { OutputExcerpt } from '#src/io/output-excerpt.js';

const KEEP_BYTES = 150_000;

test.each([
  ['whole chunks', [65_536]],
  ['chunks of every size', [1, 65_536, 10, 30_000, 40_000, 65_000, 7, 65_536]],
  ['a line at a time', [20, 700]],
])('head and tail stand as they were written, of a flood in %s', (_, sizes) => {
  const excerpt = new OutputExcerpt(KEEP_BYTES);
  const written: Buffer[] = [];
  let bytes = 0;
  for (let count = 0; bytes < 3_000_000; count++) {
    const chunk = Buffer.alloc(sizes[count % sizes.length] as number, 97 + (count % 26));
    excerpt.add(chunk);
    written.push(chunk);
    bytes += chunk.length;
  }
  const all = Buffer.concat(written).toString();
  const omittedBytes = bytes - 2 * KEEP_BYTES;
  const { text, omittedBytes: told } = excerpt.show();
  const expected = `${all.slice(0, KEEP_BYTES)}\n[... ${omittedBytes} bytes left out ...]\n${all.slice(-KEEP_BYTES)}`;
  expect([told, text === expected]).toEqual([omittedBytes, true]);
  excerpt.clear();
  excerpt.add(Buffer.from('anew'));
  expect(excerpt.show()).toEqual({ text: 'anew', omittedBytes: 0 });
});
