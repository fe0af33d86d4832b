/** One row of the table or several: what is measured, against whom, and what is to be reached. */
import type { Ratio } from './rounds.js';

export interface Goal {
  /** As performance.md says it, for people. */
  readonly text: string;
  readonly isMet: boolean;
}

export interface Row {
  readonly what: string;
  /** With its unit. */
  readonly ours: string;
  readonly theirs: string;
  readonly ratio: Ratio | null;
  readonly goal: Goal | null;
}

export interface Bench {
  /** 1 = as in a full run; smaller for a quick look. */
  readonly scale: number;
  skip(peer: string, why: string): void;
}

export interface Metric {
  readonly name: string;
  readonly title: string;
  measure(bench: Bench): Promise<readonly Row[]>;
}

/** A row whose goal is a bound on a ratio. */
export function ratioRow(
  what: string,
  figures: { readonly ours: string; readonly theirs: string; readonly ratio: Ratio },
  bound: { readonly text: string; readonly atMost?: number; readonly atLeast?: number } | null,
): Row {
  if (bound === null) return { what, ...figures, goal: null };
  const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY, text } = bound;
  const isMet = figures.ratio.median <= atMost && figures.ratio.median >= atLeast;
  return { what, ...figures, goal: { text, isMet } };
}

/** @throws {Error} where a run is not what was asked for: nothing is fast that is wrong. */
export function expectRight(what: string, got: unknown, expected: unknown): void {
  if (got !== expected) throw new Error(`${what}: expected ${String(expected)}, got ${String(got)}`);
}
