/** What is compiled, and where in which TypeScript it comes from. */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { ROOT } from './areas.js';

const read = new Map<string, string>();

export function sourceOf(file: string): string {
  const known = read.get(file) ?? readFileSync(file, 'utf8');
  read.set(file, known);
  return known;
}

export interface Origin {
  /** From the root. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** That line. */
  readonly text: string;
}

/** Where what stands at an offset of a compiled file was written. */
export function originOf(file: string, offset: number): Origin {
  const before = sourceOf(file).slice(0, offset).split('\n');
  const map = new SourceMap(JSON.parse(sourceOf(`${file}.map`)));
  const entry = map.findEntry(before.length - 1, before.at(-1)?.length ?? 0);
  if (!('originalSource' in entry)) return { file: relative(ROOT, file), line: before.length, text: '' };
  const origin = join(dirname(file), entry.originalSource);
  const text = sourceOf(origin).split('\n')[entry.originalLine] ?? '';
  return { file: relative(ROOT, origin), line: entry.originalLine + 1, text: text.trim() };
}
