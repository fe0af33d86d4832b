/**
 * `npm run test:simulate -- [--seeds N] [--from SEED] [--seed SEED [--trace]]`: runs seeds, and prints the transcript of
 * the first that breaks a promise. Exit 1 where one does.
 */

import { parseArgs } from 'node:util';
import { simulate } from './simulation.js';

const USAGE = `
Runs the machines of manager and worker in virtual time, a world for each seed.

npm run test:simulate -- [OPTIONS]
  --seeds N      how many. Default 2000
  --from SEED    the first. Default 1
  --seed SEED    this one alone
  --trace        print all that happens
  --quiet        print no transcript of a seed that breaks a promise
Exit 1 where a seed breaks a promise; it is printed, and runs the same each time.`;

const values = readOptions();
if (values.help) {
  process.stdout.write(`${USAGE.trim()}\n`);
  process.exit(0);
}
// The machines make an error for each lost connection that they show, and its stack would be a tenth of the time.
if (values.seed === undefined) Error.stackTraceLimit = 0;
const from = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
if (!Number.isSafeInteger(from) || !Number.isSafeInteger(count) || count < 1) {
  process.stderr.write('expected whole numbers for --seeds, --from and --seed\n');
  process.exit(2);
}

const startedAtMs = performance.now();
let events = 0;
let virtualMs = 0;
let failed: number | null = null;
for (let seed = from; seed < from + count && failed === null; seed++) {
  const result = simulate(seed, values.trace ? writeLine : null);
  events += result.events;
  virtualMs += result.virtualMs;
  if (result.violation === null) continue;
  failed = seed;
  if (!values.trace && !values.quiet) {
    Error.stackTraceLimit = 10;
    simulate(seed, writeLine);
  }
  writeLine(`seed ${seed}: ${result.violation}`);
}
const seconds = (performance.now() - startedAtMs) / 1_000;
const done = failed === null ? count : failed - from + 1;
const [perSecond, hours] = [Math.round(done / seconds), Math.round(virtualMs / 3_600_000)];
writeLine(
  `${done} seeds from ${from}: ${failed === null ? 'no violation' : 'a violation'}; ${perSecond} seeds a second, ${events} events, ${hours} h of virtual time`,
);
process.exitCode = failed === null ? 0 : 1;

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readOptions() {
  try {
    const options = {
      seeds: { type: 'string', default: '2000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    process.exit(2);
  }
}
