/** Writes what bubblewrap is asked for. */
import { missingParents, type Showing, type View } from './view.js';

/** Numbers of a user and its group on the host. */
export interface TaskUser {
  readonly uid: number;
  readonly gid: number;
}

/** Of the users above 65535, those that systemd's table of them (UIDS-GIDS) leaves unused; below 2^21, which tar can tell. */
export const TASK_USER: TaskUser = { uid: 88_000, gid: 88_000 };

export interface SandboxRequest {
  readonly view: View;
  readonly network: 'none' | 'host';
  /** Whether the worker is root, and needs no user namespace. */
  readonly isRoot: boolean;
  /** `/dev/pts/N`, where the task has one. */
  readonly terminal: string | null;
  /** Descriptors: of the system call filter; of a list of users to put in the place of the host's. */
  readonly filterFd: number;
  readonly userListFd: number | null;
}

export function writeBubblewrapArguments(request: SandboxRequest): string[] {
  const { view, network, isRoot, terminal, filterFd, userListFd } = request;
  return [
    ...['--die-with-parent', '--as-pid-1', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
    ...['--unshare-cgroup-try', ...(network === 'none' ? ['--unshare-net'] : [])],
    ...(isRoot ? [] : ['--unshare-user']),
    ...['--cap-drop', 'ALL'],
    // What the init's child needs to become another user, and to be rid of these too. The init keeps them: who has none
    // cannot trace it, take it over, and so outlive the worker, though it may be the same user (ptrace(2), access mode checking).
    ...(isRoot ? ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'] : ['CAP_SETPCAP']).flatMap((name) => [
      '--cap-add',
      name,
    ]),
    ...writeMounts(view),
    ...(userListFd === null ? [] : ['--perms', '0644', '--ro-bind-data', String(userListFd), '/etc/passwd']),
    // Where ps and tty find it; /dev/pts is for terminals that the task makes itself.
    ...(terminal === null ? [] : ['--dev-bind', terminal, terminal.replace('/pts/', '/pts')]),
    ...['--remount-ro', '/dev', '--seccomp', String(filterFd), '--chdir', '/', '--'],
  ];
}

/** The argv that gives up what bubblewrap left the init, and becomes this user; null: it is that of the task already. */
export function writeBecomingUser(setpriv: string, user: TaskUser | null): string[] {
  return [
    setpriv,
    ...(user === null ? [] : ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups']),
    ...['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', '--no-new-privs', '--'],
  ];
}

/**
 * The argv that lets what follows leave no core dump. At exactly one byte the kernel starts no program of the host for it either
 * (`|` in kernel.core_pattern, run as root), which 0 does not hinder (do_coredump in the kernel).
 */
export function writeLeavingNoDump(prlimit: string): string[] {
  return [prlimit, '--core=1:1', '--'];
}

function writeMounts(view: View): string[] {
  const made = new Set<string>();
  const words = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'];
  for (const { path, showing } of view) {
    for (const parent of missingParents(view, path)) {
      if (!made.has(parent)) words.push('--perms', '0755', '--dir', parent);
      made.add(parent);
    }
    words.push(...writeMount(path, showing));
  }
  // Once what lies in them is mounted.
  const hidden = view.filter(({ showing }) => showing === 'hidden');
  return [...words, ...hidden.flatMap(({ path }) => ['--remount-ro', path])];
}

function writeMount(path: string, showing: Showing): string[] {
  switch (showing) {
    case 'hidden':
      return ['--perms', '0755', '--tmpfs', path];
    case 'scratch':
      return ['--perms', '1777', '--tmpfs', path];
    case 'masked':
      return ['--ro-bind', '/dev/null', path];
    case 'readOnly':
      return ['--ro-bind', path, path];
    case 'writable':
      return ['--bind', path, path];
  }
}
