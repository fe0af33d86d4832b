import { expect, test } from '@jest/globals';
import { chooseWanted, noteUse } from '#src/core/containment/ready-kinds.js';

const POLICY = { most: 4, maxAgeMs: 1_000 };

/** Uses at these times, in this order; then what is wanted. */
function wanted(used: readonly (readonly [kind: string, atMs: number])[], nowMs: number, policy = POLICY) {
  const uses = new Map<string, number>();
  for (const [kind, atMs] of used) noteUse(uses, kind, atMs, policy);
  return Object.fromEntries(chooseWanted(uses, nowMs, policy));
}

test.each([
  ['nothing is made before a first command', [], 0, {}],
  ['one kind that is used has all', [['a', 0]], 0, { a: 4 }],
  [
    'kinds that are used in turn share',
    [
      ['a', 0],
      ['b', 1],
      ['a', 2],
    ],
    2,
    { a: 2, b: 2 },
  ],
  [
    'what does not divide is left',
    [
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ],
    2,
    { a: 1, b: 1, c: 1 },
  ],
  [
    'of more kinds than there is room the latest have one each',
    [
      ['a', 0],
      ['b', 1],
      ['c', 2],
      ['d', 3],
      ['e', 4],
    ],
    4,
    { b: 1, c: 1, d: 1, e: 1 },
  ],
  [
    'whose last use is the longest ago goes, and not who came first',
    [
      ['a', 0],
      ['b', 1],
      ['c', 2],
      ['d', 3],
      ['a', 4],
      ['e', 5],
    ],
    5,
    { c: 1, d: 1, a: 1, e: 1 },
  ],
  [
    'a kind that was not used for long has none',
    [
      ['a', 0],
      ['b', 600],
    ],
    1_001,
    { b: 4 },
  ],
] as const)('%s', (_title, used, nowMs, expected) => {
  expect(wanted(used, nowMs)).toEqual(expected);
});

test('where none shall wait, none is wanted and no kind is remembered', () => {
  expect(wanted([['a', 0]], 0, { most: 0, maxAgeMs: 1_000 })).toEqual({});
});
