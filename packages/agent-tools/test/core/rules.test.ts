/** The small rules: what a prompt offers, how terminal text reads, how lines are cut, when a wait is over. */
import { describe, expect, test } from '@jest/globals';
import { faultsOfPaths } from '#src/core/file-content.js';
import { LineSplitter } from '#src/core/line-splitter.js';
import { showAsPlain } from '#src/core/plain-text.js';
import { readChoices } from '#src/core/prompt-choices.js';
import { judgeWait, type WaitEvidence } from '#src/core/wait-verdict.js';

describe('the choices of a prompt', () => {
  test.each([
    ['Proceed? [y/N]', ['y', 'N*']],
    ['Do you want to continue? [Y/n] ', ['Y*', 'n']],
    ['Are you sure you want to continue connecting (yes/no/[fingerprint])?', ['yes', 'no', 'fingerprint']],
    ['Overwrite? (yes/no)', ['yes', 'no']],
    ['Pick one (a|b|c):', ['a', 'b', 'c']],
    ['(Y)es or (N)o', []],
    ['package name: (my-app)', []],
    ['Press ENTER to continue', ['*']],
    ['Hit return when ready', ['*']],
    ['Path (/usr/local/bin):', []],
    ["Password for 'https://example.org':", []],
    ['[sudo] password for ann:', []],
    ['', []],
  ])('of %j are %j', (prompt, expected) => {
    expect(readChoices(prompt).map(({ input, isDefault }) => `${input}${isDefault ? '*' : ''}`)).toEqual(
      expected,
    );
  });
});

describe('plain text', () => {
  test.each([
    ['10%\r55%\r100%\ndone\n', '100%\ndone\n'],
    ['dos\r\nlines\r\n', 'dos\nlines\n'],
    ['wiped\r', 'wiped'],
    ['a\tb', 'a\tb'],
    ['nul \0 bell \u0007', 'nul \ufffd bell \ufffd'],
    ['\u001b[1;31mred\u001b[0m \u009b2Jwiped', 'red wiped'],
    ['\u001b]0;title\u0007a\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'alink'],
    ['\u001b(Bplain\u001b7\u001b[?25l\u001b[38:2::1:2:3mline', 'plainline'],
    ['cut \u001b[3', 'cut '],
    ['eight bits \u0085\u0090', 'eight bits \ufffd\ufffd'],
  ])('of %j is %j', (written, shown) => {
    expect(showAsPlain(written)).toBe(shown);
  });
});

describe('lines', () => {
  test('are given when they are finished, however they were cut', () => {
    const lines = new LineSplitter();
    expect(lines.push('on')).toEqual([]);
    expect(lines.unfinished).toBe('on');
    expect(lines.push('e\ntwo\nth')).toEqual(['one', 'two']);
    expect(lines.unfinished).toBe('th');
  });

  test('that never end are given in pieces of bounded length that overlap', () => {
    const lines = new LineSplitter();
    const needle = 'needle';
    const text = `${'x'.repeat(4_093)}${needle}${'y'.repeat(10_000)}`;
    const pieces = [...text].flatMap((character) => lines.push(character)).concat(lines.unfinished);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(4_096);
    expect(pieces.some((piece) => piece.includes(needle))).toBe(true);
  });
});

describe('a wait', () => {
  const nothing: WaitEvidence = {
    hasEnded: false,
    isUnreachable: false,
    blocks: [],
    hasMatched: false,
    isTimeUp: false,
  };
  const sure = [{ confidence: 'confirmed' }] as const;
  const guessed = [{ confidence: 'suspected' }] as const;

  test.each([
    ['nothing happened', {}, 'confirmed', null],
    ['the time is up', { isTimeUp: true }, 'confirmed', 'yield'],
    ['it has ended', { hasEnded: true }, 'confirmed', 'exit'],
    ['it has ended, with what was looked for', { hasEnded: true, hasMatched: true }, 'confirmed', 'match'],
    ['nobody can tell', { isUnreachable: true }, 'confirmed', 'unreachable'],
    ['a block is confirmed', { blocks: sure }, 'confirmed', 'block'],
    ['a block is suspected', { blocks: guessed }, 'confirmed', null],
    ['a block is suspected, and any is wanted', { blocks: guessed }, 'any', 'block'],
    ['a block is confirmed, and none is wanted', { blocks: sure }, 'none', null],
    ['a block stands, and the time is up', { blocks: sure, isTimeUp: true }, 'none', 'yield'],
  ] as const)('where %s', (_what, evidence, blocks, because) => {
    expect(judgeWait({ ...nothing, ...evidence }, { blocks })).toBe(because);
  });
});

describe('the paths of files that are put', () => {
  test.each<[string[], number]>([
    [['a', 'b/c', 'b/d', '-rf', 'é/…', '...'], 0],
    [['/etc/passwd'], 1],
    [['../up'], 1],
    [['a/../../up'], 1],
    [['./a'], 1],
    [['a//b'], 1],
    [['a/'], 1],
    [[''], 1],
    [['a\0b'], 1],
    [['a\\b'], 1],
    [['a', 'a'], 1],
    [['a', 'a/b'], 1],
    [['a/b/c', 'a'], 1],
    [['..', '/'], 2],
  ])('%j have %d faults', (paths, faults) => {
    expect(faultsOfPaths(paths)).toHaveLength(faults);
  });
});
