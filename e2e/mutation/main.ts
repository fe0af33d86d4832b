/**
 * `npm run test:mutants -- [--area NAME] [--files WORDS] [--sample N] [--seed S] [--minutes M] [--simulator-seeds N] [--jobs N] [--json]`:
 * makes small faults in every core, one at a time, and wants a quick test, or a seed of the simulator, to turn red by each.
 * Prints those that live, and the share that was killed. Exit 1 where that is under 85 %.
 */
import { availableParallelism } from 'node:os';
import { readToolOptions } from '../tool-options.js';
import { findAreas } from './areas.js';
import { type Tried, tryMutants, type Verdict } from './campaign.js';

const USAGE = `
Makes small faults in every core, one at a time, and wants a quick test to turn red by each.

npm run test:mutants -- [OPTIONS]
  --area NAME          one core; may be given again. Default all
  --files WORDS        only compiled files whose path holds this, as core/task.js does
  --sample N           so many of them, drawn by the seed. Default all
  --seed S             Default 1
  --minutes M          stop after so long. Default 60
  --simulator-seeds N  of the simulator, for each that the tests let live. Default 200
  --jobs N             processes at once. Default one for each core of the machine
  --json               print it for a program
Exit 1 where less than 85 % of them are killed.`;

const LEAST_SHARE = 0.85;
const PROGRESS_EVERY_MS = 10_000;

const areas = findAreas();
const names = areas.map(({ name }) => name);
const values = readToolOptions(USAGE, {
  area: { type: 'string', multiple: true, default: names },
  files: { type: 'string', default: '' },
  sample: { type: 'string', default: 'Infinity' },
  seed: { type: 'string', default: '1' },
  minutes: { type: 'string', default: '60' },
  'simulator-seeds': { type: 'string', default: '200' },
  jobs: { type: 'string', default: String(availableParallelism()) },
  json: { type: 'boolean', default: false },
});
const [sample, seed, minutes, simulatorSeeds, jobs] = [
  values.sample,
  values.seed,
  values.minutes,
  values['simulator-seeds'],
  values.jobs,
].map(Number) as [number, number, number, number, number];
const unknown = values.area.find((name) => !names.includes(name));
if (unknown !== undefined) refuse(`--area: expected one of ${names.join(', ')}, got ${unknown}`);
const chosen = areas.filter(({ name }) => values.area.includes(name));
if (!chosen.some(({ sources }) => sources.some((source) => source.includes(values.files))))
  refuse(
    `--files: expected a piece of a compiled path of ${values.area.join(' or ')}, as core/task.js is, got ${values.files}`,
  );
if (
  ![sample, minutes, jobs].every((number) => number > 0) ||
  !Number.isSafeInteger(seed) ||
  !(simulatorSeeds >= 0)
)
  refuse(
    'expected numbers above 0 for --sample, --minutes and --jobs, whole ones for --seed and --simulator-seeds',
  );

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

const beganMs = performance.now();
let toldAtMs = beganMs;
const tried = await tryMutants({
  areas: chosen,
  ...{ files: values.files, sample, seed, simulatorSeeds, jobs },
  untilMs: beganMs + minutes * 60_000,
  progress: (done, all, alive) => {
    if (performance.now() - toldAtMs < PROGRESS_EVERY_MS) return;
    toldAtMs = performance.now();
    process.stderr.write(`${done} of ${all} mutants are tried, ${alive} live\n`);
  },
});
const rows = names.filter((name) => values.area.includes(name)).map((name) => [name, sum(name)] as const);
const all = sum(null);
if (values.json)
  process.stdout.write(`${JSON.stringify({ seed, areas: Object.fromEntries(rows), all, alive: alive() })}\n`);
else print();
process.exitCode = all.share < LEAST_SHARE ? 1 : 0;

function sum(name: string | null) {
  const mine = tried.filter(({ area }) => name === null || area.name === name);
  const count = (...verdicts: Verdict[]) => mine.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const killed = count('killed', 'overdue', 'dead');
  const [survived, uncovered, explained] = [count('survived'), count('uncovered'), count('explained')];
  const mutants = killed + survived + uncovered;
  const bySimulator = mine.filter(({ verdict, by }) => verdict === 'killed' && by.startsWith('seed ')).length;
  return {
    mutants,
    killed,
    bySimulator,
    survived,
    uncovered,
    explained,
    share: mutants === 0 ? 1 : killed / mutants,
  };
}

function alive() {
  return tried
    .filter(({ verdict }) => verdict === 'survived' || verdict === 'uncovered')
    .sort(
      (one, other) => one.origin.file.localeCompare(other.origin.file) || one.origin.line - other.origin.line,
    )
    .map(({ origin, edit, verdict }: Tried) => ({ ...origin, edit, verdict }));
}

function print(): void {
  for (const { file, line, edit, verdict, text } of alive())
    process.stdout.write(`${verdict.padEnd(9)}  ${file}:${line}  ${edit}\n             ${text}\n`);
  process.stdout.write(
    '\n| area | mutants | killed | of these by the simulator alone | live | not covered | explained | share |\n|---|---|---|---|---|---|---|---|\n',
  );
  for (const [name, row] of [...rows, ['all', all] as const])
    process.stdout.write(
      `| ${name} | ${row.mutants} | ${row.killed} | ${row.bySimulator} | ${row.survived} | ${row.uncovered} | ${row.explained} | ${(row.share * 100).toFixed(1)} % |\n`,
    );
  const seconds = ((performance.now() - beganMs) / 1_000).toFixed(0);
  process.stdout.write(`\nsample ${sample}, seed ${seed}, ${tried.length} tried in ${seconds} s\n`);
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
