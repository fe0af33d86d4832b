/** One run: makes what a seed stands for happen, and says which promise it broke, if any. */
import { Connection } from './connection.js';
import type { TaskRecord } from './ledger.js';
import type { Dial } from './manager-links.js';
import { type FaultPlan, planScenario, type ScenarioPlan } from './plan.js';
import { SimulatedManager } from './simulated-manager.js';
import { SimulatedWorker } from './simulated-worker.js';
import { Violation, World } from './world.js';

export interface RunResult {
  readonly violation: string | null;
  readonly events: number;
  readonly virtualMs: number;
}

/** Everything ends in this time once nothing goes wrong any more: timeouts, patience, slow readers and slow dials added up. */
const CALM_LIMIT_MS = 3_600_000;
/** Dials of all who lost each other in the end have come through, and what was to be forgotten is. */
const SETTLE_MS = 180_000;
const MAX_EVENTS = 200_000;

/** @param write takes the transcript, line by line; null where none is wanted. */
export function simulate(seed: number, write: ((line: string) => void) | null = null): RunResult {
  const world = new World(seed, write);
  const run = new Run(world, planScenario(world.chance));
  let violation: string | null = null;
  try {
    run.play();
  } catch (error) {
    violation = error instanceof Violation ? error.message : ((error as Error).stack ?? String(error));
    world.note(() => `VIOLATION: ${violation}`);
  }
  return { violation, events: run.events, virtualMs: world.nowMs };
}

class Run {
  events = 0;
  readonly #world: World;
  readonly #plan: ScenarioPlan;
  readonly #workers: readonly SimulatedWorker[];
  readonly #managers: readonly SimulatedManager[];
  /** What stands between a manager's dial and its end. */
  readonly #connections: Connection[] = [];

  constructor(world: World, plan: ScenarioPlan) {
    this.#world = world;
    this.#plan = plan;
    this.#workers = plan.workers.map(
      (worker) => new SimulatedWorker(world, worker, (taskKey) => this.#recordOf(taskKey)),
    );
    const byUrl = new Map(this.#workers.map((worker) => [worker.plan.name, worker]));
    this.#managers = plan.managers.map((manager) => {
      const made: SimulatedManager = new SimulatedManager(
        world,
        manager,
        byUrl,
        disturbanceOf(plan.faults),
        (url, news) => this.#dial(made, url, news),
      );
      return made;
    });
  }

  play(): void {
    for (const manager of this.#managers) manager.start();
    for (const fault of this.#plan.faults) this.#world.after(fault.atMs, () => this.#commit(fault));
    const limitMs = this.#plan.calmAtMs + CALM_LIMIT_MS;
    this.#happenUntil(limitMs, () => this.#isAllIdle);
    if (!this.#isAllIdle) throw new Violation(`something never ends: ${this.#leftovers.join('; ')}`);
    this.#settle();
    if (this.#managers.some(({ isGone }) => isGone)) {
      // Nobody comes back for these: they end as orphans, and are dropped when they were kept for long enough.
      const longest = this.#plan.workers.map(
        ({ policy }) => policy.orphanTimeoutMs + policy.retention.keepEndedMs + SETTLE_MS,
      );
      this.#happenUntil(this.#world.nowMs + Math.max(...longest), () => false);
    }
    const left = this.#leftovers;
    if (left.length > 0) throw new Violation(`something is left: ${left.join('; ')}`);
  }

  /** What is left from managers that died is taken over and read, until nobody keeps anything. */
  #settle(): void {
    for (let round = 0; ; round++) {
      this.#happenUntil(this.#world.nowMs + SETTLE_MS, () => false);
      const found = this.#managers.map((manager) => (manager.isGone ? 0 : manager.adoptAll()));
      if (found.every((count) => count === 0) && this.#isAllIdle) return;
      if (round > 20) throw new Violation(`something is never taken over: ${this.#leftovers.join('; ')}`);
    }
  }

  get #isAllIdle(): boolean {
    return (
      this.#world.nowMs >= this.#plan.calmAtMs &&
      this.#managers.every(({ isIdle }) => isIdle) &&
      this.#workers.every(({ isUp }) => isUp)
    );
  }

  get #leftovers(): string[] {
    return [
      ...this.#managers
        .filter(({ isGone }) => !isGone)
        .flatMap(({ plan, leftovers }) => leftovers.map((left) => `${plan.name}: ${left}`)),
      ...this.#workers.flatMap(({ plan, leftovers }) => leftovers.map((left) => `${plan.name}: ${left}`)),
    ];
  }

  #happenUntil(untilMs: number, isEnough: () => boolean): void {
    while (!isEnough() && this.#world.agenda.happen(untilMs)) {
      if (++this.events > MAX_EVENTS)
        throw new Violation(`${MAX_EVENTS} events, and no end: ${this.#leftovers.join('; ')}`);
    }
  }

  #dial(manager: SimulatedManager, url: string, news: Parameters<Dial>[1]): void {
    const { chance } = this.#world;
    const worker = this.#workers.find(({ plan }) => plan.name === url) as SimulatedWorker;
    const isFaulty = this.#world.nowMs < this.#plan.calmAtMs && chance.is(0.15);
    const delayMs = chance.spread(1, 200);
    if (isFaulty) {
      this.#world.after(chance.spread(1, 10_000), news.failed);
      return;
    }
    this.#world.after(delayMs, () => {
      if (!worker.isUp) return news.failed();
      const connection = new Connection(this.#world, `c${this.#connections.length + 1}`);
      this.#connections.push(connection);
      worker.accept(connection, manager.endOf(connection, url));
      this.#world.after(delayMs, () => news.opened(connection, worker));
    });
  }

  #commit(fault: FaultPlan): void {
    this.#world.note(() => `FAULT ${JSON.stringify(fault)}`);
    switch (fault.kind) {
      case 'manager_crash':
        this.#managers[fault.manager]?.crash(fault.forMs);
        return;
      case 'worker_crash':
        this.#workers[fault.worker]?.crash(fault.forMs);
        return;
      case 'worker_pause':
        this.#workers[fault.worker]?.pause(fault.forMs);
        return;
      case 'worker_drain':
        this.#workers[fault.worker]?.drain(fault.forMs);
        return;
      case 'cut':
        for (const connection of this.#connectionsOf(fault.worker)) connection.cut();
        return;
      case 'half_open':
        for (const connection of this.#connectionsOf(fault.worker)) connection.break(fault.from);
    }
  }

  #connectionsOf(worker: number): Connection[] {
    const { chance } = this.#world;
    return (this.#workers[worker]?.connections ?? []).filter(() => chance.is(0.8));
  }

  #recordOf(taskKey: string): TaskRecord {
    const [owner = '', taskId = ''] = taskKey.split(' ');
    const manager = this.#managers.find(({ plan }) => `manager:${plan.name}` === owner);
    const record = manager?.records.get(taskId);
    if (record === undefined) throw new Violation(`${taskKey} is nobody's`);
    return record;
  }
}

function disturbanceOf(faults: readonly FaultPlan[]): 'none' | 'drains' | 'any' {
  if (faults.length === 0) return 'none';
  return faults.every(({ kind }) => kind === 'worker_drain') ? 'drains' : 'any';
}
