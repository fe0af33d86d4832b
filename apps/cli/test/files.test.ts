import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from '@lydell/node-pty';
import { type Ended, MAIN, Sandcrew, sandcrew, shellLine } from './sandcrew.js';
import { startWorker } from './worker-process.js';

let directory: string;
let here: string;
let worker: Sandcrew;
let env: NodeJS.ProcessEnv;
let number = 0;
/** A new one for each test. */
let app: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-cli-'));
  ({ worker, env } = await startWorker(directory));
});

beforeEach(() => {
  app = `app${++number}`;
  here = mkdtempSync(join(directory, 'here-'));
});

afterAll(async () => {
  worker.child.kill('SIGTERM');
  expect((await worker.ended).status).toBe(0);
  rmSync(directory, { recursive: true, force: true });
});

function call(...words: readonly string[]): Promise<Ended> {
  return sandcrew(words, { env, cwd: here });
}

async function inside(command: string): Promise<string> {
  const { status, stdout, stderr } = await call('run', '--workspace', app, '--', command);
  expect([status, stderr]).toEqual([0, '']);
  return stdout.toString();
}

async function succeeds(...words: readonly string[]): Promise<void> {
  const { status, stdout, stderr } = await call(...words);
  expect([status, stdout.toString(), stderr]).toEqual([0, '', '']);
}

function grow(files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(here, path, '..'), { recursive: true });
    writeFileSync(join(here, path), content);
  }
}

const read = (path: string) => readFileSync(join(here, path), 'utf8');

describe('put', () => {
  test('brings each source under its own name into the workspace, or a directory of it', async () => {
    grow({ 'src/a': '1', 'src/b/c': '2', 'package.json': '{}', '-x': 'dash' });
    await succeeds('put', 'src', 'package.json', app);
    await succeeds('put', 'src/b', './-x', `${app}:deep/er`);
    await succeeds('put', 'src/', `${app}:content`);
    const found = './content/a ./content/b/c ./deep/er/-x ./deep/er/b/c ./package.json ./src/a ./src/b/c';
    expect((await inside('find . -type f | sort')).trim().split('\n').join(' ')).toBe(found);
  });

  test('leaves out what is excluded', async () => {
    grow({ 'p/a': '1', 'p/node_modules/x': '2', 'p/b/out/y': '3', 'p/z.o': '4' });
    await succeeds('put', '--exclude', 'node_modules', '--exclude', 'p/b/out', '--exclude', '*.o', 'p', app);
    expect(await inside('find . -type f')).toBe('./p/a\n');
  });

  test('takes a tar archive on stdin', async () => {
    grow({ 'd/f': 'from tar' });
    const line = `tar c d | $SANDCREW put - ${app}:in`;
    expect(await shellLine(line, { env, cwd: here }).ended).toMatchObject({ status: 0, stderr: '' });
    expect(await inside('cat in/d/f')).toBe('from tar');
  });

  test('tells what could not come along, and exits with 1', async () => {
    grow({ f: 'x' });
    const made = shellLine('mkfifo pipe', { cwd: here });
    expect((await made.ended).status).toBe(0);
    const { status, stderr } = await call('put', 'f', 'pipe', app);
    expect([status, stderr]).toEqual([1, 'sandcrew: pipe is no file, directory or link: left out\n']);
    expect(await inside('ls')).toBe('f\n');
  });

  test('is ended by Ctrl-C, and keeps nothing', async () => {
    const put = new Sandcrew(['put', '-', app], { env, cwd: here });
    const header = Buffer.alloc(512);
    header.write('f\0');
    header.write('0000644\0', 100);
    header.write('00000010000\0', 124); // 4 KiB, of which 1 KiB comes
    header.write('        0', 148);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    put.child.stdin.write(Buffer.concat([header, Buffer.alloc(1_024, 'x')]));
    await until(async () => (await inside('ls -A')).includes('.sandcrew-put-'));
    put.child.kill('SIGINT');
    const { status, stderr } = await put.ended;
    expect(status).toBe(130);
    expect(stderr).toContain('Stopping on SIGINT: nothing is kept.');
    expect(await inside('ls -A')).toBe('');
  });
});

describe('get', () => {
  beforeEach(() => inside('mkdir -p dist/js; echo 1 > dist/js/a; echo 2 > dist/b; echo 3 > report'));

  test('is called as the target where that is no directory, and goes into it where it is one', async () => {
    mkdirSync(join(here, 'there'));
    await succeeds('get', `${app}:report`, 'renamed');
    await succeeds('get', `${app}:dist`, 'copy');
    await succeeds('get', `${app}:dist`, `${app}:report`, 'there');
    await succeeds('get', `${app}:dist/`, 'new/er');
    await succeeds('get', `${app}:report`, 'made/');
    expect([read('renamed'), read('copy/js/a'), read('there/dist/b'), read('there/report')]).toEqual([
      '3\n',
      '1\n',
      '2\n',
      '3\n',
    ]);
    expect([read('new/er/js/a'), read('made/report')]).toEqual(['1\n', '3\n']);
    expect(readdirSync(here).sort()).toEqual(['copy', 'made', 'new', 'renamed', 'there']);
    await succeeds('get', app, 'all/');
    expect(readdirSync(join(here, 'all')).sort()).toEqual(['dist', 'report']);
  });

  test('goes to stdout as a tar archive', async () => {
    const line = `$SANDCREW get --exclude js ${app}:dist ${app}:report - | tar t | sort`;
    const { status, stdout } = await shellLine(line, { env, cwd: here }).ended;
    expect([status, stdout.toString()]).toEqual([0, './dist/\n./dist/b\n./report\n']);
  });

  test('takes nothing from a worker that leads out, tells its name, and leaves nothing', async () => {
    await inside('ln -s /etc/passwd evil');
    for (const target of ['.', 'in']) {
      const { status, stderr } = await call('get', `${app}:evil`, `${app}:report`, `${target}/`);
      expect([status, stderr]).toEqual([
        125,
        expect.stringContaining('"./evil": it is a link that leads to an absolute path'),
      ]);
      expect(stderr).toContain('leave it out by --exclude.');
    }
    const { status } = await call('get', `${app}:evil`, 'renamed');
    expect(status).toBe(125);
    expect(existsSync(join(here, 'renamed'))).toBe(false);
    expect(readdirSync(here)).toEqual(['in']);
    expect(readdirSync(join(here, 'in'))).toEqual([]);
  });

  test('says what is not there', async () => {
    const { status, stderr } = await call('get', `${app}:nothing`, '.');
    expect(status).toBe(125);
    expect(stderr).toContain('nothing: Cannot stat: No such file or directory');
  });

  test('takes no more than it may', async () => {
    const { status, stderr } = await call('get', '--max-bytes', '3', `${app}:dist`, 'out');
    expect([status, stderr]).toEqual([
      125,
      expect.stringContaining('Expected at most 3 bytes (maxBytes), got more. Raise --max-bytes'),
    ]);
    expect(readdirSync(here)).toEqual([]);
  });

  test('goes through no link that stands in its place', async () => {
    mkdirSync(join(here, 'outside'));
    mkdirSync(join(here, 'there'));
    symlinkSync('../outside', join(here, 'there/dist'));
    const { status, stderr } = await call('get', `${app}:dist`, 'there');
    expect([status, stderr]).toEqual([125, expect.stringContaining('got a file or link')]);
    expect(readdirSync(join(here, 'outside'))).toEqual([]);
  });

  test('ends as a program whose reader went away', async () => {
    await inside('head -c 3000000 /dev/urandom > large');
    const line = `{ $SANDCREW get ${app}:large -; echo $? >&2; } | head -c 1 > /dev/null`;
    expect((await shellLine(line, { env, cwd: here }).ended).stderr).toBe('141\n');
  });

  test('tells its progress as JSON, and one end', async () => {
    const { status, stdout } = await call('get', '--json', `${app}:dist`, 'out');
    expect(status).toBe(0);
    const events = stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.slice(0, -1).every(({ event }) => event === 'progress')).toBe(true);
    expect(events.at(-1)).toMatchObject({
      event: 'end',
      status: 0,
      error: null,
      entries: 4,
      bytes: 4,
      warnings: [],
    });
  });

  test('shows on a terminal how much has come', async () => {
    const line = `${process.execPath} ${MAIN} get ${app}:dist out`;
    const terminal = spawn('sh', ['-c', line], {
      cols: 90,
      rows: 30,
      cwd: here,
      env: { ...process.env, ...env },
    });
    let shown = '';
    terminal.onData((text) => {
      shown += text;
    });
    const status = await new Promise((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)));
    expect(status).toBe(0);
    expect(shown).toMatch(/got 4 bytes in 4 files, \d+ ms\r\n$|got 4 bytes in 4 files, \d+ s\r\n$/);
  });
});

test.each<[words: string[], says: string]>([
  [['put', 'x'], 'expected a source and a workspace, got one word'],
  [['put', '.', '../x'], 'the workspace: expected 1 to 64 of A-Z'],
  [['put', '-', 'x', 'app'], '-: expected alone'],
  [['put', '--exclude', 'a', '-', 'app'], '--exclude: expected without -'],
  [['get', 'app:x'], 'expected what comes and where it goes, got one word'],
  [['get', 'a:x', 'b:y', '.'], 'expected paths of one workspace, got several'],
  [['get', '--json', 'a:x', '-'], '--json: expected without -'],
  [['get', '--max-bytes', 'x', 'a:x', '.'], '--max-bytes: expected a whole number from 0 on'],
  [['put', '--idle-timeout', '5', '.', 'app'], '--idle-timeout: expected a duration'],
])('%j is wrong use', async (words, says) => {
  const { status, stderr } = await call(...words);
  expect([status, stderr]).toEqual([2, expect.stringContaining(says)]);
});

test('a worker of our own would take the files with it, so one has to be named', async () => {
  const { status, stderr } = await sandcrew(['put', '.', 'app'], { cwd: here });
  expect([status, stderr]).toEqual([
    2,
    expect.stringContaining('--worker: expected the URL of a worker that stays'),
  ]);
});

test('a path that leads out of the workspace is refused by name', async () => {
  for (const words of [
    ['get', `${app}:../x`, '.'],
    ['put', '.', `${app}:../x`],
  ]) {
    const { status, stderr } = await call(...words);
    expect([status, stderr]).toEqual([125, expect.stringContaining('got "../x": it has a `..`')]);
  }
});

/** Asks again until it is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 15_000;
  while (!(await isSo())) if (performance.now() > deadlineMs) throw new Error('waited 15 s in vain');
}
