/**
 * `npm run bench:sampling`: what looking for blocks costs a worker. Its CPU time, from /proc, while it looks at each
 * task twice a second, less that of a worker which never looks at the same tasks.
 */
import { setTimeout } from 'node:timers/promises';
import { LOOK_EVERY_MS, LookedAtWorker } from './blocks/looked-at-worker.js';
import { describeCommit, describeMachine } from './blocks/machine.js';

interface Load {
  readonly name: string;
  readonly commands: readonly string[];
}

const WINDOW_MS = 20_000;
/** Starting so many commands costs the worker more than looking at them. */
const SETTLE_MS = 4_000;

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
  const idle = await measure(load, false);
  const looking = await measure(load, true);
  const costMs = Math.max(0, looking - idle);
  const looks = WINDOW_MS / LOOK_EVERY_MS;
  const share = ((costMs / WINDOW_MS) * 100).toFixed(1);
  process.stdout.write(`| ${load.name} | ${share} % of a core | ${(costMs / looks).toFixed(2)} ms |\n`);
}

/** CPU time that a worker with these tasks takes in the window, milliseconds. */
async function measure({ commands }: Load, looks: boolean): Promise<number> {
  const worker = await LookedAtWorker.start(commands, looks);
  try {
    await setTimeout(SETTLE_MS);
    const before = worker.cpuMs();
    await setTimeout(WINDOW_MS);
    const used = worker.cpuMs() - before;
    worker.expectHonest();
    return used;
  } finally {
    await worker.stop();
  }
}

function familyOf(count: number, command: string): string {
  return `for i in $(seq ${count}); do ${command.replace(/; true$/, '')} & done; wait`;
}
