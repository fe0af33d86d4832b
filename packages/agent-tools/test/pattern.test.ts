/** What is looked for in output can hang nobody. */
import { describe, expect, test } from '@jest/globals';
import { OutputRecord } from '#src/core/output-record.js';
import { OutputSearch } from '#src/output-search.js';
import { compilePattern } from '#src/pattern.js';
import { ToolError } from '#src/tool-error.js';

/** As a wait does it. */
function searchAll(search: OutputSearch) {
  while (search.isBehind) search.find();
  return search.find();
}

describe('a pattern', () => {
  test.each([
    ['text stands for itself', { text: 'a.c (x' }, 'see a.c (x) here', true],
    ['text is no pattern', { text: 'a.c' }, 'abc', false],
    ['regex is one', { regex: 'a.c' }, 'abc', true],
    ['regex in any case', { regex: '(?i)READY' }, 'server ready', true],
    ['regex of a line', { regex: '^ok$' }, 'ok', true],
  ])('%s', (_what, request, line, isFound) => {
    expect(compilePattern(request)?.(line)).toBe(isFound);
  });

  test.each([
    ['look-around', { regex: '(?=x)y' }],
    ['a back-reference', { regex: '(a)\\1' }],
    ['what is not closed', { regex: '(a' }],
    ['a repetition of repetitions', { regex: '(a{100}){100}' }],
    ['too many instructions', { regex: '.{1000}.{1000}' }],
    ['both kinds', { text: 'a', regex: 'a' }],
  ])('of %s is refused and says why', (_what, request) => {
    expect(() => compilePattern(request)).toThrow(ToolError);
    expect(() => compilePattern(request)).toThrow(/^INVALID_PATTERN: (regex|Expected)/);
  });

  test.each(['(a+)+$', '(a|aa)+$', '(.*a){12}b', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
    'that would take a backtracking engine for ever is judged: %s',
    (regex) => {
      expect(compilePattern({ regex })?.(`${'a'.repeat(4_000)}!`)).toBe(false);
    },
  );
});

describe('a search', () => {
  test('finds what comes in pieces, per stream, without escape sequences', () => {
    const record = new OutputRecord({ headBytes: 1_000, tailBytes: 1_000 });
    const search = new OutputSearch(record, compilePattern({ text: 'server ready' }) ?? (() => false), 0);
    let offset = 0;
    const write = (stream: 'stdout' | 'stderr', text: string) => {
      const bytes = new TextEncoder().encode(text);
      record.append(stream, offset, bytes);
      offset += bytes.length;
    };
    write('stdout', 'booting\nserver \u001b[3');
    expect(searchAll(search)).toBeNull();
    write('stderr', 'ready\n');
    expect(searchAll(search)).toBeNull();
    write('stdout', '2mready\u001b[0m at last');
    expect(searchAll(search)).toEqual({ stream: 'stdout', line: 'server ready at last' });
  });

  test('begins where it is told to', () => {
    const record = new OutputRecord({ headBytes: 1_000, tailBytes: 1_000 });
    record.append('stdout', 0, new TextEncoder().encode('ready\n'));
    const pattern = compilePattern({ text: 'ready' }) ?? (() => false);
    expect(searchAll(new OutputSearch(record, pattern, 0))).not.toBeNull();
    expect(searchAll(new OutputSearch(record, pattern, 6))).toBeNull();
  });
});
