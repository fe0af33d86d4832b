/** Finds what an argv names, as execvp would: so that "not found" is told apart from a command's own exit 127. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';

export type CommandPath =
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'not_found' | 'not_executable'; readonly message: string };

/** @param cwd what a name with a slash is relative to. @param searchPath the task's own PATH. */
export function findCommand(name: string, cwd: string, searchPath: string): CommandPath {
  const isPath = name.includes('/');
  const candidates = isPath
    ? [resolve(cwd, name)]
    : searchPath.split(delimiter).map((directory) => resolve(cwd, directory, name));
  let isSeen = false;
  for (const path of candidates) {
    const kind = fileKind(path);
    if (kind === 'executable') return { kind: 'found', path };
    if (kind === 'other') isSeen = true;
  }
  const shown = JSON.stringify(name.slice(0, 200));
  if (isSeen)
    return { kind: 'not_executable', message: `${shown} is there, but it is no file that may be executed` };
  const where = isPath ? 'there is no such file' : `it is in no directory of PATH (${searchPath})`;
  return { kind: 'not_found', message: `command not found: ${shown}; ${where}` };
}

function fileKind(path: string): 'executable' | 'other' | 'none' {
  try {
    if (!statSync(path).isFile()) return 'other';
    accessSync(path, constants.X_OK);
    return 'executable';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'other' : 'none';
  }
}
