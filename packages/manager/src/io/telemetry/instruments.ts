/** The manager's numbers in OpenTelemetry's words. What is counted is core's to say. */
import type { Counter, Histogram, Meter, UpDownCounter } from '@opentelemetry/api';
import type { Stream } from '@sandcrew/protocol';
import type { CounterName, DurationName, LevelName, Measurement } from '../../core/telemetry/measure.js';

type CounterRow = readonly [name: string, unit: string, description: string];
type HistogramRow = readonly [name: string, description: string, boundariesSeconds: readonly number[]];

const COUNTERS: Readonly<Record<CounterName, CounterRow>> = {
  ended: ['sandcrew.task.ended', '{task}', 'Tasks that ended, by how.'],
  requeued: ['sandcrew.task.requeued', '{task}', 'Attempts that were given up for another.'],
  blocks: ['sandcrew.task.blocks', '{block}', 'Blocks told of tasks that cannot go on by themselves.'],
  lostOutput: ['sandcrew.output.lost', 'By', 'Output that a worker told as gone.'],
  connected: ['sandcrew.worker.connections', '{connection}', 'Connections that a worker welcomed.'],
  disconnected: [
    'sandcrew.worker.disconnections',
    '{connection}',
    'Connections lost, and dials that failed.',
  ],
};

const HISTOGRAMS: Readonly<Record<DurationName, HistogramRow>> = {
  queue: [
    'sandcrew.task.queue.duration',
    'From a task handed in (or given up by a worker) to a slot on a worker.',
    [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800],
  ],
  start: [
    'sandcrew.task.start.duration',
    'From a slot on a worker to the command running there.',
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  ],
  run: [
    'sandcrew.task.run.duration',
    "From the start of a command to its exit, by its worker's clock.",
    [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200],
  ],
};

const LEVELS: Readonly<Record<LevelName, CounterRow>> = {
  waiting: ['sandcrew.task.waiting', '{task}', 'Tasks that wait for a slot.'],
  active: ['sandcrew.task.active', '{task}', 'Tasks that a worker has.'],
  workers: ['sandcrew.worker.connected', '{worker}', 'Workers that are connected.'],
};

export class Instruments {
  readonly #counters: Readonly<Record<CounterName, Counter>>;
  readonly #histograms: Readonly<Record<DurationName, Histogram>>;
  readonly #levels: Readonly<Record<LevelName, UpDownCounter>>;
  readonly #received: Counter;

  constructor(meter: Meter) {
    this.#counters = mapValues(COUNTERS, ([name, unit, description]) =>
      meter.createCounter(name, { unit, description }),
    );
    this.#histograms = mapValues(HISTOGRAMS, ([name, description, boundaries]) =>
      meter.createHistogram(name, {
        unit: 's',
        description,
        advice: { explicitBucketBoundaries: [...boundaries] },
      }),
    );
    this.#levels = mapValues(LEVELS, ([name, unit, description]) =>
      meter.createUpDownCounter(name, { unit, description }),
    );
    this.#received = meter.createCounter('sandcrew.output.received', {
      unit: 'By',
      description: 'Output of commands that arrived.',
    });
  }

  add(measurements: readonly Measurement[]): void {
    for (const one of measurements) {
      if (one.kind === 'count') this.#counters[one.name].add(one.by, one.attributes);
      else if (one.kind === 'level') this.#levels[one.name].add(one.by);
      else this.#histograms[one.name].record(one.ms / 1_000, one.attributes);
    }
  }

  addReceived(stream: Stream, bytes: number): void {
    this.#received.add(bytes, OF_STREAM[stream]);
  }
}

const OF_STREAM = {
  stdout: { 'sandcrew.stream': 'stdout' },
  stderr: { 'sandcrew.stream': 'stderr' },
} as const;

function mapValues<Key extends string, From, To>(
  rows: Readonly<Record<Key, From>>,
  make: (row: From) => To,
): Record<Key, To> {
  return Object.fromEntries(Object.entries<From>(rows).map(([key, row]) => [key, make(row)])) as Record<
    Key,
    To
  >;
}
