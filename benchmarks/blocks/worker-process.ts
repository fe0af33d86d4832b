/** One real worker, started as an operator starts it. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface WorkerProcess {
  readonly pid: number;
  readonly url: string;
  readonly token: string;
  /** Where tasks run that name no workspace. */
  readonly workspace: string;
  /** Ends it and all of its tasks, and removes its files. */
  stop(): Promise<void>;
}

const WORKER_MAIN = fileURLToPath(new URL('../../../apps/worker/dist/main.js', import.meta.url));
const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 20_000;

/**
 * @param maxTasks how many tasks it runs at once. @param options others of its command line. @param nodeOptions of its Node.
 * @throws {Error} where it does not listen in time.
 */
export async function startWorker(
  maxTasks: number,
  options: readonly string[] = [],
  nodeOptions: readonly string[] = [],
): Promise<WorkerProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'sandcrew-bench-'));
  const workspace = join(directory, 'workspace');
  const token = randomBytes(32).toString('hex');
  await writeFile(join(directory, 'token'), token, { mode: 0o600 });
  const args = [
    ...['--token-file', join(directory, 'token'), '--state-dir', join(directory, 'state')],
    ...['--workspace', workspace, '--max-tasks', String(maxTasks)],
    ...(options.includes('--containment') ? [] : ['--containment', 'auto']),
    ...['--drain-timeout-ms', '0', '--log-level', 'error', '--until-stdin-closes'],
    ...options,
  ];
  const child = spawn(process.execPath, [...nodeOptions, WORKER_MAIN, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
    await rm(directory, { recursive: true, force: true });
  };
  const gone = exited.then(([code]) => {
    throw new Error(`the worker exited with ${code} before it listened: is it built? (npm run build)`);
  });
  try {
    const listening = once(child.stdout, 'data', { signal: AbortSignal.timeout(START_TIMEOUT_MS) });
    const [line] = await Promise.race([listening, gone]);
    gone.catch(() => {}); // from now on an exit is for the connection to notice
    const { url } = JSON.parse(String(line)) as { url: string };
    return { pid: child.pid ?? 0, url, token, workspace, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
