/** What tasks use is measured while their processes come and go. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { measureUsage } from '#src/io/process-usage.js';

test('a process that ended since it was measured counts for nothing, beside one that lives', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const pids = [child.pid as number, process.pid];
  const before = await measureUsage(pids);
  child.kill('SIGKILL');
  await ended;
  const after = await measureUsage(pids);
  expect(before.memory).toBeGreaterThan(10_000_000);
  expect(after.memory).toBeGreaterThan(10_000_000);
});

test('of processes that are all gone nothing is told', async () => {
  const child = spawn('true', { stdio: 'ignore' });
  await once(child, 'exit');
  expect(await measureUsage([child.pid as number])).toEqual({ cpu: 0, memory: 0 });
});
