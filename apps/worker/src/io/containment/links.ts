/** Follows symbolic links, as far as there are any. */
import { readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Follows the links of the part of a path that is there. */
export function followLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path === '/' ? path : join(followLinks(dirname(path)), basename(path));
  }
}

/** MAXSYMLINKS of Linux. */
const MAX_LINKS = 40;

/** As the kernel goes to a file: each link on the way, and what it comes to. */
export function followEachLink(path: string): { readonly links: readonly string[]; readonly end: string } {
  const links: string[] = [];
  const names = path.split('/');
  let end = '/';
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = join(end, name); // `..` leads up from where a link has led
    const to = links.length < MAX_LINKS ? readLink(next) : null;
    if (to === null) {
      end = next;
      continue;
    }
    links.push(next);
    names.unshift(...to.split('/'));
    if (to.startsWith('/')) end = '/';
  }
  return { links, end };
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
