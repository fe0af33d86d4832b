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

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `500ms`, `90s`, `10m`, `1.5h`, or `0`, in milliseconds. */
export function decodeDuration(option: string, text: string): Decoded<number> {
  if (text === '0') return { ok: true, value: 0 };
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) {
    return refuse(`${option}: expected a duration such as 90s, 10m or 1h, got "${text}".`);
  }
  return { ok: true, value: Math.ceil(Number(amount) * (UNIT_MS[unit] ?? 1)) };
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
