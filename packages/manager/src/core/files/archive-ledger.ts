/** Judges an archive entry by entry, by what came before: nothing may lie, or lead, where it must not. It sees no bytes. */
import type { ErrorCode } from '../sandbox-error.js';
import { showWords } from '../worker-words.js';
import { faultOfLink, judgePath, parentsOf } from './entry-path.js';
import type { IsExcluded } from './exclusion.js';

/** An entry as its header tells it. */
export interface ArchiveEntry {
  readonly name: string;
  /** As tar names them; null for one that it does not know. */
  readonly type: string | null;
  readonly bytes: number;
  readonly linkname: string | null;
}

/** What it is to have once it is unpacked. */
export interface FileFacts {
  /** Who may read, write and execute it: the lowest nine bits. Whatever else was set is dropped. */
  readonly mode: number;
  /** When it was written, seconds since the epoch. */
  readonly mtimeS: number;
}

export interface ArchiveRules {
  /** Content of all files, bytes. */
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly isExcluded: IsExcluded;
  /** Links to anywhere are kept: in a worker's workspace they lead where its tasks can go anyway. */
  readonly linksMayLeave: boolean;
  readonly isWindows: boolean;
}

type TakenKind = 'file' | 'directory' | 'symlink';

export interface ArchiveLedger {
  readonly kinds: Map<string, TakenKind>;
  nameCharacters: number;
  /** All that came, and those that were taken. */
  seen: number;
  entries: number;
  bytes: number;
}

export type EntryVerdict =
  | {
      readonly verdict: 'take';
      readonly path: string;
      readonly kind: TakenKind | 'link';
      /** Where a link leads: as it is written for a `symlink`, the path of an entry before it for a `link`. */
      readonly to: string;
    }
  | { readonly verdict: 'skip' }
  | { readonly verdict: 'refuse'; readonly code: ErrorCode; readonly message: string };

/** Names are remembered, so that none comes twice and none goes through a link: so much of them at most. */
const MAX_NAME_CHARACTERS = 67_108_864;
/** What the header of an entry, its long names and its padding may take on the average, bytes. */
const MAX_HEADER_BYTES = 4_096;

const KINDS: Readonly<Record<string, TakenKind | 'link'>> = {
  file: 'file',
  'contiguous-file': 'file', // a file like any other on the systems of today
  directory: 'directory',
  symlink: 'symlink',
  link: 'link',
};

export function openLedger(): ArchiveLedger {
  return { kinds: new Map(), nameCharacters: 0, seen: 0, entries: 0, bytes: 0 };
}

/** Judges the next entry and, where it is taken, writes it down. */
export function judgeEntry(ledger: ArchiveLedger, entry: ArchiveEntry, rules: ArchiveRules): EntryVerdict {
  const { name, type, linkname } = entry;
  ledger.seen++;
  if (ledger.seen > rules.maxEntries) return tooLarge(`${rules.maxEntries} entries`, 'maxEntries');
  const judged = judgePath(name, rules.isWindows);
  if (!judged.ok) return refuseName(name, judged.why);
  const { path } = judged;
  if (path === '' && type === 'directory') return { verdict: 'skip' }; // the root is there, and stays as it is
  if (rules.isExcluded(path)) return { verdict: 'skip' };
  const kind = KINDS[type ?? ''];
  if (kind === undefined)
    return refuseName(name, `it is ${type === null ? 'of an unknown kind' : `a ${type}`}`);
  if (path === '') return refuseName(name, `it is a ${kind} in the place of the root`);
  if (kind === 'file') ledger.bytes += entry.bytes;
  if (ledger.bytes > rules.maxBytes) return tooLarge(`${rules.maxBytes} bytes`, 'maxBytes');
  const to = linkname ?? '';
  const fault = faultOfPlace(ledger, path, kind) ?? faultOfTarget(ledger, path, kind, to, rules);
  if (fault !== null) return refuseName(name, fault);
  ledger.entries++;
  note(ledger, path, kind === 'link' ? 'file' : kind);
  if (ledger.nameCharacters > MAX_NAME_CHARACTERS)
    return tooLarge(`${MAX_NAME_CHARACTERS} characters of names`, null);
  const linked = kind === 'link' ? judgePath(to) : null;
  return { verdict: 'take', path, kind, to: linked?.ok ? linked.path : to };
}

/** Whether an archive goes on for longer than all that it may hold. */
export function isTooLong(archiveBytes: number, { maxBytes, maxEntries }: ArchiveRules): boolean {
  return archiveBytes > maxBytes + (maxEntries + 1) * MAX_HEADER_BYTES;
}

function faultOfPlace({ kinds }: ArchiveLedger, path: string, kind: TakenKind | 'link'): string | null {
  for (const parent of parentsOf(path)) {
    const above = kinds.get(parent);
    if (above === 'directory') break;
    if (above !== undefined) return `it lies behind ${show(parent)}, which is a ${above} of the same archive`;
  }
  const before = kinds.get(path);
  if (before === undefined || (before === 'directory' && kind === 'directory')) return null;
  return `it comes twice, first as a ${before}`;
}

function faultOfTarget(
  { kinds }: ArchiveLedger,
  path: string,
  kind: TakenKind | 'link',
  to: string,
  { linksMayLeave }: ArchiveRules,
): string | null {
  if (kind === 'symlink') {
    const fault = linksMayLeave && to !== '' ? null : faultOfLink(path, to);
    return fault === null ? null : `it is a link that ${fault} (${show(to)})`;
  }
  if (kind !== 'link') return null;
  const judged = judgePath(to);
  if (judged.ok && kinds.get(judged.path) === 'file') return null;
  return `it is a hard link to ${show(to)}, which is no file before it in the same archive`;
}

function note(ledger: ArchiveLedger, path: string, kind: TakenKind): void {
  add(ledger, path, kind);
  for (const parent of parentsOf(path)) {
    if (ledger.kinds.has(parent)) return; // and so are those above it
    add(ledger, parent, 'directory');
  }
}

function add(ledger: ArchiveLedger, path: string, kind: TakenKind): void {
  ledger.kinds.set(path, kind);
  ledger.nameCharacters += path.length;
}

/** No archive holds this name, or may. */
export function refuseName(name: string, why: string): Extract<EntryVerdict, { verdict: 'refuse' }> {
  const message = `Expected names that stay where they are put, got ${show(name)}: ${why}.`;
  return { verdict: 'refuse', code: 'INVALID_PATH', message };
}

function tooLarge(limit: string, option: string | null): EntryVerdict {
  const named = option === null ? '' : ` (${option})`;
  return {
    verdict: 'refuse',
    code: 'ARCHIVE_TOO_LARGE',
    message: `Expected at most ${limit}${named}, got more.`,
  };
}

const MAX_SHOWN_CHARACTERS = 200;

/** Quoted, so that a name with line ends or escape sequences is told and not carried out. */
function show(name: string): string {
  const text = showWords(JSON.stringify(name.slice(0, MAX_SHOWN_CHARACTERS)));
  return name.length > MAX_SHOWN_CHARACTERS ? `${text}…` : text;
}
