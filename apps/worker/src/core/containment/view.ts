/** What a contained task sees of the host's files: which paths are covered, which are shown, and which of those it may write. */

/**
 * - `hidden`: an empty directory that cannot be written stands there.
 * - `masked`: a file that cannot be read stands there.
 * - `scratch`: an empty directory of the task's own, gone with it.
 * - `readOnly`, `writable`: the host's own.
 */
export type Showing = 'hidden' | 'masked' | 'scratch' | 'readOnly' | 'writable';

export interface ViewEntry {
  /** Absolute, links followed. */
  readonly path: string;
  readonly showing: Showing;
}

/** In the order in which they are mounted: what lies inside of another stands behind it. */
export type View = readonly ViewEntry[];

/** Below `/`, which is `readOnly`. Of two for one path the later counts; what hides inside what is hidden is left out. */
export function createView(entries: readonly ViewEntry[]): View {
  const byPath = new Map<string, ViewEntry>();
  for (const entry of entries) byPath.set(entry.path, entry);
  const sorted = [...byPath.values()].sort((a, b) => a.path.length - b.path.length); // a parent's path is shorter
  const view: ViewEntry[] = [];
  for (const entry of sorted) {
    const around = showingOf(view, entry.path);
    const isCovered = around === 'hidden' || around === 'scratch';
    if (!isCovered || isShown(entry.showing) || entry.showing === 'scratch') view.push(entry);
  }
  return view;
}

/** What stands at a path: the innermost entry decides. */
function showingOf(view: View, path: string): Showing {
  return view.findLast((entry) => isInside(path, entry.path))?.showing ?? 'readOnly';
}

/** Whether the host's own file is what the task finds at this path. */
export function isVisible(view: View, path: string): boolean {
  return isShown(showingOf(view, path));
}

/** The directories that have to be made in what covers the host's before `path` can be mounted there, outermost first. */
export function missingParents(view: View, path: string): string[] {
  const cover = view.findLast((entry) => entry.path !== path && isInside(path, entry.path));
  if (cover === undefined || isShown(cover.showing)) return [];
  const names = path.slice(cover.path.length + 1).split('/');
  return names.slice(1).map((_, index) => `${cover.path}/${names.slice(0, index + 1).join('/')}`);
}

export function isInside(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}

/** All directories above a path, outermost first, `/` left out. */
export function parentsOf(path: string): string[] {
  const names = path.split('/').slice(1, -1);
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`);
}

function isShown(showing: Showing): boolean {
  return showing === 'readOnly' || showing === 'writable';
}
