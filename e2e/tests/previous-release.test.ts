/** This release and the one before it work together, whichever stands on which side. What was released lies in `e2e/previous-release`. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as manager from '@sandcrew/manager';
import { FaultProxy, until } from '@sandcrew/testkit';
import { startWorker, type WorkerProcess } from '../worker-process.js';

type Release = Pick<typeof manager, 'SandboxManager'>;

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TARBALLS = join(ROOT, 'e2e/previous-release');
const directory = mkdtempSync(join(tmpdir(), 'sandcrew-previous-'));
const modules = join(directory, 'node_modules');
const previousWorker = [process.execPath, join(modules, '@sandcrew/worker/dist/main.js')];

/** Each package as who installs it has it, and what they need from elsewhere, from this checkout. */
beforeAll(() => {
  for (const tarball of readdirSync(TARBALLS).filter((name) => name.endsWith('.tgz'))) {
    const [, name = ''] = /^sandcrew-(.+)-\d+\.\d+\.\d+\.tgz$/.exec(tarball) ?? [];
    const place = join(modules, '@sandcrew', name);
    mkdirSync(place, { recursive: true });
    const unpacked = spawnSync('tar', ['-xzf', join(TARBALLS, tarball), '-C', place, '--strip-components=1']);
    expect(unpacked.status).toBe(0);
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
      readFileSync(join(place, 'package.json'), 'utf8'),
    );
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const parent = name === 'worker' ? 'apps' : 'packages';
      if (!needed.startsWith('@sandcrew/')) link(needed, join(ROOT, parent, name, 'node_modules', needed));
    }
  }
});

function link(name: string, source: string): void {
  const place = join(modules, name);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(realpathSync(source), place);
}

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.each([
  ['this manager and the previous worker', () => Promise.resolve<Release>(manager), previousWorker],
  [
    'the previous manager and this worker',
    () => import(pathToFileURL(join(modules, '@sandcrew/manager/dist/index.js')).href) as Promise<Release>,
    undefined,
  ],
])('%s', (_, load, command) => {
  let worker: WorkerProcess;
  let proxy: FaultProxy;
  let sandboxes: manager.SandboxManager;

  beforeEach(async () => {
    worker = await startWorker([], undefined, command === undefined ? {} : { command });
    proxy = await FaultProxy.listen(worker.url);
    const { SandboxManager } = await load();
    sandboxes = new SandboxManager({ workers: [{ url: proxy.url, token: worker.token }] });
    await sandboxes.connected();
  });
  afterEach(async () => {
    await sandboxes.close({ graceMs: 0 });
    await proxy.close();
    await worker.stop();
  });

  test('a command’s streams and exit code come as they are, and what it is given arrives', async () => {
    const task = sandboxes.run({ command: 'cat; echo problem >&2; exit 3', stdin: 'pipe' });
    await task.write('a line\n');
    await task.endInput();
    expect(await task).toMatchObject({ exitCode: 3, stdout: 'a line\n', stderr: 'problem\n' });
  });

  test('limits are for the worker to take or refuse, also where it did not say which it holds', async () => {
    const limited = sandboxes.run({ command: 'echo held', limits: { pids: 50 } });
    const end = await limited.catch((error: unknown) => error);
    const refused = {
      code: 'REJECTED',
      detail: 'unenforceable_limit',
      message: expect.stringContaining('worker'),
    };
    expect(end).toMatchObject('exitCode' in (end as object) ? { stdout: 'held\n' } : refused);
  });

  test('8 MiB of output pass cuts without a byte lost or doubled', async () => {
    const program = `const { createHash } = require('node:crypto');
for (let at = 0; at < 8 * 1048576; at += 64) process.stdout.write(createHash('sha256').update(String(at)).digest('hex'));`;
    const task = sandboxes.run({ command: [process.execPath, '-e', program] });
    const got = createHash('sha256');
    let bytes = 0;
    let nextCut = 1;
    for await (const { stream, bytes: data } of task.output) {
      if (stream !== 'stdout') continue;
      got.update(data);
      bytes += data.length;
      if (bytes < nextCut * 2 * 1_048_576 || nextCut === 4) continue;
      nextCut += 1;
      proxy.cut();
    }
    expect(await task).toMatchObject({ exitCode: 0 });
    const expected = createHash('sha256');
    for (let at = 0; at < 8 * 1_048_576; at += 64)
      expected.update(createHash('sha256').update(String(at)).digest('hex'));
    expect(nextCut).toBe(4);
    expect(got.digest('hex')).toBe(expected.digest('hex'));
  }, 60_000);

  test('a block is told with its reason, and its answer lets the command go on', async () => {
    const blocks: { readonly reason: string }[] = [];
    sandboxes.on('blockDetected', (block) => blocks.push(block));
    const task = sandboxes.run({ command: 'read answer; echo "got $answer"', stdin: 'pipe' });
    await until('the block is told', () => blocks.length > 0, 20_000);
    expect(blocks[0]).toMatchObject({ reason: 'waiting_for_input' });
    await task.write('yes\n');
    expect(await task).toMatchObject({ exitCode: 0, stdout: 'got yes\n' });
  }, 30_000);

  test('a task that is terminated is told so, and files go there and back', async () => {
    const source = join(directory, `source-${process.hrtime.bigint()}`);
    mkdirSync(source);
    writeFileSync(join(source, 'a file'), 'its text\n', { mode: 0o750 });
    await sandboxes.putFiles('files', source);
    const task = sandboxes.run({ command: 'cat "a file"; sleep 60', workspace: 'files' });
    const ended = task.catch((error: unknown) => error);
    for await (const { text } of task.output) if (text.includes('its text')) break;
    task.terminate(0);
    expect(await ended).toMatchObject({ code: 'TERMINATED' });
    const target = join(directory, `target-${process.hrtime.bigint()}`);
    await sandboxes.getFiles('files', ['a file'], { target });
    expect(readFileSync(join(target, 'a file'), 'utf8')).toBe('its text\n');
  }, 30_000);
});
