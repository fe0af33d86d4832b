/** What looking for blocks costs: the CPU time of a worker that looks, less that of one beside it that never does. */
import { setTimeout } from 'node:timers/promises';
import { LOOK_EVERY_MS, LookedAtWorker } from '../../dist/blocks/looked-at-worker.js';
import type { Metric } from '../metric.js';

export const GOAL_MS_A_TASK = 0.2;
const TASKS = 100;
const WINDOW_MS = 15_000;
/** Starting so many commands costs the worker more than looking at them. */
const SETTLE_MS = 4_000;
/** Its witness is seen after a second or two. */
const MIN_WINDOW_MS = 3_000;

const SLEEPER = 'sleep 300; true';
/** It takes a little CPU ten times a second, and writes nothing. */
const BUSY =
  "perl -e 'while (1) { for ($i = 0; $i < 20000; $i++) {} select undef, undef, undef, 0.1 }'; true";
const BUSY_ONE_OF = 20;

export const sampling: Metric = {
  name: 'sampling',
  title: 'looking for blocks, 100 tasks',
  measure: async (bench) => {
    const lookMs = await measureSampling(TASKS, WINDOW_MS * bench.scale);
    const share = (lookMs / LOOK_EVERY_MS) * 100;
    return [
      {
        what: `block sampling, ${TASKS} tasks, CPU a task and look`,
        ...{ ours: `${(lookMs / TASKS).toFixed(3)} ms`, theirs: '', ratio: null },
        goal: { text: `<= ${GOAL_MS_A_TASK} ms`, isMet: lookMs / TASKS <= GOAL_MS_A_TASK },
      },
      {
        what: `block sampling, ${TASKS} tasks, share of a core`,
        ...{ ours: `${share.toFixed(1)} %`, theirs: '', ratio: null },
        goal: { text: '<= 5 % of a core', isMet: share <= 5 },
      },
    ];
  },
};

/** CPU time of one look at so many tasks, milliseconds. Both workers are measured in the same moments. */
export async function measureSampling(tasks: number, windowMs: number): Promise<number> {
  const commands = Array.from({ length: tasks }, (_, index) => (index % BUSY_ONE_OF === 0 ? BUSY : SLEEPER));
  const workers: LookedAtWorker[] = [];
  try {
    for (const looks of [true, false]) workers.push(await LookedAtWorker.start(commands, looks));
    await setTimeout(SETTLE_MS);
    const before = workers.map((worker) => worker.cpuMs());
    const startMs = performance.now();
    await setTimeout(Math.max(MIN_WINDOW_MS, windowMs));
    const looks = (performance.now() - startMs) / LOOK_EVERY_MS;
    const [looking = 0, idle = 0] = workers.map((worker, index) => worker.cpuMs() - (before[index] ?? 0));
    for (const worker of workers) worker.expectHonest();
    return Math.max(0, looking - idle) / looks;
  } finally {
    for (const worker of workers) await worker.stop();
  }
}
