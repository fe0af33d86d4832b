/** Walks files and directories of this machine in the order of an archive: a directory before what it holds. */
import type { Stats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';

export interface SourceFile {
  /** As it is called in the archive, with `/`. */
  readonly name: string;
  readonly path: string;
  readonly stats: Stats;
}

/** Where a walk begins: a file or directory under its own name, or (`name` empty) what a directory holds. */
export interface SourceRoot {
  readonly name: string;
  readonly path: string;
}

/**
 * `a/b` arrives as `b`; `a/b/`, `.` and `..` are what they hold, where they are directories.
 * @param isContent Whether `a/b` is so too. @throws {Error} as `lstat` does
 */
export async function findRoot(source: string, isContent: boolean): Promise<SourceRoot> {
  const path = resolve(source);
  const asksContent = isContent || /(^|\/)\.{0,2}\/?$/.test(source.replaceAll(sep, '/'));
  if (asksContent && (await stat(path)).isDirectory()) return { name: '', path: await realpath(path) };
  await lstat(path);
  return { name: basename(path), path };
}

/** @param wants Asked before anything is looked at. @throws {Error} as the file system does, and what `wants` throws */
export async function* walkSource(
  { name, path }: SourceRoot,
  wants: (name: string) => boolean,
): AsyncGenerator<SourceFile> {
  const stats = await lstat(path);
  if (name !== '') yield { name, path, stats };
  if (!stats.isDirectory()) return;
  for (const child of (await readdir(path)).sort()) {
    const childName = name === '' ? child : `${name}/${child}`;
    if (wants(childName)) yield* walkSource({ name: childName, path: join(path, child) }, wants);
  }
}
