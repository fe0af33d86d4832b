/**
 * Files into and out of workspaces of real workers, through their own `tar`. `npm run test:files` moves 1 GiB and flips
 * links for a minute; here it is 64 MiB and 4 s (FILES_MIB, FLIP_MS).
 */
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SandboxError, SandboxManager } from '@sandcrew/manager';
import { FaultProxy } from '@sandcrew/testkit';
import { describeTree, growTree } from '../file-tree.js';
import { startWorker, type WorkerProcess } from '../worker-process.js';

const MEBIBYTE = 1_048_576;
const LARGE_BYTES = Number(process.env.FILES_MIB ?? 64) * MEBIBYTE;
const FLIP_MS = Number(process.env.FLIP_MS ?? 4_000);
const LEVELS = ['bubblewrap', 'pid-namespace', 'process-group'] as const;
const ROUND_TRIP = fileURLToPath(new URL('./programs/round-trip.js', import.meta.url));

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sandcrew-files-'));
});
afterEach(async () => {
  spawnSync('chmod', ['-R', 'u+rwX', root]);
  await rm(root, { recursive: true, force: true });
});

function managerOf(worker: WorkerProcess, url = worker.url): SandboxManager {
  return new SandboxManager({ workers: [{ url, token: worker.token }] });
}

async function faultOf(promise: Promise<unknown>): Promise<SandboxError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof SandboxError) return error;
  throw new Error(`expected a SandboxError, got ${error}`);
}

/** A file of this size whose every block differs. */
async function growFile(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'w');
  const block = Buffer.alloc(MEBIBYTE);
  for (let at = 0; at + 4 <= block.length; at += 4) block.writeUInt32BE((at * 2_654_435_761) >>> 0, at);
  for (let done = 0; done < bytes; done += block.length) {
    block.writeUInt32BE(done / block.length, 0);
    await file.write(block, 0, Math.min(block.length, bytes - done));
  }
  await file.close();
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

describe.each(LEVELS)('held by %s', (level) => {
  let worker: WorkerProcess | null = null;
  beforeAll(async () => {
    worker = await startWorker(['--containment', level]).catch((error: Error) => {
      if (level === 'process-group') throw error;
      console.warn(`skipped: this host has no ${level}: ${error.message}`);
      return null;
    });
  });
  afterAll(async () => {
    if (worker !== null) expect(await worker.stop()).toBe(0);
  });

  test('a tree with everything in it is the same after put and get', async () => {
    if (worker === null) return;
    const manager = managerOf(worker);
    await mkdir(join(root, 'tree'));
    await growTree(join(root, 'tree'));
    const put = await manager.putFiles('app', join(root, 'tree'), { target: 'in/here' });
    const got = await manager.getFiles('app', ['in/here/'], { target: join(root, 'back') });
    expect(await describeTree(join(root, 'back'))).toEqual(await describeTree(join(root, 'tree')));
    expect(put).toMatchObject({ entries: got.entries, bytes: got.bytes, warnings: [] });
    const { stdout } = await manager.run({
      workspace: 'app',
      command: 'ls -A; ls -A in/here | grep -c sandcrew',
    });
    expect(stdout).toBe('in\n0\n'); // nothing beside it, nothing left of the way there
    await manager.close();
  });

  test(
    'what a flipping link in the workspace does never shows outside of it, nor here',
    async () => {
      if (worker === null) return;
      const manager = managerOf(worker);
      const outside = join(root, 'outside');
      await mkdir(outside);
      await writeFile(join(outside, 'secret'), 'secret');
      await mkdir(join(root, 'tree/d'), { recursive: true });
      for (let index = 0; index < 20; index++) await writeFile(join(root, `tree/d/f${index}`), `${index}`);
      const flip = `while :; do mv d x 2>/dev/null; ln -sfn ${outside} d; rm -f d; mv x d 2>/dev/null || mkdir -p d; sleep 0.02; done`;
      const flipper = manager.run({ workspace: 'app', command: flip, timeoutMs: 0 });
      await flipper.started;
      const deadlineMs = performance.now() + FLIP_MS;
      const outcomes: Record<string, number> = {};
      const count = (what: string) => {
        outcomes[what] = (outcomes[what] ?? 0) + 1;
      };
      for (let round = 0; performance.now() < deadlineMs; round++) {
        await manager.putFiles('app', join(root, 'tree')).then(
          () => count('put'),
          (error: SandboxError) => count(`put ${error.code}`),
        );
        const target = join(root, `got/${round}`);
        await manager.getFiles('app', ['d'], { target }).then(
          () => count('got'),
          (error: SandboxError) => count(`get ${error.code}`),
        );
        for (const line of await describeTree(target)) expect(line).toMatch(/^d(\/| ->|\/f\d+ )/);
        await rm(target, { recursive: true, force: true });
      }
      console.info(`${level}: ${JSON.stringify(outcomes)} in ${FLIP_MS} ms`);
      expect(
        Object.keys(outcomes).filter(
          (what) => !/^(put|got|(put|get) (FILES_FAILED|INVALID_PATH))$/.test(what),
        ),
      ).toEqual([]);
      expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
      // Where the containment hides no file, the flipper itself may write there: what lands there is no escape of ours.
      if (level === 'bubblewrap') expect(await readdir(outside)).toEqual(['secret']);
      flipper.terminate(0);
      await faultOf(flipper.then());
      await manager.close();
    },
    FLIP_MS + 60_000,
  );
});

describe('a worker', () => {
  let worker: WorkerProcess;
  beforeAll(async () => {
    worker = await startWorker();
  });
  afterAll(async () => {
    expect(await worker.stop()).toBe(0);
  });

  test(`takes and gives ${LARGE_BYTES / MEBIBYTE} MiB whole, and neither side's memory grows with it`, async () => {
    const large = join(root, 'large');
    await growFile(large, LARGE_BYTES);
    const { stdout } = await promisify(execFile)(process.execPath, [
      ROUND_TRIP,
      worker.url,
      worker.tokenFile,
      large,
      join(root, 'back'),
    ]);
    const told = JSON.parse(stdout) as {
      putMs: number;
      getMs: number;
      peakRssBytes: number;
      entries: number;
    };
    expect(await hashOf(join(root, 'back/large'))).toBe(await hashOf(large));
    const workerPeakBytes =
      Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${worker.pid}/status`, 'utf8'))?.[1]) * 1_024;
    const inMebibytes = (bytes: number) => Math.round(bytes / MEBIBYTE);
    console.info(
      `${inMebibytes(LARGE_BYTES)} MiB: put ${Math.round(told.putMs)} ms, get ${Math.round(told.getMs)} ms; most RSS: manager ${inMebibytes(told.peakRssBytes)} MiB, worker ${inMebibytes(workerPeakBytes)} MiB`,
    );
    expect(told.peakRssBytes).toBeLessThan(300 * MEBIBYTE);
    expect(workerPeakBytes).toBeLessThan(300 * MEBIBYTE);
  }, 600_000);

  test('takes and gives exact bytes over a connection that is cut each 100 ms', async () => {
    const proxy = await FaultProxy.listen(worker.url);
    for (const direction of ['up', 'down'] as const) proxy.pass(direction, { bytesPerSecond: 64 * MEBIBYTE });
    const manager = managerOf(worker, proxy.url);
    const { cuts, calm } = proxy.cutEach(100);
    try {
      const large = join(root, 'large');
      await growFile(large, 24 * MEBIBYTE);
      await manager.putFiles('cut', large);
      const putCuts = cuts();
      await manager.getFiles('cut', ['large'], { target: join(root, 'back') });
      console.info(`cut ${putCuts} times during put, ${cuts() - putCuts} times during get`);
      expect(await hashOf(join(root, 'back/large'))).toBe(await hashOf(large));
      expect(putCuts).toBeGreaterThan(0);
      expect(cuts() - putCuts).toBeGreaterThan(0);
    } finally {
      calm();
      await manager.close();
      await proxy.close();
    }
  }, 120_000);

  test('is given a list, a single file and a tar stream; excluded names stay', async () => {
    const manager = managerOf(worker);
    for (const name of ['a', 'd/keep', 'd/node_modules/x', 'd/o.o']) {
      await mkdir(join(root, name, '..'), { recursive: true });
      await writeFile(join(root, name), name);
    }
    await manager.putFiles('list', [join(root, 'a')]);
    await manager.putFiles('list', [join(root, 'd')], { exclude: ['node_modules', '*.o'] });
    await manager.putFiles('list', join(root, 'a'), { target: 'one' });
    await promisify(execFile)('tar', ['-c', '-f', join(root, 'tar'), '-C', root, 'd']);
    await manager.putFiles('list', createReadStream(join(root, 'tar')), { target: '-t' });
    const { stdout } = await manager.run({ workspace: 'list', command: 'find . -type f | sort' });
    expect(stdout.split('\n')).toEqual([
      './-t/d/keep',
      './-t/d/node_modules/x',
      './-t/d/o.o',
      './a',
      './d/keep',
      './one/a',
      '',
    ]);
    await manager.getFiles('list', ['-t/d', 'one/'], {
      target: join(root, 'back'),
      exclude: ['*.o', 'd/node_modules'],
    });
    expect((await describeTree(join(root, 'back'))).map((line) => line.split(' ')[0])).toEqual([
      'a',
      'd/',
      'd/keep',
    ]);
    await manager.close();
  });

  test('gives a file by its name, whatever signs are in that, and by no other', async () => {
    const manager = managerOf(worker);
    const names = [
      'a\\b',
      '\\056\\056',
      '--help',
      '@list',
      'line\nend',
      '*',
      "'; id '",
      '\u001b[2J',
      'n'.repeat(255),
    ];
    const odd = join(root, 'odd');
    await mkdir(odd);
    for (const name of names) await writeFile(join(odd, name), name);
    await manager.putFiles('odd', odd, { target: 'inner' });
    for (const name of names) {
      const target = await mkdtemp(join(root, 'back-'));
      await manager.getFiles('odd', [`inner/${name}`], { target });
      expect(await readFile(join(target, name), 'utf8')).toBe(name);
    }
    // To tar this would be `../file`, where it took a backslash for a sign of its own.
    await manager.run({ workspace: 'odd', command: 'echo outer > file' });
    const target = join(root, 'nothing');
    expect(await faultOf(manager.getFiles('odd', ['inner/\\056\\056\\057file'], { target }))).toMatchObject({
      code: 'FILES_FAILED',
    });
    await manager.close();
  });

  test('is given no name that is not UTF-8, and the name is told', async () => {
    const manager = managerOf(worker);
    const odd = join(root, 'damaged');
    await mkdir(odd);
    await writeFile(Buffer.concat([Buffer.from(join(odd, 'x')), Buffer.from([0xff])]), '');
    const fault = await faultOf(manager.putFiles('damaged', odd));
    expect(fault).toMatchObject({
      code: 'INVALID_PATH',
      message: expect.stringContaining('it is not UTF-8'),
    });
    await manager.putFiles('damaged', odd, { exclude: ['x?'] });
    await manager.close();
  });

  test('replaces files, merges directories, and goes through no link that stands in the workspace', async () => {
    const manager = managerOf(worker);
    const outside = join(root, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'file'), 'untouched');
    await manager.run({
      workspace: 'links',
      command: `mkdir d && echo old > d/f && echo kept > d/kept && ln -s ${outside} l && ln -s ${outside}/file s`,
    });
    await mkdir(join(root, 'tree/d'), { recursive: true });
    await writeFile(join(root, 'tree/d/f'), 'new');
    await writeFile(join(root, 'tree/s'), 'mine');
    await manager.putFiles('links', join(root, 'tree'));
    const { stdout } = await manager.run({ workspace: 'links', command: 'cat d/f d/kept s; test ! -L s' });
    expect(stdout).toBe('newkept\nmine');
    await mkdir(join(root, 'tree/l'));
    await writeFile(join(root, 'tree/l/file'), 'evil');
    expect(await faultOf(manager.putFiles('links', join(root, 'tree')))).toMatchObject({
      code: 'FILES_FAILED',
    });
    expect(await faultOf(manager.putFiles('links', join(root, 'tree'), { target: 'l' }))).toMatchObject({
      code: 'FILES_FAILED',
      message: expect.stringContaining('leads out of the workspace'),
    });
    expect(await readFile(join(outside, 'file'), 'utf8')).toBe('untouched');
    expect(await readdir(outside)).toEqual(['file']);
    await manager.close();
  });

  test('that is told to stop in the middle of a put keeps nothing of it', async () => {
    const manager = managerOf(worker);
    const abort = new AbortController();
    await growFile(join(root, 'large'), 32 * MEBIBYTE);
    const put = manager.putFiles('aborted', join(root, 'large'), {
      signal: abort.signal,
      onProgress: ({ archiveBytes }) => {
        if (archiveBytes > MEBIBYTE) abort.abort();
      },
    });
    expect(await faultOf(put)).toMatchObject({ code: 'TERMINATED' });
    const { stdout } = await manager.run({ workspace: 'aborted', command: 'ls -A' });
    expect(stdout).toBe('');
    await manager.close();
  });

  test('says what it has not, and nothing is made here', async () => {
    const manager = managerOf(worker);
    await manager.run({ workspace: 'there', command: 'echo 1 > one' });
    const got = manager.getFiles('there', ['one', 'two'], { target: join(root, 'back') });
    expect(await faultOf(got)).toMatchObject({
      code: 'FILES_FAILED',
      message: expect.stringContaining('two: Cannot stat: No such file or directory'),
    });
    expect(await readdir(join(root, 'back'))).toEqual([]);
    await manager.close();
  });

  test('tells of a socket, which it leaves out', async () => {
    const manager = managerOf(worker);
    const made = await manager.run({
      workspace: 'odd',
      command: ['node', '-e', "require('net').createServer().listen('s', () => process.exit(0))"],
    });
    expect(made.exitCode).toBe(0);
    await manager.run({ workspace: 'odd', command: 'echo x > f; test -S s' });
    const { warnings } = await manager.getFiles('odd', ['.'], { target: join(root, 'back') });
    expect(warnings).toEqual([expect.stringContaining('s: socket ignored')]);
    await manager.close();
  });

  test('gives nothing that leads out of the place where it is put', async () => {
    const manager = managerOf(worker);
    await manager.run({
      workspace: 'evil',
      command: 'ln -s /etc/passwd p; ln -s ../../x up; mkfifo pipe; echo ok > ok',
    });
    for (const [path, says] of [
      ['p', 'leads to an absolute path'],
      ['up', 'leads out'],
      ['pipe', 'a fifo'],
    ] as const) {
      const got = manager.getFiles('evil', ['ok', path], { target: join(root, 'back') });
      expect(await faultOf(got)).toMatchObject({
        code: 'INVALID_PATH',
        message: expect.stringContaining(says),
      });
    }
    await manager.getFiles('evil', ['.'], { target: join(root, 'back'), exclude: ['p', 'up', 'pipe'] });
    expect(await readdir(join(root, 'back'))).toEqual(['ok']);
    await manager.close();
  });

  test('that retains little and is read slowly loses nothing of what it gives', async () => {
    const small = await startWorker(['--retain-bytes', String(40 * MEBIBYTE)]);
    const manager = managerOf(small);
    const bytes = 96 * MEBIBYTE;
    await manager.run({ workspace: 'slow', command: `head -c ${bytes} /dev/zero > zeros` });
    let isAwake = true;
    await manager.getFiles('slow', ['zeros'], {
      target: join(root, 'back'),
      onProgress: ({ archiveBytes }) => {
        if (!isAwake || archiveBytes < MEBIBYTE) return;
        isAwake = false;
        const untilMs = performance.now() + 2_000; // nobody here takes anything for so long
        while (performance.now() < untilMs);
      },
    });
    expect(isAwake).toBe(false);
    expect((await stat(join(root, 'back/zeros'))).size).toBe(bytes);
    await manager.close();
    expect(await small.stop()).toBe(0);
  }, 120_000);
});
