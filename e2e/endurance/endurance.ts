/** A run of endurance: mixed tasks, many at once, while things go wrong; each end held against what truly happened. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SandboxManager } from '@sandcrew/manager';
import { until } from '@sandcrew/testkit';
import { Chance } from '../simulation/chance.js';
import { chooseErrand, type Kind } from './errands.js';
import { Fleet } from './fleet.js';
import type { Ground } from './ground.js';
import { Misfortunes } from './misfortunes.js';
import { type OpenErrand, StallWatch } from './stall-watch.js';
import { livingTasks, sampleVitals, type Vitals } from './vitals.js';

export interface EnduranceOptions {
  readonly tasks: number;
  readonly seed: number;
  readonly atOnce: number;
  /** Half-open connections as well: each holds its worker's tasks for 20 s. */
  readonly withHalfOpen: boolean;
  /** Of the usual gaps between misfortunes: 1, or less where a short run is to see some. */
  readonly share: number;
  /** Told now and then. */
  readonly progress: (tasksDone: number) => void;
  /** Told what stands where, when no task has ended for a minute. */
  readonly stalled: (evidence: string) => void;
}

export interface EnduranceResult {
  readonly options: Pick<EnduranceOptions, 'tasks' | 'seed' | 'atOnce'>;
  readonly kinds: ReadonlyMap<Kind, number>;
  /** What broke a promise, in words. */
  readonly violations: readonly string[];
  readonly vitals: readonly Vitals[];
  readonly deaths: number;
  readonly disturbances: number;
  readonly tookMs: number;
}

const SAMPLE_EVERY_MS = 1_000;
/** A task that has told its end has nothing alive after this: the promise is 1 s, the rest is a busy machine's. */
const DEAD_WITHIN_MS = 5_000;
const MAX_VIOLATIONS = 20;

export async function endure(options: EnduranceOptions): Promise<EnduranceResult> {
  const { tasks, seed, atOnce, withHalfOpen, share, progress, stalled } = options;
  const chance = new Chance(seed);
  const directory = mkdtempSync(join(tmpdir(), 'sandcrew-endurance-'));
  const fleet = await Fleet.start();
  // Nothing is given up as away: only what died with a worker may be lost.
  const manager = new SandboxManager({
    workers: fleet.addresses,
    lostAfterMs: 120_000,
    connectTimeoutMs: 120_000,
  });
  await Promise.all(fleet.addresses.map(({ url }) => manager.connected(url)));
  const ground: Ground = { manager, fleet, directory, mark: randomUUID() };
  const kinds = new Map<Kind, number>();
  const violations: string[] = [];
  const vitals: Vitals[] = [];
  const endedAtMs = new Map<string, number>();
  const open = new Map<string, OpenErrand>();
  const watch = new StallWatch(open, manager, () => fleet.workerPids);
  const beganMs = performance.now();
  let begun = 0;
  const look = () => {
    vitals.push(sampleVitals(endedAtMs.size, fleet.steadyWorker.pid));
    for (const taskId of livingTasks(ground.mark)) {
      const endMs = endedAtMs.get(taskId) ?? Number.POSITIVE_INFINITY;
      if (performance.now() - endMs > DEAD_WITHIN_MS)
        violations.push(`${taskId} has ended, and a process of it lives`);
    }
    const evidence = watch.look(endedAtMs.size, performance.now());
    if (evidence !== null) stalled(evidence);
    progress(endedAtMs.size);
  };
  const misfortunes = new Misfortunes(new Chance(seed + 1), fleet, { withHalfOpen, share });
  const sampler = setInterval(look, SAMPLE_EVERY_MS);
  const work = async () => {
    while (begun < tasks && violations.length < MAX_VIOLATIONS) {
      const errand = chooseErrand(begun++, chance, ground);
      open.set(errand.taskId, { kind: errand.kind, sinceMs: performance.now() });
      kinds.set(errand.kind, (kinds.get(errand.kind) ?? 0) + 1);
      const wrong = await errand.run().catch((error: Error) => error.stack ?? error.message);
      if (wrong !== null) violations.push(`${errand.taskId}: ${wrong}`);
      endedAtMs.set(errand.taskId, performance.now());
      open.delete(errand.taskId);
      rmSync(join(directory, errand.taskId), { force: true });
    }
    // The last ones end undisturbed: a worker that is lost again and again is dialled ever more rarely.
    await misfortunes.end();
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
    await misfortunes.end();
    look();
    await settle(ground, violations);
  } finally {
    clearInterval(sampler);
    await misfortunes.end().catch((error: Error) => violations.push(error.message));
    await manager.close({ graceMs: 0 });
    await fleet.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  if (endedAtMs.size !== begun) violations.push(`${begun} tasks were begun, and ${endedAtMs.size} ended`);
  const tookMs = performance.now() - beganMs;
  const { deaths, disturbances } = fleet;
  return { options: { tasks, seed, atOnce }, kinds, violations, vitals, deaths, disturbances, tookMs };
}

/** Nothing of any task is left: not in the manager, not kept at a worker, not as a process. */
async function settle({ manager, fleet, mark }: Ground, violations: string[]): Promise<void> {
  const open = Object.values(manager.getHealth().tasks).reduce((sum, count) => sum + count, 0);
  if (open > 0) violations.push(`${open} tasks are still open at the manager`);
  try {
    await until('no process of any task lives', () => livingTasks(mark).length === 0, DEAD_WITHIN_MS);
  } catch {
    violations.push(`processes of ${livingTasks(mark).join(', ')} live after all has ended`);
  }
  for (const { url } of fleet.addresses) {
    const kept = await manager.listTasks(url);
    if (kept.length > 0)
      violations.push(`${url} still keeps ${kept.map(({ taskId }) => taskId).join(', ')} for its manager`);
  }
}
