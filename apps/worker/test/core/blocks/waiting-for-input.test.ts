/** Waiting for input, by the call and the descriptor. */
import { describe, expect, test } from '@jest/globals';
import { createMemory } from '#src/core/blocks/look.js';
import { judgeBlocks } from '#src/core/judge-block.js';
import {
  CHILDREN,
  claimsAfter,
  claimsOf,
  FUTEX,
  held,
  INPUT,
  lookAt,
  NOW_MS,
  pipe,
  polling,
  RUNNING,
  reading,
  type Scene,
  standingStill,
  TIME,
} from './looks.js';

const CONFIRMED = ['confirmed waiting_for_input'];
const SUSPECTED = ['suspected waiting_for_input'];
const EVENT = { kind: 'event', id: '7' } as const;

describe('a task that reads its stdin', () => {
  test.each<[string, Scene, string[]]>([
    ['waits for input after 1 s', { waits: { 10: INPUT }, stillMs: 1_000 }, CONFIRMED],
    ['may just be about to be fed before', { waits: { 10: INPUT }, stillMs: 999 }, []],
    ['waits below a shell that waits for it', { waits: { 10: CHILDREN, 11: INPUT } }, CONFIRMED],
    [
      'waits while something else of the task works',
      { waits: { 10: INPUT, 11: TIME, 12: RUNNING } },
      CONFIRMED,
    ],
    ['waits beside threads that only it can wake', { waits: { 10: [INPUT, FUTEX, FUTEX] } }, CONFIRMED],
    [
      'waits in an event loop whose other descriptors are its own',
      {
        waits: { 10: [reading({ kind: 'input' }, EVENT, pipe('p', 'writers')), FUTEX] },
        surroundings: {
          events: { 7: held([10]) },
          pipes: { p: { readers: held([10]), writers: held([10]) } },
        },
      },
      CONFIRMED,
    ],
    [
      'waits, though another of its processes has only begun to',
      standingStill({ waits: { 10: INPUT, 11: INPUT, 12: INPUT } }, 900, 10_000, 900),
      CONFIRMED,
    ],
    [
      'may go on by a timer of another thread, unless there is a prompt on the screen',
      { waits: { 10: [INPUT, TIME] }, output: 'Proceed? ', stillMs: 5_000 },
      SUSPECTED,
    ],
    [
      'is not looked at closely where its wait runs out by itself',
      { waits: { 10: polling(60_000, { kind: 'input' }) }, surroundings: null },
      [],
    ],
    ['works on in another thread', { waits: { 10: [INPUT, RUNNING] } }, []],
    ['may go on by a timer of another thread', { waits: { 10: [INPUT, TIME] } }, []],
    [
      'may only watch for a key while it serves',
      { waits: { 10: reading({ kind: 'input' }, { kind: 'files' }) } },
      [],
    ],
    [
      'may wait for its peer as well',
      {
        waits: { 10: reading({ kind: 'input' }, { kind: 'socket', id: 's' }) },
        surroundings: { sockets: { s: { kind: 'outside', peer: '10.0.0.1:22' } } },
      },
      SUSPECTED,
    ],
    [
      'is ended by a timer above it',
      {
        waits: { 10: CHILDREN, 11: INPUT },
        surroundings: { habits: { 10: { caughtSignals: [], hasTimers: true, catchesTermination: false } } },
      },
      SUSPECTED,
    ],
    [
      'has a timer of its own, as an editor has',
      {
        waits: { 10: INPUT },
        surroundings: {
          habits: { 10: { caughtSignals: ['SIGUSR1'], hasTimers: true, catchesTermination: false } },
        },
      },
      CONFIRMED,
    ],
    [
      'gets end of file once its input has ended',
      { waits: { 10: INPUT }, task: { input: { isOpen: false } } },
      [],
    ],
    [
      'is only suspected in a world that cannot be read',
      { waits: { 10: INPUT }, evidence: { unreadable: ['sudo (pid 9)'] } },
      SUSPECTED,
    ],
    [
      'is looked at closely first',
      { waits: { 10: INPUT }, surroundings: null },
      ['unsure waiting_for_input'],
    ],
  ])('%s', (_, scene, expected) => {
    expect(claimsOf(scene)).toEqual(expected);
  });
});

describe('a feeder', () => {
  const fedMsAgo = (ms: number, more: object = {}): Scene => ({
    waits: { 10: INPUT },
    task: { input: { fedAtMs: NOW_MS - ms, ...more } },
  });

  test.each<[string, Scene, string[]]>([
    ['has 1 s for the next input', fedMsAgo(999), []],
    ['has no more than that', fedMsAgo(1_000), CONFIRMED],
    ['has three times its longest gap', fedMsAgo(4_400, { longestGapMs: 1_500 }), []],
    ['has no more than three times its longest gap', fedMsAgo(4_500, { longestGapMs: 1_500 }), CONFIRMED],
    [
      'that took long before is suspected to be gone after 5 s',
      fedMsAgo(5_000, { longestGapMs: 3_000 }),
      SUSPECTED,
    ],
    [
      'that took long before is looked at closely first',
      { ...fedMsAgo(5_000, { longestGapMs: 3_000 }), surroundings: null },
      ['unsure waiting_for_input'],
    ],
    ['has 5 s where it has shown itself', fedMsAgo(4_999, { isFeederThere: true }), []],
    ['has no more than 5 s then', fedMsAgo(5_000, { isFeederThere: true }), CONFIRMED],
  ])('%s', (_, scene, expected) => {
    expect(claimsOf(scene)).toEqual(expected);
  });

  test('of an interactive task has 5 s', () => {
    expect(claimsOf({ waits: { 10: INPUT }, stillMs: 4_999, task: { kind: 'interactive' } })).toEqual([]);
    expect(claimsOf({ waits: { 10: INPUT }, stillMs: 5_000, task: { kind: 'interactive' } })).toEqual(
      CONFIRMED,
    );
  });
});

describe('a poll of the input that runs out', () => {
  const asleep: Scene = {
    waits: { 10: polling(1_000, { kind: 'input' }) },
    output: 'Proceed? ',
    stillMs: 400,
  };
  const awake: Scene = { ...asleep, stillMs: 0 };
  const times = (count: number, scene: Scene) => Array.from({ length: count }, () => scene);

  test('counts when it was entered again with a prompt on the screen, after 5 s', () => {
    expect(claimsAfter([asleep, awake, ...times(8, asleep)], 500)).toEqual(SUSPECTED);
    expect(claimsAfter([asleep, awake, ...times(9, asleep)], 500)).toEqual(CONFIRMED);
  });

  test('may also be a read that its terminal lets run out', () => {
    const reads = (scene: Scene): Scene => ({ ...scene, waits: { 10: INPUT } });
    expect(claimsAfter([asleep, awake, ...times(9, asleep)].map(reads), 500)).toEqual(CONFIRMED);
  });

  test('is only suspected below a timer, which may end it', () => {
    const habits = { 9: { caughtSignals: [], hasTimers: true, catchesTermination: false } };
    const timed = (scene: Scene): Scene => ({
      ...scene,
      waits: { 9: CHILDREN, 10: polling(1_000, { kind: 'input' }) },
      surroundings: { habits },
    });
    expect(claimsAfter([asleep, awake, ...times(12, asleep)].map(timed), 500)).toEqual(SUSPECTED);
  });

  test('is suspected where it has not come back', () => {
    expect(claimsAfter(times(12, asleep), 500)).toEqual(SUSPECTED);
  });

  test('says nothing without a prompt', () => {
    expect(
      claimsAfter(
        [awake, awake, ...times(12, asleep)].map((scene) => ({ ...scene, output: 'done\n' })),
        500,
      ),
    ).toEqual([]);
  });

  test('says nothing while the process works', () => {
    const working = { ...asleep, waits: { 10: [polling(1_000, { kind: 'input' }), RUNNING] } } as Scene;
    expect(claimsAfter(times(12, working), 500)).toEqual([]);
  });
});

describe('what is told of it', () => {
  const claimOf = (scene: Scene) => judgeBlocks(lookAt(scene, NOW_MS, createMemory(0)))[0];

  test('is the prompt, without its escape sequences, and who asks', () => {
    const claim = claimOf({ waits: { 10: INPUT }, output: 'a line\n\u001b[1mProceed?\u001b[0m [y/N] ' });
    expect(claim).toMatchObject({
      summary: 'p10 (pid 10) waits for input at the prompt "Proceed? [y/N]"',
      processes: [{ pid: 10, name: 'p10' }],
      details: { prompt: 'Proceed? [y/N]', password: false },
    });
  });

  test.each([
    [{ echoes: false, isCanonical: true }, true],
    [{ echoes: false, isCanonical: false }, false],
    [{ echoes: true, isCanonical: true }, false],
  ])('is whether it is a password: %p', (terminal, password) => {
    expect(claimOf({ waits: { 10: INPUT }, evidence: { terminal } })?.details).toMatchObject({ password });
  });
});
