/** The worker's numbers in Prometheus' words. What is counted is core's to say. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CounterName, DurationName, Measurement } from '../core/measure.js';
import type { Standing } from '../core/readiness.js';

export interface BuildInfo {
  readonly version: string;
  readonly protocol: string;
  readonly containment: string;
}

type CounterRow = readonly [name: string, help: string, label: string | null];
type HistogramRow = readonly [name: string, help: string, bucketsSeconds: readonly number[]];

const COUNTERS: Readonly<Record<CounterName, CounterRow>> = {
  connections: ['connections_total', 'Connections of managers and plain clients that were let in.', null],
  returns: ['manager_returns_total', 'Managers that came back to tasks which this worker kept.', null],
  tasks_started: ['tasks_started_total', 'Commands that began to run.', null],
  tasks_ended: [
    'tasks_ended_total',
    'Tasks that ended: succeeded (exit 0), failed, signalled, or the code of their task_error.',
    'end',
  ],
  tasks_rejected: ['tasks_rejected_total', 'Commands that were not accepted, by the detail told.', 'detail'],
  refusals: ['refusals_total', 'Messages that were not accepted, by the code told.', 'code'],
  blocks: ['blocks_total', 'Blocks told of tasks that cannot go on by themselves.', 'reason'],
  output_bytes: ['output_bytes_total', 'Bytes read from commands.', 'stream'],
  gap_bytes: ['output_gap_bytes_total', 'Bytes of output that were told to their reader as gone.', null],
  leftover_processes: [
    'leftover_processes_total',
    'Processes that commands left behind, and that were ended.',
    null,
  ],
};

const HISTOGRAMS: Readonly<Record<DurationName, HistogramRow>> = {
  start: [
    'start_seconds',
    'From a command accepted to its process running.',
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  ],
  task: [
    'task_duration_seconds',
    'From the start of a command to its exit.',
    [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200],
  ],
  output_delay: [
    'output_delay_seconds',
    "From output read to all of it given to its reader's socket; one piece of a task at a time.",
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10, 60],
  ],
};

const GAUGES: readonly [name: string, help: string, read: (standing: Standing) => number][] = [
  ['running_tasks', 'Tasks that have not ended.', ({ runningTasks }) => runningTasks],
  ['slots', 'Tasks that may run at once.', ({ slots }) => slots],
  ['sessions', 'Connections that are open.', ({ sessions }) => sessions],
  ['kept_memory_bytes', 'Output in memory that its reader has not taken.', (one) => one.keptMemoryBytes],
  ['kept_spool_bytes', 'Output on disk that its reader has not taken.', (one) => one.keptSpoolBytes],
  ['draining', '1 while the worker takes no further task.', ({ isDraining }) => Number(isDraining)],
];

const PREFIX = 'sandcrew_worker_';

export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<CounterName, { counter: Counter; label: string | null }>();
  readonly #histograms = new Map<DurationName, Histogram>();
  readonly #refusedUpgrades: Counter;

  /** @param stand is asked at each scrape. */
  constructor(build: BuildInfo, stand: () => Standing) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    for (const [key, [name, help, label]] of Object.entries(COUNTERS) as [CounterName, CounterRow][]) {
      const labelNames = label === null ? [] : [label];
      const counter = new Counter({ name: PREFIX + name, help, labelNames, registers });
      this.#counters.set(key, { counter, label });
    }
    for (const [key, [name, help, buckets]] of Object.entries(HISTOGRAMS) as [DurationName, HistogramRow][])
      this.#histograms.set(
        key,
        new Histogram({ name: PREFIX + name, help, buckets: [...buckets], registers }),
      );
    for (const [name, help, read] of GAUGES) {
      new Gauge({
        name: PREFIX + name,
        help,
        registers,
        collect() {
          this.set(read(stand()));
        },
      });
    }
    this.#refusedUpgrades = new Counter({
      name: `${PREFIX}refused_upgrades_total`,
      help: 'Connections that were not let in, by the HTTP status told.',
      labelNames: ['status'],
      registers,
    });
    const info = new Gauge({
      name: `${PREFIX}build_info`,
      help: '1, with what this worker is.',
      labelNames: Object.keys(build),
      registers,
    });
    info.set({ ...build }, 1);
  }

  add(measurements: readonly Measurement[]): void {
    for (const one of measurements) {
      if (one.kind === 'duration') this.#histograms.get(one.name)?.observe(one.ms / 1_000);
      else {
        const { counter, label = null } = this.#counters.get(one.name) ?? {};
        if (label === null || one.label === null) counter?.inc(one.by);
        else counter?.inc({ [label]: one.label }, one.by);
      }
    }
  }

  addRefusedUpgrade(status: number): void {
    this.#refusedUpgrades.inc({ status });
  }

  /** The text of a scrape, and its content type. */
  async read(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}
