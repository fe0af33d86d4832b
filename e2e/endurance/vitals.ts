/** What the processes of a run use, sampled all along: what grows shows as a slope. And which of its processes live. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Vitals {
  readonly tasksDone: number;
  readonly workerMebibytes: number;
  readonly workerFds: number;
  readonly managerMebibytes: number;
  readonly managerFds: number;
}

export function sampleVitals(tasksDone: number, workerPid: number): Vitals {
  return {
    tasksDone,
    workerMebibytes: residentMebibytes(workerPid),
    workerFds: readdirSync(`/proc/${workerPid}/fd`).length,
    managerMebibytes: residentMebibytes(process.pid),
    managerFds: readdirSync('/proc/self/fd').length,
  };
}

/** Least squares over the second half, as growth per 1,000 tasks: the first fills pools, caches and the heap. */
export function slopePerThousand(vitals: readonly Vitals[], pick: (one: Vitals) => number): number {
  const warm = vitals.slice(Math.ceil(vitals.length / 2));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(warm.map(({ tasksDone }) => tasksDone)), mean(warm.map(pick))];
  let product = 0;
  let square = 0;
  for (const one of warm) {
    product += (one.tasksDone - meanX) * (pick(one) - meanY);
    square += (one.tasksDone - meanX) ** 2;
  }
  return square === 0 ? 0 : (product / square) * 1_000;
}

const MAX_WORKER_MEBIBYTES = 150;
/** Fewer tasks say nothing of a slope. */
const MIN_TASKS_FOR_SLOPE = 2_000;
const MAX_MEBIBYTES_PER_THOUSAND = 2;
const MAX_FDS_PER_THOUSAND = 1;

/** What grows with the tasks, or has grown too large, in words. */
export function findGrowth(vitals: readonly Vitals[]): string[] {
  const most = Math.max(...vitals.map(({ workerMebibytes }) => workerMebibytes));
  const found = most > MAX_WORKER_MEBIBYTES ? [`the worker took ${most.toFixed(0)} MiB`] : [];
  if ((vitals.at(-1)?.tasksDone ?? 0) < MIN_TASKS_FOR_SLOPE) return found;
  const bounds: [string, number, (one: Vitals) => number][] = [
    ['RSS of the worker', MAX_MEBIBYTES_PER_THOUSAND, ({ workerMebibytes }) => workerMebibytes],
    ['RSS of the manager', MAX_MEBIBYTES_PER_THOUSAND, ({ managerMebibytes }) => managerMebibytes],
    ['descriptors of the worker', MAX_FDS_PER_THOUSAND, ({ workerFds }) => workerFds],
    ['descriptors of the manager', MAX_FDS_PER_THOUSAND, ({ managerFds }) => managerFds],
  ];
  for (const [what, bound, pick] of bounds) {
    const slope = slopePerThousand(vitals, pick);
    if (slope > bound) found.push(`${what}: ${slope.toFixed(2)} more with each 1,000 tasks`);
  }
  return found;
}

/** Tasks of this run of which a process lives. */
export function livingTasks(mark: string): string[] {
  const needle = `SANDCREW_ENDURANCE=${mark}/`;
  const found = new Set<string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const environment = readText(`/proc/${pid}/environ`);
    const at = environment.indexOf(needle);
    if (at < 0 || /^State:\s+[ZX]/m.test(readText(`/proc/${pid}/status`))) continue;
    found.add(environment.slice(at + needle.length).split('\0')[0] ?? '');
  }
  return [...found];
}

function residentMebibytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0) / 1_024;
}

/** Empty where the process has ended. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
