/** `npm run bench`: how fast commands run, against what users would else take. All ratios are of one interleaved run. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { plotLines } from '@sandcrew/testkit';
import { describeCommit, describeMachine } from '../dist/blocks/machine.js';
import type { Curve } from './curve.js';
import { latencyByConcurrency } from './curves/latency-by-concurrency.js';
import { samplingByTasks } from './curves/sampling-by-tasks.js';
import { throughputByChunk } from './curves/throughput-by-chunk.js';
import type { Bench, Metric } from './metric.js';
import { burst } from './metrics/burst.js';
import { assign, validation } from './metrics/decisions.js';
import { afterLoad, atRest, unread } from './metrics/footprint.js';
import { backToBack, dispatch, execSpaced, firstByte, tasksAtOnce, telemetry } from './metrics/latency.js';
import { bulk, lineLatency, lines } from './metrics/output.js';
import { sampling } from './metrics/sampling.js';
import { startUp } from './metrics/start-up.js';
import { replaceSection, type Section, showCurve, showSections } from './report.js';

const METRICS: readonly Metric[] = [
  ...[execSpaced, firstByte, backToBack, tasksAtOnce, bulk, lines, lineLatency],
  ...[unread, atRest, afterLoad, assign, burst, dispatch, validation, sampling, startUp, telemetry],
];
const CURVES: readonly Curve[] = [latencyByConcurrency, throughputByChunk, samplingByTasks];
const PAGE = fileURLToPath(new URL('../../docs/speed.md', import.meta.url));

const HELP = `Usage: npm run bench -- [OPTIONS]

Measures a real worker against local spawn, a bare WebSocket, OpenSSH with ControlMaster, BullMQ and plain bwrap.
Run it on a machine that does nothing else; it takes about 9 minutes.

  --only NAME,NAME   these metrics alone: ${METRICS.map(({ name }) => name).join(', ')}
  --curves           the curves instead of the table: ${CURVES.map(({ name }) => name).join(', ')} (about 4 minutes)
  --scale N          0.1 for a quick look, 1 for figures to keep. Default 1
  --loaded           one busy loop beside it
  --write            put the table into docs/speed.md, the curves beside it
  --json FILE        write all rows to FILE
  --help             show this
`;

const { values } = parseArgs({
  args: process.argv.slice(2).filter((word) => word !== '--'),
  options: {
    only: { type: 'string' },
    scale: { type: 'string', default: '1' },
    curves: { type: 'boolean', default: false },
    loaded: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else process.exitCode = await run();

async function run(): Promise<number> {
  const scale = Number(values.scale);
  const only = values.only?.split(',') ?? [];
  const measurable: readonly (Metric | Curve)[] = values.curves ? CURVES : METRICS;
  const unknown = only.filter((name) => !measurable.some((one) => one.name === name));
  if (!(scale > 0 && scale <= 10) || unknown.length > 0) {
    const fault =
      unknown.length > 0
        ? `--only: expected names that --help lists, got ${unknown.join(', ')}`
        : `--scale: expected a number above 0, up to 10, got ${values.scale}`;
    process.stderr.write(`bench: ${fault}\n`);
    return 2;
  }
  const load = values.loaded ? spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }) : null;
  process.once('SIGINT', () => {
    load?.kill('SIGKILL');
    process.exit(130);
  });
  try {
    const skipped = new Set<string>();
    const bench: Bench = { scale, skip: (peer, why) => skipped.add(`${peer} was left out: ${why}`) };
    const isChosen = ({ name }: Metric | Curve) => only.length === 0 || only.includes(name);
    return values.curves
      ? await draw(CURVES.filter(isChosen), bench, skipped)
      : await tabulate(METRICS.filter(isChosen), bench, skipped);
  } finally {
    load?.kill('SIGKILL');
  }
}

async function tabulate(
  chosen: readonly Metric[],
  bench: Bench,
  skipped: ReadonlySet<string>,
): Promise<number> {
  const sections: Section[] = [];
  for (const [index, metric] of chosen.entries()) {
    process.stderr.write(`[${index + 1}/${chosen.length}] ${metric.title}\n`);
    sections.push(await measure(metric, bench));
  }
  tell(sections, [...skipped]);
  return sections.some(({ fault }) => fault !== null) ? 1 : 0;
}

/** Each curve by itself: one that fails takes none of the others with it, and leaves its plot as it was. */
async function draw(chosen: readonly Curve[], bench: Bench, skipped: ReadonlySet<string>): Promise<number> {
  const parts: string[] = [];
  let faults = 0;
  for (const [index, curve] of chosen.entries()) {
    process.stderr.write(`[${index + 1}/${chosen.length}] ${curve.title}\n`);
    try {
      const lines = await curve.measure(bench);
      if (values.write) writeFileSync(plotOf(curve), plotLines(curve.x, curve.y, lines));
      parts.push(showCurve(curve, lines));
    } catch (error) {
      faults++;
      parts.push(`${curve.title}: not measured, ${(error as Error).message}\n`);
    }
  }
  const section = `${head()}${[...parts, ...[...skipped].map((line) => `${line}.\n`)].join('\n')}`;
  process.stdout.write(section);
  if (values.write && faults === 0) writeSection('curves', section);
  return faults > 0 ? 1 : 0;
}

function plotOf({ name }: Curve): string {
  return `${dirname(PAGE)}/speed-${name}.svg`;
}

/** A fault of one metric costs that one alone. */
async function measure(metric: Metric, bench: Bench): Promise<Section> {
  try {
    return { metric, rows: await metric.measure(bench), fault: null };
  } catch (error) {
    return { metric, rows: [], fault: (error as Error).message };
  }
}

function tell(sections: readonly Section[], skipped: readonly string[]): void {
  const table = `${head()}${showSections(sections)}${skipped.map((line) => `\n${line}.\n`).join('')}`;
  process.stdout.write(table);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(sections, null, 2)}\n`);
  if (values.write) writeSection(values.loaded ? 'loaded' : 'idle', table);
}

function head(): string {
  const date = new Date().toISOString().slice(0, 10);
  const load = values.loaded ? 'one core loaded' : 'nothing beside it';
  return `${describeMachine()}; commit ${describeCommit()}; ${date}; ${load}; scale ${values.scale}.\n\n`;
}

function writeSection(name: string, content: string): void {
  writeFileSync(PAGE, replaceSection(readFileSync(PAGE, 'utf8'), name, content));
}
