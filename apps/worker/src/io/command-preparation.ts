/** What a command needs before it can be started: its directory, its environment, its argv. */
import { access, constants, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { LaunchRequest } from '../core/effect.js';
import { findCommand } from './command-path.js';
import type { ContainmentAdapter, TaskDirectories } from './containment/containment.js';
import { makeDirectory, type StateDirectory } from './state-directory.js';

/** What the worker gives every task's environment; the caller's variables come on top. */
export interface BaseEnvironment {
  readonly path: string;
  readonly lang: string;
  readonly tmpdir: string;
}

/** Where tasks run, and what all of them are given. */
export interface TaskGround {
  readonly state: StateDirectory;
  /** Where tasks run that name no workspace. */
  readonly defaultWorkspace: string;
  readonly environment: BaseEnvironment;
}

export type Preparation =
  | {
      readonly kind: 'ready';
      readonly argv: readonly string[];
      readonly directories: TaskDirectories;
      readonly cwd: string;
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'no_directory' | 'command_not_found' | 'not_executable'; readonly message: string };

/**
 * Makes the workspace and HOME where they are missing, also again, and finds what the command names.
 * @throws {NodeJS.ErrnoException} ENOSPC or EDQUOT, naming the directory for which there is no room.
 */
export async function prepareCommand(
  launch: LaunchRequest,
  ground: TaskGround,
  containment: ContainmentAdapter,
): Promise<Preparation> {
  // Asked while the place is made, which nearly always is there: each answer costs a turn of the event loop.
  const early = launch.workspace === undefined ? findDirectory(ground.defaultWorkspace, launch.cwd) : null;
  const place = await makePlace(launch, ground, containment);
  if ('fault' in place) return { kind: 'no_directory', message: place.fault };
  const known = await early;
  const found = known === null || 'fault' in known ? await findDirectory(place.directory, launch.cwd) : known;
  if ('fault' in found) return { kind: 'no_directory', message: found.fault };
  const cwd = found.directory;
  const directories = { workspace: found.root, home: place.home };
  const sees = (file: string) => containment.sees(file, directories);
  const { path, lang, tmpdir } = ground.environment;
  const term = launch.pty === undefined ? 'dumb' : 'xterm-256color';
  const own = { PATH: path, HOME: place.home, LANG: lang, TERM: term, TMPDIR: tmpdir, CI: '1' };
  const env: Record<string, string> = { ...own, ...launch.env };
  const argv =
    typeof launch.command === 'string' ? [...findShell(path, sees), launch.command] : launch.command;
  const program = findCommand(argv[0] ?? '', cwd, env.PATH ?? '', sees);
  if (program.kind === 'found') return { kind: 'ready', argv, directories, cwd, env };
  return {
    kind: program.kind === 'not_found' ? 'command_not_found' : program.kind,
    message: program.message,
  };
}

type Place = { readonly directory: string; readonly home: string } | { readonly fault: string };

async function makePlace(
  { workspace, tokenName }: LaunchRequest,
  { state, defaultWorkspace: directory }: TaskGround,
  containment: ContainmentAdapter,
): Promise<Place> {
  const userOf = (made: string) => containment.userOf(made);
  try {
    if (workspace !== undefined) return await state.workspace(tokenName, workspace, userOf);
    const owner = userOf(directory);
    const [made, home] = await Promise.allSettled([
      makeDirectory(directory, owner),
      state.defaultHome(tokenName, owner),
    ]);
    if (made.status === 'rejected') throw made.reason;
    if (home.status === 'rejected') throw home.reason;
    return { directory, home: home.value };
  } catch (error) {
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw error;
    return { fault: `the worker needs the directory ${path}, and it cannot be made (${message})` };
  }
}

/**
 * No start-up files: a shell that takes its stdin for a network connection would read ~/.bashrc. The line stands
 * behind `--`, so that one which begins with a dash is no option.
 */
function findShell(path: string, sees: (file: string) => boolean): string[] {
  const bash = findCommand('bash', '/', path, sees);
  return bash.kind === 'found' ? [bash.path, '--noprofile', '--norc', '-c', '--'] : ['/bin/sh', '-c', '--'];
}

/** The directory that `cwd` names, links followed, where it is one inside `workspace` that can be entered. */
async function findDirectory(
  workspace: string,
  cwd: string,
): Promise<{ readonly directory: string; readonly root: string } | { readonly fault: string }> {
  const expected = 'expected cwd to be a directory inside the workspace, got';
  const shown = JSON.stringify(cwd.slice(0, 200));
  try {
    const root = await realpath(workspace);
    const directory = cwd === '.' ? root : await realpath(join(root, cwd));
    const isInside = directory === root || directory.startsWith(root.endsWith(sep) ? root : root + sep);
    if (!isInside) return { fault: `${expected} ${shown}, which leads out of it` };
    // Asked at once: each answer costs a turn of the event loop.
    const [found, entry] = await Promise.allSettled([stat(directory), access(directory, constants.X_OK)]);
    if (found.status === 'rejected') throw found.reason;
    if (!found.value.isDirectory()) return { fault: `${expected} ${shown}, which is a file` };
    if (entry.status === 'rejected') throw entry.reason;
    return { directory, root };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { fault: `${expected} ${shown}, which is not there; make it first` };
    const fault = `${expected} ${shown}, which the worker cannot enter (${message})`;
    if (code !== 'EACCES') return { fault };
    return { fault: `${fault}; uid ${process.getuid?.()} needs the permission x on each directory to it` };
  }
}
