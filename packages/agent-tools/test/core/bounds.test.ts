/** The rules at their bounds: what fits exactly, and what is one too many. */
import { describe, expect, test } from '@jest/globals';
import { faultsOfPaths } from '#src/core/file-content.js';
import { LineSplitter } from '#src/core/line-splitter.js';
import { OutputRecord } from '#src/core/output-record.js';
import { chooseView, type View } from '#src/core/output-view.js';
import { showAsPlain } from '#src/core/plain-text.js';
import { readChoices } from '#src/core/prompt-choices.js';
import { judgeWait } from '#src/core/wait-verdict.js';

const encode = (text: string) => new TextEncoder().encode(text);
const letters = 'abcdefghijklm'.split('');

describe('the choices of a prompt', () => {
  const shown = (prompt: string) =>
    readChoices(prompt).map(({ input, isDefault }) => `${input}${isDefault ? '*' : ''}`);

  test.each([
    ['twelve are', `[${letters.slice(0, 12).join('/')}]`, letters.slice(0, 12)],
    ['thirteen are none', `[${letters.join('/')}]`, []],
    ['a word of 24 characters is', `(${'a'.repeat(24)}|b)`, ['a'.repeat(24), 'b']],
    ['a word of 25 is none', `(${'a'.repeat(25)}|b)`, []],
    ['two capitals are no default', '[Yes/No]', ['Yes', 'No']],
    ['no capital is none', '[yes/no]', ['yes', 'no']],
    ['the round ones come first', '[a/b] (c/d)', ['c', 'd']],
    ['one word is passed over for several', '(x) (y/n)', ['y', 'n']],
    ['with blanks around them', '( yes | no )', ['yes', 'no']],
    ['what follows enter is no matter', 'hit the big enter', ['*']],
    ['a word inside another is no enter', 'press recenter', []],
  ])('%s', (_what, prompt, expected) => expect(shown(prompt)).toEqual(expected));
});

describe('lines', () => {
  const split = (text: string) => {
    const lines = new LineSplitter();
    return { given: lines.push(text).map((line) => line.length), unfinished: lines.unfinished.length };
  };

  test.each([
    ['of 4,096 characters is whole', 4_096, [], 4_096],
    ['of one more is cut, and 256 characters are given twice', 4_097, [4_096], 257],
    ['of three pieces', 8_000, [4_096, 4_096], 320],
  ])('an unfinished one %s', (_what, length, given, unfinished) => {
    expect(split('x'.repeat(length))).toEqual({ given, unfinished });
    expect(split(`${'x'.repeat(length)}\n`)).toEqual({ given: [...given, unfinished], unfinished: 0 });
  });

  test('end at a line feed and at a carriage return', () => {
    const lines = new LineSplitter();
    expect(lines.push('10%\r20%\rdone\n')).toEqual(['10%', '20%', 'done']);
  });
});

test.each([
  ['\r\r', ''],
  ['a\rb\r\r\nc', 'b\nc'],
  ['a\r\r\n', 'a\n'],
  ['\u001f\u000b\u007f \u001b', '\ufffd\ufffd\ufffd \ufffd'],
])('plain text of %j is %j', (written, shown) => expect(showAsPlain(written)).toBe(shown));

describe('the paths of files that are put', () => {
  test.each([
    [['ok', '../a'], ['files[1].path: expected a relative path without "." and "..", got "../a"']],
    [['a', 'b', 'a'], ['files: expected each path once, got one twice']],
    [['a/b', 'a/b/c'], ['files: expected "a/b" to be a file or a directory, got both']],
    [['b/c', 'a/b/c/d', 'a/b'], ['files: expected "a/b" to be a file or a directory, got both']],
    [['ab', 'a/b', 'b'], []],
  ])('%j: their faults are told in sentences', (paths, faults) =>
    expect(faultsOfPaths(paths)).toEqual(faults),
  );
});

describe('a wait', () => {
  const block = { confidence: 'confirmed' } as const;
  const all = { hasEnded: true, isUnreachable: true, blocks: [block], hasMatched: true, isTimeUp: true };

  test.each([
    [{}, 'match'],
    [{ hasMatched: false }, 'exit'],
    [{ hasMatched: false, hasEnded: false }, 'unreachable'],
    [{ hasMatched: false, hasEnded: false, isUnreachable: false }, 'block'],
    [{ hasMatched: false, hasEnded: false, isUnreachable: false, blocks: [] }, 'yield'],
  ] as const)('of all that holds ends for the first: but for %j, %s', (less, because) => {
    expect(judgeWait({ ...all, ...less }, { blocks: 'confirmed' })).toBe(because);
  });

  test('ends for one confirmed block among suspected ones', () => {
    const evidence = { ...all, hasMatched: false, hasEnded: false, isUnreachable: false, isTimeUp: false };
    const blocks = [{ confidence: 'suspected' }, block] as const;
    expect(judgeWait({ ...evidence, blocks }, { blocks: 'confirmed' })).toBe('block');
    expect(judgeWait({ ...evidence, blocks }, { blocks: 'none' })).toBeNull();
  });
});

describe('a record of output', () => {
  const shown = (record: OutputRecord) =>
    record
      .piecesBetween(0, record.endOffset)
      .map(({ offset, stream, bytes }) => `${offset} ${stream} ${new TextDecoder().decode(bytes)}`);

  test('cuts a chunk between its head and its tail, and puts what follows to the tail', () => {
    const record = new OutputRecord({ headBytes: 4, tailBytes: 1_000 });
    record.append('stdout', 0, encode('abcdef'));
    record.append('stdout', 6, encode('g'));
    expect(shown(record)).toEqual(['0 stdout abcd', '4 stdout efg']);
  });

  test('puts up to 8,192 bytes of one stream together', () => {
    const record = new OutputRecord({ headBytes: 0, tailBytes: 100_000 });
    for (let offset = 0; offset < 8_193; offset++)
      record.append('stdout', offset, encode(String(offset % 10)));
    expect(record.piecesBetween(0, 8_193).map(({ bytes }) => bytes.length)).toEqual([8_192, 1]);
    expect(
      record
        .piecesBetween(0, 8_193)
        .map(({ bytes }) => new TextDecoder().decode(bytes))
        .join(''),
    ).toBe('0123456789'.repeat(820).slice(0, 8_193));
    expect(record.holesBetween(0, 8_193)).toEqual([]); // however many chunks it came in
  });

  test('keeps no bytes of the caller: what becomes of them is no matter', () => {
    const record = new OutputRecord({ headBytes: 2, tailBytes: 1_000 });
    const bytes = encode('abcd');
    record.append('stdout', 0, bytes);
    bytes.fill(0);
    expect(shown(record)).toEqual(['0 stdout ab', '2 stdout cd']);
  });

  test('drops from the oldest of the tail what is over its bound, 128 bytes a piece among it', () => {
    const fill = (tailBytes: number) => {
      const record = new OutputRecord({ headBytes: 0, tailBytes });
      for (let n = 0; n < 3; n++)
        record.append(n % 2 === 0 ? 'stdout' : 'stderr', n * 100, new Uint8Array(100));
      return record.holesBetween(0, 300);
    };
    expect(fill(3 * 228)).toEqual([]);
    expect(fill(3 * 228 - 1)).toEqual([{ offset: 0, bytes: 100, why: 'dropped' }]);
    expect(fill(2 * 228)).toEqual([{ offset: 0, bytes: 100, why: 'dropped' }]);
    expect(fill(2 * 228 - 1)).toEqual([{ offset: 0, bytes: 200, why: 'dropped' }]);
    expect(fill(0)).toEqual([{ offset: 0, bytes: 200, why: 'dropped' }]);
  });

  test('counts its head for nothing against the bound of its tail', () => {
    const record = new OutputRecord({ headBytes: 100, tailBytes: 2 * 228 });
    for (let n = 0; n < 3; n++)
      record.append(n % 2 === 0 ? 'stdout' : 'stderr', n * 100, new Uint8Array(100));
    expect(record.holesBetween(0, 300)).toEqual([]);
  });

  test('what was lost between dropped pieces is dropped with them; what was lost before and after is not', () => {
    const record = new OutputRecord({ headBytes: 0, tailBytes: 300 });
    record.append('stdout', 10, new Uint8Array(100));
    record.append('stdout', 120, new Uint8Array(100));
    record.append('stdout', 230, new Uint8Array(100));
    expect(record.holesBetween(0, 330)).toEqual([
      { offset: 0, bytes: 10, why: 'lost' },
      { offset: 10, bytes: 220, why: 'dropped' },
    ]);
    record.skipTo(340);
    expect(record.holesBetween(300, 340)).toEqual([{ offset: 330, bytes: 10, why: 'lost' }]);
    expect(record.holesBetween(340, 340)).toEqual([]);
  });

  test('after something was dropped, nothing comes to the head any more', () => {
    const record = new OutputRecord({ headBytes: 150, tailBytes: 0 });
    for (let n = 0; n < 3; n++)
      record.append(n % 2 === 0 ? 'stdout' : 'stderr', n * 100, new Uint8Array(100));
    expect(record.holesBetween(0, 300)).toEqual([{ offset: 150, bytes: 50, why: 'dropped' }]);
    expect(record.piecesBetween(0, 150).map(({ bytes }) => bytes.length)).toEqual([100, 50]);
  });

  test('tells gaps that meet as one, and counts no more than a thousand', () => {
    const record = new OutputRecord({ headBytes: 10_000, tailBytes: 0 });
    record.skipTo(5);
    record.skipTo(9);
    record.skipTo(3);
    expect([record.endOffset, record.holesBetween(0, 9)]).toEqual([
      9,
      [{ offset: 0, bytes: 9, why: 'lost' }],
    ]);
    for (let n = 0; n <= 1_000; n++) record.append('stdout', 10 + 2 * n, encode('x'));
    const holes = record.holesBetween(0, record.endOffset);
    expect([holes.length, holes.at(-1)]).toEqual([1_000, { offset: 2_007, bytes: 3, why: 'lost' }]);
  });
});

describe('a view', () => {
  const viewOf = (bytes: Uint8Array, maxBytes: number, view: View, isComplete = true) => {
    const record = new OutputRecord({ headBytes: 100_000, tailBytes: 0 });
    record.append('stdout', 0, bytes);
    const { parts, nextOffset } = chooseView(record, { fromOffset: 0, maxBytes, view, isComplete });
    const told = parts.map((part) =>
      part.kind === 'omitted'
        ? `-${part.bytes}`
        : `${part.pieces.reduce((sum, piece) => sum + piece.bytes.length, 0)}`,
    );
    return `${told.join(' ')} > ${nextOffset}`;
  };

  test.each<[bytes: number[], shown: number]>([
    [[0xc3], 0],
    [[0xc2], 0],
    [[0xdf], 0],
    [[0xc3, 0xa9], 2],
    [[0xe0], 0],
    [[0xe0, 0xa0], 0],
    [[0xe2, 0x82], 0],
    [[0xef, 0xbf], 0],
    [[0xe2, 0x82, 0xac], 3],
    [[0xf0], 0],
    [[0xf0, 0x9f, 0x98], 0],
    [[0xf4, 0x8f, 0xbf], 0],
    [[0xf0, 0x9f, 0x98, 0x80], 4],
    [[0x7f], 1],
    [[0xc1], 1],
    [[0xf5], 1],
    [[0x80], 1],
    [[0x80, 0x80, 0x80, 0x80], 4],
    [[0xc3, 0xa9, 0xc3], 2],
  ])(
    'that ends in the bytes %j shows %i of them until more comes, and all when none will',
    (bytes, shown) => {
      const output = Uint8Array.of(0x61, ...bytes);
      expect(viewOf(output, 100, 'both', false)).toBe(`${1 + shown} > ${1 + shown}`);
      expect(viewOf(output, 100, 'both', true)).toBe(`${output.length} > ${output.length}`);
    },
  );

  test.each<[string, string, number, View, string]>([
    [
      'moves its cut back by 1,024 bytes to a line end',
      `x\n${'y'.repeat(2_000)}`,
      1_026,
      'head',
      '2 -2000 > 2',
    ],
    ['and not by more', `x\n${'y'.repeat(2_000)}`, 1_027, 'head', '1027 -975 > 1027'],
    [
      'moves its cut on by 1,024 bytes to a line end',
      `${'x'.repeat(1_123)}\nyy`,
      1_026,
      'tail',
      '-1124 2 > 1126',
    ],
    ['and not by more', `${'x'.repeat(1_124)}\nyy`, 1_027, 'tail', '-100 1027 > 1127'],
    ['moves it to no line end that is the last byte', `${'x'.repeat(200)}\n`, 101, 'tail', '-100 101 > 201'],
    ['stands behind a line end that is there already', `${'x\n'.repeat(100)}`, 100, 'head', '100 -100 > 100'],
    ['that fits exactly is whole', 'x'.repeat(100), 100, 'both', '100 > 100'],
    ['of both has a quarter from the beginning', 'x'.repeat(1_000), 102, 'both', '25 -898 77 > 1000'],
    [
      'of what is no line and no whole code point shows something all the same',
      '😀😀',
      2,
      'head',
      '2 -6 > 2',
    ],
    ['moves its cut on to a code point', '😀😀', 6, 'tail', '-4 4 > 8'],
    ['moves its cut back to a code point', '😀😀', 6, 'head', '4 -4 > 4'],
    ['of no bytes says that all of it is left out', 'abc', 0, 'head', '-3 > 0'],
    ['and so it does of its end', 'abc', 0, 'tail', '-3 > 3'],
  ])('%s', (_what, text, maxBytes, view, told) => {
    expect(viewOf(encode(text), maxBytes, view)).toBe(told);
  });

  test.each<[string, number[], number, View, string]>([
    ['before', [0x61, 0x62, ...Array(10).fill(0x80)], 8, 'head', '8 -4 > 8'],
    ['behind', [...Array(10).fill(0x80), 0x61], 6, 'tail', '-5 6 > 11'],
    ['as four that are the last', Array(5).fill(0x80), 4, 'tail', '-1 4 > 5'],
    ['as three that are the last', Array(5).fill(0x80), 3, 'tail', '-2 3 > 5'],
  ])('of what is no UTF-8 is cut where it has to be, %s', (_where, bytes, maxBytes, view, told) => {
    expect(viewOf(Uint8Array.from(bytes), maxBytes, view)).toBe(told);
  });

  /** Of chunks of both streams in turn; a number is of so many bytes that were lost. */
  const viewOfTurns = (
    turns: readonly (string | number | Uint8Array)[],
    maxBytes: number,
    view: View,
    fromOffset = 0,
  ) => {
    const record = new OutputRecord({ headBytes: 100_000, tailBytes: 0 });
    let offset = 0;
    for (const [index, turn] of turns.entries()) {
      const written = typeof turn === 'string' ? encode(turn) : turn;
      const bytes = typeof written === 'number' ? new Uint8Array(written) : written;
      if (typeof turn !== 'number') record.append(index % 2 === 0 ? 'stdout' : 'stderr', offset, bytes);
      offset += bytes.length;
    }
    const { parts } = chooseView(record, { fromOffset, maxBytes, view, isComplete: true });
    return parts.map((part) =>
      part.kind === 'shown'
        ? part.pieces.map(({ bytes }) => new TextDecoder().decode(bytes)).join('|')
        : `${part.kind} ${part.why} ${part.offset}+${part.bytes}`,
    );
  };

  test.each<[string, (string | Uint8Array)[], number, View, string[]]>([
    ['what fits', ['ab', 'c\nd', 'efgh'], 5, 'head', ['ab|c\nd', 'omitted size 5+4']],
    ['what fits, from the end', ['abcd', 'e\nf', 'gh'], 5, 'tail', ['omitted size 0+4', 'e\nf|gh']],
    ['no part of a code point', ['ab', '😀c'], 3, 'head', ['ab', 'omitted size 2+5']],
    ['no part of one from the end', ['a😀', 'bc'], 3, 'tail', ['omitted size 0+5', 'bc']],
    [
      'what fits of no UTF-8',
      [new Uint8Array(10).fill(0x80), 'ab'],
      6,
      'tail',
      ['omitted size 0+6', '����|ab'],
    ],
    ['whole lines', ['x'.repeat(8).concat('\n'), 'ab\n'], 6, 'tail', ['omitted size 0+9', 'ab\n']],
    ['what fits of a third', ['ab', 'cd', 'efgh'], 6, 'head', ['ab|cd|ef', 'omitted size 6+2']],
    ['the end of a third', ['abcd', 'ef', 'gh'], 6, 'tail', ['omitted size 0+2', 'cd|ef|gh']],
  ])('of both streams shows of each in turn %s', (_what, turns, maxBytes, view, shown) => {
    expect(viewOfTurns(turns, maxBytes, view)).toEqual(shown);
  });

  test('tells what was lost where that was, but for what lies in what is left out for its size', () => {
    const turns = ['aa\n', 2, 'bb\n', 3, 'x'.repeat(50), 4, 'yyyyyyyy\n', 5, 'zzzzzzzz\n'];
    expect(viewOfTurns(turns, 24, 'both')).toEqual([
      'aa\n',
      'omitted lost 3+2',
      'bb\n',
      'omitted size 8+57',
      'yyyyyyyy\n',
      'omitted lost 74+5',
      'zzzzzzzz\n',
    ]);
  });

  test('never goes back behind where it is read from', () => {
    const record = new OutputRecord({ headBytes: 100, tailBytes: 0 });
    record.append('stdout', 0, Uint8Array.of(0x61, 0xe2, 0x82));
    const request = { fromOffset: 2, maxBytes: 100, view: 'both', isComplete: false } as const;
    expect(chooseView(record, request).nextOffset).toBe(3);
  });

  test('from the middle of an output has only what follows', () => {
    const record = new OutputRecord({ headBytes: 1_000, tailBytes: 0 });
    record.append('stdout', 0, encode('one\n'));
    record.append('stderr', 4, encode('two\n'));
    record.append('stdout', 18, encode('three\n'));
    const view = chooseView(record, { fromOffset: 6, maxBytes: 100, view: 'both', isComplete: true });
    const parts = view.parts.map((part) =>
      part.kind === 'omitted' ? { ...part } : part.pieces.map(({ stream, offset }) => [stream, offset]),
    );
    expect(parts).toEqual([
      [['stderr', 6]],
      { kind: 'omitted', offset: 8, bytes: 10, why: 'lost' },
      [['stdout', 18]],
    ]);
    expect(view.nextOffset).toBe(24);
  });
});
