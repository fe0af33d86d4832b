/** A run of endurance as a page: what was done, what broke, and a plot of what its processes used. */
import type { EnduranceResult } from './endurance.js';
import { slopePerThousand, type Vitals } from './vitals.js';

interface Series {
  readonly name: string;
  readonly unit: string;
  readonly colour: string;
  readonly pick: (one: Vitals) => number;
}

const SERIES: readonly Series[] = [
  { name: 'worker RSS', unit: 'MiB', colour: '#1f77b4', pick: ({ workerMebibytes }) => workerMebibytes },
  { name: 'manager RSS', unit: 'MiB', colour: '#ff7f0e', pick: ({ managerMebibytes }) => managerMebibytes },
  { name: 'worker fds', unit: '', colour: '#2ca02c', pick: ({ workerFds }) => workerFds },
  { name: 'manager fds', unit: '', colour: '#d62728', pick: ({ managerFds }) => managerFds },
];

const [WIDTH, HEIGHT, MARGIN] = [720, 280, 40];

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

export function plotRun({ vitals, options }: EnduranceResult): string {
  const most = Math.max(...SERIES.flatMap(({ pick }) => vitals.map(pick)), 1);
  const x = ({ tasksDone }: Vitals) => MARGIN + (tasksDone / options.tasks) * (WIDTH - 2 * MARGIN);
  const y = (value: number) => HEIGHT - MARGIN - (value / most) * (HEIGHT - 2 * MARGIN);
  const lines = SERIES.map(({ name, unit, colour, pick }, index) => {
    const points = vitals.map((one) => `${x(one).toFixed(1)},${y(pick(one)).toFixed(1)}`).join(' ');
    const label = `${name}${unit === '' ? '' : ` (${unit})`}`;
    return `<polyline fill="none" stroke="${colour}" points="${points}"/>
<text x="${MARGIN + 160 * index}" y="18" fill="${colour}">${label}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>
<path d="M${MARGIN} ${MARGIN}V${HEIGHT - MARGIN}H${WIDTH - MARGIN}" fill="none" stroke="black"/>
<text x="4" y="${y(most) + 4}">${most.toFixed(0)}</text><text x="24" y="${y(0) + 4}">0</text>
<text x="${WIDTH - MARGIN}" y="${HEIGHT - 20}" text-anchor="end">${options.tasks} tasks</text>
${lines.join('\n')}
</svg>
`;
}
