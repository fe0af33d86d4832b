/** Runs checks, several at a time, each with a subject and a deadline of its own. */
import type { Check, Result, Verdict } from './core/check.js';
import { Mismatch, Skipped } from './core/mismatch.js';
import { monotonicMs } from './io/clock.js';

/** What a check is given, and what is cleared away behind it. */
export interface Disposable {
  /** Settles every wait of the check with an error, and closes what it opened. */
  dispose(): Promise<void>;
}

export interface RunOptions<Subject extends Disposable> {
  /** A fresh subject for one check. */
  readonly open: () => Subject;
  readonly atOnce: number;
  /** A check that has not ended by then has failed, milliseconds. */
  readonly timeoutMs: number;
  /** Whether those of 20 s and more run too. */
  readonly runsSlow: boolean;
  /** Aborted: nothing more begins, what runs ends as soon as it can, and the results so far are given. */
  readonly signal: AbortSignal;
  readonly onResult: (result: Result) => void;
}

/** @returns the results of what ran, in the order of `checks`. */
export async function runChecks<Subject extends Disposable>(
  checks: readonly Check<Subject>[],
  options: RunOptions<Subject>,
): Promise<Result[]> {
  const results = new Map<string, Result>();
  const inTurn = async (queue: Check<Subject>[]) => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      if (options.signal.aborted) return;
      const result = await judge(check, options);
      if (options.signal.aborted) return; // what was cut off has no result
      results.set(check.id, result);
      options.onResult(result);
    }
  };
  const beside = checks.filter(({ runsAlone }) => !runsAlone);
  await Promise.all(Array.from({ length: options.atOnce }, () => inTurn(beside)));
  await inTurn(checks.filter(({ runsAlone }) => runsAlone));
  return checks.flatMap(({ id }) => results.get(id) ?? []);
}

async function judge<Subject extends Disposable>(
  check: Check<Subject>,
  options: RunOptions<Subject>,
): Promise<Result> {
  const { id, says, cites } = check;
  const startedAtMs = monotonicMs();
  const verdict = await verdictOf(check, options);
  return { id, says, cites, verdict, durationMs: Math.round(monotonicMs() - startedAtMs) };
}

async function verdictOf<Subject extends Disposable>(
  check: Check<Subject>,
  { open, timeoutMs, runsSlow, signal }: RunOptions<Subject>,
): Promise<Verdict> {
  if (check.isSlow && !runsSlow) return { kind: 'skipped', why: 'it takes 20 s or more; --slow runs it' };
  const subject = open();
  const late = deadline(check.isSlow ? 4 * timeoutMs : timeoutMs, signal);
  try {
    await Promise.race([check.run(subject), late.reached]);
    return { kind: 'passed' };
  } catch (error) {
    if (error instanceof Skipped) return { kind: 'skipped', why: error.message };
    const kind = check.isOptional ? 'absent' : 'failed';
    if (error instanceof Mismatch) return { kind, expected: error.expected, got: error.got };
    const got = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind, expected: 'the check to come to its end', got };
  } finally {
    late.cancel();
    await subject.dispose();
  }
}

function deadline(timeoutMs: number, signal: AbortSignal): { reached: Promise<never>; cancel(): void } {
  let cancel = () => {};
  const reached = new Promise<never>((_, reject) => {
    const timer = setTimeout(
      () => reject(new Mismatch(`the check to end within ${timeoutMs} ms`, 'no end')),
      timeoutMs,
    );
    const abort = () => reject(new Error('interrupted'));
    signal.addEventListener('abort', abort, { once: true });
    cancel = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
  });
  reached.catch(() => {}); // it may reject after the race is over
  return { reached, cancel };
}
