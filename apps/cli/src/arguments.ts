/** Reads the words that a person typed into values, or says what is wrong with them. Knows units, and no command. */

/** A value, or every fault of what was typed, each a sentence with what was expected, what came and what to do. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly faults: readonly string[] };

/** Gathers the faults of many words, so that all of them are told at once. */
export class Faults {
  readonly #sentences: string[] = [];

  add(sentence: string): void {
    this.#sentences.push(sentence);
  }

  /** The decoded word; undefined where there is none, or where it is faulty. */
  take<T>(text: string | undefined, decode: (text: string) => Decoded<T>): T | undefined {
    return text === undefined ? undefined : this.takeDecoded(decode(text));
  }

  takeDecoded<T>(decoded: Decoded<T>): T | undefined {
    if (decoded.ok) return decoded.value;
    this.#sentences.push(...decoded.faults);
    return undefined;
  }

  /** `value`, if nothing was found to be wrong. */
  conclude<T>(value: T): Decoded<T> {
    return this.#sentences.length === 0 ? { ok: true, value } : { ok: false, faults: this.#sentences };
  }
}

/** What a name may be made of, as the protocol has it, and in words. */
export interface NameShape {
  readonly pattern: RegExp;
  readonly words: string;
}

/** Of a task, and of a manager. */
export const ID: NameShape = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/,
  words: '1 to 128 of A-Z a-z 0-9 . _ : -, the first a letter or digit',
};
export const WORKSPACE_NAME: NameShape = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  words: '1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or digit',
};

export function decodeName(what: string, text: string, { pattern, words }: NameShape): Decoded<string> {
  return pattern.test(text)
    ? { ok: true, value: text }
    : refuse(`${what}: expected ${words}, got "${text}".`);
}

/** One of some words. */
export function decodeChoice<Word extends string>(
  option: string,
  text: string,
  words: readonly Word[],
): Decoded<Word> {
  const value = words.find((word) => word === text);
  return value === undefined
    ? refuse(`${option}: expected one of ${words.join(', ')}, got "${text}".`)
    : { ok: true, value };
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** What a timer of the protocol holds at most, milliseconds: a little over 596 hours. */
const MAX_DURATION_MS = 2_147_483_647;

/** `500ms`, `90s`, `10m`, `1.5h`, or `0`, in milliseconds. */
export function decodeDuration(option: string, text: string): Decoded<number> {
  if (text === '0') return { ok: true, value: 0 };
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) {
    return refuse(`${option}: expected a duration such as 90s, 10m or 1h, got "${text}".`);
  }
  const value = Math.ceil(Number(amount) * (UNIT_MS[unit] ?? 1));
  return value <= MAX_DURATION_MS
    ? { ok: true, value }
    : refuse(`${option}: expected at most 596h, got "${text}".`);
}

/** A whole number from `min` on. */
export function decodeWholeNumber(option: string, text: string, min: number): Decoded<number> {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= min) return { ok: true, value };
  const range = min === Number.MIN_SAFE_INTEGER ? 'a whole number' : `a whole number from ${min} on`;
  return refuse(`${option}: expected ${range}, got "${text}".`);
}

/** Variables as `NAME=VALUE`, the later of two with one name. */
export function decodeVariables(texts: readonly string[]): Decoded<Record<string, string>> {
  const faulty = texts.filter((text) => text.indexOf('=') < 1);
  if (faulty.length > 0) {
    return { ok: false, faults: faulty.map((text) => `--env: expected NAME=VALUE, got "${text}".`) };
  }
  const pairs = texts.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]);
  return { ok: true, value: Object.fromEntries(pairs) };
}

/** A command: one word is a line for the shell, several are a program and its arguments. */
export function decodeCommand(words: readonly string[]): Decoded<string | readonly string[]> {
  const [first = ''] = words;
  if (first.trim() === '') {
    return refuse('expected a command, got none. Write it after `--`: sandcrew run -- npm test');
  }
  return { ok: true, value: words.length === 1 ? first : words };
}

function refuse(fault: string): Decoded<never> {
  return { ok: false, faults: [fault] };
}

type Present<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** The fields that have a value: an option that was not given is left out, not undefined. */
export function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
