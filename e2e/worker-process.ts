/** A real worker, started as an operator starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const WORKER_MAIN = fileURLToPath(new URL('../../apps/worker/dist/main.js', import.meta.url));
/** The words before a worker's options: WORKER_COMMAND, as `npm run test:binary` sets it, or this checkout's. */
export const WORKER_COMMAND = process.env.WORKER_COMMAND?.split(' ') ?? [process.execPath, WORKER_MAIN];
const START_TIMEOUT_MS = 30_000;
const LOG_TIMEOUT_MS = 30_000;

export interface WorkerProcess {
  readonly url: string;
  /** Where it answers probes, with `--health-listen`; else empty. */
  readonly health: string;
  readonly token: string;
  readonly tokenFile: string;
  /** Holds the state and the default workspace; removed by `stop`. */
  readonly directory: string;
  readonly workspace: string;
  readonly pid: number;
  readonly process: ChildProcess;
  /** Lines of the worker's log so far, parsed. */
  readonly log: Record<string, unknown>[];
  /** The first record of an event from the `fromIndex`th line on; waits for it. */
  logged(event: string, fromIndex?: number): Promise<Record<string, unknown>>;
  /** Drains the worker; settles with its exit code. */
  stop(): Promise<number | null>;
}

/**
 * @param tokens the lines of the token file; one unnamed token by default.
 * @param launch what starts it in a place of its own: a program and its arguments, before its own; variables beside ours.
 *   `STATE` among the arguments stands for its state directory. `command`: another worker's words than this checkout's.
 * @throws {Error} with its exit code and what it said, where it does not listen.
 */
export async function startWorker(
  args: readonly string[] = [],
  tokens?: readonly string[],
  launch: {
    readonly by?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly command?: readonly string[];
  } = {},
): Promise<WorkerProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'sandcrew-e2e-'));
  const token = randomBytes(32).toString('hex');
  const tokenFile = join(directory, 'tokens');
  const workspace = join(directory, 'workspace');
  await writeFile(tokenFile, (tokens ?? [token]).join('\n'), { mode: 0o600 });
  const own = [
    '--token-file',
    tokenFile,
    '--state-dir',
    join(directory, 'state'),
    '--workspace',
    workspace,
    '--until-stdin-closes',
  ];
  const drain = args.includes('--drain-timeout-ms') ? [] : ['--drain-timeout-ms', '1000'];
  const level = args.includes('--containment') ? [] : ['--containment', 'pid-namespace'];
  const by = (launch.by ?? []).map((word) => (word === 'STATE' ? join(directory, 'state') : word));
  const [program = process.execPath, ...words] = [...by, ...(launch.command ?? WORKER_COMMAND)];
  const child = spawn(program, [...words, ...own, ...drain, ...level, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'], // a test process that dies takes its worker with it
    env: { ...process.env, ...launch.env },
  });
  const log: Record<string, unknown>[] = [];
  let unread = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (unread + text).split('\n');
    unread = lines.pop() ?? '';
    for (const line of lines) log.push(line.startsWith('{') ? JSON.parse(line) : { line });
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const listening = new Promise<{ url: string; health?: string }>((resolve, reject) => {
    const timer = globalThis.setTimeout(
      () => reject(new Error('the worker did not listen in time')),
      START_TIMEOUT_MS,
    );
    child.stdout.setEncoding('utf8').once('data', (line: string) => {
      clearTimeout(timer);
      resolve(JSON.parse(line));
    });
    void exited.then((code) => reject(new Error(`the worker exited with ${code}: ${JSON.stringify(log)}`)));
  });
  const { url, health = '' } = await listening.catch(async (error) => {
    child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
    throw error;
  });
  return {
    url,
    health,
    token,
    tokenFile,
    directory,
    workspace,
    pid: child.pid ?? 0,
    process: child,
    log,
    logged: async (event, fromIndex = 0) => {
      const deadlineMs = performance.now() + LOG_TIMEOUT_MS;
      for (;;) {
        const found = log.slice(fromIndex).find((record) => record.event === event);
        if (found !== undefined) return found;
        if (performance.now() > deadlineMs)
          throw new Error(`no ${event} in ${JSON.stringify(log.slice(-5))}`);
        await setTimeout(10);
      }
    },
    stop: async () => {
      child.kill('SIGTERM');
      const timer = globalThis.setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
      const code = await exited;
      clearTimeout(timer);
      // One that was killed may leave a mkfifo that is not done: what it still makes is removed as well.
      await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
      return code;
    },
  };
}
