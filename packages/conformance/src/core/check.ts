/** What a check is, and what comes of it. Knows nothing of workers and managers. */

/** Words of the contract, docs/protocol.md, exactly as they stand there, and the section that they stand in. */
export type Citation = readonly [section: string, words: string];

export interface Check<Subject> {
  /** AREA.WHAT, stable: `--only` takes it. */
  readonly id: string;
  /** What holds where the check passes, in one sentence. */
  readonly says: string;
  readonly cites: Citation;
  /** The contract allows to go without: what fails is told, and does not count. */
  readonly isOptional?: true;
  /** It takes what others need too (slots, connections, failed tokens): no other check runs beside it. */
  readonly runsAlone?: true;
  /** It takes 20 s or longer and runs only where it is asked for. */
  readonly isSlow?: true;
  /** @throws {Mismatch} where the subject breaks the contract; {Skipped} where that cannot be told here. */
  run(subject: Subject): Promise<void>;
}

export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed' | 'absent'; readonly expected: string; readonly got: string }
  | { readonly kind: 'skipped'; readonly why: string };

export interface Result {
  readonly id: string;
  readonly says: string;
  readonly cites: Citation;
  readonly verdict: Verdict;
  readonly durationMs: number;
}

/** Whether the subject keeps what every subject has to. What was skipped is not known, and does not count. */
export function isConforming(results: readonly Result[]): boolean {
  return results.every(({ verdict }) => verdict.kind !== 'failed');
}
