/** One run of the program: chooses, runs, tells as it goes, and answers with an exit status. */
import { type Check, isConforming, type Result } from './core/check.js';
import { chooseChecks } from './core/choose-checks.js';
import { jsonReport, lineOf, summaryOf } from './core/report.js';
import { EXIT, Failure } from './exit-status.js';
import { monotonicMs } from './io/clock.js';
import { type Disposable, runChecks } from './run-checks.js';

export interface RunFlags {
  readonly only: readonly string[];
  readonly json: boolean;
  readonly slow: boolean;
  readonly list: boolean;
}

export interface CheckedRun<Subject extends Disposable> {
  /** What is checked, as the report names it. */
  readonly name: string;
  readonly checks: readonly Check<Subject>[];
  /** Looks whether it can be checked at all. @returns how many checks run at once. @throws {Failure} */
  readonly prepare: () => Promise<number>;
  readonly open: () => Subject;
  readonly timeoutMs: number;
}

/** @throws {Failure} */
export async function carryOut<Subject extends Disposable>(
  run: CheckedRun<Subject>,
  flags: RunFlags,
): Promise<number> {
  const chosen = chooseChecks(run.checks, flags.only);
  if (!chosen.ok) throw new Failure(chosen.fault, { status: EXIT.usage });
  if (flags.list) return list(chosen.checks);
  const { signal, stopListening } = interrupts();
  const startedAtMs = monotonicMs();
  const atOnce = await run.prepare();
  if (!flags.json) say(`${chosen.checks.length} checks of ${run.name}, up to ${atOnce} at once.\n`);
  let done = 0;
  const onResult = (result: Result) => {
    done++;
    if (!flags.json) say(`${lineOf(result)}\n`);
    else if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${chosen.checks.length}`);
  };
  const results = await runChecks(chosen.checks, {
    open: run.open,
    atOnce,
    timeoutMs: run.timeoutMs,
    runsSlow: flags.slow,
    signal,
    onResult,
  });
  stopListening();
  const durationMs = Math.round(monotonicMs() - startedAtMs);
  if (flags.json && process.stderr.isTTY) process.stderr.write('\n');
  say(
    flags.json ? `${jsonReport(run.name, results, durationMs)}\n` : `\n${summaryOf(results, durationMs)}\n`,
  );
  if (signal.aborted) {
    process.stderr.write(`sandcrew-conformance: interrupted after ${results.length} checks\n`);
    return EXIT.interrupted;
  }
  return isConforming(results) ? EXIT.conforms : EXIT.breaks;
}

function list(checks: readonly Pick<Result, 'id' | 'says'>[]): number {
  for (const { id, says } of checks) say(`${id.padEnd(32)} ${says}\n`);
  return EXIT.conforms;
}

function say(text: string): void {
  process.stdout.write(text);
}

/** The first interrupt ends the run in order, with a report; the second one at once. */
function interrupts(): { signal: AbortSignal; stopListening(): void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    stopListening: () => process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
