import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Ended, made, Sandcrew, sandcrew } from './sandcrew.js';
import { startWorker } from './worker-process.js';

let directory: string;
let worker: Sandcrew;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-cli-'));
  ({ worker, env } = await startWorker(directory));
});

afterAll(async () => {
  worker.child.kill('SIGTERM');
  expect((await worker.ended).status).toBe(0);
  rmSync(directory, { recursive: true, force: true });
});

function call(...words: readonly string[]): Promise<Ended> {
  return sandcrew(words, { env });
}

async function detached(command: string): Promise<string> {
  const { status, stdout, stderr } = await call('run', '--detach', '--', command);
  expect([status, stderr]).toEqual([0, '']);
  return stdout.toString().trim();
}

async function stateOf(taskId: string): Promise<string | undefined> {
  const { stdout } = await call('ps', '--json');
  const tasks = stdout
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return tasks.find((task) => task.taskId === taskId)?.state;
}

function lines(first: number, last: number): string {
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}\n`).join('');
}

describe('a task that is left running', () => {
  test('is listed, and attached to for its output and its exit code; then the worker forgets it', async () => {
    const taskId = await detached('echo first; sleep 0.3; echo last >&2; exit 5');
    expect(await stateOf(taskId)).toMatch(/running|complete/);
    const { status, stdout, stderr } = await call('attach', taskId);
    expect([status, stdout.toString(), stderr]).toEqual([5, 'first\n', 'last\n']);
    expect(await stateOf(taskId)).toBeUndefined();
    expect((await call('attach', taskId)).stderr).toContain(`The worker has no task "${taskId}"`);
  });

  test('shows with logs what was written so far, from any offset that is kept, and says what is gone', async () => {
    const gate = join(directory, 'more');
    const taskId = await detached(
      `printf 0123456789; touch ${gate}.begun; until [ -e ${gate} ]; do sleep 0.05; done; echo more; exec sleep 1000`,
    );
    await made(`${gate}.begun`);
    expect((await call('logs', '--offset', '6', taskId)).stdout.toString()).toBe('6789');
    const again = await call('logs', '--offset', '6', taskId); // what was read once need not be kept
    expect([again.stdout.toString(), again.status]).toEqual(['', 0]);
    expect(again.stderr).toContain('4 bytes of output from byte 6 on are gone');
    writeFileSync(gate, '');
    const following = new Sandcrew(['logs', '--follow', '--offset', '10', taskId], { env });
    await following.says('more');
    following.child.kill('SIGINT');
    const { status, stderr } = await following.ended;
    expect(status).toBe(0);
    expect(stderr).toContain('`sandcrew attach` follows it again');
    expect((await call('stop', '--grace', '0', taskId)).status).toBe(0);
  });

  test('is stopped, and keeps the output that nobody has read', async () => {
    const written = join(directory, 'written');
    const taskId = await detached(
      `trap 'echo bye; exit 3' TERM; seq 1 100000; touch ${written}; while :; do sleep 0.1; done`,
    );
    await made(written);
    const { status, stderr } = await call('stop', taskId);
    expect([status, stderr]).toEqual([0, '']);
    expect(await stateOf(taskId)).toBe('error');
    const kept = (await call('logs', taskId)).stdout.toString().split('\n');
    expect([kept.length, kept[0], ...kept.slice(-3)]).toEqual([100_002, '1', '100000', 'bye', '']);
    expect((await call('attach', taskId)).status).toBe(143);
  });

  test('is let go of by Ctrl-C and goes on', async () => {
    const taskId = await detached('echo here; sleep 1000');
    const attached = new Sandcrew(['attach', taskId], { env });
    await attached.says('here');
    attached.child.kill('SIGINT');
    expect((await attached.ended).status).toBe(130);
    expect(await stateOf(taskId)).toBe('running');
    expect((await call('stop', taskId)).status).toBe(0);
  });

  test('is followed on where another command of the same user came between', async () => {
    const gate = join(directory, 'gate');
    const taskId = await detached(`seq 1 2; until [ -e ${gate} ]; do sleep 0.05; done; seq 3 15; exit 9`);
    const attached = new Sandcrew(['attach', taskId], { env });
    await attached.says('2\n');
    expect(await stateOf(taskId)).toBe('running');
    writeFileSync(gate, '');
    const { status, stdout } = await attached.ended;
    expect(stdout.toString()).toBe(lines(1, 15));
    expect(status).toBe(9);
  });
});

describe('a worker that stays', () => {
  test('runs a command as an embedded one does', async () => {
    const { status, stdout } = await call('run', '--', 'echo hi; exit 4');
    expect([status, stdout.toString()]).toEqual([4, 'hi\n']);
  });

  test('tells its health', async () => {
    const { status, stdout } = await call('health');
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(/^worker {6}w1 at ws:\/\/127\.0\.0\.1:\d+.*\nhealth {6}healthy\n/);
    expect(JSON.parse((await call('health', '--json')).stdout.toString())).toMatchObject({
      workerId: 'w1',
      health: 'healthy',
    });
  });

  test('lists and removes workspaces', async () => {
    expect((await call('run', '--workspace', 'app', '--', 'echo kept > file')).status).toBe(0);
    expect((await call('run', '--workspace', 'app', '--', 'cat file')).stdout.toString()).toBe('kept\n');
    expect((await call('workspace', 'ls')).stdout.toString()).toBe('app\n');
    expect((await call('workspace', 'rm', 'app')).status).toBe(0);
    expect((await call('workspace', 'ls')).stdout.toString()).toBe('');
    const { status, stderr } = await call('workspace', 'rm', 'app');
    expect(status).toBe(125);
    expect(stderr).toContain('`sandcrew workspace ls` lists the workspaces.');
  });

  test('that refuses the token is told at once, with its URL and what to do', async () => {
    const wrong = join(directory, 'wrong');
    writeFileSync(wrong, `${'b'.repeat(64)}\n`, { mode: 0o600 });
    for (const words of [
      ['run', '--token-file', wrong, '--', 'true'],
      ['ps', '--token-file', wrong],
    ]) {
      const { status, stderr } = await call(...words);
      expect(status).toBe(125);
      expect(stderr).toContain(env['SANDCREW_WORKER']);
      expect(stderr).toContain("token that stands in the worker's token file");
    }
  });
});
