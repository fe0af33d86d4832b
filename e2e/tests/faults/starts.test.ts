/** Workers that cannot start: exit 2, soon, with the reason and what to do. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startWorker, type WorkerProcess } from '../../worker-process.js';
import { sized, tell } from './size.js';

const MAIN = fileURLToPath(new URL('../../../../apps/worker/dist/main.js', import.meta.url));
/** The table's bound where the machine is ours; elsewhere only that it ends by itself. */
const WITHIN_MS = sized(20_000, 1_000);

let worker: WorkerProcess;
let directory: string;

beforeAll(async () => {
  worker = await startWorker();
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-starts-'));
});

afterAll(async () => {
  await worker.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Starts a worker that is to fail: its exit code and what it said. */
async function failedStart(name: string, args: readonly string[]) {
  const state = args.includes('--state-dir') ? [] : ['--state-dir', join(directory, name)];
  const child = spawn(process.execPath, [MAIN, '--token-file', worker.tokenFile, ...state, ...args]);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const beganMs = performance.now();
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const tookMs = performance.now() - beganMs;
  tell(`${name}: exit ${exitCode} after ${tookMs.toFixed(0)} ms`);
  expect(tookMs).toBeLessThan(WITHIN_MS);
  return { exitCode, said };
}

test('a port in use ends the start with 2, and the port is named', async () => {
  const { port } = new URL(worker.url);
  const { exitCode, said } = await failedStart('port in use', ['--listen', `127.0.0.1:${port}`]);
  expect([exitCode, said]).toEqual([2, expect.stringContaining(port)]);
}, 60_000);

test('a state directory that another worker uses ends the start with 2, and that worker is named', async () => {
  const { exitCode, said } = await failedStart('state directory in use', [
    '--state-dir',
    join(worker.directory, 'state'),
  ]);
  expect([exitCode, said]).toEqual([2, expect.stringContaining(`the worker with pid ${worker.pid} uses`)]);
}, 60_000);

test('a socket that is served, one that a killed worker left, and a file that is none end the start with 2, each told apart', async () => {
  const path = join(directory, 'worker.sock');
  const first = await startWorker(['--listen', `unix:${path}`]);
  const start = (name: string) => failedStart(name, ['--listen', `unix:${path}`]);
  const served = await start('socket in use');
  expect([served.exitCode, served.said]).toEqual([2, expect.stringContaining(path)]);
  first.process.kill('SIGKILL');
  await first.stop();
  const stale = await start('stale socket');
  expect([stale.exitCode, stale.said]).toEqual([
    2,
    expect.stringContaining('a stale socket of a dead worker'),
  ]);
  expect(served.said).not.toContain('stale');
  const file = join(directory, 'file');
  writeFileSync(file, 'mine');
  const plain = await failedStart('a file in the place of a socket', ['--listen', `unix:${file}`]);
  expect([plain.exitCode, plain.said]).toEqual([2, expect.stringContaining(file)]);
  expect(readFileSync(file, 'utf8')).toBe('mine');
}, 60_000);

test('a port that a foreign program holds is told in the same way', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const { exitCode, said } = await failedStart('port of another program', ['--listen', `127.0.0.1:${port}`]);
  await new Promise((resolve) => server.close(resolve));
  expect([exitCode, said]).toEqual([2, expect.stringContaining(`${port}`)]);
}, 60_000);
