/**
 * `npm run bench:sampling`: what looking for blocks costs a worker. Its CPU time, from /proc, while it looks at each
 * task twice a second, less that of a worker which never looks at the same tasks.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describeCommit, describeMachine } from './blocks/machine.js';
import { WorkerConnection } from './blocks/worker-connection.js';
import { startWorker } from './blocks/worker-process.js';

interface Load {
  readonly name: string;
  readonly commands: readonly string[];
}

const WINDOW_MS = 20_000;
/** Starting so many commands costs the worker more than looking at them. */
const SETTLE_MS = 4_000;
const START_TIMEOUT_MS = 60_000;
const INTERVAL_MS = 500;
const NEVER_MS = 2_147_483_647;

const SLEEPER = 'sleep 300; true';
/** It takes a little CPU ten times a second, and writes nothing. */
const BUSY =
  "perl -e 'while (1) { for ($i = 0; $i < 20000; $i++) {} select undef, undef, undef, 0.1 }'; true";

const LOADS: readonly Load[] = [
  {
    name: '100 tasks, 5 of them busy',
    commands: [...new Array<string>(95).fill(SLEEPER), ...new Array<string>(5).fill(BUSY)],
  },
  { name: '1 task of 100 processes, asleep', commands: [familyOf(99, SLEEPER)] },
  { name: '1 task of 100 processes, each busy', commands: [familyOf(99, BUSY)] },
];

process.stdout.write(`${describeMachine()}, commit ${describeCommit()}\n\n`);
process.stdout.write('| load | CPU that looking costs | a look at it |\n| --- | --- | --- |\n');
for (const load of LOADS) {
  const idle = await measure(load, NEVER_MS);
  const looking = await measure(load, INTERVAL_MS);
  const costMs = Math.max(0, looking - idle);
  const looks = WINDOW_MS / INTERVAL_MS;
  const share = ((costMs / WINDOW_MS) * 100).toFixed(1);
  process.stdout.write(`| ${load.name} | ${share} % of a core | ${(costMs / looks).toFixed(2)} ms |\n`);
}

/** CPU time that a worker with these tasks takes in the window, milliseconds. */
async function measure({ commands }: Load, blockIntervalMs: number): Promise<number> {
  const options = ['--block-interval-ms', String(blockIntervalMs), '--heartbeat-interval-ms', '60000'];
  const worker = await startWorker(commands.length, options);
  try {
    const connection = await WorkerConnection.open(worker.url, worker.token);
    await Promise.all(commands.map((command, index) => start(connection, `t${index}`, command)));
    await setTimeout(SETTLE_MS);
    const before = cpuMs(worker.pid);
    await setTimeout(WINDOW_MS);
    const used = cpuMs(worker.pid) - before;
    connection.close();
    return used;
  } finally {
    await worker.stop();
  }
}

function start(connection: WorkerConnection, taskId: string, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(START_TIMEOUT_MS);
    signal.addEventListener('abort', () => reject(new Error(`${taskId} did not start in time`)));
    connection.listen(taskId, ({ type }) => {
      if (type === 'execution_started') resolve();
      else if (type === 'task_error') reject(new Error(`${taskId} was refused`));
    });
    connection.send({ type: 'execute_command', taskId, command, timeoutMs: 0 });
  });
}

/** CPU time of all threads of a process so far, to the nanosecond: its `stat` counts ticks of 10 ms. */
function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((tid) =>
    Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}

function familyOf(count: number, command: string): string {
  return `for i in $(seq ${count}); do ${command.replace(/; true$/, '')} & done; wait`;
}
