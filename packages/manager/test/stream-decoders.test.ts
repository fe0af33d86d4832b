/** Bytes become text as if they had come in one piece, wherever they were cut. */
import { randomInt } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { StreamDecoders } from '#src/io/stream-decoders.js';

const PARTS = ['plain', 'é', '漢字', '👍', '\n', '\u{feff}'].map((text) => Buffer.from(text));
/** Cut code points, bytes that begin none, a surrogate, one that is written too long. */
const BROKEN = ['c3', 'e6bc', 'f09f91', 'ff', '80', 'eda080', 'c0af'].map((hex) => Buffer.from(hex, 'hex'));

function decodePieces(pieces: readonly Uint8Array[]): string {
  const decoders = new StreamDecoders();
  let text = '';
  let offset = 0;
  for (const piece of pieces) {
    text += decoders.decode('stdout', piece, offset);
    offset += piece.length;
  }
  for (const rest of decoders.rest()) {
    expect(rest).toMatchObject({ stream: 'stdout', offset });
    text += rest.text;
  }
  return text;
}

test.each([
  ['a code point cut into its bytes', ['a', [0xf0], [0x9f], [0x91], [0x8d], 'b'], 'a👍b'],
  ['nothing within one', [[0xe6, 0xbc], '', 'plain'], '\ufffdplain'],
  ['one that ASCII ends', [[0xe6, 0xbc], 'plain'], '\ufffdplain'],
  ['one that never ends', ['plain', [0xe6, 0xbc]], 'plain\ufffd'],
  ['a byte order mark', ['\u{feff}', 'plain'], '\u{feff}plain'],
])('%s', (_, pieces, text) => {
  expect(decodePieces(pieces.map((piece) => Buffer.from(piece as string)))).toBe(text);
});

test('the text is that of all bytes at once, however they are cut', () => {
  const seed = randomInt(2 ** 31);
  const below = chooser(seed);
  for (let round = 0; round < 2_000; round++) {
    const all = [...PARTS, ...PARTS, ...BROKEN];
    const bytes = Buffer.concat(Array.from({ length: below(12) }, () => all[below(all.length)] as Buffer));
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + below(6));
      pieces.push(bytes.subarray(at, end));
      at = end;
    }
    const hex = pieces.map((piece) => Buffer.from(piece).toString('hex')).join(' ');
    expect([`seed ${seed}: ${hex}`, decodePieces(pieces)]).toEqual([
      `seed ${seed}: ${hex}`,
      bytes.toString(),
    ]);
  }
});

test('what one stream leaves open is not the other one’s', () => {
  const decoders = new StreamDecoders();
  expect(decoders.decode('stdout', Uint8Array.of(0xc3), 0)).toBe('');
  expect(decoders.decode('stderr', Buffer.from('plain'), 1)).toBe('plain');
  expect(decoders.decode('stdout', Uint8Array.of(0xa9), 6)).toBe('é');
});

/** Numbers from a seed (mulberry32). */
function chooser(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}
