/**
 * Holds a task in namespaces that bubblewrap makes: a PID namespace that ends all of it, a view of the host's files in
 * which it can write its workspace and HOME alone, a system call filter, no privilege, and, where the worker is root,
 * another user.
 */
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import type { Writable } from 'node:stream';
import {
  TASK_USER,
  type TaskUser,
  writeBecomingUser,
  writeBubblewrapArguments,
  writeLeavingNoDump,
} from '../../core/containment/bubblewrap-arguments.js';
import { DENIED_CALLS, type Machine } from '../../core/containment/denied-calls.js';
import { writeFilterProgram } from '../../core/containment/filter-program.js';
import { isVisible } from '../../core/containment/view.js';
import { spawnProcess } from '../spawn.js';
import {
  type ContainedCommand,
  type ContainedPlace,
  type ContainedProcess,
  type ContainmentAdapter,
  ContainmentFault,
  type PreparedSandbox,
  type TaskDirectories,
} from './containment.js';
import { writeUserList } from './host-files.js';
import { IdmappedMounts } from './idmapped-mounts.js';
import { enterOrAbandon, Namespace } from './namespace.js';
import { openEnds } from './open-ends.js';
import type { TaskViews } from './task-views.js';
import { WaitingSandbox } from './waiting-sandbox.js';

/**
 * The namespace's init, as in docs/adr/0004. Its child becomes the task's user, then the command, by a script on fd 8,
 * which comes when the command is known. The command's ends are fds 5 to 7: bubblewrap itself, which waits above, holds none of them.
 *
 * The child enters its control groups itself, which takes no lock that a fork bomb keeps busy (see pid-namespace.ts). No path
 * leads to them from here: their files are opened by the worker, in the place of fds that a shell can close, which have one digit.
 */
const INIT = `groups=$1; shift
( for fd in $groups; do echo 0 >&"$fd" || exit 126; done
  echo started >&3; exec "$@" <&8 >/dev/null 3>&- 4<&- 8<&- 9>&- )
status=$?
exec </dev/null >/dev/null 5<&- 6>&- 7>&- 8<&- 9>&-
echo "$status" >&3
read -r _ <&4`;
const SCRIPT_FD = 8;
const FILTER_FD = 10;
const USER_LIST_FD = 11;
/** More groups than these, which only limits ask for, the worker puts it into. */
const GROUP_FDS = [0, 1, 9] as const;

/** Where each program is. */
type Tools = Readonly<Record<'bwrap' | 'setpriv' | 'setsid' | 'env' | 'unshare' | 'nsenter', string>> & {
  readonly perl: string | null;
  /** Null where this worker may not set the limit of core dumps: then it is 0 already. */
  readonly prlimit: string | null;
};

export class Bubblewrap implements ContainmentAdapter {
  readonly level = 'bubblewrap';
  readonly entersGroupsFreely = true;
  readonly #tools: Tools;
  readonly #views: TaskViews;
  readonly #filter: Uint8Array;
  readonly #mounts: IdmappedMounts | null;
  readonly #isRoot = process.getuid?.() === 0;

  constructor(tools: Tools, views: TaskViews, machine: Machine) {
    this.#tools = tools;
    this.#views = views;
    this.#filter = writeFilterProgram(DENIED_CALLS, machine);
    this.#mounts = tools.perl === null ? null : new IdmappedMounts({ ...tools, perl: tools.perl });
  }

  /** Why tasks could not use this workspace, or null; also where it is not there yet, since it is made for them then. */
  async tryWorkspace(workspace: string): Promise<string | null> {
    if (!existsSync(workspace)) return null;
    try {
      await this.#own(workspace, this.userOf(workspace), workspace);
      return null;
    } catch (error) {
      return `--workspace ${workspace}: ${(error as Error).message}`;
    }
  }

  userOf(workspace: string): TaskUser | null {
    if (!this.#isRoot) return null;
    const { uid, gid } = existsSync(workspace) ? statSync(workspace) : TASK_USER;
    return uid === 0 ? TASK_USER : { uid, gid: gid === 0 ? TASK_USER.gid : gid };
  }

  sees(path: string, directories: TaskDirectories): boolean {
    return isVisible(this.#views.create(directories, this.userOf(directories.workspace)), path);
  }

  lookAgain(): string | null {
    return this.#views.lookAgain();
  }

  async start(command: ContainedCommand): Promise<ContainedProcess> {
    const sandbox = await this.prepare(command);
    const contained = await sandbox.run({ ...command, groupFiles: [] }); // it is in them
    if (contained === null) throw new Error('the namespace ended before the command began');
    return contained;
  }

  /** Makes all ready that a command needs, the command itself left out. */
  async prepare(place: ContainedPlace): Promise<PreparedSandbox> {
    const { directories, stdio } = place;
    const { edition } = this.#views;
    const user = directories === null ? this.#anyUser : this.userOf(directories.workspace);
    const isMapped = directories !== null && (await this.#ownAll(directories, user));
    const userList = user === null || directories === null ? null : writeUserList(user, directories.home);
    const request = writeBubblewrapArguments({
      view: this.#views.create(directories, user),
      network: place.network,
      isRoot: this.#isRoot,
      terminal: stdio.kind === 'terminal' ? stdio.path : null,
      filterFd: FILTER_FD,
      userListFd: userList === null ? null : USER_LIST_FD,
    });
    const words = [
      ...(isMapped ? (this.#mounts?.entry ?? []) : []),
      ...(this.#tools.prlimit === null ? [] : writeLeavingNoDump(this.#tools.prlimit)),
      ...[this.#tools.bwrap, ...request, '/bin/sh', '-c', INIT, 'sandcrew-init'],
      GROUP_FDS.slice(0, place.groupFiles.length).join(' '),
      // Of a session of its own, before its command is known; on a terminal it is the command that makes one.
      ...(stdio.kind === 'terminal' ? [] : [this.#tools.setsid, '--']),
      ...writeBecomingUser(this.#tools.setpriv, user),
      '/bin/sh',
    ];
    const ends = openEnds(stdio, user);
    const groups: number[] = [];
    try {
      for (const file of place.groupFiles.slice(0, GROUP_FDS.length)) groups.push(openSync(file, 'w'));
      const [program = '', ...args] = words;
      const child = spawnProcess(program, args, {
        cwd: '/',
        env: {}, // nothing of a task's environment reaches what runs with privileges
        detached: true,
        stdio: [
          groups[0] ?? 'ignore',
          groups[1] ?? 'ignore',
          'pipe',
          'pipe',
          'pipe',
          ...ends,
          'pipe',
          groups[2] ?? 'ignore',
          'pipe',
          userList === null ? 'ignore' : 'pipe',
        ],
      });
      // Out of descriptors or processes, it has no streams either.
      if (child.pid === undefined) throw await new Promise((resolve) => child.once('error', resolve));
      const namespace = new Namespace(child);
      const ways = child.stdio as readonly unknown[];
      (ways[FILTER_FD] as Writable).end(this.#filter);
      if (userList !== null) (ways[USER_LIST_FD] as Writable).end(userList);
      await namespace.ready;
      await enterOrAbandon(namespace, place.groupFiles.slice(GROUP_FDS.length));
      const isOnTerminal = stdio.kind === 'terminal';
      const tools = {
        launch: isOnTerminal ? `${this.#tools.setsid} -c` : `${this.#tools.setpriv} --no-new-privs`,
        launchesAll: isOnTerminal,
        env: this.#tools.env,
      };
      const isOutdated = () => edition !== this.#views.edition;
      const script = ways[SCRIPT_FD] as Writable;
      return new WaitingSandbox(namespace, script, tools, isOutdated);
    } finally {
      for (const fd of [...ends, ...groups]) closeSync(fd);
    }
  }

  close(): void {
    this.#mounts?.close();
  }

  get #anyUser(): TaskUser | null {
    return this.#isRoot ? TASK_USER : null;
  }

  /** Sees to it that the task's user can write its directories. Whether one of them is mapped for that. */
  async #ownAll({ workspace, home }: TaskDirectories, user: TaskUser | null): Promise<boolean> {
    const mapped = [await this.#own(workspace, user, workspace), await this.#own(home, user, workspace)];
    return mapped.includes(true);
  }

  async #own(directory: string, user: TaskUser | null, workspace: string): Promise<boolean> {
    const { uid } = statSync(directory);
    if (user === null || uid === user.uid) return false;
    if (uid !== 0)
      throw new ContainmentFault(
        `${directory} belongs to uid ${uid}, and tasks in ${workspace} run as uid ${user.uid}; chown or remove it`,
      );
    try {
      if (this.#mounts === null) throw new Error('it needs perl');
      await this.#mounts.map(directory, user);
      return true;
    } catch (error) {
      throw new ContainmentFault(
        `${directory} belongs to root, as whom no task runs, and it cannot be lent to another user here (${(error as Error).message}): chown it to an ordinary user, or use a file system and kernel with idmapped mounts (Linux 5.12)`,
        { cause: error },
      );
    }
  }
}
