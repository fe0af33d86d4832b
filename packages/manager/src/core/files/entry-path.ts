/** Judges the names that stand in an archive: where an entry may lie, where a link may lead. Pure text: it looks at no file. */

/** A name as it lies below the root of what is moved, without `.`, empty for the root itself; or why it may not be. */
export type PathVerdict =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly why: string };

/** PATH_MAX of Linux; no system takes a longer one. */
const MAX_PATH_CHARACTERS = 4_096;
/** What Windows gives a meaning of its own, wherever it stands in a path. */
const WINDOWS_SIGNS = /[\\:*?"<>|]/;
const WINDOWS_NAMES = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)|[. ]$/i;

/** @param isWindows Whether the names are to be names on Windows. */
export function judgePath(name: string, isWindows = false): PathVerdict {
  const fault = faultOfText(name);
  if (fault !== null) return { ok: false, why: fault };
  if (name.startsWith('/')) return { ok: false, why: 'it is absolute' };
  const parts = partsOf(name);
  if (parts.includes('..')) return { ok: false, why: 'it has a `..`' };
  if (isWindows && (WINDOWS_SIGNS.test(name) || parts.some((part) => WINDOWS_NAMES.test(part))))
    return { ok: false, why: 'Windows has no such name' };
  return { ok: true, path: parts.join('/') };
}

/**
 * Why a symbolic link at `path` may not lead to `to`, or null. It may lead to what lies below the root: up at its
 * beginning alone, since `name/..` is not where it seems to be once `name` is a link itself.
 */
export function faultOfLink(path: string, to: string): string | null {
  const fault = faultOfText(to);
  if (fault !== null) return `leads to a name that cannot be: ${fault}`;
  if (to.startsWith('/')) return 'leads to an absolute path';
  const parts = partsOf(to);
  const firstName = parts.findIndex((part) => part !== '..');
  const ups = firstName === -1 ? parts.length : firstName;
  if (parts.slice(ups).includes('..')) return 'leads up again behind a name';
  return ups > partsOf(path).length - 1 ? 'leads out' : null;
}

/** Each directory above a path, the nearest first. */
export function* parentsOf(path: string): Generator<string> {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
    yield path.slice(0, end);
}

function partsOf(name: string): string[] {
  return name.split('/').filter((part) => part !== '' && part !== '.');
}

function faultOfText(name: string): string | null {
  if (name === '') return 'it is empty';
  if (name.includes('\0')) return 'it has a NUL';
  if (name.includes('\uFFFD')) return 'it is not UTF-8';
  if (name.length > MAX_PATH_CHARACTERS) return `it has more than ${MAX_PATH_CHARACTERS} characters`;
  return null;
}
