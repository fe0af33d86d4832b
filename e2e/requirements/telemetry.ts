/** What a manager tells OpenTelemetry of its tasks, and what it keeps to itself. */
import type { Requirement } from './requirement.js';

const CORE = 'packages/manager/src/core/telemetry';
const IO = 'packages/manager/src/io/telemetry';
const REAL = 'e2e/tests/telemetry';
const FAKE = 'packages/manager/test/telemetry';
const RULES = 'packages/manager/test/core/telemetry';

export const TELEMETRY_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'Telemetry',
    says: "A task's span is below the agent's, an attempt's below that, and the command is told the attempt.",
    test: [
      REAL,
      "a task's span is below the agent's, its attempt's below that, and its command is told the attempt",
    ],
    mutation: [
      `${IO}/task-spans.ts`,
      'environmentOf(trace.setSpan(spans.inTask, spans.attempt))',
      'environmentOf(spans.inTask)',
    ],
  },
  {
    source: 'Telemetry',
    says: 'A non-zero exit code is no error of a span.',
    test: [REAL, 'an exit code is a result: no span of it has failed'],
    mutation: [
      `${CORE}/trace.ts`,
      'nameFault(outcome.fault as Fault) : null;',
      "nameFault(outcome.fault as Fault) : 'failed';",
    ],
  },
  {
    source: 'Telemetry',
    says: 'A blocked task has failed of its block, which its attempt notes.',
    test: [REAL, 'a task that was ended for a block has failed of it, and tells when the block was seen'],
    mutation: [`${CORE}/trace.ts`, "note(taskId, 'block_detected', block)", "note(taskId, 'block', block)"],
  },
  {
    source: 'Telemetry',
    says: 'A task that was lost has failed.',
    test: [REAL, 'a task that was lost with its worker has failed, and so has its attempt'],
    mutation: [
      `${IO}/task-spans.ts`,
      'if (error !== null) span.setStatus',
      "if (error === '') span.setStatus",
    ],
  },
  {
    source: 'Telemetry',
    says: 'A task that is started again has an attempt for each start, under one span.',
    test: [
      REAL,
      'an idempotent task that was started again has two attempts under one span, and only the first has failed',
    ],
    mutation: [`${CORE}/trace.ts`, 'attempts < attempt)', 'attempts <= attempt)'],
  },
  {
    source: 'Telemetry',
    says: 'Numbers bear words of the contract alone.',
    test: [REAL, 'no number bears a task, a worker or a command, and each is in docs/telemetry.md as it is'],
    mutation: [
      `${CORE}/measure.ts`,
      "found.push(count('ended', attributes));",
      "found.push(count('ended', { ...attributes, 'sandcrew.task.id': effect.taskId }));",
    ],
  },
  {
    source: 'Telemetry',
    says: 'What a level counts comes down to nothing at the end.',
    test: [RULES, 'at the end of a manager nothing is left standing, in no level and no watch'],
    mutation: [`${CORE}/measure.ts`, 'isClosed ? 0 : countConnected(state)', 'countConnected(state)'],
  },
  {
    source: 'Telemetry',
    says: 'A worker that comes back is told from one that is met.',
    test: [RULES, 'a worker that comes back is told from one that is met'],
    mutation: [`${CORE}/measure.ts`, 'metWorkers.add(key);', 'metWorkers.add(`${key} `);'],
  },
  {
    source: 'Telemetry',
    says: 'An end that was asked for is no error.',
    test: [RULES, 'an end that was asked for is no error'],
    mutation: [`${CORE}/end-words.ts`, "'TERMINATED', 'CLOSED'", "'CLOSED'"],
  },
  {
    source: 'Telemetry',
    says: 'Spans hold no text of a worker, a command or its output.',
    test: [RULES, 'no word of a worker, a command or its output is in them'],
    mutation: [`${CORE}/trace.ts`, '`${fault.code} (${detail})`', '`${fault.message} (${detail})`'],
  },
  {
    source: 'Telemetry',
    says: 'Without an SDK a command is sent as it was made.',
    test: [FAKE, 'without an SDK a command is sent as its caller made it'],
    mutation: [`${IO}/telemetry.ts`, 'Object.keys(added).length === 0 ? message', 'added === null ? message'],
  },
  {
    source: 'Telemetry',
    says: '`telemetry: false` turns it off.',
    test: [FAKE, 'with `telemetry: false` there is no span and no trace context'],
    mutation: ['packages/manager/src/settings.ts', 'options.telemetry ?? true', 'options.telemetry || true'],
  },
  {
    source: 'Telemetry',
    says: 'Baggage is not handed to commands.',
    test: [FAKE, 'is that of its attempt, with its state, and without baggage'],
    mutation: [
      `${IO}/task-spans.ts`,
      "tracestate: 'TRACESTATE' };",
      "tracestate: 'TRACESTATE', baggage: 'BAGGAGE' };",
    ],
  },
  {
    source: 'Telemetry',
    says: 'A trace context that the caller names is left alone.',
    test: [FAKE, 'is left alone where the caller names one'],
    mutation: [`${IO}/telemetry.ts`, "if ('TRACEPARENT' in env ||", "if ('TRACEPARENT_' in env ||"],
  },
  {
    source: 'Telemetry',
    says: 'A command that is sent again says the same environment.',
    test: [FAKE, 'is the same where the command is sent again, so that it starts nothing twice'],
    mutation: [
      `${IO}/task-spans.ts`,
      'return this.#open.get(taskId)?.environment ?? {};',
      "return this.#open.has(taskId) ? environmentOf(trace.setSpan(context.active(), this.#tracer.startSpan('again'))) : {};",
    ],
  },
  {
    source: 'Telemetry',
    says: 'A command that fits into a frame only without its trace context goes without.',
    test: [FAKE, 'is left out where the command fits into a frame only without it'],
    mutation: [
      'packages/manager/src/io/effect-runner.ts',
      'Buffer.byteLength(frame) <= MAX_PAYLOAD_BYTES',
      'Buffer.byteLength(frame) <= 2 * MAX_PAYLOAD_BYTES',
    ],
  },
  {
    source: 'Telemetry',
    says: 'An SDK that throws fails no task.',
    test: [FAKE, 'an SDK that throws fails no task, and is told to diag'],
    mutation: [`${IO}/telemetry.ts`, 'diag.error(`', 'if (error !== null) throw error;\n    diag.error(`'],
  },
];
