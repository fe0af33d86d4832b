/** What stands outside a task while it runs: servers that answer late or never, holders of locks, commands. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

const COMMAND_TIMEOUT_MS = 60_000;
const FLOCK_TIMEOUT_MS = 5_000;

/** Starts what `aux` names, in the case's directory; settles with what ends it, when it stands. */
export async function startSurroundings(aux: string | null, directory: string): Promise<() => void> {
  if (aux === null) return () => {};
  const [kind = '', first = '', second = ''] = aux.split(':');
  if (kind === 'flock') return holdLock(first, second, directory);
  if (kind !== 'blackhole' && kind !== 'slowhttp')
    throw new Error(`expected aux blackhole, slowhttp or flock, got ${aux}`);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // its task was ended
    if (kind === 'slowhttp')
      socket.once('data', () => void answerSlowly(socket, Number(first) * 1000, Number(second)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await writeFile(join(directory, 'port'), String((server.address() as AddressInfo).port));
  return () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
}

/** Runs a `sh -c` command outside of any task, and waits for it. @throws {Error} where it fails. */
export async function runOutside(command: string, directory: string, env: NodeJS.ProcessEnv): Promise<void> {
  await promisify(execFile)('sh', ['-c', command], { cwd: directory, env, timeout: COMMAND_TIMEOUT_MS });
}

/**
 * Runs a command that names processes by the numbers that the task `pid` sees, as in `kill $(cat pid)`: for its
 * moment it has to be in the task's PID namespace, where there is one.
 */
export async function runBeside(pid: number, command: string, directory: string): Promise<void> {
  const namespaces = (['pid', 'user'] as const).filter(
    (kind) => readlinkSync(`/proc/${pid}/ns/${kind}`) !== readlinkSync(`/proc/self/ns/${kind}`),
  );
  const enter = namespaces.map((kind) => `--${kind}`);
  const asUser = namespaces.includes('user') ? ['--preserve-credentials'] : [];
  const argv =
    namespaces.length === 0
      ? ['sh', '-c', command]
      : ['nsenter', '--target', String(pid), ...enter, ...asUser, 'sh', '-c', command];
  const [program = '', ...args] = argv;
  await promisify(execFile)(program, args, { cwd: directory, timeout: COMMAND_TIMEOUT_MS });
}

async function holdLock(file: string, seconds: string, directory: string): Promise<() => void> {
  const script = `exec 9>"$1"; flock 9; echo held; exec sleep "$2"`;
  const holder = spawn('sh', ['-c', script, 'sh', file, seconds], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await held(holder);
  return () => holder.kill('SIGKILL');
}

async function held(holder: ChildProcess): Promise<void> {
  const signal = AbortSignal.timeout(FLOCK_TIMEOUT_MS);
  if (holder.stdout !== null) await once(holder.stdout, 'data', { signal });
}

async function answerSlowly(socket: Socket, gapMs: number, chunks: number): Promise<void> {
  socket.write('HTTP/1.0 200 OK\r\n\r\n');
  for (let sent = 0; sent < chunks; sent++) {
    await setTimeout(gapMs);
    if (socket.destroyed) return;
    socket.write('x'.repeat(1000));
  }
  socket.end();
}
