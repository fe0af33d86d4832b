/** The processes of one task of the reference worker: held by a process group, and by a marker in their environment. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { type IPty, spawn as spawnTerminal } from '@lydell/node-pty';
import type { ExecuteCommand } from '@sandcrew/protocol';

export interface CommandEvents {
  onStart(): void;
  onFailure(detail: string): void;
  onOutput(stream: 'stdout' | 'stderr', data: Buffer): void;
  onExit(exit: { exitCode: number | null; signal: string | null }): void;
  /** Its output has come to its end. */
  onClosed(): void;
}

export interface CommandProcess {
  readonly pid: number;
  write(bytes: Buffer, taken: () => void): void;
  endInput(): void;
  signalLeader(name: NodeJS.Signals): void;
  signalGroup(name: NodeJS.Signals): void;
  /** On a terminal its foreground group, else the group. */
  signalForeground(name: NodeJS.Signals): void;
  resize(cols: number, rows: number): void;
  holdOutput(isHeld: boolean): void;
  /** Ends all that is left of it, and says how many there were when nothing of it lives. */
  endTree(): Promise<number>;
  /** The same, and never faulty. */
  clearAway(): Promise<number>;
}

type Is = (fault: string) => boolean;

export function startCommand(
  command: ExecuteCommand,
  cwd: string,
  is: Is,
  events: CommandEvents,
): CommandProcess {
  const marker = randomUUID();
  const [file, ...args] = argvOf(command, is);
  const given = is('commands.env') ? {} : command.env;
  const clean = Object.fromEntries(
    Object.entries(given ?? {}).map(([name, value]) => [name.split('=')[0], value.replaceAll('\0', '')]),
  );
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: cwd,
    LANG: 'C.UTF-8',
    ...clean,
    REFERENCE_TASK: marker,
  };
  const start = command.pty === undefined || is('terminals.one-stream') ? startOnPipes : startOnTerminal;
  return start(file ?? 'true', args, { command, cwd, env, marker, is }, events);
}

interface Surroundings {
  readonly command: ExecuteCommand;
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly marker: string;
  readonly is: Is;
}

function argvOf({ command }: ExecuteCommand, is: Is): readonly string[] {
  const shell = (line: string) => [
    'bash',
    '--noprofile',
    '--norc',
    '-c',
    ...(is('commands.dash') ? [] : ['--']),
    line,
  ];
  if (typeof command !== 'string') return is('commands.argv') ? shell(command.join(' ')) : command;
  return is('commands.shell') ? command.split(' ') : shell(command.replaceAll('\0', ''));
}

function startOnPipes(
  file: string,
  args: readonly string[],
  { command, cwd, env, marker, is }: Surroundings,
  events: CommandEvents,
): CommandProcess {
  const hasInput = command.stdin === 'pipe' || command.pty !== undefined || is('commands.stdin-none');
  const child = spawn(file, args, {
    cwd,
    env,
    detached: true,
    stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  child.once('spawn', () => events.onStart());
  child.once('error', (error: NodeJS.ErrnoException) =>
    events.onFailure(error.code === 'EACCES' ? 'not_executable' : 'command_not_found'),
  );
  child.once('exit', (exitCode, signal) => events.onExit({ exitCode, signal }));
  let open = 2;
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name] as Readable;
    stream.on('data', (data: Buffer) => events.onOutput(name, data));
    stream.once('close', () => {
      if (--open === 0) setImmediate(() => events.onClosed());
    });
  }
  child.stdin?.on('error', () => {});
  const pid = child.pid ?? 0;
  return {
    pid,
    write: (bytes, taken) => void child.stdin?.write(bytes, (error) => error ?? taken()),
    endInput: () => child.stdin?.end(),
    signalLeader: (name) => send(pid, name),
    signalGroup: (name) => send(is('ends.timeout-tree') ? pid : -pid, name),
    signalForeground: (name) => send(-pid, name),
    resize: () => {},
    holdOutput: (isHeld) => {
      if (isHeld) child.stdout?.pause();
      else child.stdout?.resume();
    },
    endTree: () => (is('ends.timeout-tree') ? Promise.resolve(0) : endMarked(marker)),
    clearAway: () => endMarked(marker),
  };
}

function startOnTerminal(
  file: string,
  args: readonly string[],
  { command, cwd, env, marker, is }: Surroundings,
  events: CommandEvents,
): CommandProcess {
  const { cols, rows } = is('terminals.size')
    ? { cols: 80, rows: 24 }
    : (command.pty ?? { cols: 80, rows: 24 });
  const terminal: IPty = spawnTerminal(file, [...args], { cwd, env, cols, rows, encoding: null });
  const { pid } = terminal;
  setImmediate(() => events.onStart());
  terminal.onData((data) => events.onOutput('stdout', Buffer.from(data)));
  terminal.onExit(({ exitCode, signal = 0 }) => {
    events.onExit(signal === 0 ? { exitCode, signal: null } : { exitCode: null, signal: nameOf(signal) });
    events.onClosed();
  });
  return {
    pid,
    write: (bytes, taken) => {
      terminal.write(bytes.toString());
      taken();
    },
    endInput: () => terminal.write('\x04'),
    signalLeader: (name) => send(pid, name),
    signalGroup: (name) => send(-pid, name),
    signalForeground: (name) => send(is('terminals.foreground') ? -pid : -foregroundGroup(pid), name),
    resize: (newCols, newRows) => terminal.resize(newCols, newRows),
    holdOutput: () => {},
    endTree: () => endMarked(marker),
    clearAway: () => endMarked(marker),
  };
}

function send(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch {} // it is gone
}

function nameOf(signal: number): string {
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? 'SIGKILL';
}

/** `tpgid` of /proc/PID/stat. */
function foregroundGroup(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[5]);
}

async function endMarked(marker: string): Promise<number> {
  const found = new Set<number>();
  for (let alive = listMarked(marker); alive.length > 0; alive = listMarked(marker)) {
    for (const pid of alive) {
      found.add(pid);
      send(pid, 'SIGKILL');
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return found.size;
}

function listMarked(marker: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(marker);
      } catch {
        return false;
      }
    });
}
