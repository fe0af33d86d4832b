/** How the steps of a plan end one by one, and what its record says of each: nothing of it is told twice or lost. */
import { describe, expect, test } from '@jest/globals';
import type { PlanRecord, StepRecord } from '#src/core/plan-record.js';
import { DIAMOND, FAILED, LOST, Story } from './plan-story.js';

const recordWith = (steps: Record<string, StepRecord>): PlanRecord => ({
  version: 1,
  planId: 'p',
  managerId: 'm',
  steps,
});

describe('a step that is left at its worker', () => {
  test('leaves the plan when all else that runs has ended, and nothing more begins', () => {
    const story = new Story([{ taskId: 'a' }, { taskId: 'b' }, { taskId: 'c', dependsOn: ['b'] }]);
    expect(story.open()).toEqual(['begin a', 'begin b']);
    expect(story.end('a', { end: 'left' })).toEqual([]);
    expect(story.end('b')).toEqual(['b completed', 'plan left']);
    expect(story.record().steps).toEqual({
      a: { state: 'running', runs: 1 },
      b: { state: 'completed', runs: 1 },
      c: { state: 'waiting', runs: 0 },
    });
  });

  test('leaves the plan at once where nothing else runs', () => {
    const story = new Story([{ taskId: 'a' }, { taskId: 'b', dependsOn: ['a'] }]);
    story.open();
    expect(story.end('a', { end: 'left' })).toEqual(['plan left']);
    expect(story.end('a')).toEqual([]);
  });
});

describe('a step that is stopped', () => {
  test('says why, and what needs it is skipped for it', () => {
    const story = new Story(DIAMOND);
    story.open();
    story.end('install');
    expect(story.end('lint', { end: 'stopped', why: 'Enough.' })).toEqual(['lint cancelled', 'ship skipped']);
    expect(story.why('ship')).toBe('It needs "lint", which was cancelled.');
    expect(story.record().steps).toEqual({
      install: { state: 'completed', runs: 1 },
      lint: { state: 'cancelled', runs: 1, why: 'Enough.' },
      build: { state: 'running', runs: 1 },
      ship: { state: 'skipped', runs: 0, why: 'It needs "lint", which was cancelled.' },
    });
    expect(story.end('build')).toEqual(['build completed', 'plan failed']);
  });

  test('stays cancelled in another life, unless it is to be tried again', () => {
    const record = recordWith({ a: { state: 'cancelled', runs: 1, why: 'Enough.', workerId: 'w' } });
    const again = new Story([{ taskId: 'a' }], 9, record);
    expect(again.open()).toEqual(['plan failed']);
    expect(again.record()).toEqual(record);
    expect(new Story([{ taskId: 'a' }], 9, record, true).open()).toEqual(['begin a again']);
  });
});

describe('what is told of a step', () => {
  test('that has ended, that there is not, or of a plan that has ended, changes nothing', () => {
    const story = new Story([{ taskId: 'a' }, { taskId: 'b' }]);
    story.open();
    story.end('a');
    const before = story.record();
    expect(story.end('a', FAILED)).toEqual([]);
    expect(story.end('x')).toEqual([]);
    expect(story.happen({ type: 'step_started', taskId: 'a', workerId: 'w' })).toEqual([]);
    expect(story.happen({ type: 'step_started', taskId: 'x', workerId: 'w' })).toEqual([]);
    expect(story.record()).toEqual(before);
    expect(story.end('b')).toEqual(['b completed', 'plan completed']);
    expect(story.end('b', FAILED)).toEqual([]);
    expect(story.cancel()).toEqual([]);
    expect(story.open()).toEqual([]);
  });

  test('names its worker in the record, and one that is not known takes no name away', () => {
    const story = new Story([{ taskId: 'a' }]);
    story.open();
    story.happen({ type: 'step_started', taskId: 'a', workerId: 'w1' });
    story.happen({ type: 'step_started', taskId: 'a', workerId: null });
    expect(story.record().steps).toEqual({ a: { state: 'running', runs: 1, workerId: 'w1' } });
  });
});

describe('a step that failed', () => {
  test('keeps its own failure where it was begun in this life, though its task is lost', () => {
    const story = new Story([{ taskId: 'a', idempotent: true }]);
    story.open();
    expect(story.end('a', LOST)).toEqual(['a failed', 'plan failed']);
    expect(story.record().steps['a']).toEqual({
      state: 'failed',
      runs: 1,
      failure: { code: 'UNKNOWN_TASK', message: 'nobody keeps it' },
    });
  });

  test('keeps its own failure where it was taken over, and its end is known', () => {
    const record = recordWith({ a: { state: 'running', runs: 1, workerId: 'w' } });
    const story = new Story([{ taskId: 'a', idempotent: true }], 9, record);
    expect(story.record()).toEqual(record);
    expect(story.open()).toEqual(['adopt a']);
    expect(story.end('a', FAILED)).toEqual(['a failed', 'plan failed']);
    expect(story.record().steps['a']).toMatchObject({ state: 'failed', failure: { code: 'EXIT_CODE' } });
  });

  test('is begun again at no worker yet, where nobody keeps it', () => {
    const record = recordWith({ a: { state: 'running', runs: 1, workerId: 'w' } });
    const story = new Story([{ taskId: 'a', idempotent: true }], 9, record);
    story.open();
    expect(story.end('a', LOST)).toEqual(['begin a again']);
    expect(story.record().steps['a']).toEqual({ state: 'running', runs: 2 });
  });

  test('of which nothing but that was kept is a cause all the same', () => {
    const steps = [{ taskId: 'a' }, { taskId: 'b', dependsOn: ['a'] }];
    const story = new Story(steps, 9, recordWith({ a: { state: 'failed', runs: 1 } }));
    expect(story.open()).toEqual(['b skipped', 'plan failed']);
    expect(story.why('b')).toBe('It needs "a", which failed (of an unknown cause).');
  });
});
