/** The bench of blocks: cases in, a worker between, scores out. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { BlockCase } from './block-case.js';
import { startBusyLoops } from './busy-loops.js';
import { type CaseGroup, loadGroups, loadSubset, selectCases } from './case-files.js';
import { type CaseRun, runCase, skipCase } from './case-run.js';
import { describeCommit, describeMachine } from './machine.js';
import { type BenchOptions, HELP, parseOptions } from './options.js';
import { type GroupResult, renderGroup } from './report.js';
import { runAll } from './schedule.js';
import { judgeGoals, scoreCase } from './score.js';
import { findMissing } from './tools.js';
import { WorkerConnection } from './worker-connection.js';
import { startWorker } from './worker-process.js';

process.exitCode = await main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`bench:blocks: ${error.message}\n`);
  return 2;
});

/** @returns the exit code: 0, or 1 where a goal was asked for and missed. */
async function main(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const groups = await chooseGroups(options);
  const startedMs = performance.now();
  const runs = await measure(
    groups.flatMap(({ cases }) => cases),
    options,
  );
  const tookS = Math.round((performance.now() - startedMs) / 1000);
  const results = groups.map((group) => scoreGroup(group, runs));
  if (options.markdown)
    process.stdout.write(
      `${describeMachine()}; commit ${describeCommit()}; ${options.jobs} cases at once, ${options.load} busy loops beside them; ${tookS} s.\n\n`,
    );
  process.stdout.write(results.map(renderGroup).join('\n'));
  process.stderr.write(`${runs.size} cases in ${tookS} s\n`);
  const goals = Object.fromEntries(results.map(({ name, scores }) => [name, judgeGoals(scores)]));
  if (options.json !== null)
    await writeFile(options.json, `${JSON.stringify({ goals, runs: [...runs.values()] }, null, 2)}\n`);
  const isMissed = Object.values(goals)
    .flat()
    .some(({ isReached }) => !isReached);
  return options.check && isMissed ? 1 : 0;
}

async function chooseGroups({ cases, only, subset }: BenchOptions): Promise<CaseGroup[]> {
  const all = await loadGroups(cases, process.env.SANDCREW_CORPUS);
  const ofSubset = subset === null ? all : selectCases(all, await loadSubset(subset));
  return only.length === 0 ? ofSubset : selectCases(ofSubset, only);
}

async function measure(
  cases: readonly BlockCase[],
  { jobs, load }: BenchOptions,
): Promise<Map<string, CaseRun>> {
  const runs = new Map<string, CaseRun>();
  const worker = await startWorker(jobs);
  const connection = await WorkerConnection.open(worker.url, worker.token);
  const stopLoops = startBusyLoops(load);
  const interrupted = Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal))).then(() => {
    throw new Error('interrupted');
  });
  try {
    const done = runAll(cases, jobs, async (one) => {
      const missing = await findMissing(one.needs);
      const run =
        missing === null
          ? await runCase(one, connection, worker.workspace)
          : skipCase(one, `needs ${missing}`);
      runs.set(one.id, run);
      const said = run.claims.map((claim) => `${claim.confidence} ${claim.reason}`).join(', ');
      process.stderr.write(
        `${runs.size}/${cases.length} ${one.id}: ${run.skipped ?? (said || 'no claim')}\n`,
      );
    });
    await Promise.race([done, interrupted]);
  } finally {
    stopLoops();
    connection.close();
    await worker.stop();
  }
  return runs;
}

function scoreGroup({ name, cases }: CaseGroup, runs: ReadonlyMap<string, CaseRun>): GroupResult {
  const own = cases.flatMap((one) => {
    const run = runs.get(one.id);
    return run === undefined ? [] : [{ one, run }];
  });
  return {
    name,
    scores: own.filter(({ run }) => run.skipped === undefined).map(({ one, run }) => scoreCase(one, run)),
    runs: own.map(({ run }) => run),
  };
}
