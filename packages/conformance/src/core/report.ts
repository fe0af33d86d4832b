/** The report: one line a check, and for each one that failed what was expected and what came. */
import { isConforming, type Result, type Verdict } from './check.js';

const WORDS: Readonly<Record<Verdict['kind'], string>> = {
  passed: 'pass',
  failed: 'FAIL',
  absent: 'none',
  skipped: 'skip',
};

/** As it is told the moment a check has ended. */
export function lineOf({ id, says, cites, verdict, durationMs }: Result): string {
  const [section, words] = cites;
  const head = `${WORDS[verdict.kind]}  ${id.padEnd(30)} ${says} [${section}: "${words}"] ${durationMs} ms`;
  if (verdict.kind === 'passed') return head;
  if (verdict.kind === 'skipped') return `${head}\n        skipped: ${verdict.why}`;
  return `${head}\n        expected: ${verdict.expected}\n        got:      ${verdict.got}`;
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** Optional things that the subject does not do. */
  readonly absent: number;
  readonly skipped: number;
}

function countOf(results: readonly Result[]): Counts {
  const count = (kind: Verdict['kind']) => results.filter(({ verdict }) => verdict.kind === kind).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    absent: count('absent'),
    skipped: count('skipped'),
  };
}

/** The last lines: which checks failed, the counts, the verdict. */
export function summaryOf(results: readonly Result[], durationMs: number): string {
  const { passed, failed, absent, skipped } = countOf(results);
  const names = results.filter(({ verdict }) => verdict.kind === 'failed').map(({ id }) => id);
  return [
    ...(names.length === 0 ? [] : [`Failed: ${names.join(', ')}.`]),
    `${passed} passed, ${failed} failed, ${absent} optional ones absent, ${skipped} skipped, in ${(durationMs / 1000).toFixed(1)} s.`,
    isConforming(results)
      ? 'What was checked keeps the contract.'
      : 'It breaks the contract where a line says FAIL.',
  ].join('\n');
}

/** For machines: the same, one JSON object. */
export function jsonReport(subject: string, results: readonly Result[], durationMs: number): string {
  const report = {
    subject,
    conforming: isConforming(results),
    counts: countOf(results),
    durationMs,
    checks: results.map(({ cites: [section, words], ...result }) => ({
      ...result,
      cites: { page: 'docs/protocol.md', section, words },
    })),
  };
  return JSON.stringify(report, null, 2);
}
