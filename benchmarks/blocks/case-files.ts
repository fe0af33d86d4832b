/** Finds the cases on disk, and chooses those to run. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BlockCase, parseCase } from './block-case.js';

/** Cases that are scored together. */
export interface CaseGroup {
  /** As in `corpus`, `own`. */
  readonly name: string;
  readonly cases: readonly BlockCase[];
}

const HERE = fileURLToPath(new URL('../../blocks/', import.meta.url));
const SUBSETS = ['ci'];

/**
 * The given files and directories, a group each; by default the corpus (that of `corpusDirectory`, or the one kept
 * here) and our own cases.
 * @throws {Error} naming the line at fault, or an id that two cases have.
 */
export async function loadGroups(
  paths: readonly string[],
  corpusDirectory: string | undefined,
): Promise<CaseGroup[]> {
  const corpus = join(corpusDirectory ?? join(HERE, 'corpus'), 'cases.jsonl');
  const places =
    paths.length > 0
      ? paths.map((path) => ({ name: basename(path), path }))
      : [
          { name: 'corpus', path: corpus },
          { name: 'own', path: join(HERE, 'cases') },
        ];
  const groups = await Promise.all(
    places.map(async ({ name, path }) => ({ name, cases: await loadPath(path) })),
  );
  const seen = new Set<string>();
  for (const { id } of groups.flatMap((group) => group.cases)) {
    if (seen.has(id)) throw new Error(`two cases are called ${id}: give one of them another id`);
    seen.add(id);
  }
  return groups;
}

/** @throws {Error} naming ids that no case has. */
export function selectCases(groups: readonly CaseGroup[], ids: readonly string[]): CaseGroup[] {
  const known = new Set(groups.flatMap((group) => group.cases.map(({ id }) => id)));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0) throw new Error(`no case is called ${unknown.join(', ')}`);
  return groups
    .map(({ name, cases }) => ({ name, cases: cases.filter(({ id }) => ids.includes(id)) }))
    .filter(({ cases }) => cases.length > 0);
}

/** The ids of a fixed subset. @throws {Error} where there is none of this name. */
export async function loadSubset(name: string): Promise<string[]> {
  if (!SUBSETS.includes(name)) throw new Error(`expected a subset of ${SUBSETS.join(', ')}, got ${name}`);
  return JSON.parse(await readFile(join(HERE, `subset-${name}.json`), 'utf8')) as string[];
}

async function loadPath(path: string): Promise<BlockCase[]> {
  const isDirectory = (await stat(path)).isDirectory();
  const names = isDirectory ? (await readdir(path)).filter((name) => name.endsWith('.jsonl')).sort() : [''];
  const files = await Promise.all(names.map((name) => loadFile(join(path, name))));
  return files.flat();
}

async function loadFile(path: string): Promise<BlockCase[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [parseCase(line)];
    } catch (error) {
      throw new Error(`${path}:${index + 1}: ${(error as Error).message}`, { cause: error });
    }
  });
}
