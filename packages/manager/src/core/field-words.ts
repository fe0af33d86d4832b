/** Words about the fields of what a caller hands in: their values, and those that there are not. It knows no shapes. */

const MAX_SHOWN_CHARACTERS = 80;

/** A value as its caller would write it, shortened. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
}

/** As in `priority: expected a whole number, got 1.5`. */
export function mismatch(field: string, expected: string, got: unknown): string {
  return `${field}: expected ${expected}, got ${showValue(got)}`;
}

export function isObject<Value>(value: Value): value is Value & object {
  return typeof value === 'object' && value !== null;
}

/**
 * One sentence for each field of `given` that is not `known`: what is misspelt would be ignored in silence, and a task
 * run as its caller did not mean. `where` stands before each name, as in `workers[0].`.
 */
export function faultsOfUnknown(given: object, known: readonly string[], where = ''): string[] {
  return Object.entries(given)
    .filter(([name, value]) => value !== undefined && !known.includes(name))
    .map(([name]) => {
      const near = nearestOf(name, known);
      const advice =
        near === null
          ? `expected one of ${known.map((each) => where + each).join(', ')}`
          : `did you mean ${where}${near}?`;
      return `${where}${name}: unknown; ${advice}`;
    });
}

/** The known name that was probably meant, or null. */
function nearestOf(name: string, known: readonly string[]): string | null {
  const [nearest] = known
    .map((each) => ({ each, edits: countEdits(plain(name), plain(each)) }))
    .sort((a, b) => a.edits - b.edits);
  if (nearest !== undefined && nearest.edits <= Math.max(2, name.length / 3)) return nearest.each;
  return known.find((each) => name.length >= 3 && plain(each).startsWith(plain(name))) ?? null;
}

/** Case and the signs between words are what differs between one house's style and another's. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

/** Characters to add, drop or change between two words. */
function countEdits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [index, character] of [...a].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= b.length; column++) {
      const changed = (row[column - 1] as number) + (character === b[column - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[column] as number) + 1, (next[column - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
