/**
 * Holds a task in a PID namespace (util-linux's unshare): when its init dies, the kernel ends every process in it,
 * whatever it did to get away. No file is hidden from the task.
 */
import type { Writable } from 'node:stream';
import { isPlainVariable } from '../../core/containment/command-script.js';
import { spawnProcess } from '../spawn.js';
import type { ContainedCommand, ContainedProcess, ContainmentAdapter } from './containment.js';
import { Namespace } from './namespace.js';
import { findTools, probe } from './probe.js';

/**
 * The namespace's init. A command that is itself pid 1 ignores SIGTERM, also its own; so this shell is pid 1, the
 * command its child, in a session of its own. It outlives the command: it reports the status on fd 3 and stays until fd 4
 * closes, so that output may linger. The command's ends are opened by path, and in the child: unshare and the init itself
 * would hold open what came as a descriptor, and nobody would see that the command has closed it. The child waits for a
 * line on fd 4 before it becomes the command, so that the worker knows its host pid however short it lives. PWD is the
 * shell's own, no part of the task's environment.
 *
 * The kernel tells of no parent that had died before it was asked to, so that a worker, or unshare, that is killed just then
 * leaves this shell behind. It waits for nobody at a pipe: fd 8 stands in for the other end while it opens its own; and where
 * fd 4 says that the worker is gone, the command never begins.
 *
 * The child enters its control groups itself: a move of oneself (0) in version 1 is the one that takes no lock which a fork bomb
 * keeps busy (cgroup_procs_write_start in the kernel).
 */
const INIT = `stdin=$1 stdout=$2 stderr=$3 groups=$4; shift 4
( set -f; IFS='
'; for file in $groups; do echo 0 >"$file" || exit 126; done
  if [ "$stdin" = "$stdout" ]; then exec 5<>"$stdin" 6<>"$stdin" 7<>"$stdin"
  else exec 8<>"$stdin" 5<"$stdin" 8<>"$stdout" 6>"$stdout" 8<>"$stderr" 7>"$stderr" 8>&-; fi
  echo started >&3; read -r _ <&4 || exit; unset PWD; exec "$@" <&5 >&6 2>&7 3>&- 4<&- 5<&- 6>&- 7>&- )
status=$?
echo "$status" >&3
read -r _ <&4`;

/** The variables of that shell: a command's of the same names are set behind it. */
const INIT_VARIABLES = ['stdin', 'stdout', 'stderr', 'groups', 'file', 'status'];

/** The adapter, or in a sentence why this host cannot do it. */
export async function findPidNamespace(): Promise<ContainmentAdapter | string> {
  if (process.platform !== 'linux') return 'PID namespaces are a feature of Linux';
  const tools = await findTools('setpriv', 'unshare', 'setsid', 'env');
  if (tools === null)
    return 'it needs setpriv, unshare and setsid (package util-linux) and env (coreutils) in PATH';
  const adapter = new PidNamespace(tools);
  const fault = await probe(adapter);
  return fault === null ? adapter : `unshare does not work here (${fault})`;
}

/** Where each program is. */
type Tools = Readonly<Record<'setpriv' | 'unshare' | 'setsid' | 'env', string>>;

class PidNamespace implements ContainmentAdapter {
  readonly level = 'pid-namespace';
  readonly entersGroupsFreely = true;
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  /** The whole argv: die with the worker, enter the namespaces, be init, run the command. */
  #wrap({ argv, env, stdio, network, groupFiles }: ContainedCommand): string[] {
    const tools = this.#tools;
    const isRoot = process.getuid?.() === 0;
    const asUser = isRoot ? [] : ['--user', '--map-current-user', '--keep-caps'];
    // The init keeps its capabilities in that user namespace: who has none of them cannot trace it (ptrace(2), access mode checking).
    const asTask = isRoot ? [] : [tools.setpriv, '--inh-caps=-all', '--ambient-caps=-all', '--'];
    const offline = network === 'none' ? ['--net'] : [];
    const unshare = [
      tools.unshare,
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      ...asUser,
      ...offline,
      '--',
    ];
    // What follows `--` is no option of theirs; and what env starts is setsid, whose path is no assignment.
    const setsid = [tools.setsid, ...(stdio.kind === 'terminal' ? ['-c'] : []), '--'];
    // The init is a shell, and passes on only variables that mean nothing to it: env sets the others.
    const others = Object.entries(env).filter(([name]) => !passesInit(name));
    const withOthers =
      others.length === 0 ? [] : [tools.env, '--', ...others.map(([name, value]) => `${name}=${value}`)];
    const ends =
      stdio.kind === 'terminal'
        ? [stdio.path, stdio.path, stdio.path]
        : [stdio.stdin, stdio.stdout, stdio.stderr];
    return [
      tools.setpriv,
      '--pdeathsig',
      'KILL',
      ...unshare,
      '/bin/sh',
      '-c',
      INIT,
      'sandcrew-init',
      ...ends,
      groupFiles.join('\n'), // a path may have blanks
      ...asTask,
      ...withOthers,
      ...setsid,
      ...argv,
    ];
  }

  async start(command: ContainedCommand): Promise<ContainedProcess> {
    const [program = '', ...args] = this.#wrap(command);
    const child = spawnProcess(program, args, {
      cwd: command.cwd,
      env: Object.fromEntries(Object.entries(command.env).filter(([name]) => passesInit(name))),
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    // Out of descriptors or processes, it has no streams either.
    if (child.pid === undefined) throw await new Promise((resolve) => child.once('error', resolve));
    const namespace = new Namespace(child);
    await namespace.ready;
    (child.stdio[4] as Writable).write('go\n');
    return namespace;
  }

  userOf(): null {
    return null;
  }

  sees(): boolean {
    return true;
  }

  close(): void {}
}

/** Whether a variable comes through the init as it is. What loaders read (LD_PRELOAD) would put the task's code into what holds it. */
function passesInit(name: string): boolean {
  return isPlainVariable(name) && !INIT_VARIABLES.includes(name) && !name.startsWith('LD_');
}
