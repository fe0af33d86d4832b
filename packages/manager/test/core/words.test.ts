/** Words for people and from people: values and names of fields in errors, the token in a file, what a worker says. */
import { describe, expect, test } from '@jest/globals';
import { faultsOfUnknown, isObject, mismatch, showValue } from '#src/core/field-words.js';
import { ERROR_CODES, SandboxError } from '#src/core/sandbox-error.js';
import { decodeTokenFile, MAX_TOKEN_FILE_BYTES } from '#src/core/token-file.js';
import { showEvidence, showWords } from '#src/core/worker-words.js';

describe('a value', () => {
  test.each([
    [undefined, 'nothing'],
    [null, 'null'],
    [[1, 2, 3], 'an array of 3'],
    [{ a: 1 }, 'an object'],
    [() => 1, 'a function'],
    ['ls "x"', '"ls \\"x\\""'],
    [1.5, '1.5'],
    [true, 'true'],
    [Number.NaN, 'NaN'],
    ['x'.repeat(78), `"${'x'.repeat(78)}"`],
    ['x'.repeat(79), `"${'x'.repeat(79)}…`],
  ])('%j is shown as its caller would write it, shortened: %s', (value, shown) => {
    expect(showValue(value)).toBe(shown);
  });

  test('that is not what was expected is named with its field', () => {
    expect(mismatch('priority', 'a whole number', 1.5)).toBe('priority: expected a whole number, got 1.5');
  });

  test.each([
    [{}, true],
    [[], true],
    [null, false],
    ['x', false],
    [undefined, false],
  ])('%j is an object: %s', (value, is) => {
    expect(isObject(value)).toBe(is);
  });
});

describe('a field that there is not', () => {
  const known = ['command', 'timeoutMs', 'workspace', 'stdin'];

  test.each([
    ['comand', 'did you mean command?'],
    ['timeout', 'did you mean timeoutMs?'],
    ['timeout_ms', 'did you mean timeoutMs?'],
    ['TIMEOUT-MS', 'did you mean timeoutMs?'],
    ['work', 'did you mean workspace?'],
    ['stdni', 'did you mean stdin?'],
    ['sdtn', 'did you mean stdin?'],
    ['std', 'did you mean stdin?'],
    ['wo', 'expected one of command, timeoutMs, workspace, stdin'],
    ['space', 'expected one of command, timeoutMs, workspace, stdin'],
    ['environment', 'expected one of command, timeoutMs, workspace, stdin'],
  ])('%s is told with what was probably meant: %s', (name, advice) => {
    expect(faultsOfUnknown({ [name]: 1 }, known)).toEqual([`${name}: unknown; ${advice}`]);
  });

  test('is told once for each, where it stands; what is known, or not given, is none', () => {
    expect(faultsOfUnknown({ command: 'ls', comand: undefined, stdin: 'pipe' }, known)).toEqual([]);
    expect(faultsOfUnknown({ comand: 1, x: 2 }, ['command'], 'tasks[0].')).toEqual([
      'tasks[0].comand: unknown; did you mean tasks[0].command?',
      'tasks[0].x: unknown; expected one of tasks[0].command',
    ]);
    expect(faultsOfUnknown({ x: 1 }, [])).toEqual(['x: unknown; expected one of ']);
  });
});

describe('a token file', () => {
  const token = 'A'.repeat(43);

  test.each([
    ['the token alone', `${token}`],
    ['a name before it', `agent-7.a_b:${token}`],
    ['comments and empty lines before it', `\n  \n# the agents\n  ${token}  \nother:${'B'.repeat(43)}\n`],
    ['a byte order mark', `\ufeff${token}\n`],
    ['Windows line ends', `${token}\r\n`],
  ])('with %s has it', (_what, text) => {
    expect(decodeTokenFile(text)).toEqual({ token });
  });

  test.each([
    [32, true],
    [31, false],
    [512, true],
    [513, false],
  ])('whose token has %i characters has one: %s', (characters, isOne) => {
    const read = decodeTokenFile('!'.repeat(characters));
    expect('token' in read).toBe(isOne);
    if ('fault' in read)
      expect(read.fault).toMatch(new RegExp(`is 32 to 512 visible ASCII characters, got ${characters}$`));
  });

  test.each([
    ['nothing', '', 'expected a line [NAME:]TOKEN, got none'],
    ['comments alone', '# none yet\n', 'expected a line [NAME:]TOKEN, got none'],
    ['a space in its token', `${token} ${token}`, 'got characters that are not'],
    ['a letter beyond ASCII', `${token}é`, 'got characters that are not'],
  ])('with %s is refused, and none of it is repeated', (_what, text, said) => {
    const read = decodeTokenFile(text);
    expect('fault' in read ? read.fault : '').toContain(said);
    expect('fault' in read ? read.fault : '').not.toContain('AAA');
  });

  test('is small: 64 KiB are another file', () => {
    expect(MAX_TOKEN_FILE_BYTES).toBe(65_536);
  });

  test('takes a name of 64 characters that begins with a letter or digit for a name, and no other', () => {
    expect(decodeTokenFile(`${'n'.repeat(64)}:${token}`)).toEqual({ token });
    expect(decodeTokenFile(`${'n'.repeat(65)}:${token}`)).toEqual({ token: `${'n'.repeat(65)}:${token}` });
    expect(decodeTokenFile(`-n:${token}`)).toEqual({ token: `-n:${token}` });
  });
});

describe('the words of a worker', () => {
  test('are cut where they are long, and said to be', () => {
    expect(showWords('x'.repeat(2_000))).toBe('x'.repeat(2_000));
    expect(showWords('x'.repeat(2_001))).toBe(`${'x'.repeat(2_000)}…`);
    expect(showWords('abcdef', 3)).toBe('abc…');
  });

  test('steer no terminal and turn no line: what is no text is shown as such', () => {
    expect(showWords('a\tb\nc\u001b[2J\u0007\u202e\u2066\u0085\ud800z')).toBe(
      'a\tb\nc\ufffd[2J\ufffd\ufffd\ufffd\ufffd\ufffdz',
    );
    expect(showWords('한글 🙂 é')).toBe('한글 🙂 é');
  });
});

describe('the evidence of a worker', () => {
  test('is what it says, with the words that are read made harmless', () => {
    const lines = ['\u001b[2J'];
    const words = { summary: 'it\u001b[2J waits', prompt: 'p'.repeat(2_001), lines, password: true, fd: 0 };
    expect(showEvidence(words)).toEqual({
      ...words,
      summary: 'it\ufffd[2J waits',
      prompt: `${'p'.repeat(2_000)}…`,
    });
  });

  test('is left as it is where it is no words that are read', () => {
    const facts = { stack: 'at f\u001b '.repeat(500), summary: 7, prompt: ['Sure?'] };
    expect(showEvidence(facts)).toEqual(facts);
  });

  test('has an end: of 32 fields the later ones, and those beyond 64 KiB, are left out', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`f${index}`, index]));
    expect(Object.keys(showEvidence(many))).toHaveLength(32);
    const fits = ['x'.repeat(65_000)];
    const long = ['x'.repeat(65_536)];
    expect(showEvidence({ fits, long, also: 1 })).toEqual({ fits, also: 1 });
    expect(showEvidence({ ['k'.repeat(65_536)]: 1 })).toEqual({});
    const quoted = (characters: number) => ({ f: 'x'.repeat(characters - 'f""'.length) });
    expect(showEvidence(quoted(65_536))).toEqual(quoted(65_536));
    expect(showEvidence(quoted(65_537))).toEqual({});
  });
});

describe('an error', () => {
  test('says what happened in a sentence, and what to do', () => {
    const { next } = ERROR_CODES.TERMINATED;
    const error = new SandboxError({ code: 'TERMINATED', message: 'It was ended' });
    expect(error.message).toBe(`It was ended. ${next}`);
    expect(error).toMatchObject({
      name: 'SandboxError',
      code: 'TERMINATED',
      detail: undefined,
      details: {},
      next,
    });
    expect(error.result).toBeUndefined();
    expect('cause' in error).toBe(false);
    for (const end of ['.', '!', '?', ':', '\n'])
      expect(new SandboxError({ code: 'TERMINATED', message: `Ended${end}` }).message).toBe(
        `Ended${end} ${next}`,
      );
  });

  test('keeps the facts, where it came from, and what is known of its task', () => {
    const cause = new Error('ECONNREFUSED');
    const fault = {
      code: 'LOST',
      message: 'Gone.',
      detail: 'may_have_run',
      details: { url: 'ws://a' },
      cause,
    } as const;
    const error = new SandboxError(fault, { stdout: 'x' });
    expect(error).toMatchObject({
      detail: 'may_have_run',
      details: { url: 'ws://a' },
      result: { stdout: 'x' },
    });
    expect(error.cause).toBe(cause);
  });
});
