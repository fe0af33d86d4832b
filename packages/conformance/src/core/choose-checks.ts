/** Which checks run: all, or those that were named by id or by area. */
import type { Check } from './check.js';

type Choice<Subject> =
  | { readonly ok: true; readonly checks: readonly Check<Subject>[] }
  | { readonly ok: false; readonly fault: string };

/** @param names ids (`output.window`) or areas (`output`); none means all. */
export function chooseChecks<Subject>(
  checks: readonly Check<Subject>[],
  names: readonly string[],
): Choice<Subject> {
  const unknown = names.filter((name) => !checks.some((check) => isNamed(check, name)));
  if (unknown.length > 0) {
    const areas = [...new Set(checks.map(({ id }) => areaOf(id)))].join(', ');
    return {
      ok: false,
      fault: `--only: expected the id of a check or one of the areas ${areas}; got ${unknown.join(', ')}. --list tells all ids.`,
    };
  }
  const chosen = checks.filter((check) => names.length === 0 || names.some((name) => isNamed(check, name)));
  return { ok: true, checks: chosen };
}

function isNamed({ id }: { readonly id: string }, name: string): boolean {
  return id === name || areaOf(id) === name;
}

function areaOf(id: string): string {
  return id.split('.')[0] ?? id;
}
