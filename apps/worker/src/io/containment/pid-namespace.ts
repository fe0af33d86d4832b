/**
 * Holds a task in a PID namespace (util-linux's unshare): when its init dies, the kernel ends every process in it,
 * whatever it did to get away. No file is hidden from the task.
 */
import { type ChildProcess, execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import type { SignalName } from '@sandcrew/protocol';
import { type ProcessStat, readChildren, readDescendants, readProcess } from '../proc/process-stat.js';
import { spawnProcess } from '../spawn.js';
import {
  type ContainedCommand,
  type ContainedProcess,
  type ContainmentAdapter,
  type ExitStatus,
  sendSignal,
} from './containment.js';

/**
 * The namespace's init. A command that is itself pid 1 ignores SIGTERM, also its own; so this shell is pid 1, the
 * command its child, in a session of its own. It outlives the command: it reports the status on fd 3, lets go of the
 * output, and stays until fd 4 closes, so that output may linger. It opens the command's ends by path, since unshare,
 * its parent, would hold open for ever what came as a descriptor. The child waits for a line on fd 4 before it becomes
 * the command, so that the worker knows its host pid however short it lives. PWD is the shell's own, no part of the task's environment.
 */
const INIT = `setsid=$1 stdin=$2 stdout=$3 stderr=$4; shift 4
if [ "$stdin" = "$stdout" ]; then exec 5<>"$stdin" 6<>"$stdin" 7<>"$stdin"
else exec 5<"$stdin" 6>"$stdout" 7>"$stderr"; fi
( echo started >&3; read -r _ <&4; unset PWD; exec $setsid "$@" <&5 >&6 2>&7 3>&- 4<&- 5<&- 6>&- 7>&- )
status=$?
exec 5<&- 6>&- 7>&-
echo "$status" >&3
read -r _ <&4`;

const PROBE_TIMEOUT_MS = 5_000;
const START_TIMEOUT_MS = 10_000;

/** The adapter, or in a sentence why this host cannot do it. */
export async function findPidNamespace(): Promise<ContainmentAdapter | string> {
  if (process.platform !== 'linux') return 'PID namespaces are a feature of Linux';
  const [setpriv, unshare, setsid, env] = await Promise.all(
    ['setpriv', 'unshare', 'setsid', 'env'].map(findTool),
  );
  if (!setpriv || !unshare || !setsid || !env)
    return 'it needs setpriv, unshare and setsid (package util-linux) and env (coreutils) in PATH';
  const adapter = new PidNamespace({ setpriv, unshare, setsid, env });
  const fault = await probe(adapter);
  return fault === null ? adapter : `unshare does not work here (${fault})`;
}

/** Runs a command as a task would be, and tells what went wrong, or null. */
async function probe(adapter: PidNamespace): Promise<string | null> {
  try {
    const env = { PATH: process.env.PATH ?? '' };
    const stdio = { kind: 'pipes', stdin: '/dev/zero', stdout: '/dev/null', stderr: '/dev/null' } as const;
    const contained = await adapter.start({
      argv: ['true'],
      cwd: '/',
      env,
      stdio,
      network: 'host',
      limitFiles: [],
    });
    const { exitCode, signal } = await contained.exited;
    await contained.endTree();
    return exitCode === 0 ? null : `a probe ended with ${signal ?? `exit ${exitCode}`}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Where each program is. */
type Tools = Readonly<Record<'setpriv' | 'unshare' | 'setsid' | 'env', string>>;

class PidNamespace implements ContainmentAdapter {
  readonly level = 'pid-namespace';
  readonly #tools: Tools;

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  /** The whole argv: die with the worker, enter the namespaces, be init, run the command. */
  #wrap({ argv, env, stdio, network }: ContainedCommand): string[] {
    const tools = this.#tools;
    const asUser = process.getuid?.() === 0 ? [] : ['--user', '--map-current-user'];
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
    const setsid = stdio.kind === 'terminal' ? `${tools.setsid} -c` : tools.setsid;
    // The init is a shell, and passes on only variables that it could have itself: env sets the others.
    const others = Object.entries(env).filter(([name]) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
    const withOthers =
      others.length === 0 ? [] : [tools.env, ...others.map(([name, value]) => `${name}=${value}`)];
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
      setsid,
      ...ends,
      ...withOthers,
      ...argv,
    ];
  }

  async start(command: ContainedCommand): Promise<ContainedProcess> {
    const [program = '', ...args] = this.#wrap(command);
    const child = spawnProcess(program, args, {
      cwd: command.cwd,
      env: command.env,
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    const namespace = new Namespace(child, command.limitFiles);
    await namespace.started;
    return namespace;
  }

  close(): void {}
}

class Namespace implements ContainedProcess {
  pid = 0;
  readonly started: Promise<void>;
  readonly exited: Promise<ExitStatus>;
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #init: ProcessStat | null = null;

  constructor(child: ChildProcess, limitFiles: readonly string[]) {
    this.#child = child;
    const status = child.stdio[3] as Readable;
    const hold = child.stdio[4] as Writable;
    for (const stream of [status, hold]) stream.on('error', () => {}); // it ends with the namespace
    let report = '';
    let reportExit: (status: ExitStatus) => void;
    this.exited = new Promise((resolve) => {
      reportExit = resolve;
    });
    this.#gone = new Promise((resolve) => child.once('exit', () => resolve()));
    this.started = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`the namespace was not ready within ${START_TIMEOUT_MS} ms`));
      }, START_TIMEOUT_MS);
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        reject(new Error(`the namespace ended before the command began (${signal ?? `exit ${code}`})`));
        // Without a report the namespace was ended from outside, and the kernel's SIGKILL took the command with it.
        reportExit({ exitCode: null, signal: 'SIGKILL' });
      });
      status.setEncoding('latin1').on('data', (text: string) => {
        report += text;
        if (this.pid === 0 && report.includes('started\n')) {
          clearTimeout(timer);
          if (!this.#findProcesses()) return reject(new Error('the command was gone before it began'));
          try {
            for (const file of limitFiles) writeFileSync(file, String(this.pid));
          } catch (error) {
            child.kill('SIGKILL');
            return reject(error);
          }
          hold.write('go\n');
          resolve();
        }
        const code = /started\n(\d+)\n/.exec(report)?.[1];
        if (code !== undefined) reportExit(readStatus(Number(code)));
      });
    });
  }

  signal(signal: SignalName, foreground: boolean): void {
    const group = foreground ? (readProcess(this.pid)?.foregroundGroupId ?? -1) : this.pid;
    // In its first moment the command has no group of its own yet.
    if (group > 1 && !sendSignal(-group, signal)) sendSignal(this.pid, signal);
  }

  processes(): ProcessStat[] {
    return this.#init === null ? [] : readDescendants(this.#init.pid);
  }

  topPids(): number[] {
    return this.#init === null ? [] : readChildren(this.#init.pid);
  }

  family(): ProcessStat[] {
    return this.processes();
  }

  cpuMs(): number | null {
    const init = this.#init === null ? null : readProcess(this.#init.pid);
    if (init === null) return null;
    return this.processes().reduce(
      (sum, { cpuMs, reapedCpuMs }) => sum + cpuMs + reapedCpuMs,
      init.reapedCpuMs,
    );
  }

  async endTree(): Promise<number> {
    const left = this.processes().filter(({ isExiting }) => !isExiting).length;
    const init = this.#init;
    if (init !== null && readProcess(init.pid)?.startTicks === init.startTicks)
      sendSignal(init.pid, 'SIGKILL');
    await this.#gone; // unshare ends when init is reaped, which the kernel lets happen when all the others are dead
    for (const stream of this.#child.stdio) stream?.destroy();
    return left;
  }

  #findProcesses(): boolean {
    const [initPid] = readChildren(this.#child.pid ?? 0);
    const [commandPid] = initPid === undefined ? [] : readChildren(initPid);
    if (initPid === undefined || commandPid === undefined) return false;
    this.#init = readProcess(initPid);
    this.pid = commandPid;
    return true;
  }
}

const SIGNAL_OF_NUMBER = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** The init is a shell, and a shell tells an end by signal n as 128+n. */
function readStatus(code: number): ExitStatus {
  const signal = SIGNAL_OF_NUMBER.get(code - 128);
  return signal === undefined ? { exitCode: code, signal: null } : { exitCode: null, signal };
}

export async function findTool(name: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', 'command -v "$1"', 'sh', name], {
      timeout: PROBE_TIMEOUT_MS,
    });
    return stdout.trim() || null;
  } catch {
    return null;
  }
}
