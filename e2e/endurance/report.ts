/** A run of endurance as a page: what was done, what broke, and a plot of what its processes used. */
import { plotLines } from '@sandcrew/testkit';
import type { EnduranceResult } from './endurance.js';
import { slopePerThousand, type Vitals } from './vitals.js';

interface Series {
  readonly name: string;
  readonly unit: string;
  readonly pick: (one: Vitals) => number;
}

const SERIES: readonly Series[] = [
  { name: 'worker RSS', unit: 'MiB', pick: ({ workerMebibytes }) => workerMebibytes },
  { name: 'manager RSS', unit: 'MiB', pick: ({ managerMebibytes }) => managerMebibytes },
  { name: 'worker fds', unit: '', pick: ({ workerFds }) => workerFds },
  { name: 'manager fds', unit: '', pick: ({ managerFds }) => managerFds },
];

/** @param plot the name of the SVG file beside the page. */
export function describeRun(result: EnduranceResult, plot: string): string {
  const { options, kinds, violations, vitals, deaths, disturbances, tookMs } = result;
  const counts = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ');
  const rows = SERIES.map(({ name, unit, pick }) => {
    const values = vitals.map(pick);
    const slope = slopePerThousand(vitals, pick).toFixed(2);
    const [last = 0] = values.slice(-1);
    return `| ${name} | ${Math.max(...values).toFixed(0)} ${unit} | ${last.toFixed(0)} ${unit} | ${slope} ${unit} |`;
  });
  return `# Endurance

\`npm run test:endurance -- --tasks ${options.tasks} --seed ${options.seed}\`: ${options.atOnce} tasks at once on two workers, one of which is killed again and again, while
connections are cut or go half-open and either worker stops for a while.

- ${options.tasks} tasks in ${(tookMs / 1_000).toFixed(0)} s: ${counts}.
- ${deaths} workers killed, ${disturbances} connections cut or dead, and stops.
- ${violations.length === 0 ? 'No promise was broken: each task ended once and truly, was started once (once an attempt, if idempotent), and left no process.' : `${violations.length} violations:`}
${violations.map((violation) => `  - ${violation}`).join('\n')}

| | most | at the end | slope, second half, per 1,000 tasks |
|---|---|---|---|
${rows.join('\n')}

The worker is the one that is never killed; the manager is the process of the run, its tasks' drivers included.

![RSS and descriptors over the run](${plot})
`.replace(/\n{3,}/g, '\n\n');
}

export function plotRun({ vitals }: EnduranceResult): string {
  const lines = SERIES.map(({ name, unit, pick }) => ({
    name: `${name}${unit === '' ? '' : ` (${unit})`}`,
    points: vitals.map((one) => [one.tasksDone, pick(one)] as const),
  }));
  return plotLines({ label: 'tasks done', scale: 'linear' }, { label: '', scale: 'linear' }, lines);
}
