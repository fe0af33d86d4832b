/** What the end of a command, or of a handler, means for its step. */
import { describe, expect, test } from '@jest/globals';
import { judgeHandlerEnd } from '#src/core/handler-verdict.js';
import { isLost, STEP_FAULTS } from '#src/core/step-end.js';
import { judgeEnd, type TaskFacts } from '#src/core/step-verdict.js';

const FACTS: TaskFacts = {
  result: null,
  fault: null,
  over: null,
  stoppedWhy: null,
  blockReason: null,
  words: 'make',
};
const fault = (code: string) => ({ code, message: `${code}.` });
const failed = (code: string, message: string, detail?: string) => ({
  end: 'failed',
  failure: {
    code,
    message: expect.stringContaining(message),
    ...(detail === undefined ? {} : { detail }),
  },
});
const TIMED_OUT = failed('TIMED_OUT', 'make ran for all of its run budget');

describe("a command's step", () => {
  test.each<[string, Partial<TaskFacts>, object]>([
    ['has completed by exit code 0', { result: { exitCode: 0, signal: null } }, { end: 'completed' }],
    [
      'has completed, though it was to end, where it was quicker',
      { result: { exitCode: 0, signal: null }, over: 'run', stoppedWhy: 'Enough.' },
      { end: 'completed' },
    ],
    [
      'has failed by any other',
      { result: { exitCode: 2, signal: null } },
      failed('EXIT_CODE', 'Expected make to end with exit code 0, got exit code 2.', '2'),
    ],
    [
      'has failed by a signal',
      { result: { exitCode: null, signal: 'SIGKILL' } },
      failed('EXIT_CODE', 'got signal SIGKILL.', 'SIGKILL'),
    ],
    [
      'is left at its worker where the manager was closed',
      { fault: fault('DETACHED'), over: 'run', stoppedWhy: 'Enough.' },
      { end: 'left' },
    ],
    ...['TERMINATED', 'CANCELLED'].flatMap((code): [string, Partial<TaskFacts>, object][] => [
      [
        `is stopped where the plan had it ${code}`,
        { fault: fault(code), stoppedWhy: 'Enough.', over: 'run' },
        { end: 'stopped', why: 'Enough.' },
      ],
      [`has timed out where its budget had it ${code}`, { fault: fault(code), over: 'run' }, TIMED_OUT],
      [
        `has timed out where it was ${code} at last, when even its recovery budget was over`,
        { fault: fault(code), over: 'end' },
        TIMED_OUT,
      ],
      [
        `has failed where others had it ${code}`,
        { fault: fault(code) },
        { end: 'failed', failure: fault(code) },
      ],
    ]),
    [
      'is stopped where nothing is known but that',
      { stoppedWhy: 'Enough.' },
      { end: 'stopped', why: 'Enough.' },
    ],
    [
      'is lost where it was to end, and nothing says that it has',
      { over: 'end', stoppedWhy: 'Enough.' },
      failed('LOST', 'make was to end, and its worker has not said', 'may_have_run'),
    ],
    [
      'has a queue that was too long',
      { over: 'queue' },
      failed('QUEUE_TIMEOUT', 'No worker began make within its queue budget.'),
    ],
    [
      'is blocked, and says by what',
      { over: 'block', blockReason: 'waiting_for_input' },
      failed('BLOCKED', 'make could not go on by itself', 'waiting_for_input'),
    ],
    [
      'is blocked, also where nobody says by what',
      { over: 'block' },
      failed('BLOCKED', 'make could not go on by itself'),
    ],
    [
      'has the fault of its task, whatever was over',
      { fault: fault('LOST'), over: 'run', stoppedWhy: 'Enough.' },
      { end: 'failed', failure: fault('LOST') },
    ],
    ['is lost where nothing is known at all', {}, failed('LOST', 'It is not known what became of make.')],
  ])('%s', (_what, facts, end) => {
    expect(judgeEnd({ ...FACTS, ...facts })).toEqual(end);
  });
});

describe("a handler's step", () => {
  const facts = { error: null, isOver: false, stoppedWhy: null };

  test.each([
    ['has completed where it threw nothing', facts, { end: 'completed' }],
    [
      'has failed where it threw',
      { ...facts, error: 'no' },
      failed('HANDLER_FAILED', 'The handler threw: no'),
    ],
    [
      'has timed out where its time is over, whatever it threw then',
      { ...facts, error: 'aborted', isOver: true },
      failed('TIMED_OUT', 'within 50 ms'),
    ],
    [
      'is stopped where the plan was cancelled, whatever came then',
      { error: 'aborted', isOver: true, stoppedWhy: 'Enough.' },
      { end: 'stopped', why: 'Enough.' },
    ],
  ])('%s', (_what, given, end) => {
    expect(judgeHandlerEnd(given, 50)).toEqual(end);
  });
});

test('the codes of a step beside those of a SandboxError are these, for callers to tell apart', () => {
  expect([...STEP_FAULTS].sort()).toEqual([
    'EXIT_CODE',
    'HANDLER_FAILED',
    'NO_COMMAND',
    'NO_HANDLER',
    'QUEUE_TIMEOUT',
  ]);
});

test.each(['LOST', 'UNKNOWN_TASK', 'UNKNOWN_WORKER', 'WORKER_UNREACHABLE', 'ORPHANED'])(
  'of %s nobody knows whether it ran',
  (code) => expect(isLost(fault(code))).toBe(true),
);

test.each(['EXIT_CODE', 'TERMINATED', 'TIMED_OUT', 'CANCELLED', 'MEMORY_EXHAUSTED', ''])(
  'of %j it is known',
  (code) => expect(isLost(fault(code))).toBe(false),
);
