/** Transfers against a worker that says what a test tells it to: what it may do to us, and what it is told. */
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeWorker, ServedLog, until } from '@sandcrew/testkit';
import { SandboxManager } from '#src/index.js';
import { makeArchive, type TestEntry } from './archives.js';
import { endsTasks, faultOf } from './faults.js';

let worker: FakeWorker;
let manager: SandboxManager;
let root: string;
let target: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sandcrew-files-'));
  target = join(root, 'target');
  await mkdir(target);
  await writeFile(join(root, 'outside'), 'untouched');
  worker = await FakeWorker.listen();
  manager = new SandboxManager({ workers: [worker.address] });
});

afterEach(async () => {
  endsTasks(worker);
  await manager.close({ graceMs: 0 });
  await worker.close();
  await rm(root, { recursive: true, force: true });
});

/** Has the worker give this archive as the output of task `t`. */
function serve(bytes: Uint8Array): ServedLog {
  const log = new ServedLog(worker, 't', bytes);
  worker.script = (message) => log.obey(message);
  endsTasks(worker);
  return log;
}

function get(options: Partial<Parameters<SandboxManager['getFiles']>[2]> = {}) {
  return manager.getFiles('app', ['.'], { target, taskId: 't', ...options });
}

/** Everything below a directory, with its kind and content. */
async function listTree(directory: string, path = ''): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await readdir(join(directory, path))) {
    const at = join(path, name);
    const stats = await lstat(join(directory, at));
    if (stats.isDirectory()) Object.assign(found, { [at]: 'directory' }, await listTree(directory, at));
    else if (stats.isSymbolicLink()) found[at] = `-> ${await readlink(join(directory, at))}`;
    else found[at] = await readFile(join(directory, at), 'utf8');
  }
  return found;
}

const LONG = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(90)}`;

describe("a hostile worker's archive", () => {
  const good: TestEntry = { name: 'good', content: 'good' };
  test.each<[title: string, entries: TestEntry[], code: string, says: string | RegExp]>([
    ['an absolute path', [{ name: '/tmp/sandcrew-evil' }], 'INVALID_PATH', 'it is absolute'],
    ['a path that leads out', [{ name: '../outside', content: 'evil' }], 'INVALID_PATH', 'it has a `..`'],
    ['a path that leads out from within', [{ name: 'a/../../outside' }], 'INVALID_PATH', 'it has a `..`'],
    [
      'a long path that leads out',
      [{ name: `${LONG}/../../../../outside` }],
      'INVALID_PATH',
      'it has a `..`',
    ],
    ['a link out', [{ name: 'l', type: 'symlink', linkname: '../outside' }], 'INVALID_PATH', 'leads out'],
    [
      'an absolute link',
      [{ name: 'l', type: 'symlink', linkname: '/etc/passwd' }],
      'INVALID_PATH',
      'leads to an absolute path',
    ],
    [
      'a link to a link that together lead out',
      [
        { name: 'd/deep', type: 'symlink', linkname: '..' },
        { name: 'l', type: 'symlink', linkname: 'd/deep/../outside' },
      ],
      'INVALID_PATH',
      'leads up again behind a name',
    ],
    [
      'a file behind its own link',
      [
        { name: 'l', type: 'symlink', linkname: '.' },
        { name: 'l/x', content: 'evil' },
      ],
      'INVALID_PATH',
      'behind "l", which is a symlink',
    ],
    [
      'a link in the place of a directory, and a file behind it',
      [
        { name: 'd', type: 'directory' },
        { name: 'd', type: 'symlink', linkname: '..' },
        { name: 'd/outside', content: 'evil' },
      ],
      'INVALID_PATH',
      'comes twice',
    ],
    [
      'a hard link to a file outside',
      [{ name: 'h', type: 'link', linkname: '../outside' }],
      'INVALID_PATH',
      'no file before it',
    ],
    [
      'a hard link to a secret',
      [{ name: 'h', type: 'link', linkname: '/etc/shadow' }],
      'INVALID_PATH',
      'no file before it',
    ],
    [
      'a hard link to a link',
      [
        { name: 's', type: 'symlink', linkname: 'good' },
        { name: 'h', type: 'link', linkname: 's' },
      ],
      'INVALID_PATH',
      'no file before it',
    ],
    [
      'a device',
      [{ name: 'sda', type: 'block-device', devmajor: 8, devminor: 0 }],
      'INVALID_PATH',
      'a block-device',
    ],
    [
      'another',
      [{ name: 'mem', type: 'character-device', devmajor: 1, devminor: 1 }],
      'INVALID_PATH',
      'a character-device',
    ],
    ['a FIFO', [{ name: 'pipe', type: 'fifo' }], 'INVALID_PATH', 'a fifo'],
    [
      'an entry twice',
      [
        { name: 'x', content: '1' },
        { name: 'x', content: '2' },
      ],
      'INVALID_PATH',
      'comes twice',
    ],
    ['too many bytes', [{ name: 'x', content: 'x'.repeat(2_000) }], 'ARCHIVE_TOO_LARGE', 'maxBytes'],
    [
      'too many entries',
      Array.from({ length: 9 }, (_, at) => ({ name: `x${at}` })),
      'ARCHIVE_TOO_LARGE',
      'maxEntries',
    ],
  ])('that has %s is refused, and leaves nothing', async (_title, entries, code, says) => {
    serve(await makeArchive([good, ...entries, { name: 'last' }]));
    const fault = await faultOf(get({ maxBytes: 1_000, maxEntries: 9 }));
    expect(fault).toMatchObject({ code, message: expect.stringContaining(says as string) });
    expect(await listTree(root)).toEqual({ outside: 'untouched', target: 'directory' });
  });

  test.each<[title: string, spoil: (archive: Buffer) => Uint8Array, says: string]>([
    ['is no archive', () => Buffer.alloc(2_048, 'x'), 'Invalid tar header'],
    ['is compressed', (archive) => gzipSync(archive, { level: 0 }), 'gunzip'],
    ['breaks off within a file', (archive) => archive.subarray(0, 700), 'Unexpected end of data'],
    [
      'breaks off between two files',
      (archive) => archive.subarray(0, 1_024),
      'without the end of an archive',
    ],
    ['is empty', () => Buffer.alloc(0), 'without the end of an archive'],
  ])('that %s is refused, and leaves nothing', async (_title, spoil, says) => {
    serve(spoil(await makeArchive([good, good])));
    expect(await faultOf(get())).toMatchObject({
      code: 'INVALID_ARCHIVE',
      message: expect.stringContaining(says),
    });
    expect(await listTree(target)).toEqual({});
  });

  test('that tells a length which it is not is refused without waiting for it', async () => {
    const archive = await makeArchive([{ name: 'x', content: 'x' }]);
    archive.write('77777777777', 124); // 8 GiB
    archive.write('        ', 148);
    let sum = 0;
    for (const byte of archive.subarray(0, 512)) sum += byte;
    archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    serve(archive);
    expect(await faultOf(get({ maxBytes: 1_000 }))).toMatchObject({ code: 'ARCHIVE_TOO_LARGE' });
    expect(await listTree(target)).toEqual({});
  });

  test('that never ends is refused', async () => {
    serve(Buffer.alloc(3_000_000));
    const fault = await faultOf(get({ maxBytes: 1_000_000, maxEntries: 10 }));
    expect(fault).toMatchObject({
      code: 'ARCHIVE_TOO_LARGE',
      message: expect.stringContaining('and no end'),
    });
  });

  test('loses its set-user-id bits', async () => {
    serve(
      await makeArchive([
        { name: 'x', mode: 0o4755 },
        { name: 'd', type: 'directory', mode: 0o7700 },
      ]),
    );
    await get();
    expect((await lstat(join(target, 'x'))).mode & 0o7777).toBe(0o755);
    expect((await lstat(join(target, 'd'))).mode & 0o7777).toBe(0o700);
  });

  test('is not let through links that an earlier one has made', async () => {
    serve(
      await makeArchive([
        { name: 'l', type: 'symlink', linkname: 'd' },
        { name: 'd', type: 'directory' },
      ]),
    );
    await get();
    const log = new ServedLog(worker, 'u', await makeArchive([{ name: 'l/x', content: 'evil' }]));
    worker.script = (message) => log.obey(message);
    expect(await faultOf(get({ taskId: 'u' }))).toMatchObject({
      code: 'INVALID_PATH',
      message: expect.stringContaining('got a file or link'),
    });
    expect(await listTree(target)).toEqual({ l: '-> d', d: 'directory' });
  });
});

describe('files that are got', () => {
  test('keep their content, modes, times and links, and go over what was there', async () => {
    serve(
      await makeArchive([
        { name: './', type: 'directory', mode: 0o700 },
        { name: './d', type: 'directory', mode: 0o555, mtime: new Date(1_000_000) },
        { name: './d/x', content: 'new', mode: 0o640, mtime: new Date(2_000_000), pax: { mtime: '2000.25' } },
        { name: './l', type: 'symlink', linkname: 'd/x' },
        { name: './h', type: 'link', linkname: './d/x' },
        { name: `./${LONG}`, content: 'long' },
        { name: './-rf', content: '' },
        { name: './new\nline', content: 'n' },
        { name: './ünï名', content: 'u' },
      ]),
    );
    await mkdir(join(target, 'd'));
    await writeFile(join(target, 'd/x'), 'old');
    await writeFile(join(target, 'd/kept'), 'kept');
    await symlink(join(root, 'outside'), join(target, 'ünï名'));
    const report = await get();
    expect(report).toMatchObject({ taskId: 't', workerId: 'worker-1', entries: 8, bytes: 9, warnings: [] });
    const [first = '', second = ''] = LONG.split('/');
    expect(await listTree(target)).toEqual({
      d: 'directory',
      'd/x': 'new',
      'd/kept': 'kept',
      l: '-> d/x',
      h: 'new',
      [first]: 'directory',
      [`${first}/${second}`]: 'directory',
      [LONG]: 'long',
      '-rf': '',
      'new\nline': 'n',
      ünï名: 'u',
    });
    expect(await readFile(join(root, 'outside'), 'utf8')).toBe('untouched');
    const [file, again, directory] = await Promise.all(
      ['d/x', 'h', 'd'].map((name) => lstat(join(target, name))),
    );
    expect([file?.mtimeMs, (file?.mode ?? 0) & 0o7777, file?.ino]).toEqual([2_000_250, 0o640, again?.ino]);
    expect([directory?.mtimeMs, (directory?.mode ?? 0) & 0o7777]).toEqual([1_000_000, 0o555]);
  });

  test('are all or nothing where a directory stands in the way', async () => {
    serve(
      await makeArchive([
        { name: 'a', content: 'a' },
        { name: 'b', content: 'b' },
      ]),
    );
    await mkdir(join(target, 'b'));
    expect(await faultOf(get())).toMatchObject({
      code: 'INVALID_PATH',
      message: expect.stringContaining(
        `Expected a file, or nothing, at ${join(target, 'b')}, got a directory`,
      ),
    });
    expect(await listTree(target)).toEqual({ b: 'directory' });
  });

  test('leave out what is excluded, also where the worker sends it', async () => {
    serve(
      await makeArchive([
        { name: './a', content: 'a' },
        { name: './node_modules/x', content: 'x' },
        { name: './p', type: 'fifo' },
      ]),
    );
    expect(await get({ exclude: ['node_modules', 'p'] })).toMatchObject({ entries: 1, bytes: 1 });
    expect(await listTree(target)).toEqual({ a: 'a' });
    const { command } = await worker.next('execute_command');
    expect(command).toEqual(expect.arrayContaining(['--exclude=node_modules', '--exclude=p']));
  });

  test('go to a stream as an archive, which is judged before it is passed on', async () => {
    const good = await makeArchive([{ name: 'a', content: 'x'.repeat(200_000) }]);
    const taken: Buffer[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        taken.push(Buffer.from(chunk));
        setImmediate(done);
      },
    });
    serve(good);
    await get({ target: sink });
    expect(Buffer.concat(taken).equals(good)).toBe(true);
    expect(sink.writableEnded).toBe(false);
    taken.length = 0;
    const log = new ServedLog(worker, 'u', await makeArchive([{ name: '../a', content: 'x' }]));
    worker.script = (message) => log.obey(message);
    endsTasks(worker);
    expect(await faultOf(get({ target: sink, taskId: 'u' }))).toMatchObject({ code: 'INVALID_PATH' });
    expect(taken).toEqual([]);
  });

  test('that go to a stream which fails are told, and the command is ended', async () => {
    const archive = await makeArchive([{ name: 'a', content: 'x'.repeat(50_000) }]);
    worker.script = (message) => {
      if (message.type !== 'execute_command') return;
      worker.start('t');
      worker.sendOutput('t', 0, archive);
    };
    endsTasks(worker);
    const fault = new Error('nobody reads \u001b[2J');
    const sink = new Writable({ write: (_chunk, _encoding, done) => setImmediate(done, fault) });
    const message = expect.stringContaining('nobody reads \uFFFD[2J'); // a file's name may stand in it, which anyone chose
    expect(await faultOf(get({ target: sink }))).toMatchObject({
      code: 'FILES_FAILED',
      message,
      cause: fault,
    });
    expect(worker.count('terminate_task')).toBe(1);
    await until('the stream has told it too', () => sink.closed);
  });

  test('that cannot be read there are told with what tar said, and leave nothing', async () => {
    const archive = await makeArchive([{ name: 'a' }]);
    const said = Buffer.from('tar: ./b: Cannot open: Permission denied\n');
    worker.script = (message) => {
      if (message.type !== 'execute_command') return;
      worker.start('t');
      worker.sendOutput('t', 0, archive);
      worker.sendOutput('t', archive.length, said, 'stderr');
      worker.complete('t', archive.length + said.length, 2);
    };
    expect(await faultOf(get())).toMatchObject({
      code: 'FILES_FAILED',
      message: expect.stringContaining('exit code 2: tar: ./b: Cannot open: Permission denied'),
    });
    expect(await listTree(target)).toEqual({});
  });

  test('are refused where output was lost on the way', async () => {
    const archive = await makeArchive([{ name: 'a', content: 'x'.repeat(2_000) }]);
    worker.script = (message) => {
      if (message.type !== 'execute_command') return;
      worker.start('t');
      worker.sendOutput('t', 0, archive.subarray(0, 1_024));
      worker.send({ type: 'output_gap', taskId: 't', offset: 1_024, bytes: 512 });
      worker.sendOutput('t', 1_536, archive.subarray(1_536));
    };
    endsTasks(worker);
    expect(await faultOf(get())).toMatchObject({
      code: 'FILES_FAILED',
      message: expect.stringContaining('Expected output from byte 1024 on, got it from byte 1536 on'),
    });
    expect(await listTree(target)).toEqual({});
  });

  test('survive a connection that is cut again and again', async () => {
    const content = Buffer.alloc(6_000_000, 'abcdefg');
    const archive = await makeArchive([{ name: 'big', content }]);
    const log = serve(archive);
    const obey = worker.script;
    let acks = 0;
    worker.script = (message) => {
      worker.welcome = {
        tasks: [{ taskId: 't', state: 'running', ackedOffset: log.ackedOffset, endOffset: archive.length }],
      };
      obey(message);
      if (message.type === 'task_ack' && ++acks % 5 === 0) worker.cut();
    };
    expect(await get()).toMatchObject({ bytes: content.length });
    expect(worker.upgrades).toBeGreaterThan(2);
    expect((await readFile(join(target, 'big'))).equals(content)).toBe(true);
  });

  test('give the command a line of input ahead of each 4 MiB', async () => {
    worker.script = (message) => {
      if (message.type === 'execute_command') worker.start('t');
    };
    endsTasks(worker);
    const abort = new AbortController();
    const got = faultOf(get({ signal: abort.signal }));
    const { input, encoding } = await worker.next('send_input');
    expect(Buffer.from(input, encoding).toString()).toBe('\n\n\n\n');
    abort.abort();
    expect(await got).toMatchObject({ code: 'TERMINATED' });
  });
});

describe('a transfer', () => {
  test('that is aborted ends the command and leaves nothing', async () => {
    const archive = await makeArchive([{ name: 'a', content: 'x'.repeat(100_000) }]);
    worker.script = (message) => {
      if (message.type !== 'execute_command') return;
      worker.start('t');
      worker.sendOutput('t', 0, archive.subarray(0, 50_000));
    };
    endsTasks(worker);
    const abort = new AbortController();
    const reason = new Error('enough');
    const got = faultOf(get({ signal: abort.signal, onProgress: () => abort.abort(reason) }));
    expect(await got).toMatchObject({ code: 'TERMINATED', cause: reason });
    expect(worker.count('terminate_task')).toBeGreaterThan(0);
    expect(await listTree(target)).toEqual({});
  });

  test('that was aborted before is never sent', async () => {
    expect(await faultOf(get({ signal: AbortSignal.abort() }))).toMatchObject({ code: 'CANCELLED' });
    expect(worker.count('execute_command')).toBe(0);
    expect(await listTree(target)).toEqual({});
  });

  test('of which nothing moves is ended with NO_PROGRESS', async () => {
    worker.script = (message) => {
      if (message.type === 'execute_command') worker.start('t');
    };
    endsTasks(worker);
    expect(await faultOf(get({ idleTimeoutMs: 100 }))).toMatchObject({
      code: 'NO_PROGRESS',
      message: expect.stringContaining('within 100 ms'),
    });
    expect(worker.count('terminate_task')).toBe(1);
    expect(await listTree(target)).toEqual({});
  });

  test('of a source that hangs is ended with NO_PROGRESS', async () => {
    worker.script = (message) => {
      if (message.type === 'execute_command') worker.start('t');
    };
    endsTasks(worker);
    const source = new Readable({ read() {} });
    expect(await faultOf(manager.putFiles('app', source, { taskId: 't', idleTimeoutMs: 100 }))).toMatchObject(
      {
        code: 'NO_PROGRESS',
      },
    );
    source.destroy();
  });

  test.each<[title: string, put: () => Promise<unknown>, code: string, says: string]>([
    [
      'no source',
      () => manager.putFiles('app', [] as string[]),
      'INVALID_OPTIONS',
      'source: expected a file',
    ],
    [
      'a source that is not there',
      () => manager.putFiles('app', '/nowhere/x'),
      'INVALID_PATH',
      'got "/nowhere/x"',
    ],
    [
      'a source whose name steers a terminal',
      () => manager.putFiles('app', '/nowhere/\u001b[2J'),
      'INVALID_PATH',
      "'/nowhere/\uFFFD[2J'",
    ],
    [
      'a misspelt option',
      () => manager.putFiles('app', '.', { exlude: ['x'] } as object),
      'INVALID_OPTIONS',
      'did you mean exclude?',
    ],
    [
      'a target that leads out',
      () => manager.putFiles('app', '.', { target: '../x' }),
      'INVALID_PATH',
      'target: expected a path inside',
    ],
    [
      'an absolute target',
      () => manager.putFiles('app', '.', { target: '/x' }),
      'INVALID_PATH',
      'it is absolute',
    ],
    ['a workspace that is none', () => manager.putFiles('../x', '.'), 'INVALID_TASK', 'workspace: expected'],
    [
      'an archive with an exclusion',
      () => manager.putFiles('app', Readable.from([]), { exclude: ['x'] }),
      'INVALID_OPTIONS',
      'an archive is sent as it is',
    ],
    ['no paths', () => manager.getFiles('app', [], { target }), 'INVALID_OPTIONS', 'paths: expected'],
    [
      'a path that leads out',
      () => manager.getFiles('app', ['a/../../b'], { target }),
      'INVALID_PATH',
      'it has a `..`',
    ],
    [
      'no target',
      () => manager.getFiles('app', ['.'], {} as never),
      'INVALID_OPTIONS',
      'target: expected a directory',
    ],
    [
      'a limit that is none',
      () => manager.getFiles('app', ['.'], { target, maxBytes: -1 }),
      'INVALID_OPTIONS',
      'maxBytes: expected',
    ],
  ])('with %s is refused before anything is sent', async (_title, start, code, says) => {
    expect(await faultOf(start())).toMatchObject({ code, message: expect.stringContaining(says) });
    expect(worker.count('execute_command')).toBe(0);
  });

  test.each<[title: string, entries: TestEntry[]]>([
    ['an absolute path', [{ name: '/etc/x' }]],
    ['a path that leads out', [{ name: '../x' }]],
    ['a file behind its own link', [{ name: 'l', type: 'symlink', linkname: '/etc' }, { name: 'l/x' }]],
    ['a device', [{ name: 'x', type: 'block-device' }]],
  ])("of somebody's archive with %s is refused before that is sent", async (_title, entries) => {
    worker.script = (message) => {
      if (message.type === 'execute_command') worker.start('t');
      if (message.type === 'send_input' && message.offset !== undefined)
        worker.send({ type: 'input_ack', taskId: 't', offset: message.offset + message.input.length });
    };
    endsTasks(worker);
    const archive = Readable.from([await makeArchive(entries)]);
    expect(await faultOf(manager.putFiles('app', archive, { taskId: 't' }))).toMatchObject({
      code: 'INVALID_PATH',
    });
    expect(worker.count('send_input')).toBe(0);
    await until('the command is ended', () => worker.count('terminate_task') > 0);
  });

  test('goes to the worker that is named', async () => {
    const other = await FakeWorker.listen({ workerId: 'worker-2' });
    const both = new SandboxManager({ workers: [worker.address, other.address] });
    try {
      await Promise.all([both.connected(worker.url), both.connected(other.url)]);
      for (const name of ['worker-2', other.url]) {
        const abort = new AbortController();
        const got = faultOf(both.getFiles('app', ['.'], { target, worker: name, signal: abort.signal }));
        await other.next('execute_command');
        abort.abort();
        endsTasks(other);
        for (const { taskId } of other.received.filter((message) => message.type === 'terminate_task'))
          other.send({ type: 'task_error', taskId, code: 'terminated', message: 'Ended.' });
        await got;
      }
      expect(worker.count('execute_command')).toBe(0);
      expect(await faultOf(both.run({ command: 'x', requirements: { worker: 'worker-3' } }))).toMatchObject({
        code: 'NO_WORKER',
      });
    } finally {
      endsTasks(other);
      await both.close({ graceMs: 0 });
      await other.close();
    }
  });
});
