import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Ended, made, type Sandcrew, sandcrew, shellLine } from './sandcrew.js';
import { startWorker } from './worker-process.js';

const FULL = 'sandcrew: The output cannot be written: ENOSPC: no space left on device, write.\n';
let directory: string;
let worker: Sandcrew;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-cli-'));
  ({ worker, env } = await startWorker(directory));
});
afterAll(async () => {
  worker.child.kill('SIGTERM');
  await worker.ended;
  rmSync(directory, { recursive: true, force: true });
});

function call(...words: readonly string[]): Promise<Ended> {
  return sandcrew(words, { env });
}

async function detached(command: string): Promise<string> {
  return (await call('run', '--detach', '--', command)).stdout.toString().trim();
}

function lines(first: number, last: number): string {
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}\n`).join('');
}

describe('output that could not be shown', () => {
  test('stays at the worker: logs on a full disk takes nothing, and says so', async () => {
    const gate = join(directory, 'read');
    const taskId = await detached(
      `seq 1 1000; touch ${gate}.begun; until [ -e ${gate} ]; do sleep 0.05; done`,
    );
    await made(`${gate}.begun`);
    const { status, stderr } = await shellLine(`$SANDCREW logs ${taskId} >/dev/full`, { env }).ended;
    expect([status, stderr]).toEqual([125, FULL]);
    writeFileSync(gate, '');
    const { stdout } = await call('attach', taskId);
    expect(stdout.toString()).toBe(lines(1, 1000));
  });

  test('is told also where the disk takes the first part of it', async () => {
    const limited = "trap '' XFSZ; ulimit -f 1; $SANDCREW run -- 'head -c 1500 /dev/zero' >part"; // 1 = 512 or 1,024 bytes
    const { status, stderr } = await shellLine(limited, { env, cwd: directory }).ended;
    expect(status).toBe(125);
    expect(stderr).toContain('The output cannot be written: EFBIG');
  });

  test('is not lost with what logs leaves unread while the task writes on', async () => {
    const gate = join(directory, 'gate');
    const taskId = await detached(
      `seq 1 200000; i=200000; until [ -e ${gate} ]; do i=$((i + 1)); echo $i; done`,
    );
    let shown = '';
    for (let visits = 0; visits < 3; visits += 1) {
      const slowly = `$SANDCREW logs ${taskId} | (sleep 0.3; cat)`; // more comes than is shown
      shown += (await shellLine(slowly, { env }).ended).stdout.toString();
    }
    writeFileSync(gate, '');
    shown += (await call('attach', taskId)).stdout.toString();
    const [, last] = /(\d+)\n$/.exec(shown) ?? [];
    expect(shown === lines(1, Number(last))).toBe(true); // of megabytes, a difference is no use to anybody
  });

  test.each([['ps'], ['health'], ['health --json']])('of %s is one clear error', async (words) => {
    const { status, stderr } = await shellLine(`$SANDCREW ${words} >/dev/full`, { env }).ended;
    expect([status, stderr]).toEqual([125, FULL]);
  });

  test('of run --detach: the id is on stderr, and the task goes on', async () => {
    const line = '$SANDCREW run --detach -- sleep 1000 >/dev/full';
    const { status, stderr } = await shellLine(line, { env }).ended;
    expect(status).toBe(125);
    const [, taskId = ''] = /^sandcrew: Task (\S+) is left running\.\n/.exec(stderr) ?? [];
    const { stdout } = await call('ps');
    expect(stdout.toString()).toMatch(new RegExp(`^${taskId} +running`, 'm'));
    expect((await call('stop', '--grace', '0', taskId)).status).toBe(0);
  });
});
