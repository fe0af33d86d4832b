/** What began after a moment is found, however the process ids stand. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { platform } from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { countForks, readProcessesSince } from '#src/io/proc/newer-processes.js';

(platform === 'linux' ? describe : describe.skip)('processes since a moment', () => {
  let older: ChildProcess;
  let newer: ChildProcess;
  let forksBetween: number | null;
  const start = async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(child, 'spawn');
    return child;
  };

  beforeEach(async () => {
    older = await start();
    forksBetween = countForks();
    newer = await start();
  });
  afterEach(() => {
    older.kill('SIGKILL');
    newer.kill('SIGKILL');
  });
  const found = (forks: number | null) => {
    const pids = readProcessesSince(newer.pid ?? 0, forks).map(({ pid }) => pid);
    return { older: pids.includes(older.pid ?? 0), newer: pids.includes(newer.pid ?? 0) };
  };

  test('hold what began later, and leave out what is older', () => {
    expect(found(forksBetween)).toEqual({ older: false, newer: true });
  });

  test('hold what a process began after it, and what that began', async () => {
    const shell = spawn('sh', ['-c', '(sleep 60 & echo $!; wait) & wait'], { detached: true });
    const [line] = await once(shell.stdout, 'data');
    expect(readProcessesSince(newer.pid ?? 0, forksBetween).map(({ pid }) => pid)).toContain(Number(line));
    process.kill(-(shell.pid ?? 0), 'SIGKILL');
  });

  test('are it alone where no other was begun since', () => {
    expect(found((countForks() ?? 0) - 1)).toEqual({ older: false, newer: true });
  });

  test('are all processes where the ids may have come round since, or where forks are not counted', () => {
    expect(found((forksBetween ?? 0) - 10_000_000)).toEqual({ older: true, newer: true });
    expect(found(null)).toEqual({ older: true, newer: true });
  });
});
