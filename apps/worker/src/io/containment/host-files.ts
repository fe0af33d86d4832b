/** Looks at the host's files for what a contained task's view of them is made of. It decides nothing. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import type { TaskUser } from '../../core/containment/bubblewrap-arguments.js';
import { chooseHomes, decodeUserList, gatherHomes, isHomePlace } from '../../core/containment/homes.js';
import { chooseSecretDirectories } from '../../core/containment/places.js';
import { isInside, parentsOf, type ViewEntry } from '../../core/containment/view.js';
import { followEachLink, followLinks } from './links.js';

/** The worker's own files and the operator's wishes; paths as they were given. */
export interface HostFiles {
  readonly workspace: string;
  readonly stateDir: string;
  /** The token file, the key of the certificate. */
  readonly secretFiles: readonly string[];
  /** What each task shall see beside its workspace, and what it may write. */
  readonly shownReadOnly: readonly string[];
  readonly shownWritable: readonly string[];
}

/** The same, looked at: links followed. */
export interface FoundFiles extends HostFiles {
  /** By which the secret files are named, each at a path without another one. */
  readonly secretLinks: readonly string[];
  /** Of this host's users, as far as they are hidden apart. */
  readonly homes: readonly string[];
}

export function lookAtFiles(files: HostFiles): FoundFiles {
  const ways = files.secretFiles.map(followEachLink);
  const workspace = followLinks(files.workspace);
  const shownReadOnly = files.shownReadOnly.map(followLinks);
  const shownWritable = files.shownWritable.map(followLinks);
  return {
    workspace,
    stateDir: followLinks(files.stateDir),
    secretFiles: ways.map(({ end }) => end),
    secretLinks: ways.flatMap(({ links }) => links),
    shownReadOnly,
    shownWritable,
    homes: findHomes([workspace, ...shownReadOnly, ...shownWritable]),
  };
}

/** Those in HIDDEN are not looked at one by one: they may be many, and lie on other hosts. */
function findHomes(shown: readonly string[]): string[] {
  const isApart = (home: string) => !HIDDEN.some((directory) => isInside(home, directory));
  const homes = chooseHomes(decodeUserList(readUserList()), ownHomes()).filter(isApart).map(followLinks);
  const isGiven = (home: string) => shown.some((path) => isInside(home, path));
  return gatherHomes(homes.filter((home) => isHomePlace(home) && !isGiven(home) && isDirectory(home)));
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** As the system has it, and as HOME says; a user of a container may have neither. */
function ownHomes(): string[] {
  return [() => userInfo().homedir, homedir].flatMap((tell) => {
    try {
      return [tell()];
    } catch {
      return [];
    }
  });
}

function readUserList(): string {
  return existsSync(USER_LIST) ? readFileSync(USER_LIST, 'utf8') : '';
}

/** Homes, and where sockets live. /tmp and its like are the task's own instead. */
const HIDDEN = ['/root', '/home', '/run', '/var/run', '/sys'];
const SCRATCH = ['/tmp', '/var/tmp', '/dev/shm'];
/** Where programs look how many processors there are. */
const PROCESSORS = '/sys/devices/system';
/** Often a link into /run. */
const RESOLVER = '/etc/resolv.conf';
const USER_LIST = '/etc/passwd';

/** What every task's view has in it. */
export function readCommonView(files: FoundFiles): ViewEntry[] {
  const { workspace, stateDir, secretFiles, secretLinks, shownReadOnly, shownWritable, homes } = files;
  const shown = [workspace, ...shownReadOnly, ...shownWritable];
  const secretDirectories = chooseSecretDirectories([...secretFiles, ...secretLinks], shown);
  return [
    ...[...homes, ...secretDirectories].map((path) => entry(path, 'hidden')),
    ...there(SCRATCH).map((path) => entry(path, 'scratch')),
    ...there(HIDDEN).map((path) => entry(path, 'hidden')),
    ...there([PROCESSORS, RESOLVER]).map((path) => entry(path, 'readOnly')),
    ...shownReadOnly.map((path) => entry(path, 'readOnly')),
    ...shownWritable.map((path) => entry(path, 'writable')),
    ...secretFiles.map((path) => entry(path, 'masked')),
    entry(stateDir, 'hidden'),
  ];
}

/** The directories above what is shown that this user could not pass. Covered by empty ones they hide what they hid, and let it pass. */
export function readClosedParents(shown: readonly string[], user: TaskUser): ViewEntry[] {
  const parents = new Set(shown.flatMap(parentsOf));
  return [...parents].filter((path) => !mayPass(path, user)).map((path) => entry(path, 'hidden'));
}

function mayPass(directory: string, { uid, gid }: TaskUser): boolean {
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (stat === undefined) return true;
  if (stat.uid === uid) return (stat.mode & 0o100) !== 0;
  return (stat.mode & (stat.gid === gid ? 0o010 : 0o001)) !== 0;
}

/** The host's list of users, with the task's among them: ssh and others want to know who they are. Null where it is there. */
export function writeUserList({ uid, gid }: TaskUser, home: string): string | null {
  const list = readUserList();
  if (list.split('\n').some((line) => line.split(':')[2] === String(uid))) return null;
  if (/[:\n]/.test(home)) return null; // no field can hold it
  return `${list.replace(/\n*$/, '\n')}sandcrew:x:${uid}:${gid}:Sandcrew task:${home}:/bin/sh\n`;
}

function there(paths: readonly string[]): string[] {
  return paths.filter((path) => existsSync(path)).map(followLinks);
}

function entry(path: string, showing: ViewEntry['showing']): ViewEntry {
  return { path, showing };
}
