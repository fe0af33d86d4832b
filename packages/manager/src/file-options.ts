/** What a caller says of a transfer of files: its options, their defaults, and what is wrong with them. */
import type { Writable } from 'node:stream';
import { faultsOfUnknown, isObject, mismatch, showValue } from './core/field-words.js';
import type { ArchiveRules } from './core/files/archive-ledger.js';
import { judgePath } from './core/files/entry-path.js';
import { compileExclusion } from './core/files/exclusion.js';
import type { WantedPath } from './core/files/tar-commands.js';
import { SandboxError } from './core/sandbox-error.js';

/**
 * What is put: a directory (its contents arrive), a file, or several of both, each under its own name (`dir/` is what `dir`
 * holds); or a tar stream, not compressed.
 */
export type FileSource = string | readonly string[] | AsyncIterable<Uint8Array>;

export interface TransferOptions {
  /** Which worker, by id or URL. Default: the one that has the workspace, else the next that is free. */
  readonly worker?: string;
  /** The transfer is a task; this is its id. Default: a random one. */
  readonly taskId?: string;
  /** As of a task: higher goes first. Default 0. */
  readonly priority?: number;
  /**
   * What is left out: `*` and `?` are wildcards within a name. Without `/` a pattern is a name anywhere (`node_modules`,
   * `*.o`), with one a path as it arrives (`app/build`). What a directory holds goes with it.
   */
  readonly exclude?: readonly string[];
  /** How long not a byte may move before the transfer fails with NO_PROGRESS, milliseconds. Default 300 000; 0 = for ever. */
  readonly idleTimeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Told ten times a second at most, and at the end. */
  readonly onProgress?: (progress: TransferProgress) => void;
}

export interface PutOptions extends TransferOptions {
  /** A directory in the workspace; it is made where there is none. Default: the workspace itself. */
  readonly target?: string;
}

export interface GetOptions extends TransferOptions {
  /** A directory, which is made where there is none; or a stream, which gets a tar archive and is not ended. */
  readonly target: string | Writable;
  /** Content of all files at most, bytes. Default 10 GiB. */
  readonly maxBytes?: number;
  /** Files, directories and links at most. Default 500 000. */
  readonly maxEntries?: number;
}

export interface TransferProgress {
  /** Files, directories and links so far. */
  readonly entries: number;
  /** Content of files so far, bytes: that of a file counts when it begins. */
  readonly bytes: number;
  /** Of the archive, sent and taken, or received, bytes. */
  readonly archiveBytes: number;
  /** The entry that was begun last. */
  readonly path: string;
}

export interface TransferReport {
  readonly taskId: string;
  readonly workerId: string;
  readonly entries: number;
  /** Content of the files, bytes. */
  readonly bytes: number;
  /** Sentences on what arrived otherwise than it lay there: a file that changed while it was read, a socket. */
  readonly warnings: readonly string[];
}

const GIBIBYTE = 1_073_741_824;
const DEFAULT_MAX_BYTES = 10 * GIBIBYTE;
const DEFAULT_MAX_ENTRIES = 500_000;
const DEFAULT_IDLE_TIMEOUT_MS = 300_000;
/** The longest time that a timer of Node takes, milliseconds. */
const MAX_TIMER_MS = 2_147_483_647;

const TRANSFER_FIELDS: Readonly<Record<keyof TransferOptions, true>> = {
  worker: true,
  taskId: true,
  priority: true,
  exclude: true,
  idleTimeoutMs: true,
  signal: true,
  onProgress: true,
};
const PUT_FIELDS = Object.keys({ ...TRANSFER_FIELDS, target: true });
const GET_FIELDS = Object.keys({ ...TRANSFER_FIELDS, target: true, maxBytes: true, maxEntries: true });

/** The options of a transfer as it works by them. */
export interface TransferSettings {
  readonly exclude: readonly string[];
  readonly idleTimeoutMs: number;
  readonly rules: ArchiveRules;
}

/** @throws {SandboxError} INVALID_OPTIONS, naming every fault; INVALID_PATH */
export function readPut(
  source: FileSource,
  options: PutOptions,
): TransferSettings & { readonly directory: string } {
  refuse(faultsOfOptions(options, PUT_FIELDS));
  const { target = '.', exclude = [] } = options;
  const faults = faultsOfSource(source);
  if (typeof target !== 'string') faults.push(mismatch('target', 'a directory in the workspace', target));
  if (exclude.length > 0 && isStream(source))
    faults.push('exclude: expected with files and directories; an archive is sent as it is');
  refuse(faults);
  const rules = {
    maxBytes: Number.POSITIVE_INFINITY,
    maxEntries: Number.POSITIVE_INFINITY,
    linksMayLeave: true,
  };
  return { ...readTransfer(options, rules, false), directory: readPath('target', target) };
}

/** @throws {SandboxError} INVALID_OPTIONS, naming every fault; INVALID_PATH */
export function readGet(
  paths: readonly string[],
  options: GetOptions,
): TransferSettings & { readonly wanted: readonly WantedPath[] } {
  refuse(faultsOfOptions(options, GET_FIELDS));
  const { target, maxBytes = DEFAULT_MAX_BYTES, maxEntries = DEFAULT_MAX_ENTRIES } = options;
  const faults: string[] = [];
  if (!Array.isArray(paths) || paths.length === 0 || !paths.every((path) => typeof path === 'string'))
    faults.push(mismatch('paths', 'an array of one path or more', paths));
  if (!(typeof target === 'string' && target !== '') && !isWritable(target))
    faults.push(mismatch('target', 'a directory or a Writable', target));
  for (const [name, value] of Object.entries({ maxBytes, maxEntries }))
    if (!isCount(value)) faults.push(mismatch(name, 'a whole number from 0', value));
  refuse(faults);
  const rules = { maxBytes, maxEntries, linksMayLeave: false };
  return { ...readTransfer(options, rules, process.platform === 'win32'), wanted: paths.map(readWanted) };
}

function readTransfer(
  { exclude = [], idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS }: TransferOptions,
  rules: Pick<ArchiveRules, 'maxBytes' | 'maxEntries' | 'linksMayLeave'>,
  isWindows: boolean,
): TransferSettings {
  return { exclude, idleTimeoutMs, rules: { ...rules, isWindows, isExcluded: compileExclusion(exclude) } };
}

/** `a/b` is `b` in `a`; `a/b/` and `.` are what they hold. */
function readWanted(path: string): WantedPath {
  const whole = readPath('paths', path);
  if (whole === '' || /\/\.?$/.test(path)) return { directory: whole, name: null };
  const end = whole.lastIndexOf('/');
  return { directory: whole.slice(0, Math.max(end, 0)), name: whole.slice(end + 1) };
}

function readPath(field: string, path: string): string {
  const judged = judgePath(path === '' ? '.' : path);
  if (judged.ok) return judged.path;
  const message = `${field}: expected a path inside the workspace, got ${showValue(path)}: ${judged.why}.`;
  throw new SandboxError({ code: 'INVALID_PATH', message });
}

export function isStream(source: unknown): source is AsyncIterable<Uint8Array> {
  return isObject(source) && Symbol.asyncIterator in source;
}

function isWritable(target: unknown): boolean {
  return isObject(target) && 'write' in target && typeof target.write === 'function';
}

function faultsOfSource(source: FileSource): string[] {
  const words: readonly unknown[] = Array.isArray(source) ? source : [source];
  const isNamed = words.length > 0 && words.every((word) => typeof word === 'string' && word !== '');
  if (isNamed || isStream(source)) return [];
  return [mismatch('source', 'a file, a directory, an array of them, or a tar stream', source)];
}

function faultsOfOptions(options: TransferOptions, known: readonly string[]): string[] {
  if (!isObject(options)) return [mismatch('the options', 'an object', options)];
  const { exclude = [], idleTimeoutMs = 0, onProgress } = options;
  const faults = faultsOfUnknown(options, known);
  const isList =
    Array.isArray(exclude) && exclude.every((each) => typeof each === 'string' && /[^/.]/.test(each));
  if (!isList) faults.push(mismatch('exclude', 'an array of patterns', exclude));
  if (!isCount(idleTimeoutMs) || idleTimeoutMs > MAX_TIMER_MS)
    faults.push(mismatch('idleTimeoutMs', `a whole number from 0 to ${MAX_TIMER_MS}`, idleTimeoutMs));
  if (onProgress !== undefined && typeof onProgress !== 'function')
    faults.push(mismatch('onProgress', 'a function', onProgress));
  return faults;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new SandboxError({ code: 'INVALID_OPTIONS', message: faults.join('; ') });
}
