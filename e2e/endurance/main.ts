/**
 * `npm run test:endurance -- [--tasks N] [--seed S] [--report FILE.md]`: runs N mixed tasks while things go wrong. Prints how
 * far it is; writes a page and a plot beside it. Exit 1 where a promise was broken, or something grows.
 */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { readToolOptions } from '../tool-options.js';
import { endure } from './endurance.js';
import { describeRun, plotRun } from './report.js';
import { findGrowth } from './vitals.js';

const USAGE = `
Runs mixed tasks while connections are cut and workers are killed, and watches what grows.

npm run test:endurance -- [OPTIONS]
  --tasks N          how many. Default 3000, some 60 s
  --seed S           Default a new one, printed
  --at-once N        tasks at a time. Default 12
  --report FILE.md   write a page with the figures, and a plot beside it
Exit 1 where a promise was broken, or something grows.`;

const values = readToolOptions(USAGE, {
  tasks: { type: 'string', default: '3000' },
  seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  'at-once': { type: 'string', default: '12' },
  report: { type: 'string' },
});
const [tasks, seed, atOnce] = [values.tasks, values.seed, values['at-once']].map(Number) as [
  number,
  number,
  number,
];
if (
  ![tasks, seed, atOnce].every((number) => Number.isSafeInteger(number) && number >= 0) ||
  tasks * atOnce === 0
) {
  process.stderr.write('expected whole numbers for --tasks, --seed and --at-once\n');
  process.exit(2);
}

process.stdout.write(`${tasks} tasks, seed ${seed}\n`);
let toldAtMs = performance.now();
const result = await endure({
  ...{ tasks, seed, atOnce, withHalfOpen: true, share: 1 },
  progress: (done) => {
    if (performance.now() - toldAtMs < 10_000) return;
    toldAtMs = performance.now();
    process.stdout.write(`${done} of ${tasks} tasks have ended\n`);
  },
  stalled: (evidence) => process.stderr.write(`${evidence}\n`),
});
const growth = findGrowth(result.vitals);
const report = values.report?.replace(/\.md$/, '');
const page = describeRun(result, `${basename(report ?? 'endurance')}.svg`);
process.stdout.write(`\n${page}\n${growth.map((line) => `GROWS: ${line}\n`).join('')}`);
if (report !== undefined) {
  writeFileSync(`${report}.md`, page);
  writeFileSync(`${report}.svg`, plotRun(result));
}
process.exitCode = result.violations.length + growth.length === 0 ? 0 : 1;
