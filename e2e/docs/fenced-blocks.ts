/** The blocks between fences on the pages that people read, and which of them are commands or programs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface FencedBlock {
  /** From the root of the checkout. */
  readonly page: string;
  /** What stands behind the fence; empty where nothing does. */
  readonly language: string;
  readonly text: string;
  /** What names a block on its page. */
  readonly firstLine: string;
  /** The block behind it, where that is text: what it says when it is run. */
  readonly says: string | null;
}

/** Languages of which nothing is run: a picture, an output, a file. */
const NOT_RUNNABLE = ['text', 'json', 'mermaid'];
/** README.ko.md is README.md's own, held by its test; generated pages and records have no commands of their own. */
const LEFT_OUT =
  /(^|\/)(README\.ko|CHANGELOG)\.md$|^docs\/adr\/|(^|\/)(node_modules|dist[^/]*|build|\.changeset)\//;

/** The pages that people read, by their paths from the root of the checkout. */
export function listPages(): string[] {
  return ['.', 'docs', 'packages', 'apps', 'benchmarks', 'examples', 'deploy', 'e2e']
    .flatMap((place) => listPagesIn(place, place === '.'))
    .sort();
}

export function readCommandBlocks(): FencedBlock[] {
  return listPages().flatMap((page) => readBlocks(page).filter(isRunnable));
}

function listPagesIn(place: string, isFlat: boolean): string[] {
  return readdirSync(join(ROOT, place), { withFileTypes: true }).flatMap((entry) => {
    const path = relative(ROOT, join(ROOT, place, entry.name));
    if (entry.isDirectory()) return isFlat || LEFT_OUT.test(`${path}/`) ? [] : listPagesIn(path, false);
    return path.endsWith('.md') && !LEFT_OUT.test(path) ? [path] : [];
  });
}

/** A text that shows a prompt is a command, with what it says. */
function isRunnable({ language, text }: FencedBlock): boolean {
  return !NOT_RUNNABLE.includes(language) || /^\$ /m.test(text);
}

function readBlocks(page: string): FencedBlock[] {
  const blocks: { language: string; lines: string[] }[] = [];
  let open: { language: string; lines: string[] } | null = null;
  for (const line of readFileSync(join(ROOT, page), 'utf8').split('\n')) {
    const fence = /^\s*```(\S*)/.exec(line);
    if (fence === null) open?.lines.push(line);
    else if (open === null) open = { language: fence[1] ?? '', lines: [] };
    else {
      blocks.push(open);
      open = null;
    }
  }
  if (open !== null) throw new Error(`${page}: expected an end of its last block, got the end of the page`);
  return blocks.map(({ language, lines }, index) => {
    const next = blocks[index + 1];
    return {
      page,
      language,
      text: `${lines.join('\n')}\n`,
      firstLine: lines[0] ?? '',
      says: next?.language === 'text' ? `${next.lines.join('\n')}\n` : null,
    };
  });
}
