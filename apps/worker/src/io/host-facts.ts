/** Looks at this host for `doctor`: asks each part that would be used, so that it cannot tell otherwise than a start does. */
import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, existsSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { HostFacts } from '../core/diagnosis.js';
import { findTool } from './containment/probe.js';
import { type ListenTarget, listenFault, listenOptions } from './listen-target.js';
import { readText } from './proc/read.js';

const PROGRAMS = ['bwrap', 'unshare', 'setpriv', 'setsid', 'env', 'mkfifo', 'bash', 'sh', 'stty'] as const;
const DAY_MS = 86_400_000;
/** A process that has begun to read waits within so long, milliseconds. */
const WAIT_TIMEOUT_MS = 2_000;

export async function findPrograms(): Promise<HostFacts['programs']> {
  const found = await Promise.all(PROGRAMS.map(async (name) => [name, await findTool(name)] as const));
  return Object.fromEntries(found);
}

export function readUserNamespaces(): HostFacts['userNamespaces'] {
  return {
    max: readNumber('/proc/sys/user/max_user_namespaces'),
    unprivilegedClone: readNumber('/proc/sys/kernel/unprivileged_userns_clone'),
    apparmorRestricts: readNumber('/proc/sys/kernel/apparmor_restrict_unprivileged_userns'),
  };
}

/** Docker, Podman and Kubernetes each leave another trace. */
export function isInContainer(): boolean {
  return (
    existsSync('/.dockerenv') ||
    existsSync('/run/.containerenv') ||
    process.env['KUBERNETES_SERVICE_HOST'] !== undefined
  );
}

export function readCgroupVersion(): 1 | 2 | null {
  const lines = readText('/proc/self/cgroup')?.trim().split('\n') ?? [];
  if (lines.some((line) => /^[1-9]\d*:[^:=]+:/.test(line))) return 1;
  return lines.some((line) => line.startsWith('0::')) ? 2 : null;
}

/** Tries on a process of its own: it reads from a pipe that nobody writes to, and that must be seen. */
export async function findWaitsFault(): Promise<string | null> {
  if (process.platform !== 'linux') return 'this system has no /proc';
  const child = spawn('/bin/sh', ['-c', 'read -r line'], { stdio: ['pipe', 'ignore', 'ignore'] });
  try {
    if (child.pid === undefined) return 'no process can be started';
    const path = `/proc/${child.pid}/syscall`;
    const deadlineMs = performance.now() + WAIT_TIMEOUT_MS;
    let seen = '';
    while (performance.now() < deadlineMs) {
      seen = readFileSync(path, 'latin1');
      if (/^\d+ 0x0 /.test(seen)) return null; // a system call on descriptor 0
      await setTimeout(10);
    }
    return `${path} tells no wait of a process that waits: ${JSON.stringify(seen.slice(0, 80))}`;
  } catch (error) {
    return (error as Error).message;
  } finally {
    child.stdin?.destroy();
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

export function readOpenFiles(): HostFacts['openFiles'] {
  const match = /^Max open files\s+(\d+)\s+(\d+)/m.exec(readText('/proc/self/limits') ?? '');
  return match === null ? null : { soft: Number(match[1]), hard: Number(match[2]) };
}

/** Of a directory that may not be there yet: of what it would be made in. Nothing is left behind. */
export function lookAtDirectory(path: string): HostFacts['stateDir'] {
  let at = path;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  try {
    if (at === path) {
      const probe = join(path, `.doctor-${process.pid}`);
      writeFileSync(probe, '', { flag: 'wx', mode: 0o600 });
      rmSync(probe);
    } else accessSync(at, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync(at);
    return { path, fault: null, freeBytes: bavail * bsize };
  } catch (error) {
    return { path, fault: (error as Error).message, freeBytes: null };
  }
}

/** Listens for a moment. */
export async function findListenFaults(target: ListenTarget, option: string): Promise<string[]> {
  const server = createServer();
  try {
    server.listen(listenOptions(target));
    await once(server, 'listening');
    return [];
  } catch (error) {
    return [listenFault(error as NodeJS.ErrnoException, target, option) ?? (error as Error).message];
  } finally {
    if (server.listening) server.close();
  }
}

export function readCertificateDays(path: string): number | null {
  try {
    const { validTo } = new X509Certificate(readFileSync(path));
    return Math.floor((Date.parse(validTo) - Date.now()) / DAY_MS);
  } catch {
    return null; // it is told what is wrong with it already
  }
}

function readNumber(path: string): number | null {
  const text = readText(path);
  return text === null ? null : Number(text);
}
