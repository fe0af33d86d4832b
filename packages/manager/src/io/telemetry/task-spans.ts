/** The spans of tasks and attempts, and the trace context that a command gets of them. What they say is core's to decide. */
import {
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Attributes } from '../../core/telemetry/end-words.js';
import type { TraceSignal } from '../../core/telemetry/trace.js';

interface OneTask {
  readonly task: Span;
  /** That of the task's span, for what is begun below it. */
  readonly inTask: Context;
  attempt: Span | null;
  /** Of the present attempt: the same at each sending of its command. */
  environment: Readonly<Record<string, string>>;
}

/**
 * The variables of OpenTelemetry's convention (specification, "Environment Variables as Context Propagation Carriers"),
 * by the field of the propagator that fills each. Baggage is left out: it holds what the agent's own requests bring
 * along, and commands are not trusted with it.
 */
const VARIABLES: Readonly<Record<string, string>> = { traceparent: 'TRACEPARENT', tracestate: 'TRACESTATE' };
/** W3C Trace Context: of a `tracestate` at least 512 characters are passed on, so no more need be. */
const FITTING_VALUE = /^[\x20-\x7e]{1,512}$/;

export class TaskSpans {
  readonly #tracer: Tracer;
  readonly #open = new Map<string, OneTask>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** Begins a task's span, below the one that is active where it is called. */
  begin(taskId: string, attributes: Attributes): void {
    const parent = context.active();
    const task = this.#tracer.startSpan('sandcrew.task', { kind: SpanKind.INTERNAL, attributes }, parent);
    this.#open.set(taskId, { task, inTask: trace.setSpan(parent, task), attempt: null, environment: {} });
  }

  follow(signals: readonly TraceSignal[]): void {
    for (const signal of signals) {
      const spans = this.#open.get(signal.taskId);
      if (spans !== undefined) this.#follow(spans, signal);
    }
  }

  /** Variables for the command of a task's present attempt. */
  environmentOf(taskId: string): Readonly<Record<string, string>> {
    return this.#open.get(taskId)?.environment ?? {};
  }

  #follow(spans: OneTask, signal: TraceSignal): void {
    switch (signal.kind) {
      case 'attempt_begun': {
        const options = { kind: SpanKind.CLIENT, attributes: signal.attributes };
        spans.attempt = this.#tracer.startSpan('sandcrew.attempt', options, spans.inTask);
        spans.environment = environmentOf(trace.setSpan(spans.inTask, spans.attempt));
        return;
      }
      case 'noted':
        (spans.attempt ?? spans.task).addEvent(signal.name, signal.attributes);
        return;
      case 'attempt_ended': {
        const { attempt } = spans;
        spans.attempt = null;
        if (attempt !== null) end(attempt, signal.attributes, signal.error);
        return;
      }
      case 'task_ended':
        this.#open.delete(signal.taskId); // first: an SDK may throw
        end(spans.task, signal.attributes, signal.error);
    }
  }
}

function end(span: Span, attributes: Attributes, error: string | null): void {
  span.setAttributes(attributes);
  if (error !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
  span.end();
}

/** By the propagator that the agent has set up: none, and there are none. */
function environmentOf(within: Context): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {};
  propagation.inject(within, environment, {
    set(carrier, field, value) {
      const name = VARIABLES[field.toLowerCase()];
      if (name !== undefined && FITTING_VALUE.test(value)) carrier[name] = value;
    },
  });
  return environment;
}
