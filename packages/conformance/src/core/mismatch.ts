/** What a check ends with where it does not pass. */

/** The subject did something else than the contract says. */
export class Mismatch extends Error {
  readonly expected: string;
  readonly got: string;

  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`);
    this.name = 'Mismatch';
    this.expected = expected;
    this.got = got;
  }
}

/** It cannot be told here whether the subject keeps the contract. */
export class Skipped extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'Skipped';
  }
}

const MAX_SHOWN_CHARACTERS = 400;

/** A value as a report shows it, cut where it is long. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
  return text.length <= MAX_SHOWN_CHARACTERS ? text : `${text.slice(0, MAX_SHOWN_CHARACTERS)}…`;
}

/** @throws {Mismatch} where it does not hold. */
export function expectThat(holds: boolean, expected: string, got: unknown): void {
  if (!holds) throw new Mismatch(expected, shown(got));
}

/** @param what is compared, as in "the exit code". Values are those that JSON has. */
export function expectSame(what: string, got: unknown, expected: unknown): void {
  if (!isSame(got, expected)) throw new Mismatch(`${what}: ${shown(expected)}`, shown(got));
}

/** Wants each field of `fields` in a message, whatever else it has. */
export function expectFields(message: object, fields: Readonly<Record<string, unknown>>): void {
  const fits = Object.entries(fields).every(([key, value]) => isSame(Reflect.get(message, key), value));
  if (!fits) throw new Mismatch(`a message with ${shown(fields)}`, shown(message));
}

export function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isSame(Reflect.get(one, key), Reflect.get(other, key)))
  );
}
