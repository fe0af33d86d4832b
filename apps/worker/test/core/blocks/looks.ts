/** Makes looks at tasks that were never run: evidence by hand, for the rules of blocks. */
import type {
  Evidence,
  ProcessEvidence,
  Surroundings,
  Target,
  ThreadEvidence,
  Wait,
} from '#src/core/blocks/evidence.js';
import { type Claim, createMemory, type Look, type Memory, type TaskFacts } from '#src/core/blocks/look.js';
import { createOutputWatch, watchOutput } from '#src/core/blocks/output-watch.js';
import { judgeBlocks, ownThreads } from '#src/core/judge-block.js';

export const FUTEX = { on: 'futex', sharedBy: 'process', isTimed: false } as const;
export const CHILDREN: Wait = { on: 'children' };
export const RUNNING: Wait = { on: 'nothing' };
export const TIME: Wait = { on: 'time' };
export const INPUT = reading({ kind: 'input' });

export function reading(...targets: Target[]): Wait {
  return { on: 'descriptors', towards: 'read', timeoutMs: null, targets };
}

export function polling(timeoutMs: number, ...targets: Target[]): Wait {
  return { on: 'descriptors', towards: 'read', timeoutMs, targets };
}

export function writing(...targets: Target[]): Wait {
  return { on: 'descriptors', towards: 'write', timeoutMs: null, targets };
}

export function pipe(id: string, end: 'readers' | 'writers'): Target {
  return { kind: 'pipe', id, end };
}

export function held(inside: number[], outside: string[] = []) {
  return { inside, outside };
}

/** One thread of a process for each wait; a process's parent is the one before it, unless it says another. */
export interface Scene {
  readonly waits: Readonly<Record<number, Wait | readonly Wait[]>>;
  readonly parents?: Readonly<Record<number, number>>;
  readonly zombies?: readonly number[];
  readonly stillMs?: number;
  /** Names of the threads of each process, in their order. */
  readonly names?: readonly string[];
  readonly thread?: Partial<ThreadEvidence>;
  readonly process?: Partial<ProcessEvidence>;
  readonly surroundings?: Partial<Surroundings> | null;
  readonly evidence?: Partial<Evidence>;
  readonly task?: Partial<Omit<TaskFacts, 'input' | 'output'>> & { input?: Partial<TaskFacts['input']> };
  readonly output?: string;
}

export const NOW_MS = 1_000_000;

export function evidenceOf({
  waits,
  parents = {},
  zombies = [],
  stillMs = 10_000,
  ...scene
}: Scene): Evidence {
  const pids = Object.keys(waits).map(Number);
  const processOf = (pid: number, index: number): ProcessEvidence => ({
    pid,
    parentPid: parents[pid] ?? pids[index - 1] ?? 1,
    name: `p${pid}`,
    program: `p${pid}`,
    isZombie: zombies.includes(pid),
    residentBytes: 0,
    minorFaults: 0,
    ioBytes: 0,
    writeCalls: 0,
    writtenChars: 0,
    diskBytes: 0,
    ...scene.process,
  });
  const threadsOf = (pid: number): ThreadEvidence[] =>
    [waits[pid] ?? []].flat().map((wait, index) => ({
      pid,
      tid: pid + index / 100,
      name: scene.names?.[index] ?? 't',
      stillMs: wait.on === 'nothing' ? 0 : stillMs,
      busy: wait.on === 'nothing' ? 1 : 0,
      eager: wait.on === 'nothing' ? 1 : 0,
      switchesPerSecond: 0,
      wait,
      ...scene.thread,
    }));
  const known: Surroundings = { pipes: {}, sockets: {}, locks: {}, events: {}, habits: {} };
  return {
    processes: [...pids, ...zombies].map(processOf),
    threads: pids.flatMap(threadsOf),
    unreadable: [],
    surroundings: scene.surroundings === null ? null : { ...known, ...scene.surroundings },
    limits: {},
    terminal: null,
    usage: null,
    fullDirectory: null,
    ...scene.evidence,
  };
}

export function lookAt(scene: Scene, nowMs = NOW_MS, memory: Memory = createMemory(0)): Look {
  const evidence = evidenceOf(scene);
  const output = createOutputWatch(0);
  if (scene.output !== undefined) watchOutput(output, 'stdout', new TextEncoder().encode(scene.output), 1);
  return {
    nowMs,
    evidence,
    threads: ownThreads(evidence),
    memory,
    task: {
      kind: 'batch',
      expectQuietMs: 3_600_000,
      output,
      ...scene.task,
      input: { isOpen: true, isFeederThere: false, fedAtMs: 0, longestGapMs: 0, ...scene.task?.input },
    },
  };
}

/** The evidence of a scene in which each thread stands still for a time of its own, by its place in the scene. */
export function standingStill(scene: Scene, ...stillMs: number[]): Scene {
  const threads = evidenceOf(scene).threads.map((thread, index) => ({
    ...thread,
    stillMs: stillMs[index] ?? thread.stillMs,
  }));
  return { ...scene, evidence: { ...scene.evidence, threads } };
}

/** The claims of one look, as `confidence reason`, in their order. */
export function claimsOf(scene: Scene): string[] {
  return tell(judgeBlocks(lookAt(scene)));
}

/** The claims of the last of looks each `everyMs`. */
export function claimsAfter(scenes: readonly Scene[], everyMs: number): string[] {
  return tell(wholeClaimsAfter(scenes, everyMs));
}

/** The same, with all that they tell. */
export function wholeClaimsAfter(scenes: readonly Scene[], everyMs: number): Claim[] {
  const memory = createMemory(NOW_MS);
  let claims: Claim[] = [];
  scenes.forEach((scene, index) => {
    claims = judgeBlocks(lookAt(scene, NOW_MS + index * everyMs, memory));
  });
  return claims;
}

function tell(claims: readonly Claim[]): string[] {
  return claims.map(({ confidence, reason }) => `${confidence} ${reason}`);
}
