/** Our own worker, and one that shares no line with it, against the suite that anyone's worker is held against. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { until } from '@sandcrew/testkit';
import { type End, endOf } from '../task-end.js';
import { startWorker } from '../worker-process.js';

const CONFORMANCE = fileURLToPath(new URL('../../../packages/conformance/dist/main.js', import.meta.url));
const PYTHON_WORKER = fileURLToPath(new URL('../../../examples/python-worker/worker.py', import.meta.url));
const SCHEMA = fileURLToPath(new URL('../../../packages/protocol/schema/v1.json', import.meta.url));
const CLI = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));
const TIMEOUT_MS = 180_000;
const MAIN_TOKEN = 'm'.repeat(64);
const OTHER_TOKEN = 'o'.repeat(64);

interface Report {
  readonly conforming: boolean;
  readonly checks: readonly { readonly id: string; readonly verdict: { readonly kind: string } }[];
}

/** @param worker where it listens, and a directory for files of the test. */
async function holdAgainstContract(worker: { url: string; directory: string }): Promise<Report> {
  const tokenFile = join(worker.directory, 'main.token');
  const otherTokenFile = join(worker.directory, 'other.token');
  await writeFile(tokenFile, `main:${MAIN_TOKEN}`, { mode: 0o600 });
  await writeFile(otherTokenFile, `other:${OTHER_TOKEN}`, { mode: 0o600 });
  const tokens = ['--token-file', tokenFile, '--other-token-file', otherTokenFile];
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [CONFORMANCE, 'worker', worker.url, ...tokens, '--json'],
    { maxBuffer: 16_777_216 },
  ).catch((error: { stdout: string; stderr: string }) => error); // a check that failed is told by its status too
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Report;
}

const idsOf = ({ checks }: Report, kind: string) =>
  checks.filter(({ verdict }) => verdict.kind === kind).map(({ id }) => id);

test(
  'our worker passes every check of the conformance suite, the optional ones too',
  async () => {
    const tokens = [`main:${MAIN_TOKEN}`, `other:${OTHER_TOKEN}`];
    const worker = await startWorker(['--retain-bytes', '3000000'], tokens);
    try {
      const report = await holdAgainstContract(worker);
      expect(report.checks.filter(({ verdict }) => !['passed', 'skipped'].includes(verdict.kind))).toEqual(
        [],
      );
      expect(idsOf(report, 'skipped')).toEqual(['frames.silent-peer', 'hello.heartbeat-pace']);
      expect(report.checks.length).toBeGreaterThan(150);
      expect(report.conforming).toBe(true);
    } finally {
      await worker.stop();
    }
  },
  TIMEOUT_MS,
);

const hasPython =
  spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0;
const withPython = hasPython && process.platform === 'linux' ? test : test.skip;

interface PythonWorker {
  readonly url: string;
  readonly directory: string;
  /** What it has said on stderr. */
  complaints(): string;
  stop(): Promise<void>;
}

async function startPython(): Promise<PythonWorker> {
  const directory = await mkdtemp(join(tmpdir(), 'sandcrew-python-'));
  const tokenFile = join(directory, 'tokens');
  await writeFile(tokenFile, `main:${MAIN_TOKEN}\nother:${OTHER_TOKEN}\n`, { mode: 0o600 });
  const files = ['--token-file', tokenFile, '--schema', SCHEMA, '--directory', directory];
  const python = spawn('python3', [PYTHON_WORKER, ...files, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const exited = new Promise((resolve) => python.once('exit', resolve));
  let complaints = '';
  python.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const stop = async () => {
    python.kill('SIGTERM');
    await exited;
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const line = await new Promise<string>((resolve, reject) => {
      python.stdout.setEncoding('utf8').once('data', resolve);
      void exited.then((status) => reject(new Error(`it exited with ${status}: ${complaints}`)));
    });
    const { url } = JSON.parse(line) as { url: string };
    return { url, directory, complaints: () => complaints, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

withPython(
  "the worker in Python's standard library passes every check that is not optional",
  async () => {
    const python = await startPython();
    try {
      const report = await holdAgainstContract(python);
      expect(report.checks.filter(({ verdict }) => verdict.kind === 'failed')).toEqual([]);
      expect(idsOf(report, 'absent')).toEqual(['ends.waiting-for-input', 'ends.end-input']);
      expect(idsOf(report, 'skipped')).toEqual(['frames.silent-peer', 'hello.heartbeat-pace']);
      expect(python.complaints()).toBe('');
    } finally {
      await python.stop();
    }
  },
  TIMEOUT_MS,
);

withPython(
  'it tells the end of a command while as many others run as it takes',
  async () => {
    const python = await startPython();
    const manager = new SandboxManager({ workers: [{ url: python.url, token: MAIN_TOKEN }] });
    try {
      const { maxTasks } = await manager.connected();
      const others = Array.from({ length: maxTasks - 1 }, () => manager.run({ command: 'sleep 600' }));
      const ends = others.map((task) => endOf(task));
      await Promise.all(others.map((task) => task.started));
      let end: End | null = null;
      void endOf(manager.run({ command: 'echo done' })).then((told) => {
        end = told;
      });
      await until('its end is told', () => end !== null, 30_000);
      expect(end).toMatchObject({ code: 'completed', stdout: 'done\n' });
      for (const task of others) task.terminate(0);
      for (const other of ends) expect(await other).toMatchObject({ code: 'TERMINATED' });
    } finally {
      await manager.close({ graceMs: 0 });
      await python.stop();
    }
  },
  TIMEOUT_MS,
);

test(
  'sandcrew run, and with it the manager, passes every check of a manager',
  async () => {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [
        ...[CONFORMANCE, 'manager', '--json', '--', process.execPath, CLI],
        ...['run', '--worker', '{url}', '--token-file', '{token-file}', '--', '{command}'],
      ],
      { maxBuffer: 16_777_216 },
    ).catch((error: { stdout: string; stderr: string }) => error);
    expect(stderr).toBe('');
    const report = JSON.parse(stdout) as Report;
    expect(report.checks.filter(({ verdict }) => !['passed', 'skipped'].includes(verdict.kind))).toEqual([]);
    expect(idsOf(report, 'skipped')).toEqual(['connecting.silent-worker']);
    expect(report.checks.length).toBeGreaterThan(30);
  },
  TIMEOUT_MS,
);

test.each([
  [
    'no worker that is there',
    ['worker', 'ws://127.0.0.1:1', '--token-file', import.meta.filename],
    3,
    /cannot check ws:\/\/127\.0\.0\.1:1/,
  ],
  ['no token file', ['worker', 'ws://127.0.0.1:1'], 2, /expected --token-file FILE, got none/],
  [
    'no URL of a worker',
    ['worker', 'http://x', '--token-file', import.meta.filename],
    2,
    /expected a URL like ws:/,
  ],
  [
    'an id that there is not',
    ['worker', '--list', '--only', 'nonsense'],
    2,
    /expected the id of a check or one of the areas upgrade, frames/,
  ],
  ['no program of a manager', ['manager'], 2, /expected a program behind --, got none/],
  [
    'a program that is not there',
    ['manager', '--', 'no-such-program'],
    3,
    /^sandcrew-conformance: cannot start no-such-program: expected a program/,
  ],
  ['an option that there is not', ['--hlep'], 2, /^sandcrew-conformance: unknown option '--hlep'/],
])('%s ends the suite with a sentence and a status of its own', (_, args, status, sentence) => {
  const ended = spawnSync(process.execPath, [CONFORMANCE, ...args], { encoding: 'utf8' });
  expect(ended.stderr).toMatch(sentence);
  expect({ status: ended.status, stdout: ended.stdout }).toEqual({ status, stdout: '' });
});
