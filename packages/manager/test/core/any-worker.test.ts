/** The machine under anything that a worker may say in valid messages, in any order: it holds, and settles each task once. */
import { describe, expect, test } from '@jest/globals';
import type { WorkerMessage } from '@sandcrew/protocol';
import fc from 'fast-check';
import { openState } from '#src/core/state.js';
import { step } from '#src/core/step.js';

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

const taskId = fc.constantFrom('t1', 't2', 'never-sent', 'nobody');
const offset = fc.constantFrom(0, 1, 5, 1_000, 2_000_000, Number.MAX_SAFE_INTEGER);
const reason = fc.constantFrom('waiting_for_input', 'deadlock', 'memory_exhausted', 'stopped');
const listed = fc.record({
  taskId,
  state: fc.constantFrom('running', 'terminating', 'complete', 'error'),
  ackedOffset: fc.constant(0),
  endOffset: offset,
});
const welcome = fc.record({
  type: fc.constant('welcome'),
  bootId: fc.constantFrom('b1', 'b2'),
  protocol: fc.constant('1.0'),
  workerType: fc.constant('general'),
  labels: fc.constant({}),
  resources: fc.constant({ cpus: 1, memoryBytes: 1_000, diskBytes: 1 }),
  maxTasks: fc.constantFrom(1, 16, Number.MAX_SAFE_INTEGER),
  containment: fc.constant('process-group'),
  limits: fc.record({
    maxPayloadBytes: offset,
    windowBytes: fc.constantFrom(0, 1, 1_048_576),
    retainBytes: offset,
  }),
  tasks: fc.uniqueArray(listed, { selector: (task) => task.taskId, maxLength: 3 }),
  workspaces: fc.constantFrom([], ['app']),
});
const end = {
  exitCode: fc.constantFrom(0, null),
  signal: fc.constantFrom(null, 'SIGKILL'),
  durationMs: offset,
};
const message = fc.oneof(
  welcome,
  fc.record({
    type: fc.constant('execution_started'),
    taskId,
    pid: fc.constant(1),
    containment: fc.constant('process-group'),
  }),
  fc.record({ type: fc.constant('output_gap'), taskId, offset, bytes: offset }),
  fc.record({ type: fc.constant('input_ack'), taskId, offset }),
  fc.record({ type: fc.constant('workspace_removed'), workspace: fc.constant('app') }),
  fc.record({
    type: fc.constant('block_detected'),
    taskId,
    reason,
    confidence: fc.constantFrom('confirmed', 'suspected'),
    duration: offset,
    resourceUsage: fc.constant({}),
    recoverable: fc.boolean(),
    evidence: fc.constantFrom({}, { summary: 's', prompt: 'Proceed?' }),
    action: fc.constantFrom('report', 'end_input', 'terminate'),
  }),
  fc.record({ type: fc.constant('block_cleared'), taskId, reason, duration: offset }),
  fc.record({
    type: fc.constant('task_complete'),
    taskId,
    ...end,
    outputBytes: offset,
    usage: fc.constant({}),
    leftover: offset,
  }),
  fc.record({
    type: fc.constant('task_error'),
    taskId,
    code: fc.constantFrom(
      'rejected',
      'spawn_failed',
      'terminated',
      'timed_out',
      'blocked',
      'memory_exhausted',
      'worker_shutdown',
      'orphaned',
    ),
    message: fc.string(),
    detail: fc.constantFrom(undefined, 'busy', 'draining', 'invalid_cwd'),
    outputBytes: fc.option(offset, { nil: undefined }),
  }),
  fc.record({
    type: fc.constant('protocol_error'),
    code: fc.constantFrom(
      'unknown_task',
      'task_ended',
      'stdin_closed',
      'duplicate_task',
      'input_full',
      'workspace_busy',
      'invalid_message',
    ),
    message: fc.string(),
    taskId: fc.option(taskId, { nil: undefined }),
  }),
);
const happening = fc.oneof(
  { weight: 6, arbitrary: message.map((said) => ({ said })) },
  { weight: 1, arbitrary: fc.constantFrom('cut', 'dialled', 'stop', 'silence').map((event) => ({ event })) },
);

describe(`with seed ${seed}`, () => {
  test('whatever a worker says, the machine holds and settles each task at most once', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
        const state = openState({
          managerId: 'm',
          maxWorkers: 1,
          connectTimeoutMs: 1_000,
          lostAfterMs: 1_000,
          maxAttempts: 2,
          startsWorkers: false,
        });
        const settled: string[] = [];
        let nowMs = 0;
        const happen = (event: Parameters<typeof step>[1]) => {
          for (const effect of step(state, event, { nowMs: nowMs++, random: 0.5 }))
            if (effect.type === 'settle_task') settled.push(effect.taskId);
        };
        const hear = (said: object) =>
          happen({
            type: 'message_received',
            workerKey: 'w1',
            message: { ...said, workerId: 'w', timestamp: 1 } as unknown as WorkerMessage,
          });
        happen({ type: 'worker_named', url: 'ws://a' });
        happen({ type: 'connection_opened', workerKey: 'w1' });
        hear({ ...FIRST_WELCOME });
        for (const [id, idempotent] of [
          ['t1', false],
          ['t2', true],
        ] as const) {
          const submission = {
            taskId: id,
            priority: 0,
            needs: {},
            idempotent,
            orders: null,
            graceMs: 5_000,
            body: { command: 'x' },
          };
          happen({ type: 'task_submitted', submission });
        }
        happen({ type: 'tick_ended' });
        for (const one of happenings) {
          if ('said' in one) hear(one.said);
          else if (one.event === 'dialled') happen({ type: 'connection_opened', workerKey: 'w1' });
          else if (one.event === 'stop')
            happen({ type: 'stop_asked', taskId: 't1', stop: { graceMs: 1, by: 'caller' } });
          else if (one.event === 'silence')
            happen({ type: 'timer_fired', timer: { kind: 'away', workerKey: 'w1' } });
          else
            happen({
              type: 'connection_lost',
              workerKey: 'w1',
              fault: { code: 'WORKER_UNREACHABLE', message: 'cut' },
              lasting: false,
            });
        }
        expect(settled).toEqual([...new Set(settled)]);
      }),
      { seed, numRuns: 3_000, interruptAfterTimeLimit: 8_000, markInterruptAsFailure: false },
    );
  });
});

const FIRST_WELCOME = {
  type: 'welcome',
  bootId: 'b1',
  protocol: '1.0',
  workerType: 'general',
  labels: {},
  resources: { cpus: 1, memoryBytes: 1_000, diskBytes: 1 },
  maxTasks: 16,
  containment: 'process-group',
  limits: { maxPayloadBytes: 1_048_576, windowBytes: 1_048_576, retainBytes: 1 },
  tasks: [],
  workspaces: [],
};
