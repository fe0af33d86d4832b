/**
 * `npm run test:fuzz -- [--structured N] [--mutated N] [--sockets N] [--guided N] [--seed N] [--keep]`: the full counts
 * unless told otherwise. Ctrl-C ends the run after the present batch, with what was done. Exit 1 where something was found.
 */

import { readToolOptions } from '../tool-options.js';
import { readCorpus, writeCorpus } from './corpus.js';
import { runDecoders } from './decoder-run.js';
import { runGuided } from './guided-run.js';
import { Progress } from './progress.js';
import { runSockets } from './socket-run.js';

const USAGE = `
Sends what no peer should send to the decoders and to a worker, and wants an answer and no throw.

npm run test:fuzz -- [OPTIONS]
  --structured N   messages with faults in their fields. Default 1000000
  --mutated N      frames with flipped, cut and repeated bytes. Default 5000000
  --sockets N      raw frames against a worker. Default 200000
  --guided N       frames led by what they reach in the decoders. Default 20000
  --seed N         Default a new one, printed
  --keep           add what the guided run has found to the corpus
Ctrl-C ends the run after the present batch. Exit 1 where something was found.`;

const values = readToolOptions(USAGE, {
  structured: { type: 'string', default: '1000000' },
  mutated: { type: 'string', default: '5000000' },
  sockets: { type: 'string', default: '200000' },
  guided: { type: 'string', default: '20000' },
  seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  /** Writes what the guided run keeps into the corpus. */
  keep: { type: 'boolean', default: false },
});
const counts = [values.structured, values.mutated, values.sockets, values.guided, values.seed].map(Number);
const [structured, mutated, sockets, guided, seed] = counts as [number, number, number, number, number];
if (counts.some((count) => !Number.isSafeInteger(count) || count < 0)) {
  process.stderr.write(
    'expected whole numbers for --structured, --mutated, --sockets, --guided and --seed\n',
  );
  process.exit(2);
}

const progress = new Progress((line) => process.stderr.write(`${line}\n`));
let isInterrupted = false;
process.on('SIGINT', () => {
  if (isInterrupted) process.exit(130);
  isInterrupted = true;
  process.stderr.write('ending after this batch; once more ends at once\n');
  progress.stop();
});

process.stdout.write(`seed ${seed}\n`);
try {
  await timed('frames led by coverage', async () => {
    const { tried, reached, corpus } = await runGuided(readCorpus(), guided, seed, progress);
    process.stdout.write(`${corpus.length} inputs reach ${reached} blocks of the decoders\n`);
    if (values.keep) writeCorpus(corpus);
    return tried;
  });
  await timed('structured frames', () => runDecoders('structured', structured, seed, progress));
  await timed('mutated frames', () => runDecoders('mutated', mutated, seed, progress));
  await timed('raw frames against a worker', () => runSockets(sockets, seed, progress));
  if (isInterrupted) process.exitCode = 130;
} catch (error) {
  process.stdout.write(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function timed(what: string, run: () => Promise<number>): Promise<void> {
  const startedMs = performance.now();
  const done = await run();
  const seconds = (performance.now() - startedMs) / 1_000;
  process.stdout.write(
    `${done} ${what} in ${seconds.toFixed(1)} s (${Math.round(done / seconds)} a second)\n`,
  );
}
