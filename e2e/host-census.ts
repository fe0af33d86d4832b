/** Counts what a worker holds, as the kernel sees it: for tests that end by proving that nothing was left. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface Census {
  /** Children of the worker that are dead and not reaped. */
  readonly zombies: number;
  /** Living children of the worker. */
  readonly children: number;
  readonly fds: number;
  readonly rssBytes: number;
  /** Files and directories below the state directory, workspaces and homes left out. */
  readonly stateFiles: number;
}

export function takeCensus(pid: number, stateDirectory: string): Census {
  const states = childrenOf(pid).map(stateOf);
  return {
    zombies: states.filter((state) => state === 'Z').length,
    children: states.filter((state) => state !== 'Z' && state !== null).length,
    fds: readdirSync(`/proc/${pid}/fd`).length,
    rssBytes:
      Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024,
    stateFiles: ['spool', 'leaving'].reduce((sum, name) => sum + countFiles(join(stateDirectory, name)), 0),
  };
}

/** What a worker's descriptors are, for a message that tells which leaked. */
export function describeFds(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return 'gone';
    }
  });
}

/** Whether a process lives, as who it was: a pid alone may be another's by now. */
function isAlive(pid: number): boolean {
  const state = stateOf(pid);
  return state !== null && state !== 'Z';
}

function childrenOf(pid: number): number[] {
  const found = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' '),
  );
  return found.filter(Boolean).map(Number);
}

function stateOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  } catch {
    return null;
  }
}

/** What goes meanwhile is not counted. */
function countFiles(directory: string): number {
  return namesIn(directory).reduce((sum, name) => {
    const path = join(directory, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return sum;
    return sum + 1 + (found.isDirectory() ? countFiles(path) : 0);
  }, 0);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

const DEATH_TIMEOUT_MS = 20_000;

/** Settles when a process is gone: watches its directory in /proc, which goes with it. */
export async function waitForDeath(pid: number, timeoutMs = DEATH_TIMEOUT_MS): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(pid)) {
    if (performance.now() > deadline) throw new Error(`process ${pid} still lives`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
