/** What a manager tells OpenTelemetry, and a command of it: with a real SDK, with none, and with one that fails. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { context, createTraceState, diag, propagation, TraceFlags, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { ManagerMessage } from '@sandcrew/protocol';
import { FakeWorker } from '@sandcrew/testkit';
import { type ManagerOptions, SandboxManager, type TaskRequest } from '#src/index.js';
import { SCOPE } from '#src/io/telemetry/telemetry.js';
import { endsTasks } from './faults.js';

let worker: FakeWorker;
const managers: SandboxManager[] = [];

beforeEach(async () => {
  worker = await FakeWorker.listen();
});

afterEach(async () => {
  endsTasks(worker);
  await Promise.all(managers.splice(0).map((manager) => manager.close({ graceMs: 0 })));
  await worker.close();
  for (const api of [trace, context, propagation, diag]) api.disable();
});

function manage(options: ManagerOptions = {}): SandboxManager {
  const manager = new SandboxManager({ workers: [worker.address], connectTimeoutMs: 5_000, ...options });
  managers.push(manager);
  return manager;
}

/** A real SDK, as an agent sets one up. */
function setUp(processors = [] as SimpleSpanProcessor[]): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter), ...processors] }).register();
  return exporter;
}

/** Runs a task to its end. @returns its command as the worker got it. */
async function commandOf(manager: SandboxManager, request: Partial<TaskRequest> = {}) {
  const task = manager.run({ command: 'x', ...request });
  const command = await worker.next('execute_command');
  worker.start(command.taskId);
  worker.complete(command.taskId, 0);
  await task;
  return command;
}

test('the version that it tells is the one of package.json', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(SCOPE).toEqual({ name: '@sandcrew/manager', version });
});

test('without an SDK a command is sent as its caller made it', async () => {
  expect((await commandOf(manage())).env).toBeUndefined();
});

test('with `telemetry: false` there is no span and no trace context', async () => {
  const exporter = setUp();
  expect((await commandOf(manage({ telemetry: false }))).env).toBeUndefined();
  expect(exporter.getFinishedSpans()).toEqual([]);
});

describe('the trace context of a command', () => {
  /** What a caller's own span brings along. */
  function withinAgent<Result>(run: () => Result): Result {
    const parent = trace.setSpanContext(context.active(), {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: TraceFlags.SAMPLED,
      traceState: createTraceState('vendor=1'),
    });
    const baggage = propagation.createBaggage({ customer: { value: 'secret' } });
    return context.with(propagation.setBaggage(parent, baggage), run);
  }

  test('is that of its attempt, with its state, and without baggage', async () => {
    const exporter = setUp();
    const manager = manage();
    const { env } = await withinAgent(() => commandOf(manager, { env: { A: 'b' } }));
    const spans = exporter.getFinishedSpans();
    const [attempt, task] = ['sandcrew.attempt', 'sandcrew.task'].map((wanted) =>
      spans.find(({ name }) => name === wanted),
    );
    expect(task?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(attempt?.parentSpanContext?.spanId).toBe(task?.spanContext().spanId);
    expect(env).toEqual({
      A: 'b',
      TRACEPARENT: `00-0af7651916cd43dd8448eb211c80319c-${attempt?.spanContext().spanId}-01`,
      TRACESTATE: 'vendor=1',
    });
  });

  test('is left alone where the caller names one', async () => {
    setUp();
    const env = { TRACEPARENT: '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00' };
    const manager = manage();
    expect((await withinAgent(() => commandOf(manager, { env }))).env).toEqual(env);
  });

  test('is the same where the command is sent again, so that it starts nothing twice', async () => {
    setUp();
    const task = manage().run({ command: 'x', taskId: 't' });
    const first = await worker.next('execute_command');
    worker.cut();
    const second = await worker.next('execute_command', 15_000);
    expect(first.env?.['TRACEPARENT']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    const { timestamp: _, ...body } = first;
    expect(second).toMatchObject(body);
    expect(second.env).toEqual(first.env);
    worker.start('t');
    worker.complete('t', 0);
    await task;
  }, 60_000);

  test('is left out where the command fits into a frame only without it', async () => {
    setUp();
    const empty = { type: 'execute_command', taskId: 't', command: '', timestamp: Date.now() };
    const room = 1_048_576 - 64 - Buffer.byteLength(JSON.stringify(empty));
    const command = 'x'.repeat(room);
    const sent: ManagerMessage = await commandOf(manage(), { command, taskId: 't' });
    expect(sent.env).toBeUndefined();
  });
});

test('an SDK that throws fails no task, and is told to diag', async () => {
  const told: string[] = [];
  const logger = { error: (text: string) => told.push(text) };
  diag.setLogger({ ...console, ...logger, verbose: () => {}, debug: () => {}, info: () => {} });
  const faulty = new SimpleSpanProcessor(new InMemorySpanExporter());
  faulty.onStart = () => {
    throw new Error('no room');
  };
  setUp([faulty]);
  expect(await commandOf(manage())).toMatchObject({ command: 'x' });
  expect(told).toContain('@sandcrew/manager: a span or a number could not be told');
});
