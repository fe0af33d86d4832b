import { describe, expect, test } from '@jest/globals';
import {
  type ArchiveEntry,
  type ArchiveRules,
  isTooLong,
  judgeEntry,
  openLedger,
} from '#src/core/files/archive-ledger.js';
import { faultOfLink, judgePath } from '#src/core/files/entry-path.js';
import { compileExclusion, tarExclusions } from '#src/core/files/exclusion.js';
import { judgeTarEnd, putCommand } from '#src/core/files/tar-commands.js';

describe('a name in an archive', () => {
  test.each([
    ['a', 'a'],
    ['./a/b', 'a/b'],
    ['a//b/', 'a/b'],
    ['.', ''],
    ['./', ''],
    ['-rf', '-rf'],
    ['...', '...'],
    ['a/..b', 'a/..b'],
    ['new\nline', 'new\nline'],
    ['ünï/名', 'ünï/名'],
    ['back\\slash', 'back\\slash'],
    ['a:b', 'a:b'],
    ['x'.repeat(4_096), 'x'.repeat(4_096)],
  ])('%j lies at %j', (name, path) => {
    expect(judgePath(name)).toEqual({ ok: true, path });
  });

  test.each([
    ['', 'it is empty'],
    ['/etc/passwd', 'it is absolute'],
    ['//x', 'it is absolute'],
    ['..', 'it has a `..`'],
    ['a/../../b', 'it has a `..`'],
    ['a/..', 'it has a `..`'],
    ['a\0b', 'it has a NUL'],
    ['\uFFFD', 'it is not UTF-8'],
    ['x'.repeat(4_097), 'it has more than 4096 characters'],
  ])('%j is refused: %s', (name, why) => {
    expect(judgePath(name)).toEqual({ ok: false, why });
  });

  test.each(['C:\\x', 'a\\..\\..\\b', 'a:stream', 'nul', 'con.txt', 'a/COM1', 'dot.', 'space ', 'a*'])(
    '%j is refused where it is to be a name on Windows',
    (name) => {
      expect(judgePath(name, true)).toEqual({ ok: false, why: 'Windows has no such name' });
    },
  );
});

describe('a symbolic link in an archive', () => {
  test.each([
    ['a', 'b'],
    ['a', 'b/c'],
    ['a', './b'],
    ['d/a', '../b'],
    ['d/e/a', '../../b'],
    ['d/a', '..'],
  ])('at %s may lead to %s', (path, to) => {
    expect(faultOfLink(path, to)).toBeNull();
  });

  test.each([
    ['a', '/etc', 'leads to an absolute path'],
    ['a', '..', 'leads out'],
    ['a', '../b', 'leads out'],
    ['d/a', '../../b', 'leads out'],
    ['d/a', 'x/../../../b', 'leads up again behind a name'],
    ['d/a', 'b/..', 'leads up again behind a name'], // b may be a link, and its parent another one
    ['a', '', 'leads to a name that cannot be: it is empty'],
  ])('at %s may not lead to %j: it %s', (path, to, fault) => {
    expect(faultOfLink(path, to)).toBe(fault);
  });
});

const RULES: ArchiveRules = {
  maxBytes: 1_000,
  maxEntries: 5,
  isExcluded: compileExclusion(['skipped']),
  linksMayLeave: false,
  isWindows: false,
};

/** `file a`, `file a 500` (bytes), `symlink a -> b`, `link a -> b`, `directory a`. */
function entry(words: string): ArchiveEntry {
  const [what = '', linkname = null] = words.split(' -> ');
  const [type = null, name = '', bytes = '0'] = what.split(' ');
  return { name, type: type === 'unknown' ? null : type, bytes: Number(bytes), linkname };
}

describe('an archive', () => {
  test.each<[title: string, before: string[], last: string, verdict: string | RegExp]>([
    ['a file below a directory of its own', ['directory d'], 'file d/a', 'take'],
    ['a file below a directory that was not told', [], 'file d/e/a', 'take'],
    ['a file below a directory whose name begins as that of a file', ['file d'], 'file dir/e/a', 'take'],
    ['a directory that comes again', ['directory d', 'file d/a'], 'directory d', 'take'],
    ['a hard link to a file before it', ['file d/a'], 'link b -> ./d/a', 'take'],
    ['a hard link to a hard link', ['file a', 'link b -> a'], 'link c -> b', 'take'],
    ['the root', [], 'directory ./', 'skip'],
    ['what is excluded, whatever it is', [], 'fifo d/skipped', 'skip'],
    [
      'a file behind a link of the same archive',
      ['symlink l -> d'],
      'file l/a',
      /behind "l", which is a symlink/,
    ],
    ['one far behind it', ['symlink l -> d'], 'file l/x/y/a', /behind "l", which is a symlink/],
    ['a directory behind it', ['symlink l -> d'], 'directory l/x', /behind "l"/],
    [
      'a link in the place of a directory that files are in',
      ['file d/a'],
      'symlink d -> e',
      /comes twice, first as a directory/,
    ],
    [
      'a link in the place of a directory',
      ['directory d'],
      'symlink d -> e',
      /comes twice, first as a directory/,
    ],
    [
      'a directory in the place of a link',
      ['symlink d -> e'],
      'directory d',
      /comes twice, first as a symlink/,
    ],
    ['a file that comes twice', ['file a'], 'file ./a', /comes twice, first as a file/],
    ['a link that comes twice', ['symlink a -> b'], 'symlink a -> c', /comes twice, first as a symlink/],
    ['a file below a file', ['file a'], 'file a/b', /behind "a", which is a file/],
    ['a hard link to what the archive has not', [], 'link a -> b', /no file before it in the same archive/],
    ['a hard link to a place outside', ['file a'], 'link b -> ../a', /no file before it/],
    ['a hard link to an absolute path', [], 'link a -> /etc/passwd', /no file before it/],
    ['a hard link to a link', ['symlink a -> b'], 'link c -> a', /no file before it/],
    ['a hard link to what comes later', [], 'link a -> b', /no file before it/],
    ['a link that leads out', [], 'symlink a -> ../b', /a link that leads out/],
    ['a link to an absolute path', [], 'symlink a -> /etc/passwd', /a link that leads to an absolute path/],
    ['a FIFO', [], 'fifo a', /a fifo/],
    ['a character device', [], 'character-device a', /a character-device/],
    ['a block device', [], 'block-device a', /a block-device/],
    ['a kind that nobody knows', [], 'unknown a', /of an unknown kind/],
    ['a file in the place of the root', [], 'file .', /in the place of the root/],
    ['an absolute name', [], 'file /a', /it is absolute/],
    ['a name that leads out', [], 'file ../a', /it has a `\.\.`/],
    ['an excluded name that leads out', [], 'file ../skipped', /it has a `\.\.`/],
    ['more bytes than allowed', ['file a 600'], 'file b 401', /Expected at most 1000 bytes \(maxBytes\)/],
    ['one file of them all', [], 'file b 1001', /Expected at most 1000 bytes/],
    ['just as many bytes', ['file a 600'], 'file b 400', 'take'],
    ['a link with a size, which has no content', ['file a 600'], 'link b 600 -> a', 'take'],
    [
      'more entries than allowed',
      ['file 1', 'file 2', 'file 3', 'directory .', 'file skipped'],
      'file 5',
      /at most 5 entries \(maxEntries\)/,
    ],
    ['just as many entries', ['file 1', 'file 2', 'file 3', 'file 4'], 'file 5', 'take'],
  ])('that has %s', (_title, before, last, verdict) => {
    const ledger = openLedger();
    for (const words of before) {
      expect(judgeEntry(ledger, entry(words), RULES).verdict).not.toBe('refuse');
    }
    const judged = judgeEntry(ledger, entry(last), RULES);
    if (typeof verdict === 'string') {
      expect(judged.verdict).toBe(verdict);
      return;
    }
    const code = verdict.source.includes('at most') ? 'ARCHIVE_TOO_LARGE' : 'INVALID_PATH';
    expect(judged).toMatchObject({ verdict: 'refuse', code, message: expect.stringMatching(verdict) });
  });

  test.each([
    ['file ./d/a', { path: 'd/a', kind: 'file', to: '' }],
    ['contiguous-file a', { path: 'a', kind: 'file', to: '' }],
    ['directory d/', { path: 'd', kind: 'directory', to: '' }],
    ['symlink l -> ./first', { path: 'l', kind: 'symlink', to: './first' }],
    ['link l -> ./first', { path: 'l', kind: 'link', to: 'first' }],
  ])('with %s after a file `first` has that taken as %j', (words, taken) => {
    const ledger = openLedger();
    judgeEntry(ledger, entry('file first'), RULES);
    expect(judgeEntry(ledger, entry(words), RULES)).toEqual({ verdict: 'take', ...taken });
  });

  test('is counted by what is taken of it, and remembered by each name once', () => {
    const ledger = openLedger();
    for (const words of ['file d/a 5', 'file d/b 6', 'file skipped 7', 'symlink l -> d'])
      judgeEntry(ledger, entry(words), RULES);
    expect(ledger).toMatchObject({ entries: 3, bytes: 11, seen: 4, nameCharacters: 'd'.length + 3 + 3 + 1 });
  });

  test('has 64 Mi characters of names at most, those of its directories among them', () => {
    const ledger = { ...openLedger(), nameCharacters: 67_108_864 - 4 };
    expect(judgeEntry(ledger, entry('file d/a'), RULES).verdict).toBe('take');
    expect(judgeEntry(ledger, entry('file e'), RULES)).toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
      message: 'Expected at most 67108864 characters of names, got more.',
    });
  });

  test('may be as long as what it may hold takes, and does not go on for ever', () => {
    const rules = { ...RULES, maxBytes: 1_000, maxEntries: 1 };
    const [header, padding, end] = [512, 24, 1_024];
    expect(isTooLong(header + 1_000 + padding + end, rules)).toBe(false);
    const most = 1_000 + 2 * 4_096;
    expect([isTooLong(most, rules), isTooLong(most + 1, rules)]).toEqual([false, true]);
  });

  test('tells of a long name by its first 200 characters', () => {
    const judged = judgeEntry(openLedger(), entry(`fifo ${'x'.repeat(4_000)}`), RULES);
    expect(judged).toMatchObject({ message: expect.stringContaining(`"${'x'.repeat(200)}"…`) });
    const whole = judgeEntry(openLedger(), entry(`fifo ${'x'.repeat(200)}`), RULES);
    expect(whole).toMatchObject({ message: expect.stringContaining(`"${'x'.repeat(200)}":`) });
  });

  test('tells of a name with escape sequences, and does not carry them out', () => {
    const judged = judgeEntry(openLedger(), entry('fifo \u001b[2Jx\n'), RULES);
    expect(judged).toMatchObject({ message: expect.stringContaining('"\\u001b[2Jx\\n"') });
    const turned = judgeEntry(openLedger(), entry('fifo \u009b2Jx\u202ey'), RULES);
    expect(turned).toMatchObject({ message: expect.stringContaining('"\ufffd2Jx\ufffdy"') });
  });

  test('may have links to anywhere on its way into a workspace, and still nothing behind them', () => {
    const ledger = openLedger();
    const rules = { ...RULES, linksMayLeave: true };
    expect(judgeEntry(ledger, entry('symlink l -> /etc'), rules)).toMatchObject({
      verdict: 'take',
      to: '/etc',
    });
    expect(judgeEntry(ledger, entry('file l/passwd'), rules)).toMatchObject({ verdict: 'refuse' });
  });
});

describe('an exclusion', () => {
  test('of several patterns leaves out what any of them does, of none nothing', () => {
    const isExcluded = compileExclusion(['*.o', 'build']);
    expect(['a.o', 'build/x', 'a.c'].map(isExcluded)).toEqual([true, true, false]);
    expect(compileExclusion([])('a')).toBe(false);
  });

  test.each<[pattern: string, leavesOut: string[], keeps: string[]]>([
    [
      'node_modules',
      ['node_modules', 'a/node_modules', 'a/node_modules/b'],
      ['node_modules2', 'xnode_modules'],
    ],
    ['*.o', ['a.o', 'd/b.o', 'x.o/y'], ['a.oo', 'a.c']],
    ['a?c', ['abc'], ['ac', 'a/c', 'abbc']],
    ['a*z', ['abz', 'az'], ['ab/cz']],
    ['build/', ['build', 'build/x', 'a/build'], ['builds']],
    ['app/build', ['app/build', 'app/build/x'], ['build', 'x/app/build']],
    ['./app/*', ['app/x', 'app/x/y'], ['app', 'b/app/x']],
    ['/build', ['build'], ['a/build']],
    ['a.b', ['a.b'], ['axb']],
    ['[ab]', ['[ab]'], ['a', 'b']],
    ['a+(b)', ['a+(b)'], ['aab']],
  ])('%s', (pattern, leavesOut, keeps) => {
    const isExcluded = compileExclusion([pattern]);
    expect(leavesOut.filter((path) => !isExcluded(path))).toEqual([]);
    expect(keeps.filter(isExcluded)).toEqual([]);
  });

  test('is told to tar as what it is to it', () => {
    expect(tarExclusions(['node_modules', 'app/b[1]', '/x'])).toEqual([
      '--wildcards',
      '--no-wildcards-match-slash',
      '--no-anchored',
      '--exclude=node_modules',
      '--anchored',
      '--exclude=./app/b\\[1\\]',
      '--anchored',
      '--exclude=./x',
    ]);
  });
});

describe("the end of the worker's tar", () => {
  test.each<[exitCode: number | null, stderr: string, verdict: object]>([
    [0, '', { ok: true, warnings: [] }],
    [0, 'tar: ./s: socket ignored\n', { ok: true, warnings: ['tar: ./s: socket ignored'] }],
    [
      1,
      'tar: ./log: file changed as we read it\n',
      { ok: true, warnings: ['tar: ./log: file changed as we read it'] },
    ],
    [
      1,
      'tar: ./a: File shrank by 5 bytes; padding with zeros\n',
      { ok: true, warnings: [expect.stringContaining('shrank')] },
    ],
    [1, '', { ok: false, why: 'exit code 1' }],
    [
      1,
      'tar: ./log: file changed as we read it\ntar: else\n',
      { ok: false, why: expect.stringContaining('else') },
    ],
    [
      2,
      'tar: ./a: Cannot stat: No such file or directory\n',
      { ok: false, why: expect.stringContaining('exit code 2: tar: ./a: Cannot stat') },
    ],
    [0, ' \r\n', { ok: true, warnings: [] }],
    [127, 'sh: 1: tar: not found\n', { ok: false, why: 'exit code 127: sh: 1: tar: not found' }],
  ])('with exit code %j and %j', (exitCode, stderr, verdict) => {
    expect(judgeTarEnd(exitCode, null, stderr)).toEqual(verdict);
  });

  test('is told by the first five lines of what it said', () => {
    const said = Array.from({ length: 7 }, (_, at) => `tar: line ${at}`);
    expect(judgeTarEnd(2, null, said.join('\n'))).toEqual({
      ok: false,
      why: `exit code 2: ${said.slice(0, 5).join('; ')}`,
    });
  });

  test('by a signal is a failure', () => {
    expect(judgeTarEnd(null, 'SIGKILL', '')).toEqual({ ok: false, why: 'ended by SIGKILL' });
  });
});

test('a directory whose name begins as an option does is none to the shell that unpacks there', () => {
  expect(putCommand('-x')).toEqual(['sh', '-c', expect.stringContaining('tar'), 'sandcrew-put', './-x']);
});
