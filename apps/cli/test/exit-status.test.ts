import { expect, test } from '@jest/globals';
import type { ErrorCode, PartialTaskResult } from '@sandcrew/manager';
import { statusOfError, statusOfResult } from '#src/exit-status.js';

test.each([
  [0, null, 0],
  [3, null, 3],
  [126, null, 126],
  [127, null, 127],
  [null, 'SIGKILL', 137],
  [null, 'SIGTERM', 143],
  [null, 'SIGSEGV', 139],
])('a command that ended with %p, signal %p, exits with %d', (exitCode, signal, status) => {
  expect(statusOfResult({ exitCode, signal })).toBe(status);
});

test.each<[ErrorCode, string | undefined, NodeJS.Signals | null, number]>([
  ['TIMED_OUT', undefined, null, 124],
  ['BLOCKED', 'waiting_for_input', null, 122],
  ['SPAWN_FAILED', 'command_not_found', null, 127],
  ['SPAWN_FAILED', 'not_executable', null, 126],
  ['SPAWN_FAILED', undefined, null, 125],
  ['TERMINATED', undefined, 'SIGINT', 130],
  ['TERMINATED', undefined, 'SIGTERM', 143],
  ['TERMINATED', undefined, null, 143],
  ['CANCELLED', undefined, 'SIGINT', 130],
  ['NOT_ANSWERED', undefined, 'SIGINT', 130],
  ['DETACHED', undefined, 'SIGINT', 130],
  ['INVALID_TASK', undefined, null, 2],
  ['INVALID_OPTIONS', undefined, null, 2],
  ['REJECTED', 'invalid_cwd', null, 125],
  ['LOST', 'may_have_run', null, 125],
  ['TOKEN_REFUSED', undefined, null, 125],
  ['WORKER_UNREACHABLE', undefined, null, 125],
])('%s (%p), interrupted by %p, exits with the status of its kind', (code, detail, signal, status) => {
  expect(statusOfError({ code, detail, result: undefined }, signal)).toBe(status);
});

test('a task that somebody else ended exits as its command ended', () => {
  const result = { exitCode: null, signal: 'SIGKILL' } as PartialTaskResult;
  expect(statusOfError({ code: 'TERMINATED', detail: undefined, result }, null)).toBe(137);
});
