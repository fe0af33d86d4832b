/** Many tasks at once through the library: each gets its own output and its own end. */
import { expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { WORKER_COMMAND } from '../worker-process.js';

test('200 tasks at once on one worker, each with its own output, exit code and streams', async () => {
  const manager = new SandboxManager({ embedded: { command: WORKER_COMMAND, args: ['--max-tasks', '200'] } });
  try {
    const tasks = Array.from({ length: 200 }, (_, number) =>
      manager.run({
        command: `seq ${number} ${number + 99}; echo err ${number} >&2; sleep 0.5; exit ${number % 100}`,
      }),
    );
    const results = await Promise.all(tasks);
    for (const [number, { exitCode, stdout, stderr, leftover, gaps }] of results.entries()) {
      const lines = Array.from({ length: 100 }, (_, line) => `${number + line}\n`).join('');
      expect({ exitCode, stdout, stderr, leftover, gaps }).toEqual({
        exitCode: number % 100,
        stdout: lines,
        stderr: `err ${number}\n`,
        leftover: 0,
        gaps: [],
      });
    }
  } finally {
    await manager.close();
  }
}, 240_000);

test('more tasks than slots wait their turn: higher priority first, equals oldest first', async () => {
  const manager = new SandboxManager({ embedded: { command: WORKER_COMMAND, args: ['--max-tasks', '1'] } });
  try {
    const order: string[] = [];
    const run = (name: string, priority: number) =>
      manager.run({ command: ['true'], priority }).then(() => order.push(name));
    await Promise.all([
      run('first', 0),
      run('low', 0),
      run('high', 5),
      run('higher', 9),
      run('low again', 0),
    ]);
    // The first one may have left the queue before the others came.
    expect(order.filter((name) => name !== 'first')).toEqual(['higher', 'high', 'low', 'low again']);
  } finally {
    await manager.close();
  }
});
