/** Hosts that run out of something: what cannot be had is told by name, and only who asked for it is hurt. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { until } from '@sandcrew/testkit';
import { type End, endOf } from '../../task-end.js';
import { startWorker, type WorkerProcess } from '../../worker-process.js';
import { tell } from './size.js';

const MIB = 1_048_576;
const testWith = (isThere: boolean) => (isThere ? test : test.skip);
const canMount = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
const canLimitFiles = spawnSync('prlimit', ['--nofile=64', 'true']).status === 0;
const hasBubblewrap = spawnSync('bwrap', ['--ro-bind', '/', '/', 'true']).status === 0;
/** The kernel ends a command for a limit of its own. */
const holdsMemory = process.platform === 'linux' && process.getuid?.() === 0;

let worker: WorkerProcess;
let manager: SandboxManager;

async function start(args: readonly string[], by: readonly string[] = []): Promise<void> {
  worker = await startWorker(args, undefined, { by });
  manager = new SandboxManager({ workers: [{ url: worker.url, token: worker.token }] });
  await manager.connected();
}

afterEach(async () => {
  await manager?.close({ graceMs: 0 });
  await worker?.stop();
});

testWith(canMount)(
  'output that the disk has no room for is told as a gap, and the command, its end and other tasks are not hurt',
  async () => {
    const small = 'mkdir -p "$0" && mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"';
    await start(['--retain-bytes', '268435456'], ['unshare', '--mount', 'sh', '-c', small, 'STATE']);
    const bytes = 64 * MIB;
    const task = manager.run({ command: `head -c ${bytes} /dev/zero; touch written; exit 5` });
    const reader = task.output[Symbol.asyncIterator]();
    const first = await reader.next(); // and then nobody reads: the worker has to keep the rest
    expect(first.done).toBe(false);
    await until('all of it is written', () => existsSync(join(worker.workspace, 'written')), 30_000);
    expect(await manager.run({ command: 'echo neighbour' })).toMatchObject({ stdout: 'neighbour\n' });
    let readBytes = first.value?.bytes.length ?? 0;
    for (let next = await reader.next(); next.done !== true; next = await reader.next())
      readBytes += next.value.bytes.length;
    const { exitCode, outputBytes, gaps } = await task;
    const goneBytes = gaps.reduce((sum, gap) => sum + gap.bytes, 0);
    expect({ exitCode, outputBytes, sum: readBytes + goneBytes }).toEqual({
      exitCode: 5,
      outputBytes: bytes,
      sum: bytes,
    });
    expect(goneBytes).toBeGreaterThan(0);
    tell(`a full disk: ${readBytes} of ${bytes} bytes read, ${goneBytes} told as gone, exit code true`);
    expect(await manager.run({ command: 'echo still works' })).toMatchObject({ stdout: 'still works\n' });
  },
  60_000,
);

testWith(canLimitFiles)(
  'a worker with 64 descriptors: what has no room beside the tasks that run waits for them',
  async () => {
    await start(['--max-tasks', '60'], ['prlimit', '--nofile=64']);
    const ends: Promise<End>[] = [];
    for (let number = 0; number < 25; number++) {
      const task = manager.run({ command: `sleep 0.5; echo ${number}` });
      const end = endOf(task);
      ends.push(end);
      await Promise.race([task.started, end]);
    }
    for (const [number, end] of (await Promise.all(ends)).entries())
      expect(end).toMatchObject({ code: 'completed', exitCode: 0, stdout: `${number}\n`, attempts: 1 });
    expect(worker.process.exitCode).toBe(null);
  },
  60_000,
);

const LEVELS = ['process-group', 'pid-namespace', ...(hasBubblewrap ? ['bubblewrap'] : [])];
testWith(canLimitFiles).each(LEVELS)(
  'a worker with 64 descriptors that is given 60 tasks at once tells each what it lacked, and goes on (%s)',
  async (level) => {
    await start(['--max-tasks', '60', '--containment', level], ['prlimit', '--nofile=64']);
    const tasks = Array.from({ length: 60 }, (_, index) =>
      endOf(manager.run({ command: `sleep 0.3; echo ${index}` })),
    );
    const ends = await Promise.all(tasks);
    for (const [index, end] of ends.entries()) {
      if (end.code === 'completed') expect(end).toMatchObject({ exitCode: 0, stdout: `${index}\n` });
      else expect([end.code, end.message]).toEqual(['SPAWN_FAILED', expect.stringContaining('EMFILE')]);
    }
    const ran = ends.filter(({ code }) => code === 'completed').length;
    tell(
      `64 descriptors, 60 tasks at once (${level}): ${ran} ran, ${60 - ran} were told EMFILE; the worker lives`,
    );
    expect(await manager.run({ command: 'echo still works' })).toMatchObject({ stdout: 'still works\n' });
    expect(worker.process.exitCode).toBe(null);
  },
  60_000,
);

testWith(holdsMemory)(
  'a task that eats 4 GiB under a limit of 256 MiB is ended alone, and it is told why',
  async () => {
    await start([]);
    const neighbour = manager.run({ command: 'read line; echo "still here: $line"', stdin: 'pipe' });
    await neighbour.started;
    const eater = `perl -e 'for (1 .. 4096) { $x .= "y" x ${MIB} }; print length($x)'`;
    const end = await endOf(manager.run({ command: eater, limits: { memoryBytes: 256 * MIB } }));
    expect(end).toMatchObject({ code: 'MEMORY_EXHAUSTED', stdout: '' });
    neighbour.write('yes\n').catch(() => {}); // it may end before anyone is told that it has read this
    expect(await neighbour).toMatchObject({ exitCode: 0, stdout: 'still here: yes\n' });
  },
  60_000,
);
