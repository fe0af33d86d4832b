/** Judges the options of a manager and of its calls, and fills in their defaults. Tasks are for `task-request`. */
import { randomUUID } from 'node:crypto';
import { DEFAULT_GRACE_MS, isTaskId } from '@sandcrew/protocol';
import { faultsOfUnknown, isObject, mismatch } from './core/field-words.js';
import { SandboxError } from './core/sandbox-error.js';
import type { ManagerPolicy } from './core/state.js';
import { type ProcessOptions, workerCommand } from './io/providers/process.js';
import type { CloseOptions, ManagerOptions, WorkerAddress } from './options.js';
import { faultsOfEmbedded, faultsOfWorkers } from './worker-options.js';

/** The options of a manager as it works by them. */
export interface Settings {
  readonly policy: ManagerPolicy;
  readonly keepOutputBytes: number;
  readonly telemetry: boolean;
  readonly addresses: readonly WorkerAddress[];
  /** How a worker process of a type is started. */
  readonly embedded: (workerType: string) => ProcessOptions;
}

const MEBIBYTE = 1_048_576;
const DEFAULT_MAX_WORKERS = 10;
const MAX_GRACE_MS = 2_147_483_647;

const OPTION_FIELDS: Readonly<Record<keyof ManagerOptions, true>> = {
  workers: true,
  maxWorkers: true,
  managerId: true,
  embedded: true,
  connectTimeoutMs: true,
  lostAfterMs: true,
  maxAttempts: true,
  keepOutputBytes: true,
  telemetry: true,
};
const CLOSE_FIELDS: Readonly<Record<keyof CloseOptions, true>> = { graceMs: true, leaveTasks: true };

/** @throws {SandboxError} INVALID_OPTIONS, naming every fault at once. */
export function readOptions(options: ManagerOptions): Settings {
  refuse(isObject(options) ? faultsOfOptions(options) : [mismatch('the options', 'an object', options)]);
  const { workers = [], embedded = {} } = options;
  return {
    policy: {
      managerId: options.managerId ?? `m-${randomUUID()}`,
      maxWorkers: options.maxWorkers ?? DEFAULT_MAX_WORKERS,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      lostAfterMs: options.lostAfterMs ?? 300_000,
      maxAttempts: options.maxAttempts ?? 3,
      startsWorkers: workers.length === 0,
    },
    keepOutputBytes: options.keepOutputBytes ?? MEBIBYTE,
    telemetry: options.telemetry ?? true,
    addresses: workers,
    embedded: (workerType) => ({
      command: embedded.command ?? workerCommand(),
      workerType,
      directory: embedded.directory ?? process.cwd(),
      stateDirectory: embedded.stateDirectory ?? null,
      args: embedded.args ?? [],
    }),
  };
}

/** @throws {SandboxError} INVALID_OPTIONS */
export function readClose(options: CloseOptions): Required<CloseOptions> {
  refuse(isObject(options) ? faultsOfClose(options) : [mismatch('the options', 'an object', options)]);
  const { graceMs = DEFAULT_GRACE_MS, leaveTasks = false } = options;
  return { graceMs, leaveTasks };
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new SandboxError({ code: 'INVALID_OPTIONS', message: faults.join('; ') });
}

function faultsOfOptions(options: ManagerOptions): string[] {
  const { managerId, maxWorkers, workers, embedded, telemetry } = options;
  const faults = faultsOfUnknown(options, Object.keys(OPTION_FIELDS));
  for (const [name, least] of [
    ['maxWorkers', 1],
    ['connectTimeoutMs', 1],
    ['lostAfterMs', 0],
    ['maxAttempts', 1],
    ['keepOutputBytes', 0],
  ] as const) {
    const value = options[name];
    if (value !== undefined && !isWhole(value, least))
      faults.push(mismatch(`${name}`, `a whole number from ${least}`, value));
  }
  if (managerId !== undefined && !isTaskId(managerId)) {
    const wanted = '1 to 128 of A-Z a-z 0-9 . _ : -, the first a letter or digit';
    faults.push(mismatch('managerId', wanted, managerId));
  }
  if (telemetry !== undefined && typeof telemetry !== 'boolean')
    faults.push(mismatch('telemetry', 'true or false', telemetry));
  if (workers !== undefined) faults.push(...faultsOfWorkers(workers, maxWorkers ?? DEFAULT_MAX_WORKERS));
  if (embedded !== undefined) faults.push(...faultsOfEmbedded(embedded));
  return faults;
}

function faultsOfClose(options: CloseOptions): string[] {
  const { graceMs, leaveTasks } = options;
  const faults = faultsOfUnknown(options, Object.keys(CLOSE_FIELDS));
  if (graceMs !== undefined && !(isWhole(graceMs, 0) && graceMs <= MAX_GRACE_MS))
    faults.push(mismatch('graceMs', 'a whole number from 0 to 2147483647', graceMs));
  if (leaveTasks !== undefined && typeof leaveTasks !== 'boolean')
    faults.push(mismatch('leaveTasks', 'true or false', leaveTasks));
  return faults;
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
