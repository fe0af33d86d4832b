/** What a command needs before it can be started: its directory, its environment, its argv. */
import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { LaunchRequest } from '../core/effect.js';
import { findCommand } from './command-path.js';
import type { StateDirectory } from './state-directory.js';

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
      readonly cwd: string;
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'no_directory' | 'command_not_found' | 'not_executable'; readonly message: string };

/** Makes the workspace where it is missing, and finds what the command names. */
export async function prepareCommand(launch: LaunchRequest, ground: TaskGround): Promise<Preparation> {
  const place = await placeOf(launch, ground);
  const cwd = await findDirectory(place.directory, launch.cwd);
  if (cwd === null) {
    const shown = JSON.stringify(launch.cwd.slice(0, 200));
    return {
      kind: 'no_directory',
      message: `expected cwd to be a directory inside the workspace, got ${shown}`,
    };
  }
  const { path, lang, tmpdir } = ground.environment;
  const term = launch.pty === undefined ? 'dumb' : 'xterm-256color';
  const own = { PATH: path, HOME: place.home, LANG: lang, TERM: term, TMPDIR: tmpdir, CI: '1' };
  const env: Record<string, string> = { ...own, ...launch.env };
  const argv = typeof launch.command === 'string' ? [...findShell(path), launch.command] : launch.command;
  const found = findCommand(argv[0] ?? '', cwd, env.PATH ?? '');
  if (found.kind === 'found') return { kind: 'ready', argv, cwd, env };
  return { kind: found.kind === 'not_found' ? 'command_not_found' : found.kind, message: found.message };
}

async function placeOf(
  { workspace, tokenName }: LaunchRequest,
  ground: TaskGround,
): Promise<{ directory: string; home: string }> {
  if (workspace !== undefined) return ground.state.workspace(tokenName, workspace);
  return { directory: ground.defaultWorkspace, home: await ground.state.defaultHome(tokenName) };
}

/** No start-up files: a shell that takes its stdin for a network connection would read ~/.bashrc. */
function findShell(path: string): string[] {
  const bash = findCommand('bash', '/', path);
  return bash.kind === 'found' ? [bash.path, '--noprofile', '--norc', '-c'] : ['/bin/sh', '-c'];
}

/** The directory that `cwd` names, links followed, where it is one inside `workspace`; else null. */
async function findDirectory(workspace: string, cwd: string): Promise<string | null> {
  try {
    const root = await realpath(workspace);
    const path = await realpath(join(root, cwd));
    const isInside = path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
    return isInside && (await stat(path)).isDirectory() ? path : null;
  } catch {
    return null;
  }
}
