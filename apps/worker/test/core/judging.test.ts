/** What a worker does about a block, and how sure it may be of one, for each reason. */
import { describe, expect, test } from '@jest/globals';
import type { BlockReason } from '@sandcrew/protocol';
import { createMemory } from '#src/core/blocks/look.js';
import { createOutputWatch, watchOutput } from '#src/core/blocks/output-watch.js';
import {
  chooseBlockAction,
  isOutputOrphaned,
  isRecoverable,
  isTimedOut,
  judgeBlocks,
} from '#src/core/judge-block.js';
import { readPrompt } from '#src/core/prompts.js';
import { claimsAfter, claimsOf, lookAt, NOW_MS, RUNNING, type Scene, TIME } from './blocks/looks.js';

test.each<[BlockReason, boolean]>([
  ['waiting_for_input', true],
  ['stopped', true],
  ['disk_full', true],
  ['cpu_exhausted', true],
  ['network_wait', true],
  ['lock_wait', true],
  ['no_progress', true],
  ['deadlock', false],
  ['infinite_loop', false],
  ['livelock', false],
  ['zombie', false],
  ['orphaned_output', false],
  ['memory_exhausted', false],
  ['pids_exhausted', false],
  ['output_flood', false],
])('a task that blocked by %s can go on without being ended: %s', (reason, can) => {
  expect(isRecoverable(reason)).toBe(can);
});

describe('what a policy says', () => {
  test('of a reason goes before what it says of all', () => {
    const policy = { default: 'terminate', deadlock: 'report' } as const;
    expect(chooseBlockAction('deadlock', policy)).toEqual({ action: 'report', suspectedAfterMs: null });
    expect(chooseBlockAction('stopped', policy)).toEqual({ action: 'terminate', suspectedAfterMs: null });
    expect(chooseBlockAction('stopped', {})).toEqual({ action: 'report', suspectedAfterMs: null });
  });

  test('of suspicions is kept, and input is ended only where it is waited for', () => {
    const policy = { default: { action: 'end_input', suspectedAfterMs: 5 } } as const;
    expect(chooseBlockAction('waiting_for_input', policy)).toEqual({
      action: 'end_input',
      suspectedAfterMs: 5,
    });
    expect(chooseBlockAction('deadlock', policy)).toEqual({ action: 'report', suspectedAfterMs: 5 });
  });
});

test('what was measured is sure, though not every process could be looked into; the rest is not', () => {
  const limits = {
    memory: { chargedBytes: 1_000, maxBytes: 1_000, kills: 1 },
    pids: { used: 9, max: 9, refusals: 0 },
  };
  const scene: Scene = { waits: { 10: TIME }, evidence: { limits, unreadable: ['sudo (pid 9)'] } };
  expect(claimsOf(scene)).toEqual(['confirmed memory_exhausted', 'confirmed pids_exhausted']);
  const full = (index: number): Scene => ({
    waits: { 10: TIME },
    process: { writeCalls: index },
    evidence: { fullDirectory: '/w', unreadable: ['sudo (pid 9)'] },
  });
  expect(
    claimsAfter(
      Array.from({ length: 7 }, (_, index) => full(index)),
      500,
    ),
  ).toEqual(['confirmed disk_full']);
  const output = createOutputWatch(NOW_MS);
  const memory = createMemory(NOW_MS);
  const flooded = Array.from({ length: 9 }, (_, index) => {
    for (let chunk = 0; chunk < 4; chunk++)
      watchOutput(output, 'stdout', new TextEncoder().encode('tick\n'.repeat(800)), NOW_MS + index * 500);
    const look = lookAt(
      { waits: { 10: TIME }, evidence: { unreadable: ['sudo (pid 9)'] } },
      NOW_MS + index * 500,
      memory,
    );
    return judgeBlocks({ ...look, task: { ...look.task, output } });
  });
  expect(flooded.at(-1)).toMatchObject([{ confidence: 'confirmed', reason: 'output_flood' }]);
  expect(claimsOf({ waits: { 10: RUNNING } })).toEqual([]);
});

test.each([
  [1_499, false],
  [1_500, true],
])('an output that is held open for %i ms after the exit is orphaned: %s', (ms, is) => {
  expect(isOutputOrphaned(ms)).toBe(is);
});

test.each([
  [999, 1_000, false],
  [1_000, 1_000, true],
  [9_999, 0, false],
])('after %i ms of %i a command has run out of time: %s', (runningMs, timeoutMs, has) => {
  expect(isTimedOut(runningMs, timeoutMs)).toBe(has);
});

describe('a prompt', () => {
  const read = (text: string) => readPrompt(new TextEncoder().encode(text));

  test('is the last line, where that has not ended; blanks alone are none', () => {
    expect(read('old\rnew> \r   ')).toBe('new>');
    expect(read('line\n   ')).toBe('');
  });

  test('is shown whole up to 200 characters, and by its end beyond', () => {
    expect(read('x'.repeat(200))).toBe('x'.repeat(200));
    expect(read('x'.repeat(201))).toBe(`…${'x'.repeat(200)}`);
  });

  test('that was cut inside a code point begins behind it', () => {
    expect(readPrompt(new TextEncoder().encode('é? ').slice(1))).toBe('?');
    expect(readPrompt(Uint8Array.of(0x82, 0xac))).toBe('');
    expect(read('é\tè? ')).toBe('é\tè?');
  });
});
