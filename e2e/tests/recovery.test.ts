/**
 * Each rung of the ladder on programs that really cannot go on, with two real workers. All of them are begun at once: most
 * of the time is the worker's, that makes sure.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type HistoryEntry,
  type PartialTaskResult,
  type RecoveryInfo,
  SandboxError,
  SandboxManager,
  type TaskHandle,
  type TaskRequest,
  type TaskResult,
} from '@sandcrew/manager';
import { startWorker, WORKER_COMMAND, type WorkerProcess } from '../worker-process.js';

/** It holds both ends of the pipe that it reads. */
const DEADLOCK = 'p=$(mktemp -u); mkfifo $p; exec 3<>$p; rm $p; read x <&3';
const ASK = 'printf "Proceed? [y/N] "; read a; printf "Sure? "; read b; echo "$a, $b"';
const ASK_UNTIL_GOOD = 'until [ "$n" = good ]; do printf "Name? "; read n; done; echo done';
const ASK_PASSWORD = 'read -s -p "Password: " p; echo "got $p"';
const PTY = { cols: 80, rows: 24 };

let workers: WorkerProcess[];
let manager: SandboxManager;
let own: SandboxManager;
let directory: string;
let example: Promise<{ readonly said: string; readonly expected: string }>;
const rungs: RecoveryInfo[] = [];
const tasks = new Map<string, TaskHandle>();

function begin(taskId: string, request: TaskRequest): void {
  tasks.set(taskId, manager.run({ taskId, graceMs: 500, ...request }));
}

/** The first time that it runs it deadlocks, wherever that is. */
function deadlockOnce(name: string): string {
  return `mkdir ${join(directory, name)} 2>/dev/null || { echo second; exit 0; }; ${DEADLOCK}`;
}

function rungsOf(taskId: string): string[] {
  return rungs.filter((told) => told.taskId === taskId).map(({ rung }) => rung);
}

function resultOf(taskId: string): Promise<TaskResult> {
  return tasks.get(taskId) as TaskHandle;
}

async function errorOf(task: Promise<TaskResult>): Promise<SandboxError<PartialTaskResult>> {
  const end: unknown = await task.catch((error: unknown) => error);
  if (end instanceof SandboxError) return end as SandboxError<PartialTaskResult>;
  throw new Error(`expected the task to fail, got ${JSON.stringify(end)}`);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sandcrew-recovery-'));
  workers = await Promise.all([startWorker(['--worker-id', 'a']), startWorker(['--worker-id', 'b'])]);
  manager = new SandboxManager({ workers: workers.map(({ url, token }) => ({ url, token })) });
  // A task sees no /tmp but its own: what this test and its tasks share lies in the workspace.
  own = new SandboxManager({ embedded: { command: WORKER_COMMAND, directory }, maxWorkers: 2 });
  for (const each of [manager, own]) each.on('blockRecovery', (recovery) => rungs.push(recovery));
  await Promise.all(workers.map(({ url }) => manager.connected(url)));
  example = runExample();
  example.catch(() => {}); // its own test tells
  begin('loop', {
    command: 'while :; do :; done',
    onBlock: { default: { ladder: 'terminate', suspectedAfterMs: 500 } },
  });
  begin('answered', {
    command: ASK,
    stdin: 'pipe',
    onBlock: {
      answers: [
        { prompt: /^Proceed\?/, reply: 'y' },
        { prompt: 'Sure', reply: 'very\n' },
      ],
    },
  });
  begin('wrong', {
    command: ASK_UNTIL_GOOD,
    stdin: 'pipe',
    onBlock: { answers: [{ prompt: 'Name?', reply: 'bad' }], default: 'terminate' },
  });
  begin('secret', {
    command: ASK_PASSWORD,
    pty: PTY,
    onBlock: { answers: [{ prompt: /./, reply: 'guess' }], default: 'terminate' },
  });
  begin('password', {
    command: ASK_PASSWORD,
    pty: PTY,
    onBlock: { answers: [{ prompt: 'Password:', reply: 'sesame', password: true }] },
  });
  begin('asked', {
    command: ASK,
    stdin: 'pipe',
    onBlock: async ({ evidence }) => ({ reply: `about ${evidence['prompt']}` }),
  });
  begin('ended-input', {
    command: 'cat; echo rest',
    stdin: 'pipe',
    onBlock: { waiting_for_input: 'end_input' },
  });
  begin('stopped', { command: `sh -c 'kill -STOP $$; echo on'`, onBlock: { stopped: 'continue' } });
  begin('deadlock', { command: DEADLOCK, onBlock: { default: 'terminate' } });
  begin('requeued', {
    command: deadlockOnce('requeued'),
    idempotent: true,
    onBlock: { deadlock: 'requeue' },
  });
  begin('by-policy', {
    command: deadlockOnce('by-policy'),
    idempotent: true,
    blockPolicy: { deadlock: 'terminate' },
    onBlock: { deadlock: 'requeue' },
  });
  begin('everywhere', { command: DEADLOCK, idempotent: true, onBlock: { default: 'requeue' } });
}, 60_000);

afterAll(async () => {
  await Promise.all([manager.close({ graceMs: 0 }), own.close({ graceMs: 0 })]);
  await Promise.all(workers.map((worker) => worker.stop()));
  await rm(directory, { recursive: true, force: true });
}, 60_000);

test('prompts are answered, each by the answer that fits it', async () => {
  expect(await resultOf('answered')).toMatchObject({ exitCode: 0, stdout: 'Proceed? [y/N] Sure? y, very\n' });
  expect(rungsOf('answered')).toEqual(['answer', 'answer']);
});

test('a wrong answer is given once, and then the next rung is climbed', async () => {
  expect(await errorOf(resultOf('wrong'))).toMatchObject({ code: 'BLOCKED', detail: 'waiting_for_input' });
  expect(rungsOf('wrong')).toEqual(['answer', 'terminate']);
});

test('a password prompt is answered only by an answer that is for one', async () => {
  const error = await errorOf(resultOf('secret'));
  expect([error.code, error.result?.stdout]).toEqual(['BLOCKED', expect.not.stringContaining('guess')]);
  expect(rungsOf('secret')).toEqual(['terminate']);
  expect(await resultOf('password')).toMatchObject({ stdout: expect.stringContaining('got sesame') });
  expect(JSON.stringify(rungs)).not.toContain('sesame');
});

test('a function says what to do about each block', async () => {
  const { stdout } = await resultOf('asked');
  expect(stdout).toContain('about Proceed? [y/N], about ');
  expect(rungsOf('asked').filter((rung) => rung !== 'report')).toEqual(['answer', 'answer']);
});

test('what reads for ever is given the end of its input', async () => {
  expect(await resultOf('ended-input')).toMatchObject({ exitCode: 0, stdout: 'rest\n' });
  expect(rungsOf('ended-input')).toEqual(['end_input']);
});

test('what was stopped is let go on', async () => {
  expect(await resultOf('stopped')).toMatchObject({ exitCode: 0, stdout: 'on\n' });
  expect(rungsOf('stopped')).toEqual(['continue']);
});

test('a deadlock is ended, and the error tells what was seen and done', async () => {
  const error = await errorOf(resultOf('deadlock'));
  expect(error).toMatchObject({ code: 'BLOCKED', detail: 'deadlock' });
  const history = error.result?.history as HistoryEntry[];
  expect(history.map(({ state, rung }) => rung ?? state)).toEqual([
    'queued',
    'assigned',
    'running',
    'blocked',
    'terminate',
    'terminating',
    'failed',
  ]);
});

test('an idempotent task that blocks on one worker completes on another, from offset 0', async () => {
  const result = await resultOf('requeued');
  expect(result).toMatchObject({ exitCode: 0, stdout: 'second\n', attempts: 2, outputBytes: 7 });
  expect(rungsOf('requeued')).toEqual(['terminate', 'requeue']);
  const [first] = rungs.filter(({ taskId }) => taskId === 'requeued');
  expect(first?.workerId).not.toBe(result.workerId);
});

test('so does one that its worker ended by its own policy', async () => {
  expect(await resultOf('by-policy')).toMatchObject({ exitCode: 0, stdout: 'second\n', attempts: 2 });
  expect(rungsOf('by-policy')).toContain('requeue');
});

test('a task that blocks on every worker ends as BLOCKED with its history', async () => {
  const error = await errorOf(resultOf('everywhere'));
  expect(error).toMatchObject({ code: 'BLOCKED', detail: 'deadlock', result: { attempts: 2 } });
  expect(rungsOf('everywhere')).toEqual(['terminate', 'requeue', 'terminate', 'give_up']);
  const history = error.result?.history as HistoryEntry[];
  expect(new Set(history.map(({ workerId }) => workerId))).toEqual(new Set([null, 'a', 'b']));
});

test('an endless loop is ended once the suspicion has stood for suspectedAfterMs', async () => {
  expect(await errorOf(resultOf('loop'))).toMatchObject({ code: 'BLOCKED', detail: 'infinite_loop' });
}, 40_000);

test('a worker that is killed with a blocked task is started again, and the task with it', async () => {
  const blocked = new Promise((resolve) => own.once('blockDetected', resolve));
  const task = own.run({ command: deadlockOnce('killed'), idempotent: true, taskId: 'killed' });
  const { pid } = await task.started;
  await blocked;
  process.kill(await workerOf(pid as number), 'SIGKILL');
  expect(await task).toMatchObject({ exitCode: 0, stdout: 'second\n', attempts: 2 });
  expect(rungsOf('killed')).toEqual(['restart_worker']);
  expect(own.getHealth().workers).toMatchObject([{ phase: 'connected' }]);
}, 60_000);

test('a worker that does not end a task is started again, or replaced where that is asked for', async () => {
  const blocked = new Promise((resolve) => own.once('blockDetected', resolve));
  const task = own.run({ command: DEADLOCK, taskId: 'stuck' });
  const { pid, workerId } = await task.started;
  await blocked;
  process.kill(await workerOf(pid as number), 'SIGSTOP');
  expect(own.recoverFromBlock(workerId, { graceMs: 0 })).toMatchObject({ rung: 'terminate' });
  expect(await errorOf(task)).toMatchObject({ code: 'BLOCKED' });
  expect(rungsOf('stuck')).toEqual(['terminate', 'restart_worker']);
  const next = await own.run({ command: 'echo works' });
  expect(next).toMatchObject({ stdout: 'works\n' });
  expect(own.recoverFromBlock(next.workerId, { rung: 'replace_worker' })).toMatchObject({ refusal: null });
  const last = await own.run({ command: 'echo again' });
  expect(last).toMatchObject({ stdout: 'again\n' });
  expect(new Set([workerId, next.workerId, last.workerId]).size).toBe(3);
}, 60_000);

test("the example of the library's README works as it stands there", async () => {
  const { said, expected } = await example;
  expect(said).toBe(expected);
});

async function runExample(): Promise<{ said: string; expected: string }> {
  const readme = await readFile(new URL('../../../packages/manager/README.md', import.meta.url), 'utf8');
  const section = readme.slice(readme.indexOf('## When a task blocks'));
  const [, program = ''] = section.match(/```js\n([\s\S]*?)```/) ?? [];
  const [, expected = 'an output'] = section.match(/```text\n([\s\S]*?)```/) ?? [];
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    timeout: 30_000,
  });
  return { said: stdout, expected };
}

/** The worker process that a task's process descends from. */
async function workerOf(pid: number): Promise<number> {
  for (let each = pid; each > 1; ) {
    const status = await readFile(`/proc/${each}/status`, 'utf8');
    const command = await readFile(`/proc/${each}/cmdline`, 'utf8');
    if (command.includes('--until-stdin-closes')) return each;
    each = Number(status.match(/^PPid:\s+(\d+)/m)?.[1]);
  }
  throw new Error(`no worker is above process ${pid}`);
}
