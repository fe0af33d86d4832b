/** What the kernel shows of a task at one moment: the facts on which blocks are judged. Plain data, and no opinion. */

export interface Evidence {
  readonly processes: readonly ProcessEvidence[];
  /** Every thread that lives, of every process of the task. */
  readonly threads: readonly ThreadEvidence[];
  /** Sorts of things that could not be read. One is enough: the world is open, and nothing is confirmed. */
  readonly unreadable: readonly string[];
  /** Who else holds what is waited for; null where nobody has looked since something ran. */
  readonly surroundings: Surroundings | null;
  /** What it uses, where no process could be looked into; null where they were. */
  readonly usage: { readonly cpu?: number; readonly memory?: number } | null;
  /** What is used of the task's limits, of those that it has. */
  readonly limits: LimitUse;
  /** The mode of the task's terminal; null where it has none, or nobody has looked. */
  readonly terminal: { readonly echoes: boolean; readonly isCanonical: boolean } | null;
  /** A file system that has no room left, and that a process works on: its path; null for none. */
  readonly fullDirectory: string | null;
}

export interface ProcessEvidence {
  readonly pid: number;
  readonly parentPid: number;
  readonly name: string;
  /** The program file's own name; the kernel's name for the process where it is not known. */
  readonly program: string;
  /** It is dead, and its parent has not asked how it ended. */
  readonly isZombie: boolean;
  readonly residentBytes: number;
  /** Since its start. */
  readonly minorFaults: number;
  /** Bytes that it read and wrote by any call, since its start. */
  readonly ioBytes: number;
  /** Calls that wrote, since its start, and what they wrote. A call that fails is counted and writes nothing. */
  readonly writeCalls: number;
  readonly writtenChars: number;
  readonly diskBytes: number;
}

export interface ThreadEvidence {
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  /** For how long no sample has seen that it was scheduled, milliseconds. 0 where it was since the last. */
  readonly stillMs: number;
  /** CPU time it had since the last sample, as a share of the time; null at its first. */
  readonly busy: number | null;
  /** The same with the time in which it could have run and had no CPU: it does not fall on a loaded machine. */
  readonly eager: number | null;
  /** How often it was given a CPU in a second. */
  readonly switchesPerSecond: number;
  readonly wait: Wait;
}

/** What a thread waits for, by its system call and its arguments. */
export type Wait =
  /** It runs, or could. */
  | { readonly on: 'nothing' }
  | { readonly on: 'time' }
  /** The kernel itself: a disk, a page. */
  | { readonly on: 'kernel' }
  | {
      readonly on: 'descriptors';
      readonly towards: 'read' | 'write';
      /** null = for ever. */
      readonly timeoutMs: number | null;
      readonly targets: readonly Target[];
    }
  | { readonly on: 'children' }
  /** `process`: only threads of its own process can wake it; `tree`: also its relatives; `host`: whoever maps that file. */
  | { readonly on: 'futex'; readonly sharedBy: 'process' | 'tree' | 'host'; readonly isTimed: boolean }
  | { readonly on: 'signal' }
  | { readonly on: 'lock'; readonly file: string }
  /** Opening a FIFO that has nobody at its other end. */
  | { readonly on: 'open'; readonly path: string }
  /** Stopped, by a signal that is named where it is known. */
  | { readonly on: 'continue'; readonly signal: string | null }
  | { readonly on: 'tracer'; readonly pid: number }
  | { readonly on: 'unknown'; readonly call: string };

/** What a descriptor that is waited on leads to. */
export type Target =
  /** The task's stdin, or its terminal: the worker alone can feed it. */
  | { readonly kind: 'input' }
  /** The task's own output, which the worker reads. */
  | { readonly kind: 'output' }
  /** `id` names it in `Surroundings.pipes`; `end` is the one that could end the wait. One with a name anybody may open. */
  | {
      readonly kind: 'pipe';
      readonly id: string;
      readonly end: 'readers' | 'writers';
      readonly isNamed?: true;
    }
  | { readonly kind: 'socket'; readonly id: string }
  | { readonly kind: 'terminal'; readonly id: string }
  | { readonly kind: 'files' }
  | { readonly kind: 'event'; readonly id: string }
  | { readonly kind: 'timer'; readonly isArmed: boolean }
  | { readonly kind: 'signals' }
  | { readonly kind: 'process'; readonly pid: number }
  | { readonly kind: 'unknown'; readonly name: string };

/** Who is at the other end of what is waited for. */
export interface Surroundings {
  readonly pipes: Readonly<Record<string, { readonly readers: Holders; readonly writers: Holders }>>;
  readonly sockets: Readonly<Record<string, SocketEvidence>>;
  readonly locks: Readonly<Record<string, Holders>>;
  /** Who holds an event counter or the other side of a terminal. */
  readonly events: Readonly<Record<string, Holders>>;
  readonly habits: Readonly<Record<number, ProcessHabits>>;
}

export interface Holders {
  /** Processes of the task. */
  readonly inside: readonly number[];
  /** Others, by name and pid. */
  readonly outside: readonly string[];
}

export type SocketEvidence =
  | { readonly kind: 'listening' }
  /** Its peer is held by processes of the task. */
  | { readonly kind: 'inside'; readonly pids: readonly number[] }
  | { readonly kind: 'outside'; readonly peer: string };

/** What a process would do if something came that no descriptor shows. */
export interface ProcessHabits {
  /** Signals that it catches and that may make it go on; those which its runtime catches for itself left out. */
  readonly caughtSignals: readonly string[];
  /** It has made timers, which may be set. */
  readonly hasTimers: boolean;
  /** It catches SIGTERM, as programs do that clean up before they end. */
  readonly catchesTermination: boolean;
}

export interface LimitUse {
  /** What is charged to it holds the pages of files too, which the kernel can drop. */
  readonly memory?: { readonly chargedBytes: number; readonly maxBytes: number; readonly kills: number };
  readonly pids?: { readonly used: number; readonly max: number; readonly refusals: number };
  /** Periods of the CPU limit since the start, and those in which it was held back. */
  readonly cpu?: { readonly periods: number; readonly throttled: number };
}
