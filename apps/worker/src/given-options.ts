/** Collects what was given for each option: on the command line, in the environment, in a file. It knows no meaning of it. */
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import { type FileEntry, readConfigFile } from './io/config-file.js';
import { OPTIONS, type OptionName, type OptionRow, variableOf } from './options.js';

export interface Given {
  readonly texts: readonly string[];
  /** How it was written, for faults: `--max-tasks`, `SANDCREW_MAX_TASKS`, `worker.jsonc:3:3: /max-tasks`. */
  readonly spelling: string;
  /** Where it was written: `--max-tasks`, `SANDCREW_MAX_TASKS`, `worker.jsonc:3:3`. */
  readonly source: string;
}

export interface GivenOptions {
  readonly values: ReadonlyMap<OptionName, Given>;
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;
type Values = Map<OptionName, Given>;
type Row = OptionRow & { readonly name: OptionName };

const ROWS: readonly Row[] = OPTIONS;

/** The command line goes before the environment, and the environment before the file. */
export function collectOptions(argv: readonly string[], env: Environment): GivenOptions {
  const faults: string[] = [];
  const warnings: string[] = [];
  const values = readArguments(argv, faults);
  readEnvironment(env, values, warnings);
  const file = values.get('config')?.texts[0];
  if (file !== undefined) readFile(resolve(file), values, faults);
  return { values, faults, warnings };
}

function readArguments(argv: readonly string[], faults: string[]): Values {
  const values: Values = new Map();
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] === '-h' ? '--help' : (argv[index] ?? '');
    if (!word.startsWith('--')) {
      faults.push(
        `unexpected ${JSON.stringify(word)}: every option starts with --; --help lists them, and the commands`,
      );
      continue;
    }
    const equals = word.indexOf('=');
    const name = word.slice(2, equals < 0 ? undefined : equals);
    const row = ROWS.find((option) => option.name === name);
    if (row === undefined) {
      faults.push(`unknown option --${name}${suggestion(name, '--')}`);
      if (equals < 0 && argv[index + 1]?.startsWith('--') === false) index++; // its value, most likely
      continue;
    }
    let value = equals < 0 ? undefined : word.slice(equals + 1);
    if (row.value === null) {
      if (value !== undefined) faults.push(`--${name} takes no value, got ${JSON.stringify(value)}`);
      value = 'true';
    }
    value ??= argv[++index];
    const before = values.get(row.name);
    if (value === undefined) faults.push(`--${name} expects ${row.value}, got nothing`);
    else if (before !== undefined && row.isRepeated !== true)
      faults.push(`--${name} may be given once, got twice`);
    else
      values.set(row.name, {
        texts: [...(before?.texts ?? []), value],
        spelling: `--${name}`,
        source: `--${name}`,
      });
  }
  return values;
}

function readEnvironment(env: Environment, values: Values, warnings: string[]): void {
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('SANDCREW_') || value === undefined) continue;
    const row = ROWS.find(({ name }) => variableOf(name) === variable);
    if (row === undefined || row.isOnceOnly === true)
      warnings.push(`${variable} is no option of the worker and is ignored`);
    else if (!values.has(row.name) && value !== '')
      values.set(row.name, {
        texts: row.isRepeated === true ? value.split(',') : [value],
        spelling: variable,
        source: variable,
      });
  }
}

function readFile(path: string, values: Values, faults: string[]): void {
  const entries = readConfigFile(path);
  if (typeof entries === 'string') {
    faults.push(entries);
    return;
  }
  const seen = new Set<string>();
  for (const entry of entries) {
    const { name, where } = entry;
    const row = ROWS.find((option) => option.name === name);
    if (row === undefined) faults.push(`${where}: unknown option /${name}${suggestion(name, '/')}`);
    else if (row.isOnceOnly === true || name === 'config')
      faults.push(`${where}: /${name} is for the command line, and not for a file`);
    else if (seen.has(name)) faults.push(`${where}: /${name} may be given once, got twice`);
    else {
      seen.add(name);
      const texts = textsOf(row, entry, dirname(path), faults);
      if (texts === null || values.has(row.name)) continue;
      values.set(row.name, { texts, spelling: `${where}: /${name}`, source: where });
    }
  }
}

/** What a value of the file would be on the command line; null where it is at fault. */
function textsOf(
  row: Row,
  { name, value, where }: FileEntry,
  directory: string,
  faults: string[],
): string[] | null {
  const refuse = (path: string, expected: string, got: unknown): null => {
    faults.push(`${where}: ${path} expects ${expected}, got ${JSON.stringify(got)}`);
    return null;
  };
  if (row.value === null)
    return typeof value === 'boolean' ? [String(value)] : refuse(`/${name}`, 'true or false', value);
  if (row.value === 'N')
    return typeof value === 'number' ? [String(value)] : refuse(`/${name}`, 'a number', value);
  if (row.isRepeated !== true)
    return typeof value === 'string'
      ? [fromDirectory(row.value, value, directory)]
      : refuse(`/${name}`, 'a string', value);
  const isList = row.value !== 'K=V';
  if (value === null || typeof value !== 'object' || Array.isArray(value) !== isList)
    return refuse(`/${name}`, isList ? 'an array of strings' : 'an object of strings', value);
  const texts: string[] = [];
  for (const [key, one] of Object.entries(value)) {
    if (typeof one === 'string') texts.push(isList ? one : `${key}=${one}`);
    else return refuse(`/${name}/${key}`, 'a string', one);
  }
  return texts;
}

/** Paths in a file are from the file's own directory: the worker's is whatever it was started in. */
function fromDirectory(kind: string, text: string, directory: string): string {
  if (kind === 'FILE' || kind === 'DIR') return resolve(directory, text);
  if (!kind.includes('unix:PATH') || !text.startsWith('unix:')) return text;
  const path = text.slice('unix:'.length);
  return path === '' || isAbsolute(path) ? text : `unix:${join(directory, path)}`;
}

/** The option that was probably meant, where one is near. */
function suggestion(name: string, prefix: string): string {
  const near = closest(
    name,
    ROWS.map((option) => option.name),
  );
  return distance(name, near) <= Math.max(2, name.length / 3)
    ? `; did you mean ${prefix}${near}?`
    : '; --help lists them';
}
