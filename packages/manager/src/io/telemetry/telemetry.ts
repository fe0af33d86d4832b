/**
 * Tells OpenTelemetry of the manager's tasks, through the API alone: where no SDK is set up, that does nothing. Spans and
 * numbers are an aside: whatever an SDK throws is told to its `diag`, and no task waits for it or fails of it.
 */
import { diag, metrics, trace as tracing } from '@opentelemetry/api';
import type { Stream } from '@sandcrew/protocol';
import type { Effect, Outgoing } from '../../core/effect.js';
import type { ManagerEvent } from '../../core/event.js';
import type { ManagerState } from '../../core/state.js';
import { createGauges, measure } from '../../core/telemetry/measure.js';
import { describeTask, type OpenAttempts, trace } from '../../core/telemetry/trace.js';
import { Instruments } from './instruments.js';
import { TaskSpans } from './task-spans.js';

/** The instrumentation scope. A test holds the version against package.json. */
export const SCOPE = { name: '@sandcrew/manager', version: '0.1.0' } as const;

export class Telemetry {
  readonly #state: ManagerState;
  readonly #gauges = createGauges();
  readonly #attempts: OpenAttempts = new Map();
  readonly #spans = new TaskSpans(tracing.getTracer(SCOPE.name, SCOPE.version));
  readonly #instruments = new Instruments(metrics.getMeter(SCOPE.name, SCOPE.version));

  constructor(state: ManagerState) {
    this.#state = state;
  }

  /** An event comes in, and may wait: what the caller's own span is, is known now. */
  received(event: ManagerEvent): void {
    if (event.type !== 'task_submitted' && event.type !== 'task_adopted') return;
    const { submission } = event;
    aside(() =>
      this.#spans.begin(submission.taskId, describeTask(submission, event.type === 'task_adopted')),
    );
  }

  /** The machine took an event and decided effects, none of which is carried out yet. */
  stepped(event: ManagerEvent, effects: readonly Effect[], nowMs: number): void {
    aside(() => this.#spans.follow(trace(this.#attempts, this.#state, effects)));
    aside(() => {
      this.#instruments.add(measure(this.#gauges, this.#state, event, effects, nowMs));
    });
  }

  outputArrived(stream: Stream, bytes: number): void {
    aside(() => this.#instruments.addReceived(stream, bytes));
  }

  /** A command with the trace context of its attempt in its environment; as it is, where its caller names a context itself. */
  withContext(message: Outgoing): Outgoing {
    if (message.type !== 'execute_command') return message;
    const { env = {} } = message;
    if ('TRACEPARENT' in env || 'TRACESTATE' in env) return message;
    const added = this.#spans.environmentOf(message.taskId);
    return Object.keys(added).length === 0 ? message : { ...message, env: { ...env, ...added } };
  }
}

function aside(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    diag.error(`${SCOPE.name}: a span or a number could not be told`, error);
  }
}
