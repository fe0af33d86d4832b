/** A thousand tasks at once for fifty real workers: who is served when, and what handing them out costs. */
import { cpuUsage } from 'node:process';
import { SandboxManager } from '@sandcrew/manager';
import { startWorker, type WorkerProcess } from '../../dist/blocks/worker-process.js';
import { expectRight, type Metric } from '../metric.js';
import { median, ratioOf } from '../rounds.js';
import { countOvertaken } from '../start-order.js';

const WORKERS = 50;
const FEW_WORKERS = 10;
const SUBMISSIONS = 1_000;
const PRIORITIES = 5;
const ROUNDS = 3;
/** So many are started at a time: each start takes a core for a while. */
const STARTED_AT_ONCE = 2;

interface BurstFigures {
  readonly tasksASecond: number;
  /** CPU time of the manager's process, all of a task's life included, microseconds. */
  readonly cpuMicrosATask: number;
  /** Of all tasks, the most that began before one which comes before them, and was not yet on its way. */
  readonly overtaken: number;
}

export const burst: Metric = {
  name: 'burst',
  title: `${SUBMISSIONS} submissions at once, ${WORKERS} real workers`,
  measure: async (bench) => {
    const submissions = Math.ceil(SUBMISSIONS * bench.scale);
    const workers = await startWorkers(WORKERS);
    try {
      const few: BurstFigures[] = [];
      const many: BurstFigures[] = [];
      await runBurst(workers.slice(0, FEW_WORKERS), submissions); // what is not compiled yet is not its pace
      for (let round = 0; round < Math.ceil(ROUNDS * bench.scale); round++) {
        few.push(await runBurst(workers.slice(0, FEW_WORKERS), submissions));
        many.push(await runBurst(workers, submissions));
      }
      const all = [...few, ...many];
      const overtaken = Math.max(...all.map((one) => one.overtaken));
      const cpu = (figures: readonly BurstFigures[]) => figures.map(({ cpuMicrosATask }) => cpuMicrosATask);
      const ratio = ratioOf(cpu(many), cpu(few));
      return [
        {
          what: `${submissions} at once, ${WORKERS} workers: begun before their turn`,
          ours: `${overtaken} (${median(many.map(({ tasksASecond }) => tasksASecond)).toFixed(0)} tasks/s)`,
          ...{ theirs: '', ratio: null },
          goal: { text: '0, by priority and age', isMet: overtaken === 0 },
        },
        {
          what: `manager's CPU a task, ${WORKERS} workers`,
          ours: `${median(cpu(many)).toFixed(0)} µs`,
          theirs: `${FEW_WORKERS} workers ${median(cpu(few)).toFixed(0)} µs`,
          ratio,
          goal: { text: 'flat: <= 1.2 x', isMet: ratio.median <= 1.2 },
        },
      ];
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
    }
  },
};

/** @throws {Error} where a task did not run, or the order of the starts cannot come from priority and age. */
async function runBurst(workers: readonly WorkerProcess[], submissions: number): Promise<BurstFigures> {
  const manager = new SandboxManager({
    workers: workers.map(({ url, token }) => ({ url, token })),
    maxWorkers: workers.length,
  });
  try {
    await Promise.all(workers.map(({ url }) => manager.connected(url)));
    const started: string[] = [];
    manager.on('taskStarted', ({ taskId }) => started.push(taskId));
    const startMs = performance.now();
    const before = cpuUsage();
    const tasks = Array.from({ length: submissions }, (_, index) => {
      const priority = (index * 7) % PRIORITIES;
      return { priority, task: manager.run({ command: ['/bin/true'], priority }) };
    });
    for (const { task } of tasks) expectRight('exit code of true', (await task).exitCode, 0);
    const { user, system } = cpuUsage(before);
    expectRight('tasks that began', new Set(started).size, submissions);
    // The order of acceptance is that of the calls, and a stable sort keeps it among equals.
    const due = [...tasks].sort((one, other) => other.priority - one.priority).map(({ task }) => task.taskId);
    return {
      tasksASecond: (submissions / (performance.now() - startMs)) * 1_000,
      cpuMicrosATask: (user + system) / submissions,
      overtaken: countOvertaken(started, due, workers.length),
    };
  } finally {
    await manager.close({ graceMs: 0 });
  }
}

async function startWorkers(count: number): Promise<WorkerProcess[]> {
  const started: WorkerProcess[] = [];
  let left = count;
  const lane = async () => {
    while (left-- > 0) started.push(await startWorker(1, ['--containment', 'process-group']));
  };
  const lanes = await Promise.allSettled(Array.from({ length: STARTED_AT_ONCE }, lane));
  const failed = lanes.find((one) => one.status === 'rejected');
  if (failed === undefined) return started;
  await Promise.all(started.map((worker) => worker.stop()));
  throw failed.reason;
}
