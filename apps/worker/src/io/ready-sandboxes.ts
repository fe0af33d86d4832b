/**
 * Sandboxes that were made before their commands are known, each for one command: what is slow about a start (namespaces,
 * mounts, another user) is then done already. It keeps and replaces them; `core/containment/ready-kinds` says how many.
 */
import { readFileSync, statSync } from 'node:fs';
import { chooseWanted, type KindUses, noteUse, type ReadyPolicy } from '../core/containment/ready-kinds.js';
import { monotonicMs } from './clock.js';
import { type CommandEnds, closeEnds, openCommandEnds, settleEnds } from './command-ends.js';
import type { ContainmentAdapter, PreparedSandbox, TaskDirectories } from './containment/containment.js';
import type { LimitKeeper, TaskGroup } from './limits.js';
import type { PipePool } from './pipes.js';

/** What a sandbox is made for. */
export interface SandboxKind {
  readonly directories: TaskDirectories;
  readonly network: 'none' | 'host';
  readonly stdin: 'none' | 'pipe';
}

export interface ReadySandbox {
  readonly sandbox: PreparedSandbox;
  /** Its command's side is open. */
  readonly ends: CommandEnds;
  /** It is in this one; null where none could be made. */
  readonly group: TaskGroup | null;
}

interface Waiting extends ReadySandbox {
  readonly kind: string;
  readonly places: string;
  readonly madeAtMs: number;
}

const MAX_AGE_MS = 300_000;
const MIN_DESCRIPTORS = 1_024;
/** A new one is made so long after a task has ended, milliseconds: who waits for that end is told first. */
const REFILL_AFTER_MS = 2;

export class ReadySandboxes {
  readonly #prepare: NonNullable<ContainmentAdapter['prepare']>;
  readonly #means: { readonly pipes: PipePool; readonly limits: LimitKeeper };
  readonly #policy: ReadyPolicy;
  readonly #uses: KindUses = new Map();
  readonly #kinds = new Map<string, SandboxKind>();
  readonly #sweep: NodeJS.Timeout;
  #waiting: Waiting[] = [];
  #refill: NodeJS.Timeout | null = null;
  #isMaking = false;
  #isClosed = false;

  /** Null where none shall wait, where nothing can be made ahead, or where descriptors are few: each takes ten. */
  static open(
    adapter: ContainmentAdapter,
    means: { readonly pipes: PipePool; readonly limits: LimitKeeper },
    most: number,
  ): ReadySandboxes | null {
    const prepare = adapter.prepare?.bind(adapter);
    if (prepare === undefined || most === 0 || descriptorLimit() < MIN_DESCRIPTORS) return null;
    return new ReadySandboxes(prepare, means, most);
  }

  /** Made by `open`. */
  constructor(
    prepare: NonNullable<ContainmentAdapter['prepare']>,
    means: { readonly pipes: PipePool; readonly limits: LimitKeeper },
    most: number,
  ) {
    this.#prepare = prepare;
    this.#means = means;
    this.#policy = { most, maxAgeMs: MAX_AGE_MS };
    this.#sweep = setInterval(() => this.#dropUnwanted(), MAX_AGE_MS / 5);
    this.#sweep.unref();
  }

  /** One of this kind that waits, for one command, or null. */
  take(kind: SandboxKind): ReadySandbox | null {
    const name = nameOf(kind);
    noteUse(this.#uses, name, monotonicMs(), this.#policy);
    this.#kinds.set(name, kind);
    for (const known of this.#kinds.keys()) if (!this.#uses.has(known)) this.#kinds.delete(known);
    this.#dropUnwanted();
    const index = this.#waiting.findIndex((one) => one.kind === name);
    const [found] = index < 0 ? [] : this.#waiting.splice(index, 1);
    return found ?? null;
  }

  /** Makes what is wanted, one after the other, when the worker has a moment. Call it when a task has ended or begun. */
  refillSoon(): void {
    if (this.#refill !== null || this.#isClosed) return;
    this.#refill = setTimeout(() => {
      this.#refill = null;
      void this.#makeNext();
    }, REFILL_AFTER_MS);
    this.#refill.unref();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweep);
    if (this.#refill !== null) clearTimeout(this.#refill);
    for (const one of this.#waiting.splice(0)) discard(one);
  }

  async #makeNext(): Promise<void> {
    if (this.#isMaking) return;
    this.#dropUnwanted();
    const waiting = (kind: string) => this.#waiting.filter((one) => one.kind === kind).length;
    const wanted = [...chooseWanted(this.#uses, monotonicMs(), this.#policy)].reverse();
    const [next] = wanted.find(([kind, count]) => waiting(kind) < count) ?? [];
    const kind = this.#kinds.get(next ?? '');
    if (next === undefined || kind === undefined) return;
    this.#isMaking = true;
    try {
      const made = await this.#make(next, kind);
      if (this.#isClosed) discard(made);
      else this.#waiting.push(made);
      this.refillSoon();
    } catch {
      this.#uses.delete(next); // the next command of this kind meets the fault itself, and tells it
    } finally {
      this.#isMaking = false;
    }
  }

  async #make(name: string, { directories, network, stdin }: SandboxKind): Promise<Waiting> {
    const places = identify(directories);
    if (places === null) throw new Error('its directories cannot be looked at');
    const ends = await openCommandEnds({ stdin }, this.#means.pipes);
    let group: TaskGroup | null = null;
    try {
      group = await this.#means.limits.makeGroup().catch(() => null); // a task with limits gets one, or is refused, when it comes
      const place = { directories, network, stdio: ends.stdio, groupFiles: group?.files ?? [] };
      return {
        kind: name,
        places,
        madeAtMs: monotonicMs(),
        sandbox: await this.#prepare(place),
        ends,
        group,
      };
    } catch (error) {
      closeEnds(ends);
      void group?.remove();
      throw error;
    } finally {
      settleEnds(ends);
    }
  }

  /** Those that are too old, too many, spoilt, or see a directory that is not at its path any more. */
  #dropUnwanted(): void {
    const nowMs = monotonicMs();
    const left = chooseWanted(this.#uses, nowMs, this.#policy);
    this.#waiting = this.#waiting.filter((one) => {
      const room = left.get(one.kind) ?? 0;
      const kind = this.#kinds.get(one.kind);
      const isGood =
        room > 0 &&
        kind !== undefined &&
        !one.sandbox.isSpoilt &&
        nowMs - one.madeAtMs < MAX_AGE_MS &&
        identify(kind.directories) === one.places;
      if (isGood) left.set(one.kind, room - 1);
      else discard(one);
      return isGood;
    });
  }
}

/** Ends one that has no command, and all that was made for it: null is left of it. */
export function discard({ sandbox, ends, group }: ReadySandbox): null {
  sandbox.abandon();
  closeEnds(ends);
  void group?.remove();
  return null;
}

function nameOf({ directories, network, stdin }: SandboxKind): string {
  return JSON.stringify([directories.workspace, directories.home, network, stdin]);
}

/**
 * A directory that was deleted and made again is another one, also where it got the same number, and one with another owner
 * has another task's user. Null where one of them cannot be looked at.
 */
function identify({ workspace, home }: TaskDirectories): string | null {
  try {
    const parts = [workspace, home].map((path) => {
      const { dev, ino, birthtimeNs, uid, gid } = statSync(path, { bigint: true });
      return `${dev}:${ino}:${birthtimeNs}:${uid}:${gid}`;
    });
    return parts.join(' ');
  } catch {
    return null;
  }
}

function descriptorLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return 0;
  }
}
