/** Spans and numbers of real tasks on real workers, as a real SDK hands them on: ended, blocked, lost, and started again. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Attributes, context, metrics, propagation, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { SandboxManager } from '@sandcrew/manager';
import { until } from '@sandcrew/testkit';
import { type End, endOf } from '../task-end.js';
import { startWorker, type WorkerProcess } from '../worker-process.js';

const spans = new InMemorySpanExporter();
const reader = new PeriodicExportingMetricReader({
  exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
  exportIntervalMillis: 2_147_483_647, // it is asked
});
/** It holds both ends of the pipe that it reads. */
const DEADLOCK = 'p=$(mktemp -u); mkfifo $p; exec 3<>$p; rm $p; read x <&3';
const TELL_CONTEXT = 'printf %s "$TRACEPARENT"';

let workers: WorkerProcess[];
let manager: SandboxManager;
let directory: string;
let agentSpanId: string;
const ends = new Map<string, End>();

/** Every story runs once; each test looks at one of them. */
beforeAll(async () => {
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).register();
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  directory = await mkdtemp(join(tmpdir(), 'sandcrew-telemetry-'));
  workers = await Promise.all(['worker-a', 'worker-b'].map((name) => startWorker(['--worker-id', name])));
  manager = new SandboxManager({
    workers: workers.map(({ url, token }) => ({ url, token })),
    lostAfterMs: 1_000,
  });
  await Promise.all(workers.map(({ url }) => manager.connected(url)));

  await trace.getTracer('agent').startActiveSpan('agent step', async (step) => {
    agentSpanId = step.spanContext().spanId;
    ends.set(
      'task-ended',
      await endOf(manager.run({ taskId: 'task-ended', command: `${TELL_CONTEXT}; exit 3` })),
    );
    step.end();
  });
  const blocked = {
    taskId: 'task-blocked',
    command: DEADLOCK,
    onBlock: { default: 'terminate' },
    graceMs: 500,
  } as const;
  ends.set('task-blocked', await endOf(manager.run(blocked)));

  const mark = join(directory, 'first');
  const again = manager.run({
    taskId: 'task-again',
    command: `mkdir ${mark} 2>/dev/null && sleep 60; ${TELL_CONTEXT}`,
    idempotent: true,
  });
  const { workerId } = await again.started;
  const lost = manager.run({ taskId: 'task-lost', command: 'sleep 60', requirements: { worker: workerId } });
  await lost.started;
  await until('the first run has left its mark', () => existsSync(mark), 20_000); // else its second run would be the one that sleeps
  workers[workerId === 'worker-a' ? 0 : 1]?.process.kill('SIGKILL');
  ends.set('task-lost', await endOf(lost));
  ends.set('task-again', await endOf(again));
}, 60_000);

afterAll(async () => {
  await manager.close({ graceMs: 0 });
  await Promise.all(workers.map((worker) => worker.stop()));
  await rm(directory, { recursive: true, force: true });
  for (const api of [trace, context, propagation, metrics]) api.disable();
});

/** The spans of one task, in the order in which they began. */
function spansOf(taskId: string): {
  readonly task: ReadableSpan;
  readonly attempts: readonly ReadableSpan[];
} {
  const own = spans.getFinishedSpans().filter(({ attributes }) => attributes['sandcrew.task.id'] === taskId);
  const [task, ...others] = own.filter(({ name }) => name === 'sandcrew.task');
  if (task === undefined || others.length > 0)
    throw new Error(`expected one span of ${taskId}, got ${own.length}`);
  const attempts = own.filter(({ name }) => name === 'sandcrew.attempt');
  attempts.sort((one, other) => numberOf(one) - numberOf(other));
  return { task, attempts };
}

function numberOf({ attributes }: ReadableSpan): number {
  return Number(attributes['sandcrew.attempt.number']);
}

function traceparentOf(span: ReadableSpan | undefined): string {
  const { traceId, spanId } = span?.spanContext() ?? {};
  return `00-${traceId}-${spanId}-01`;
}

/** What stands in the numbers now: each point with its attributes, by the name of its instrument. */
async function readNumbers(): Promise<Map<string, { attributes: Attributes; value: unknown }[]>> {
  const { resourceMetrics } = await reader.collect();
  const all = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  return new Map(all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]));
}

test("a task's span is below the agent's, its attempt's below that, and its command is told the attempt", () => {
  const { task, attempts } = spansOf('task-ended');
  expect(task.parentSpanContext?.spanId).toBe(agentSpanId);
  expect(attempts.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([
    task.spanContext().spanId,
  ]);
  expect(ends.get('task-ended')).toMatchObject({ code: 'completed', stdout: traceparentOf(attempts[0]) });
});

test('an exit code is a result: no span of it has failed', () => {
  const { task, attempts } = spansOf('task-ended');
  expect([task, ...attempts].map(({ status }) => status.code)).toEqual([
    SpanStatusCode.UNSET,
    SpanStatusCode.UNSET,
  ]);
  expect(task.attributes).toMatchObject({
    'sandcrew.task.end': 'failed',
    'sandcrew.task.attempts': 1,
    'sandcrew.output.bytes': 55,
    'process.exit.code': 3,
  });
  expect(attempts[0]?.events.map(({ name }) => name)).toEqual(['started']);
});

test('a task that was ended for a block has failed of it, and tells when the block was seen', () => {
  const { task, attempts } = spansOf('task-blocked');
  expect(ends.get('task-blocked')).toMatchObject({ code: 'BLOCKED', detail: 'deadlock' });
  expect(task.status).toEqual({ code: SpanStatusCode.ERROR, message: 'BLOCKED (deadlock)' });
  expect(task.attributes).toMatchObject({ 'error.type': 'BLOCKED' });
  const block = attempts[0]?.events.find(({ name }) => name === 'block_detected');
  expect(block?.attributes).toMatchObject({ 'sandcrew.block.reason': 'deadlock' });
  expect(attempts[0]?.events.map(({ name }) => name)).toContain('block_recovery');
});

test('a task that was lost with its worker has failed, and so has its attempt', () => {
  const { task, attempts } = spansOf('task-lost');
  expect(ends.get('task-lost')).toMatchObject({ code: 'LOST' });
  const status = { code: SpanStatusCode.ERROR, message: 'LOST (may_have_run)' };
  expect([task, ...attempts].map((span) => span.status)).toEqual([status, status]);
  expect(attempts[0]?.events.map(({ name }) => name)).toEqual(['started', 'worker_away']);
});

test('an idempotent task that was started again has two attempts under one span, and only the first has failed', () => {
  const { task, attempts } = spansOf('task-again');
  expect(ends.get('task-again')).toMatchObject({ code: 'completed', attempts: 2 });
  expect(
    attempts.map(({ attributes, status }) => [attributes['sandcrew.attempt.number'], status.code]),
  ).toEqual([
    [1, SpanStatusCode.ERROR],
    [2, SpanStatusCode.UNSET],
  ]);
  expect(attempts.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(
    attempts.map(() => task.spanContext().spanId),
  );
  const [first, second] = attempts.map(({ attributes }) => attributes['sandcrew.worker.id']);
  expect([first, second].sort()).toEqual(['worker-a', 'worker-b']);
  expect(task.status.code).toBe(SpanStatusCode.UNSET);
  expect(ends.get('task-again')?.stdout).toBe(traceparentOf(attempts[1]));
});

test('the numbers count tasks by end, blocks by reason, bytes, waits and connections', async () => {
  const numbers = await readNumbers();
  const pointsOf = (name: string) =>
    numbers.get(name)?.map(({ attributes, value }) => ({ ...attributes, value })) ?? [];
  expect(pointsOf('sandcrew.task.ended')).toEqual(
    expect.arrayContaining([
      { 'sandcrew.task.end': 'failed', value: 1 },
      { 'sandcrew.task.end': 'succeeded', value: 1 },
      { 'sandcrew.task.end': 'blocked', 'error.type': 'BLOCKED', value: 1 },
      { 'sandcrew.task.end': 'lost', 'error.type': 'LOST', value: 1 },
    ]),
  );
  expect(pointsOf('sandcrew.task.requeued')).toEqual([{ value: 1 }]);
  expect(pointsOf('sandcrew.task.blocks')).toEqual(
    expect.arrayContaining([
      {
        'sandcrew.block.reason': 'deadlock',
        'sandcrew.block.confidence': 'confirmed',
        value: expect.any(Number),
      },
    ]),
  );
  expect(pointsOf('sandcrew.output.received')).toEqual([{ 'sandcrew.stream': 'stdout', value: 110 }]);
  expect(pointsOf('sandcrew.worker.connections')).toEqual([{ 'sandcrew.connection.again': false, value: 2 }]);
  expect(pointsOf('sandcrew.worker.connected')).toEqual([{ value: 1 }]);
  expect(pointsOf('sandcrew.task.active')).toEqual([{ value: 0 }]);
  expect(pointsOf('sandcrew.task.waiting')).toEqual([{ value: 0 }]);
  for (const name of ['queue', 'start', 'run']) {
    const points = pointsOf(`sandcrew.task.${name}.duration`) as { value: { count: number; sum: number } }[];
    const counted = points.reduce((sum, { value }) => sum + value.count, 0);
    expect({ name, isEnough: counted >= 3 }).toEqual({ name, isEnough: true });
    for (const { value } of points) expect(value.sum).toBeLessThan(120); // seconds
  }
});

test('no number bears a task, a worker or a command, and each is in docs/telemetry.md as it is', async () => {
  const page = await readFile(new URL('../../../docs/telemetry.md', import.meta.url), 'utf8');
  const numbers = await readNumbers();
  const wordOfTheContract = /^([a-z_]{3,24}|[A-Z_]{3,24})$/; // ids here have a dash
  for (const [name, points] of numbers) {
    expect(page).toContain(`\`${name}\``);
    for (const { attributes } of points)
      for (const [key, value] of Object.entries(attributes)) {
        expect(page).toContain(`\`${key}\``);
        expect(String(value)).toMatch(wordOfTheContract);
        expect([...ends.keys(), 'a', 'b']).not.toContain(
          value === 'blocked' || value === 'lost' ? '' : value,
        );
      }
  }
  const named = [...page.matchAll(/^\| `(sandcrew\.[a-z.]+)` \| (?:counter|histogram|up and down)/gm)].map(
    ([, name]) => name,
  );
  expect(named.length).toBeGreaterThan(10);
  // Neither was there a gap.
  expect(named.filter((name) => name !== undefined && !numbers.has(name))).toEqual(['sandcrew.output.lost']);
});

test('what spans say is in docs/telemetry.md', async () => {
  const page = await readFile(new URL('../../../docs/telemetry.md', import.meta.url), 'utf8');
  const said = spans
    .getFinishedSpans()
    .filter(({ name }) => name.startsWith('sandcrew.'))
    .flatMap(({ name, attributes, events }) => [
      name,
      ...Object.keys(attributes),
      ...events.flatMap((event) => [event.name, ...Object.keys(event.attributes ?? {})]),
    ]);
  expect([...new Set(said)].filter((word) => !page.includes(`\`${word}\``))).toEqual([]);
});
