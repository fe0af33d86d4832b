import { describe, expect, test } from '@jest/globals';
import { type BlockCase, parseCase } from '../blocks/block-case.js';
import type { CaseRun } from '../blocks/case-run.js';
import { judgeGoals, medianOf, recallOf, scoreCase } from '../blocks/score.js';
import type { Claim } from '../blocks/task-log.js';

const healthy: BlockCase = {
  id: 'h',
  twin: null,
  files: {},
  setup: null,
  command: 'sleep 9',
  env: {},
  stdin: { mode: 'closed', feed: [] },
  external: [],
  aux: null,
  limits: {},
  label: 'healthy',
  reason: null,
  acceptReasons: [],
  becomesBlockedAtMs: null,
  decidability: null,
  durationMs: 12_000,
  cpuBound: false,
  needs: [],
};
const serving: BlockCase = { ...healthy, id: 's', label: 'serving' };
const blocked: BlockCase = {
  ...healthy,
  id: 'b',
  label: 'blocked',
  reason: 'deadlock',
  acceptReasons: ['deadlock', 'lock_wait'],
  becomesBlockedAtMs: 3000,
  decidability: 'certain',
};
const loop: BlockCase = { ...blocked, reason: 'infinite_loop', acceptReasons: ['infinite_loop'] };

function claim(reason: string, confidence: Claim['confidence'], atMs: number, clearedAtMs?: number): Claim {
  return { reason, confidence, atMs, clearedAtMs: clearedAtMs ?? null, summary: '' };
}

function run(claims: readonly Claim[] = [], end?: CaseRun['end']): CaseRun {
  return { id: '', claims, end: end ?? null, faults: [] };
}

const DONE = { atMs: 9000, how: 'exit 0' };

describe('a claim is false', () => {
  test.each<[string, BlockCase, Claim, { alarms: number; suspicions: number }]>([
    [
      'confirmed on a healthy case',
      healthy,
      claim('deadlock', 'confirmed', 4000),
      { alarms: 1, suspicions: 0 },
    ],
    [
      'confirmed on a serving case',
      serving,
      claim('deadlock', 'confirmed', 4000),
      { alarms: 1, suspicions: 0 },
    ],
    [
      'suspected of a healthy case, which is counted apart',
      healthy,
      claim('deadlock', 'suspected', 4000),
      { alarms: 0, suspicions: 1 },
    ],
    [
      'confirmed over 600 ms before the block',
      blocked,
      claim('deadlock', 'confirmed', 2399),
      { alarms: 1, suspicions: 0 },
    ],
    [
      'not: confirmed 600 ms before the block',
      blocked,
      claim('deadlock', 'confirmed', 2400),
      { alarms: 0, suspicions: 0 },
    ],
    [
      'even where it was withdrawn',
      healthy,
      claim('deadlock', 'confirmed', 4000, 4500),
      { alarms: 1, suspicions: 0 },
    ],
  ])('when it is %s', (_, one, made, { alarms, suspicions }) => {
    const score = scoreCase(one, run([made], one.label === 'healthy' ? DONE : null));
    expect(score.falseAlarms).toHaveLength(alarms);
    expect(score.falseSuspicions).toHaveLength(suspicions);
  });
});

describe('a blocked case', () => {
  test('is confirmed by any accepted reason, and its latency counts from becoming blocked', () => {
    const score = scoreCase(
      blocked,
      run([claim('lock_wait', 'suspected', 4000), claim('deadlock', 'confirmed', 6500)]),
    );
    expect(score).toMatchObject({ claimedAfterMs: 1000, confirmedAfterMs: 3500, wrongReasons: [] });
    expect(score.leading?.atMs).toBe(6500);
  });

  test('is not found by a claim that came too early, nor by a reason that is not accepted', () => {
    const claims = [claim('deadlock', 'confirmed', 100), claim('stopped', 'confirmed', 5000)];
    expect(scoreCase(blocked, run(claims))).toMatchObject({
      claimedAfterMs: null,
      wrongReasons: [{ reason: 'stopped' }],
    });
  });

  test('is told to be withdrawn where no right claim stands while it is still blocked', () => {
    const gone = claim('deadlock', 'confirmed', 5000, 8000);
    expect(scoreCase(blocked, run([gone])).isWithdrawn).toBe(true);
    expect(scoreCase(blocked, run([gone, claim('deadlock', 'confirmed', 9000)])).isWithdrawn).toBe(false);
  });

  test('that loops is expected to be suspected alone', () => {
    expect(scoreCase(loop, run()).decidability).toBe('probable');
    expect(scoreCase(blocked, run()).decidability).toBe('certain');
  });
});

describe('a case measures nothing', () => {
  test.each<[string, BlockCase, CaseRun['end'], string | null]>([
    ['healthy, and ended with a fault', healthy, { atMs: 9000, how: 'exit 1' }, 'ended with exit 1'],
    ['healthy, and did not end', healthy, null, 'did not end in its time'],
    ['serving, and ended', serving, DONE, 'ended with exit 0 after 9000 ms'],
    ['blocked, and ended', blocked, DONE, 'ended with exit 0 after 9000 ms'],
    ['not: healthy and done', healthy, DONE, null],
    ['not: serving all of the time', serving, null, null],
    [
      'not: orphaned output, whose command always ends',
      { ...blocked, reason: 'orphaned_output' },
      DONE,
      null,
    ],
    [
      'not: killed at its memory limit',
      { ...blocked, reason: 'memory_exhausted' },
      { atMs: 9000, how: 'memory_exhausted' },
      null,
    ],
  ])('when it is %s', (_, one, end, stray) => {
    expect(scoreCase(one, run([], end)).stray).toBe(stray);
  });

  test('and then it is in no recall', () => {
    expect(recallOf([scoreCase(blocked, run([], DONE)), scoreCase(blocked, run())])).toEqual({
      cases: 1,
      confirmed: 0,
      claimed: 0,
    });
  });
});

describe('the goals', () => {
  const confirmed = scoreCase(blocked, run([claim('deadlock', 'confirmed', 6000)]));
  const suspected = scoreCase(blocked, run([claim('deadlock', 'suspected', 6000)]));
  const quiet = scoreCase(healthy, run([], DONE));
  const reached = (scores: Parameters<typeof judgeGoals>[0]) =>
    judgeGoals(scores).map(({ isReached }) => isReached);

  test('are all reached by a perfect worker', () => {
    const foundLoop = scoreCase(loop, run([claim('infinite_loop', 'suspected', 9000)]));
    expect(reached([confirmed, quiet, foundLoop])).toEqual([true, true, true, true]);
  });

  test('are missed by one false alarm, also on a case that is late', () => {
    const alarm = scoreCase(healthy, run([claim('deadlock', 'confirmed', 4000)]));
    expect(reached([alarm])).toEqual([false]);
  });

  test('want 97 % of the certain cases confirmed, not suspected', () => {
    const of = (good: number, bad: number) => [
      ...Array.from({ length: good }, () => confirmed),
      ...Array.from({ length: bad }, () => suspected),
    ];
    expect(reached(of(97, 3))[1]).toBe(true);
    expect(reached(of(96, 4))[1]).toBe(false);
  });

  test('want every probable case claimed, be it as a suspicion', () => {
    const found = scoreCase(loop, run([claim('infinite_loop', 'suspected', 9000)]));
    expect(reached([found, found])[1]).toBe(true);
    expect(reached([found, scoreCase(loop, run())])[1]).toBe(false);
  });

  test('want input that is waited for confirmed within 2 s', () => {
    const prompt: BlockCase = {
      ...blocked,
      reason: 'waiting_for_input',
      acceptReasons: ['waiting_for_input'],
    };
    const after = (ms: number) =>
      scoreCase(prompt, run([claim('waiting_for_input', 'confirmed', 3000 + ms)]));
    expect(reached([after(2000)]).at(-1)).toBe(true);
    expect(reached([after(2001)]).at(-1)).toBe(false);
  });

  test('want a deadlock confirmed within 4 s, the median of all', () => {
    const after = (atMs: number) => scoreCase(blocked, run([claim('deadlock', 'confirmed', 3000 + atMs)]));
    expect(reached([after(1000), after(4000), after(60_000)]).at(-1)).toBe(true);
    expect(reached([after(4001), after(4001)]).at(-1)).toBe(false);
    expect(reached([suspected]).at(-1)).toBe(false);
  });
});

test.each([
  [[], null],
  [[3], 3],
  [[9, 1, 3], 3],
  [[4, 1, 2, 9], 3],
])('the median of %j is %j', (values, median) => {
  expect(medianOf(values)).toBe(median);
});

describe('a case is refused', () => {
  test.each([
    [
      'a reason that the wire does not have',
      { reason: 'boredom', acceptReasons: ['boredom'] },
      /a reason of the wire/,
    ],
    ['a healthy case with a reason', { label: 'healthy' }, /a reason where it is blocked/],
    ['a reason that it does not accept itself', { acceptReasons: ['stopped'] }, /among acceptReasons/],
    ['an id that is no name of a directory', { id: '../b' }, /an id of/],
  ])('for %s', (_, change, fault) => {
    expect(() => parseCase(JSON.stringify({ ...blocked, ...change }))).toThrow(fault);
    expect(parseCase(JSON.stringify(blocked))).toEqual(blocked);
  });
});
