/** Whether this machine has what a case needs, and the environment in which its tools work. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROBE_TIMEOUT_MS = 10_000;

/** What is present without being asked for, or by another name. */
const PROGRAMS: Readonly<Record<string, string>> = { apt: 'apt-get', python3: '/usr/bin/python3' };

/** rustup's shims find their toolchain by the user's home, which a task does not have. */
const RUST: Readonly<Record<string, string>> = (() => {
  const home = process.env.RUSTUP_HOME ?? join(homedir(), '.rustup');
  return existsSync(home) ? { RUSTUP_HOME: home } : {};
})();

/** Variables for tasks that need these tools. */
export function toolEnvironment(needs: readonly string[]): Readonly<Record<string, string>> {
  return needs.some(isRust) ? RUST : {};
}

const probes = new Map<string, Promise<boolean>>();

/** The first need that is not met, or null. */
export async function findMissing(needs: readonly string[]): Promise<string | null> {
  for (const need of needs) {
    const probe = probes.get(need) ?? isPresent(need);
    probes.set(need, probe);
    if (!(await probe)) return need;
  }
  return null;
}

async function isPresent(need: string): Promise<boolean> {
  if (need === 'root') return process.getuid?.() === 0;
  const program = PROGRAMS[need] ?? need;
  try {
    await run('sh', ['-c', 'command -v "$1"', 'sh', program], { timeout: PROBE_TIMEOUT_MS });
    const env = { PATH: process.env.PATH, ...RUST };
    if (isRust(need)) await run(program, ['--version'], { timeout: PROBE_TIMEOUT_MS, env });
    return true;
  } catch {
    return false;
  }
}

function isRust(need: string): boolean {
  return need === 'rustc' || need === 'cargo';
}
