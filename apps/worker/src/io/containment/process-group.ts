/**
 * Holds a task by its process group, and finds what left the group by session, ancestry and an environment marker.
 * It works everywhere, and a daemon that left all four behind gets away: the weakest level, chosen by flag.
 */
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { platform } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { SignalName } from '@sandcrew/protocol';
import treeKill from 'tree-kill';
import { isPlainVariable } from '../../core/containment/command-script.js';
import { countForks, readProcessesSince } from '../proc/newer-processes.js';
import { hasEnvironmentEntry, type ProcessStat, readDescendants, readProcess } from '../proc/process-stat.js';
import { spawnProcess } from '../spawn.js';
import {
  type ContainedCommand,
  type ContainedProcess,
  type ContainmentAdapter,
  type ExitStatus,
  sendSignal,
} from './containment.js';

/** Enters the control groups whose files stand before `--`, then becomes the command. It sets no variable, and takes away its own: the command would see it. */
const WITHIN_GROUPS =
  'unset PWD; while [ "$1" != -- ]; do echo 0 > "$1" || exit 126; shift; done; shift; exec "$@"';

/** What every process of a task inherits, unless it cleans its environment. */
const MARKER = 'SANDCREW_TASK';

/** Found in the PATH of a task neither need be. */
const ENV = '/usr/bin/env';
const NICE = '/usr/bin/nice';

/** Makes the terminal at $1 the controlling one (a session leader's first), then becomes the command. */
const ON_TERMINAL = 'exec <>"$1" >&0 2>&0; shift; unset PWD; exec "$@"';

/**
 * Waits for the worker's death, which closes its stdin, then ends the groups that it was told of and whatever bears
 * the worker's marker. A kill -9 leaves the worker no time to do so itself. (dash's kill knows no `--`.)
 */
const GUARDIAN = `trap '' HUP INT TERM
groups=' '
while read -r action group; do
  case $action in
    add) groups="$groups$group " ;;
    drop) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -KILL "-$group"; done 2>/dev/null
for environ in $(grep -lzs "^$1" /proc/[0-9]*/environ); do pid=\${environ#/proc/}; kill -KILL "\${pid%/environ}"; done 2>/dev/null`;

export function createProcessGroup(): ContainmentAdapter {
  return new ProcessGroup();
}

class ProcessGroup implements ContainmentAdapter {
  readonly level = 'process-group';
  readonly entersGroupsFreely = false; // a shell goes before the command for it
  readonly #workerMark = randomUUID();
  #guardian: ChildProcess | null = null;

  async start(command: ContainedCommand): Promise<ContainedProcess> {
    const mark = `${this.#workerMark}/${randomUUID()}`;
    const forksBefore = countForks();
    const child = this.#spawn(command, mark);
    const { pid } = child;
    if (pid === undefined) throw await new Promise((resolve) => child.once('error', resolve));
    await new Promise((resolve) => child.once('spawn', resolve));
    this.#tellGuardian(`add ${pid}`);
    const group = new Group(child, pid, `${MARKER}=${mark}`, forksBefore);
    void group.exited.then(() => this.#tellGuardian(`drop ${pid}`));
    return group;
  }

  userOf(): null {
    return null;
  }

  sees(): boolean {
    return true;
  }

  close(): void {
    this.#guardian?.stdin?.end();
  }

  #spawn(command: ContainedCommand, mark: string): ChildProcess {
    const { cwd, stdio, groupFiles } = command;
    const hasShell = groupFiles.length > 0 || stdio.kind === 'terminal';
    const { argv: said, env } = hasShell ? passShell(command) : command;
    const argv =
      groupFiles.length === 0 ? said : ['/bin/sh', '-c', WITHIN_GROUPS, 'sh', ...groupFiles, '--', ...said];
    const options = { cwd, env: { ...env, [MARKER]: mark }, detached: true };
    if (stdio.kind === 'terminal') {
      const onTerminal = ['-c', ON_TERMINAL, 'sh', stdio.path, ...argv];
      return spawnProcess('/bin/sh', onTerminal, { ...options, stdio: ['ignore', 'ignore', 'ignore'] });
    }
    const [program = '', ...args] = argv;
    const opened = [openSync(stdio.stdin, 'r')];
    try {
      opened.push(openSync(stdio.stdout, 'w'), openSync(stdio.stderr, 'w'));
      return spawnProcess(program, args, { ...options, stdio: opened });
    } finally {
      for (const fd of opened) closeSync(fd);
    }
  }

  #tellGuardian(line: string): void {
    if (this.#guardian === null) {
      this.#guardian = spawnProcess(
        '/bin/sh',
        ['-c', GUARDIAN, 'sandcrew-guardian', `${MARKER}=${this.#workerMark}/`],
        {
          detached: true, // a Ctrl-C for the worker's group is not for it
          env: {},
          stdio: ['pipe', 'ignore', 'ignore'],
        },
      );
      this.#guardian.on('error', () => {
        this.#guardian = null; // the next command tries again
      });
      this.#guardian.stdin?.on('error', () => {});
      this.#guardian.unref();
    }
    this.#guardian.stdin?.write(`${line}\n`);
  }
}

/** The command such that a shell before it leaves its variables as they are: env sets those that mean something to a shell, or that it would lose. */
function passShell({ argv, env }: ContainedCommand): Pick<ContainedCommand, 'argv' | 'env'> {
  const others = Object.entries(env).filter(([name]) => !isPlainVariable(name));
  if (others.length === 0) return { argv, env };
  const assignments = others.map(([name, value]) => `${name}=${value}`);
  return {
    // What env starts is nice, which changes nothing: a command whose path has a `=` would be an assignment.
    argv: [ENV, '--', ...assignments, NICE, '-n', '0', '--', ...argv],
    env: Object.fromEntries(Object.entries(env).filter(([name]) => isPlainVariable(name))),
  };
}

class Group implements ContainedProcess {
  readonly pid: number;
  readonly exited: Promise<ExitStatus>;
  readonly #marker: string;
  readonly #startTicks: number;
  readonly #forksBefore: number | null;

  constructor(child: ChildProcess, pid: number, marker: string, forksBefore: number | null) {
    this.pid = pid;
    this.#forksBefore = forksBefore;
    this.#marker = marker;
    this.#startTicks = readProcess(pid)?.startTicks ?? 0;
    this.exited = new Promise((resolve) =>
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal })),
    );
  }

  signal(signal: SignalName, foreground: boolean): void {
    const group = foreground ? (readProcess(this.pid)?.foregroundGroupId ?? this.pid) : this.pid;
    if (group > 1) sendSignal(-group, signal);
  }

  processes(): ProcessStat[] {
    if (platform() !== 'linux') return [];
    const all = readProcessesSince(this.pid, this.#forksBefore).filter(
      (stat) => stat.startTicks >= this.#startTicks && stat.pid !== process.pid,
    );
    const mine = new Map<number, ProcessStat>();
    for (const stat of all) {
      const isMine =
        stat.groupId === this.pid || stat.sessionId === this.pid || hasEnvironmentEntry(stat, this.#marker);
      if (isMine) for (const found of [stat, ...readDescendants(stat.pid)]) mine.set(found.pid, found);
    }
    return [...mine.values()];
  }

  topPids(): number[] {
    return [this.pid];
  }

  family(): ProcessStat[] {
    const command = readProcess(this.pid);
    return command === null || command.startTicks !== this.#startTicks
      ? []
      : [command, ...readDescendants(this.pid)];
  }

  cpuMs(): number | null {
    const living = this.family();
    return living.length === 0
      ? null
      : living.reduce((sum, { cpuMs, reapedCpuMs }) => sum + cpuMs + reapedCpuMs, 0);
  }

  async endTree(): Promise<number> {
    if (platform() !== 'linux') return this.#endTreeByTools();
    const ended = new Set<string>();
    let pauseMs = 1;
    for (let living = this.processes(); living.length > 0; living = this.processes()) {
      for (const { pid, startTicks, isExiting } of living) {
        if (isExiting) continue; // it needs no help, only a moment
        ended.add(`${pid} ${startTicks}`);
        if (readProcess(pid)?.startTicks === startTicks) sendSignal(pid, 'SIGKILL');
      }
      await setTimeout(pauseMs); // one that forks as it dies is found in the next round
      pauseMs = Math.min(100, pauseMs * 2);
    }
    return ended.size;
  }

  /** Without /proc: the group, then tree-kill's walk by ps. How many they were is not known. */
  async #endTreeByTools(): Promise<number> {
    sendSignal(-this.pid, 'SIGKILL');
    await new Promise<void>((resolve) => treeKill(this.pid, 'SIGKILL', () => resolve()));
    return 0;
  }
}
