/** Whether a command can be run at all, before anything is started. It reads the command and the worker's means. */
import type { Containment, RejectionDetail } from '@sandcrew/protocol';
import type { FullCommand } from './same-command.js';

export interface WorkerMeans {
  readonly containment: Containment;
  /** Names of the limits that it can hold a task to. */
  readonly enforcedLimits: readonly string[];
  readonly isDraining: boolean;
  readonly runningTasks: number;
  readonly maxTasks: number;
  readonly isWorkspaceLeaving: boolean;
}

export interface Rejection {
  readonly detail: RejectionDetail;
  readonly message: string;
}

/** Variables that steer loaders, shells and interpreters: a task gets them only where `allowEnv` says they are meant. */
const STEERING = /^(LD_.*|BASH_ENV|ENV|NODE_OPTIONS|PYTHONSTARTUP|PERL5OPT|RUBYOPT|GIT_SSH.*|BASH_FUNC_.*)$/s;

/** Why this command cannot be run, or null. */
export function judgeAdmission(command: FullCommand, means: WorkerMeans): Rejection | null {
  return (
    judgeCommand(command.command) ??
    judgeCwd(command.cwd) ??
    judgeEnv(command.env, command.allowEnv) ??
    judgeLimits(command.limits, means.enforcedLimits) ??
    judgeNetwork(command.network, means.containment) ??
    judgeRoom(means)
  );
}

function judgeCommand(command: string | readonly string[]): Rejection | null {
  const words = typeof command === 'string' ? [command] : command;
  if (words.length === 0) return reject('invalid_command', 'expected a command, got an empty argv');
  if (words[0] === '' || (typeof command === 'string' && command.trim() === '')) {
    return reject('invalid_command', 'expected a command, got an empty one');
  }
  const withNul = words.findIndex((word) => word.includes('\0'));
  if (withNul >= 0)
    return reject('invalid_command', `expected no NUL in a command, got one in word ${withNul}`);
  return null;
}

function judgeCwd(cwd: string): Rejection | null {
  if (cwd.includes('\0')) return reject('invalid_cwd', 'expected no NUL in cwd');
  if (cwd.startsWith('/'))
    return reject('invalid_cwd', `expected cwd relative to the workspace, got ${quote(cwd)}`);
  let depth = 0;
  for (const part of cwd.split('/')) {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    if (depth < 0) return reject('invalid_cwd', `expected cwd inside the workspace, got ${quote(cwd)}`);
  }
  return null;
}

function judgeEnv(
  env: Readonly<Record<string, string>>,
  allowEnv: boolean | readonly string[],
): Rejection | null {
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || name.includes('=') || name.includes('\0')) {
      return reject('invalid_env', `expected a variable name without "=" and NUL, got ${quote(name)}`);
    }
    if (value.includes('\0')) return reject('invalid_env', `expected no NUL in ${quote(name)}`);
    const isMeant = typeof allowEnv === 'boolean' ? allowEnv : allowEnv.includes(name);
    if (STEERING.test(name) && !isMeant) {
      return reject(
        'invalid_env',
        `${quote(name)} steers loaders or interpreters; name it in allowEnv if it is meant`,
      );
    }
  }
  return null;
}

function judgeLimits(limits: FullCommand['limits'], enforced: readonly string[]): Rejection | null {
  const beyond = Object.keys(limits).filter((limit) => !enforced.includes(limit));
  if (beyond.length === 0) return null;
  return reject(
    'unenforceable_limit',
    `this worker enforces no ${beyond.join(', ')}; leave ${beyond.length > 1 ? 'them' : 'it'} out, or use one that does`,
  );
}

function judgeNetwork(network: 'none' | 'host', containment: Containment): Rejection | null {
  if (network === 'host' || containment !== 'process-group') return null;
  return reject(
    'containment_unavailable',
    'network none needs a namespace, and this worker contains by process-group',
  );
}

function judgeRoom(means: WorkerMeans): Rejection | null {
  if (means.isDraining) return reject('draining', 'this worker is shutting down; use another');
  if (means.runningTasks >= means.maxTasks) {
    return reject('busy', `all ${means.maxTasks} slots are taken; try again when a task has ended`);
  }
  if (means.isWorkspaceLeaving)
    return reject('busy', 'the workspace is being removed; try again when it is gone');
  return null;
}

function reject(detail: RejectionDetail, message: string): Rejection {
  return { detail, message };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
