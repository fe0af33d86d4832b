/** The small rules, each a table. */
import { describe, expect, test } from '@jest/globals';
import { MAX_PENDING_INPUT_BYTES } from '@sandcrew/protocol';
import { bytesBetween, judgeCredit } from '#src/core/credit.js';
import { judgeInput } from '#src/core/input.js';
import { chooseBlockAction, isOutputOrphaned, isTimedOut } from '#src/core/judge-block.js';
import { chooseKillStep } from '#src/core/kill-ladder.js';
import { isPeerDead } from '#src/core/liveness.js';
import { nextPhase, type PhaseTrigger } from '#src/core/phase.js';
import { readTokens } from '#src/core/tokens.js';

describe('credit', () => {
  const policy = { windowBytes: 100, socketBytes: 1_000 };
  const state = { unackedBytes: 0, isWindowed: true, waitingBytes: 0 };

  test.each([
    ['a whole window', {}, 100],
    ['what is left of the window', { unackedBytes: 60 }, 40],
    ['nothing when the window is shut', { unackedBytes: 100 }, 0],
    ['nothing when more is unacked than the window holds', { unackedBytes: 130 }, 0],
    ['a last chunk, while the socket has not enough yet', { waitingBytes: 999 }, 100],
    ['nothing while the socket has enough', { waitingBytes: 1_000 }, 'socket_full'],
    ['no bound to a plain client', { isWindowed: false, unackedBytes: 900 }, Number.POSITIVE_INFINITY],
    [
      'nothing to a plain client whose socket has enough',
      { isWindowed: false, waitingBytes: 1_000 },
      'socket_full',
    ],
  ])('is %s', (_, change, expected) => {
    expect(judgeCredit({ ...state, ...change }, policy)).toBe(expected);
  });

  test('is not used up by gaps', () => {
    expect(bytesBetween(0, 100, [])).toBe(100);
    expect(bytesBetween(0, 100, [{ offset: 20, bytes: 30 }])).toBe(70);
    expect(bytesBetween(40, 100, [{ offset: 20, bytes: 30 }])).toBe(50);
    expect(bytesBetween(60, 100, [{ offset: 20, bytes: 30 }])).toBe(40);
    expect(bytesBetween(0, 30, [{ offset: 20, bytes: 30 }])).toBe(20);
  });
});

describe('input at an offset', () => {
  const open = { receivedOffset: 10, takenOffset: 4, isOpen: true };
  const shut = { ...open, isOpen: false };
  const full = { receivedOffset: 10 + MAX_PENDING_INPUT_BYTES, takenOffset: 10, isOpen: true };

  test.each([
    ['none named: it stands behind what is here', open, 5, undefined, { kind: 'write', skip: 0 }],
    ['right behind what is here', open, 5, 10, { kind: 'write', skip: 0 }],
    ['partly here: the rest is written', open, 5, 8, { kind: 'write', skip: 2 }],
    ['all here already', open, 5, 5, { kind: 'repeated' }],
    ['beyond what is here', open, 5, 11, { kind: 'refuse', code: 'invalid_offset' }],
    ['stdin is shut', shut, 5, undefined, { kind: 'refuse', code: 'stdin_closed' }],
    ['stdin is shut, and some of it is new', shut, 5, 8, { kind: 'refuse', code: 'stdin_closed' }],
    ['stdin is shut, and all of it was taken before', shut, 5, 5, { kind: 'repeated' }],
    ['a last byte too many waits', full, 1, undefined, { kind: 'refuse', code: 'input_full' }],
    ['nothing new, while all the room is taken', full, 5, 5, { kind: 'repeated' }],
    [
      'exactly as much as there is room',
      { ...open, takenOffset: 10 },
      MAX_PENDING_INPUT_BYTES,
      10,
      { kind: 'write', skip: 0 },
    ],
    [
      'partly here, and the rest is as much as there is room',
      { ...open, receivedOffset: MAX_PENDING_INPUT_BYTES - 1 },
      10,
      MAX_PENDING_INPUT_BYTES - 6,
      { kind: 'write', skip: 5 },
    ],
    ['no bytes at all, to say the end', open, 0, undefined, { kind: 'write', skip: 0 }],
  ] as const)('%s', (_, state, bytes, offset, expected) => {
    expect(judgeInput(state, bytes, offset)).toEqual(expected);
  });
});

describe('the kill ladder', () => {
  test.each([
    ['asks, and kills after the grace', 5_000, null, { kind: 'ask', killAfterMs: 5_000 }],
    ['kills at once without a grace', 0, null, { kind: 'kill' }],
    ['kills at once although it was asking', 0, 3_000, { kind: 'kill' }],
    ['asks again for a shorter grace', 1_000, 3_000, { kind: 'ask', killAfterMs: 1_000 }],
    ['never grants more time than was left', 5_000, 3_000, { kind: 'wait' }],
    ['waits where the time is the same', 2_000, 3_000, { kind: 'wait' }],
  ] as const)('%s', (_, graceMs, killDueMs, expected) => {
    expect(chooseKillStep(1_000, graceMs, killDueMs)).toEqual(expected);
  });
});

describe('a task goes through its phases in one direction', () => {
  const PHASES = ['starting', 'running', 'lingering', 'sweeping', 'ended'] as const;
  const NEXT: Record<string, Partial<Record<PhaseTrigger, string>>> = {
    starting: { started: 'running', start_failed: 'ended' },
    running: { exited: 'lingering' },
    lingering: { sweep: 'sweeping' },
    sweeping: { tree_ended: 'ended' },
  };
  const TRIGGERS = ['started', 'start_failed', 'exited', 'sweep', 'tree_ended'] as const;

  test.each(PHASES.flatMap((phase) => TRIGGERS.map((trigger) => [phase, trigger] as const)))(
    '%s, %s',
    (phase, trigger) => {
      const expected = NEXT[phase]?.[trigger];
      if (expected === undefined) expect(() => nextPhase(phase, trigger)).toThrow(/cannot|expected/);
      else expect(nextPhase(phase, trigger)).toBe(expected);
    },
  );
});

describe('a silent peer', () => {
  test.each([
    ['is alive until 20 s are over', 10_000, null, 29_999, false],
    ['is dead then', 10_000, null, 30_000, true],
    ['is slow while it takes off its backlog', 10_000, 25_000, 44_999, false],
    ['is dead when its backlog stands still', 10_000, 25_000, 45_000, true],
    ['is alive when it spoke after it last took something', 26_000, 25_000, 45_000, false],
  ])('%s', (_, heardAtMs, tookAtMs, nowMs, expected) => {
    expect(isPeerDead({ heardAtMs, tookAtMs }, nowMs, 20_000)).toBe(expected);
  });
});

describe('a block', () => {
  test.each([
    [99, 100, false],
    [100, 100, true],
    [1e9, 0, false],
  ])('by the clock, after %s ms of %s: %s', (runningMs, timeoutMs, expected) => {
    expect(isTimedOut(runningMs, timeoutMs)).toBe(expected);
  });

  test.each([
    [1_499, false],
    [1_500, true],
  ])('by output held open for %s ms after the exit: %s', (lingeringMs, expected) => {
    expect(isOutputOrphaned(lingeringMs)).toBe(expected);
  });

  test.each([
    ['report where nothing was said', {}, 'orphaned_output', 'report'],
    ['the default', { default: 'terminate' }, 'orphaned_output', 'terminate'],
    [
      'what was said for its reason',
      { default: 'terminate', orphaned_output: 'report' },
      'orphaned_output',
      'report',
    ],
    [
      'the action of an entry with a time',
      { orphaned_output: { action: 'terminate', suspectedAfterMs: 1 } },
      'orphaned_output',
      'terminate',
    ],
    [
      'report instead of end_input, which would not help',
      { default: 'end_input' },
      'orphaned_output',
      'report',
    ],
    ['end_input for one who waits for input', { default: 'end_input' }, 'waiting_for_input', 'end_input'],
  ] as const)('is met with %s', (_, policy, reason, action) => {
    expect(chooseBlockAction(reason, policy).action).toBe(action);
  });
});

describe('a token file', () => {
  const TOKEN = 'a'.repeat(43);

  test('holds lines of [NAME:]TOKEN, blanks and comments aside', () => {
    expect(readTokens(`# ours\n\n${TOKEN}\r\nci:${TOKEN}b\n  dev.1:${TOKEN}c  \n`)).toEqual({
      tokens: [
        { name: 'default', token: TOKEN },
        { name: 'ci', token: `${TOKEN}b` },
        { name: 'dev.1', token: `${TOKEN}c` },
      ],
      faults: [],
    });
  });

  test.each([
    ['', /at least one line/],
    ['short', /^line 1: .* 32 random bytes/],
    [`../x:${TOKEN}`, /^line 1: .*NAME/],
    [`:${TOKEN}`, /^line 1: .*NAME/],
    [`${TOKEN}\nci:${TOKEN} x`, /^line 2: .*letters, digits/],
    [`${TOKEN},x`, /^line 1: .*letters, digits/],
    ['a'.repeat(42), /^line 1: .* 32 random bytes, which are 43 characters or more; got 42/],
    ['a'.repeat(1_025), /^line 1: .* at most 1024 characters, got 1025/],
    [`ci:${TOKEN}\n\ndev:${TOKEN}`, /^line 3: the token of line 1 again/],
  ])('%j is at fault, and the fault does not tell the token', (text, fault) => {
    const { faults } = readTokens(text);
    expect(faults).toEqual([expect.stringMatching(fault)]);
    expect(faults.join()).not.toContain(TOKEN);
  });

  test('tells of every line that is at fault, and of very many how many', () => {
    expect(readTokens(`a\n${TOKEN}\nb`).faults).toHaveLength(2);
    expect(readTokens('a\n'.repeat(10)).faults).toHaveLength(10);
    const { faults } = readTokens('a\n'.repeat(500));
    expect(faults).toHaveLength(11);
    expect(faults.at(-1)).toBe('and 490 more lines like these');
  });

  test('may be as long as fits the headers of a request', () => {
    expect(readTokens('a'.repeat(1_024)).faults).toEqual([]);
  });

  test('may have a byte order mark and the line ends of Windows', () => {
    expect(readTokens(`\uFEFF${TOKEN}\r\nci:${TOKEN}b\r\n`)).toMatchObject({
      tokens: [{ name: 'default' }, { name: 'ci', token: `${TOKEN}b` }],
      faults: [],
    });
  });
});
