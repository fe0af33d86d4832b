/**
 * The file by which a server finds its tasks again: the managerId that they belong to, and what is to be known of each. It
 * is written as a whole beside itself and renamed, so that it is never half a file.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LedgerEntry, TaskLedger } from '@sandcrew/agent-tools';
import { UsageError } from '../core/usage-error.js';

interface State {
  readonly version: 1;
  readonly managerId: string;
  readonly tasks: readonly LedgerEntry[];
}

export class StateFile implements TaskLedger {
  readonly managerId: string;
  readonly #path: string;
  /** Oldest first. */
  readonly #tasks: Map<string, LedgerEntry>;

  /** @param freshManagerId For a file that is not there yet. @throws {UsageError} a sentence, where it is no such file. */
  constructor(path: string, freshManagerId: string) {
    this.#path = path;
    const state = readState(path) ?? { version: 1, managerId: freshManagerId, tasks: [] };
    this.managerId = state.managerId;
    this.#tasks = new Map(state.tasks.map((entry) => [entry.taskId, entry]));
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#write();
  }

  entries(): readonly LedgerEntry[] {
    return [...this.#tasks.values()];
  }

  put(entry: LedgerEntry): void {
    this.#tasks.set(entry.taskId, entry);
    this.#write();
  }

  remove(taskId: string): void {
    if (this.#tasks.delete(taskId)) this.#write();
  }

  #write(): void {
    const state: State = { version: 1, managerId: this.managerId, tasks: this.entries() };
    const fresh = `${this.#path}.new`;
    const file = openSync(fresh, 'w', 0o600);
    try {
      writeSync(file, `${JSON.stringify(state)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, this.#path);
  }
}

function readState(path: string): State | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new UsageError(
      `--state-file: expected a file that can be read, got "${path}" (${(error as Error).message}).`,
      {
        cause: error,
      },
    );
  }
  const state = parse(text);
  if (state !== null) return state;
  throw new UsageError(
    `--state-file "${path}": expected a file that this program wrote, got another. Name another file, or move it away.`,
  );
}

function parse(text: string): State | null {
  try {
    const state = JSON.parse(text) as Partial<State>;
    const isOurs = state.version === 1 && typeof state.managerId === 'string' && Array.isArray(state.tasks);
    return isOurs && state.tasks?.every(isEntry) ? (state as State) : null;
  } catch {
    return null;
  }
}

function isEntry(entry: Partial<LedgerEntry> | null): boolean {
  return (
    typeof entry?.taskId === 'string' &&
    typeof entry.command === 'string' &&
    typeof entry.digest === 'string' &&
    typeof entry.startedAtMs === 'number' &&
    typeof entry.takesInput === 'boolean' &&
    typeof entry.outputBytes === 'number' &&
    typeof entry.end === 'object'
  );
}
