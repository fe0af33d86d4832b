/** Managers that are killed: the next one finds their tasks and reads on; where none comes, nothing of them stays. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { until } from '@sandcrew/testkit';
import { waitForDeath } from '../../host-census.js';
import { patternDigest, writesPattern } from '../../pattern.js';
import { endOf } from '../../task-end.js';
import { startWorker, type WorkerProcess } from '../../worker-process.js';
import { tell } from './size.js';

const AGENT = fileURLToPath(new URL('./programs/agent.js', import.meta.url));
const BYTES = 25_165_824;

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-agents-'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A manager in a process of its own, that writes what it reads of one task to a file before it takes more. */
function startAgent(
  worker: WorkerProcess,
  file: string,
  order: { command: readonly string[]; readsBytes?: number },
) {
  const { url, token } = worker;
  const options = JSON.stringify({ url, token, managerId: 'agent', taskId: 'kept', ...order });
  const output = openSync(file, 'w');
  const agent = spawn(process.execPath, [AGENT, options], { stdio: ['ignore', output, 'pipe'] });
  closeSync(output);
  let said = '';
  agent.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const died = new Promise((resolve) => agent.once('close', resolve));
  return {
    /** Of its task's command; NaN until it has told it. */
    pid: () => (said.includes('\n') ? Number(said) : Number.NaN),
    kill: async () => {
      agent.kill('SIGKILL');
      await died;
    },
  };
}

test('a manager that is killed while it reads, and then another with its id: every byte is read once', async () => {
  const worker = await startWorker();
  const file = join(directory, 'read');
  // However late it is killed, it has not read all.
  const agent = startAgent(worker, file, { command: writesPattern(BYTES), readsBytes: BYTES / 2 });
  await until('a part of the output is read', () => statSync(file).size > BYTES / 20, 20_000);
  await agent.kill();
  const manager = new SandboxManager({
    workers: [{ url: worker.url, token: worker.token }],
    managerId: 'agent',
  });
  const hash = createHash('sha256').update(readFileSync(file));
  const readBytes = statSync(file).size;
  expect(readBytes).toBeLessThan(BYTES);
  expect((await manager.listTasks()).map(({ taskId }) => taskId)).toEqual(['kept']);
  const task = manager.attach({ taskId: 'kept', offset: readBytes });
  for await (const { bytes } of task.output) hash.update(bytes);
  expect(await task).toMatchObject({ exitCode: 0, gaps: [], outputBytes: BYTES });
  expect(hash.digest('hex')).toBe(patternDigest(BYTES));
  tell(`manager kill -9 after ${readBytes} of ${BYTES} bytes: the next one has all of them, each once`);
  await manager.close({ graceMs: 0 });
  await worker.stop();
}, 60_000);

test('a manager that never comes back: its task ends at the orphan timeout, its output is deleted at its deadline', async () => {
  const worker = await startWorker(['--orphan-timeout-ms', '300', '--keep-ended-ms', '700']);
  const spool = join(worker.directory, 'state/spool');
  // What is written while nobody reads is kept, and does not fit in memory.
  const agent = startAgent(worker, join(directory, 'unread'), {
    command: ['sh', '-c', 'head -c 8000000 /dev/zero; exec sleep 60'],
    readsBytes: 1,
  });
  await until('its output is on disk', () => bytesIn(spool) > 1_000_000, 20_000);
  await until('its pid is known', () => !Number.isNaN(agent.pid()), 20_000);
  await agent.kill();
  await waitForDeath(agent.pid(), 20_000);
  await until('its output is deleted', () => readdirSync(spool).length === 0, 20_000);
  const manager = new SandboxManager({
    workers: [{ url: worker.url, token: worker.token }],
    managerId: 'agent',
  });
  expect(await endOf(manager.attach({ taskId: 'kept' }))).toMatchObject({ code: 'UNKNOWN_TASK' });
  await manager.close({ graceMs: 0 });
  await worker.stop();
}, 60_000);

function bytesIn(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(directory, name)))
    .reduce((sum, found) => sum + (found.isFile() ? found.size : 0), 0);
}
