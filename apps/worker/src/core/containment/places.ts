/** Judges whether the worker's own files can be kept from its tasks, where they lie. All paths are absolute, links followed. */
import { isInside } from './view.js';

export interface Places {
  readonly workspace: string;
  readonly stateDir: string;
  readonly secretFiles: readonly string[];
  /** By which the secret files are named. Whoever can change one can give the worker another file. */
  readonly secretLinks: readonly string[];
  readonly shownWritable: readonly string[];
}

/** Directories of the system: none of them is hidden whole, whatever lies in it. */
const SYSTEM = [
  '/',
  '/etc',
  '/usr',
  '/opt',
  '/srv',
  '/var',
  '/var/lib',
  '/mnt',
  '/media',
  '/usr/local',
  '/usr/local/etc',
  '/etc/default',
  '/etc/ssl', // certificates of authorities, which whoever speaks TLS needs; keys lie in /etc/ssl/private
  '/etc/ssl/certs',
  '/etc/pki',
  '/etc/pki/tls',
  '/etc/pki/tls/certs',
];
/** What programs are made of: nothing in there is a secret's own directory. */
const PROGRAM_TREES = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libexec', 'share', 'include'].flatMap(
  (name) => [`/${name}`, `/usr/${name}`, `/usr/local/${name}`],
);

/**
 * Why tasks could get at what they must not see, or null. What a task may write it may also move away, covers and all:
 * so nothing of the worker's own lies in there.
 */
export function judgePlaces(places: Places): string | null {
  const { workspace, stateDir, secretFiles, secretLinks, shownWritable } = places;
  const writable = [['--workspace', workspace], ...shownWritable.map((path) => ['--bind-rw', path])] as [
    string,
    string,
  ][];
  for (const [option, directory] of writable) {
    if (directory === '/') return `${option} / would let tasks write everywhere; name a directory of theirs`;
    const own = [stateDir, ...secretFiles, ...secretLinks].find((path) => isInside(path, directory));
    if (own !== undefined)
      return `${option} ${directory} holds ${own}, which tasks must not see; put one of them elsewhere (--state-dir, --token-file, --tls-key)`;
    if (isInside(directory, stateDir) && directory !== `${stateDir}/workspace`)
      return `${option} ${directory} lies among the worker's own files in ${stateDir}; name a directory outside of it`;
  }
  return null;
}

/**
 * The directories of secrets, and of the links by which they are named, that can be hidden whole, with what is put beside them
 * later: those that hold nothing which is shown.
 */
export function chooseSecretDirectories(secretPaths: readonly string[], shown: readonly string[]): string[] {
  const parents = secretPaths.map((path) => path.slice(0, path.lastIndexOf('/')) || '/');
  return [...new Set(parents)].filter(
    (directory) =>
      !isSystemDirectory(directory) &&
      !PROGRAM_TREES.some((tree) => isInside(directory, tree)) &&
      !shown.some((path) => isInside(path, directory)),
  );
}

export function isSystemDirectory(path: string): boolean {
  return SYSTEM.includes(path);
}
