/** Finds what an argv names, as execvp would: so that "not found" is told apart from a command's own exit 127. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, resolve } from 'node:path';

export type CommandPath =
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'not_found' | 'not_executable'; readonly message: string };

/**
 * @param cwd what a name with a slash is relative to.
 * @param searchPath the task's own PATH.
 * @param sees whether the task finds the host's file at a path.
 */
export function findCommand(
  name: string,
  cwd: string,
  searchPath: string,
  sees: (path: string) => boolean,
): CommandPath {
  const isPath = name.includes('/');
  const candidates = isPath
    ? [resolve(cwd, name)]
    : searchPath.split(delimiter).map((directory) => resolve(cwd, directory, name));
  const faults: string[] = [];
  const closed: string[] = [];
  const unseenPaths: string[] = [];
  for (const path of candidates) {
    const look = lookAt(path);
    if (look.kind === 'executable' && sees(path) && sees(realpathSync(path))) return { kind: 'found', path };
    if (look.kind === 'executable') unseenPaths.push(path);
    if (look.kind === 'fault') faults.push(look.fault);
    if (look.kind === 'closed') closed.push(dirname(path));
  }
  const shown = JSON.stringify(name.slice(0, 200));
  if (faults[0] !== undefined)
    return { kind: 'not_executable', message: `${shown} cannot be executed: ${faults[0]}` };
  if (unseenPaths[0] !== undefined)
    return {
      kind: 'not_found',
      message: `command not found: ${shown} is ${unseenPaths[0]} on this host, which its tasks do not see; the worker shows it to them by --bind-ro DIRECTORY`,
    };
  const unseen =
    closed.length === 0 ? '' : `; uid ${process.getuid?.()} lacks the permission x to look into ${closed[0]}`;
  if (isPath && closed.length > 0)
    return {
      kind: 'not_executable',
      message: `${shown} cannot be reached${unseen}, or a directory above it`,
    };
  return {
    kind: 'not_found',
    message: `command not found: ${shown}; ${whereNot(isPath, searchPath)}${unseen}`,
  };
}

function whereNot(isPath: boolean, searchPath: string): string {
  if (isPath) return 'there is no such file';
  if (searchPath === '') return 'PATH is empty; name the program by its path, or send a PATH in env';
  return `it is in no directory of PATH (${searchPath})`;
}

type Look =
  | { readonly kind: 'executable' | 'none' }
  /** A directory on the way may not be looked into. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'fault'; readonly fault: string };

function lookAt(path: string): Look {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) return { kind: 'fault', fault: `${path} is a directory` };
    if (!stat.isFile()) return { kind: 'fault', fault: `${path} is no regular file` };
    if (mayExecute(path)) return { kind: 'executable' };
    const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
    const fault = `uid ${process.getuid?.()} lacks the permission x on ${path} (mode ${mode}); chmod +x it, or run it by its interpreter`;
    return { kind: 'fault', fault };
  } catch (error) {
    return { kind: (error as NodeJS.ErrnoException).code === 'EACCES' ? 'closed' : 'none' };
  }
}

function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
