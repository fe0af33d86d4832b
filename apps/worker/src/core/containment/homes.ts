/** Chooses which homes of this host's users are hidden from tasks. All paths are absolute. */
import { isSystemDirectory } from './places.js';
import { isInside } from './view.js';

/** A line of the list of users, passwd(5). */
export interface HostUser {
  readonly home: string;
  readonly shell: string;
}

/** Programs, settings and devices: tasks need them, and packages give many a service one of them as its home. */
const PROGRAMS = [
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/usr',
  '/etc',
  '/dev',
  '/proc',
  '/sys',
  '/boot',
];
/** Where packages keep what their services know, each by its own permissions. */
const SERVICE_DATA = '/var';
/** Shells that let nobody in. */
const CLOSED_SHELLS = ['nologin', 'false', 'true', 'sync', 'shutdown', 'halt'];
/** More homes than this in one directory, and the directory is hidden in their place: each is a mount of each task. */
const MAX_HOMES_APART = 8;

export function decodeUserList(text: string): HostUser[] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length === 7)
    .map(([, , , , , home = '', shell = '']) => ({ home, shell }));
}

/**
 * The homes of the worker's own user, of those who can log in, and of others where it is no service's place in /var.
 * @param own As the system and as HOME tell it.
 */
export function chooseHomes(users: readonly HostUser[], own: readonly string[]): string[] {
  const others = users
    .filter(({ home, shell }) => canLogIn(shell) || !isInside(home, SERVICE_DATA))
    .map(({ home }) => home);
  return [...new Set([...own, ...others])].filter(isHomePlace);
}

/** Whether a directory can be hidden as somebody's home: one of the system's cannot, whoever it is given to. */
export function isHomePlace(path: string): boolean {
  const isAbsolute = path.startsWith('/');
  return isAbsolute && !isSystemDirectory(path) && !PROGRAMS.some((directory) => isInside(path, directory));
}

/** Where many homes lie in one directory, that directory. */
export function gatherHomes(homes: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const parent of homes.map(parentOf)) counts.set(parent, (counts.get(parent) ?? 0) + 1);
  const gathered = homes.map((home) => {
    const parent = parentOf(home);
    return isHomePlace(parent) && (counts.get(parent) ?? 0) > MAX_HOMES_APART ? parent : home;
  });
  return [...new Set(gathered)];
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function canLogIn(shell: string): boolean {
  return !CLOSED_SHELLS.includes(shell.slice(shell.lastIndexOf('/') + 1)); // an empty one is /bin/sh
}
