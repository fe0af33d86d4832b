/** Deadlocks, zombies, stopped tasks, and waits for what stands outside. */
import { describe, expect, test } from '@jest/globals';
import type { Wait } from '#src/core/blocks/evidence.js';
import { createMemory } from '#src/core/blocks/look.js';
import { provesDeadlock } from '#src/core/blocks/runtime-standstill.js';
import { judgeBlocks, ownThreads } from '#src/core/judge-block.js';
import {
  CHILDREN,
  claimsAfter,
  claimsOf,
  evidenceOf,
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
  writing,
} from './looks.js';

const DEADLOCK = ['confirmed deadlock'];
const quiet = { expectQuietMs: null };

/** What goes on by itself, or by who is not of the task. */
const UNENDING: readonly [string, Wait][] = [
  ['is at work in the kernel', { on: 'kernel' }],
  ['sleeps', TIME],
  ['may be given input', INPUT],
  ['serves', reading({ kind: 'files' })],
];
const INTERACTIVE = { task: { kind: 'interactive' }, stillMs: 3_000 } as const;

describe('a standstill', () => {
  test.each<[string, Scene, string[]]>([
    ['of threads that wait for each other is a deadlock', { waits: { 10: [FUTEX, FUTEX] } }, DEADLOCK],
    ['is none before 2.5 s', { waits: { 10: [FUTEX, FUTEX] }, stillMs: 2_499 }, []],
    [
      'is none where one of them was scheduled a moment ago',
      standingStill({ waits: { 10: [FUTEX, FUTEX] } }, 10_000, 2_499),
      [],
    ],
    ['is none of a task that has no thread yet, or none any more', { waits: {} }, []],
    ['is none while one of them has a timeout', { waits: { 10: [FUTEX, { ...FUTEX, isTimed: true }] } }, []],
    [
      'is none of one that waits for children and has none: it is about to be told',
      { waits: { 10: CHILDREN } },
      [],
    ],
    ['is none while a child works', { waits: { 10: CHILDREN, 11: RUNNING } }, []],
    ['is none while a child sleeps', { waits: { 10: CHILDREN, 11: TIME } }, []],
    ['is none while the kernel works for it', { waits: { 10: CHILDREN, 11: { on: 'kernel' } } }, []],
    [
      'of a writer to a full pipe and a reader that waits for its end is a deadlock',
      {
        waits: { 10: CHILDREN, 11: writing(pipe('p', 'readers')) },
        surroundings: { pipes: { p: { readers: held([10]), writers: held([11]) } } },
      },
      DEADLOCK,
    ],
    [
      'is none where the other end of the pipe is held outside',
      {
        waits: { 10: reading(pipe('p', 'writers')) },
        surroundings: { pipes: { p: { readers: held([10]), writers: held([], ['cron (pid 5)']) } } },
      },
      [],
    ],
    [
      'of two ends of one connection is a deadlock',
      {
        waits: { 10: [reading({ kind: 'socket', id: 'a' }), reading({ kind: 'socket', id: 'b' })] },
        surroundings: { sockets: { a: { kind: 'inside', pids: [10] }, b: { kind: 'inside', pids: [10] } } },
      },
      DEADLOCK,
    ],
    [
      'of a reader of a FIFO with a name is only suspected: anybody may open it',
      {
        waits: { 10: reading({ kind: 'pipe', id: '/w/f', end: 'writers', isNamed: true }) },
        surroundings: { pipes: { '/w/f': { readers: held([10]), writers: held([10]) } } },
      },
      ['suspected deadlock'],
    ],
    ['of a FIFO that nobody opens is a deadlock', { waits: { 10: { on: 'open', path: '/w/f' } } }, DEADLOCK],
    [
      'is none where another process may open the FIFO',
      { waits: { 10: { on: 'open', path: '/w/f' }, 11: TIME } },
      [],
    ],
    [
      'of a lock that its own parent holds is a deadlock',
      {
        waits: { 10: CHILDREN, 11: { on: 'lock', file: '/w/l' } },
        surroundings: { locks: { '/w/l': held([10]) } },
      },
      DEADLOCK,
    ],
    [
      'that waits for input is none',
      { waits: { 10: CHILDREN, 11: INPUT }, task: { kind: 'interactive' }, stillMs: 3_000 },
      [],
    ],
    [
      'that waits for a reader of its output is none: the worker is that reader',
      { waits: { 10: writing({ kind: 'output' }) } },
      [],
    ],
    [
      'that listens is none',
      {
        waits: { 10: reading({ kind: 'socket', id: 's' }) },
        surroundings: { sockets: { s: { kind: 'listening' } } },
      },
      [],
    ],
    ['that watches files is none', { waits: { 10: [reading({ kind: 'files' }), FUTEX] } }, []],
    [
      'that waits in an unknown call is none',
      { waits: { 10: { on: 'unknown', call: 'system call 999' } } },
      [],
    ],
    ['in shared memory that others may map is none', { waits: { 10: { ...FUTEX, sharedBy: 'host' } } }, []],
    [
      'in shared memory of the family is a deadlock',
      { waits: { 10: { ...FUTEX, sharedBy: 'tree' }, 11: FUTEX } },
      DEADLOCK,
    ],
    [
      'with an armed timer descriptor is none',
      { waits: { 10: reading({ kind: 'timer', isArmed: true }) } },
      [],
    ],
    ['is looked at closely first', { waits: { 10: FUTEX }, surroundings: null }, ['unsure deadlock']],
    ...UNENDING.map(([what, wait]): [string, Scene, string[]] => [
      `is not looked at closely where a process ${what}`,
      { waits: { 10: CHILDREN, 11: wait }, surroundings: null, ...INTERACTIVE },
      [],
    ]),
    [
      'is not looked at closely where a process waits for the reader of its output',
      { waits: { 10: CHILDREN, 11: writing({ kind: 'output' }) }, surroundings: null },
      [],
    ],
    [
      'in a world that cannot be read is suspected',
      { waits: { 10: FUTEX }, evidence: { unreadable: ['x'] } },
      ['suspected deadlock'],
    ],
    [
      'that a caught signal could end is suspected after 6 s',
      {
        waits: { 10: FUTEX },
        surroundings: {
          habits: { 10: { caughtSignals: ['SIGUSR1'], hasTimers: false, catchesTermination: false } },
        },
        stillMs: 6_000,
      },
      ['suspected deadlock'],
    ],
    [
      'that a caught signal could end is nothing before',
      {
        waits: { 10: FUTEX },
        surroundings: {
          habits: { 10: { caughtSignals: ['SIGUSR1'], hasTimers: false, catchesTermination: false } },
        },
        stillMs: 5_999,
      },
      [],
    ],
    [
      'that a signal could end which one of several processes catches is suspected as well',
      {
        waits: { 10: CHILDREN, 11: FUTEX },
        surroundings: {
          habits: { 11: { caughtSignals: ['SIGUSR1'], hasTimers: false, catchesTermination: false } },
        },
      },
      ['suspected deadlock'],
    ],
    [
      'with a dead child that is never reaped is a zombie',
      { waits: { 10: FUTEX }, zombies: [11] },
      ['confirmed zombie'],
    ],
    [
      'with a dead child of one process among several is a zombie',
      { waits: { 10: CHILDREN, 11: FUTEX }, zombies: [12] },
      ['confirmed zombie'],
    ],
    ['with a dead child and a timer is none', { waits: { 10: [FUTEX, TIME] }, zombies: [11] }, []],
  ])('%s', (_, scene, expected) => {
    expect(claimsOf(scene)).toEqual(expected);
  });

  test('leaves out the threads that a JVM keeps for itself, by their names', () => {
    const evidence = evidenceOf({ waits: { 10: [FUTEX, TIME], 11: TIME } });
    const names = ['main', 'VM Periodic Tas', 'VM Thread'];
    const threads = evidence.threads.map((thread, index) => ({ ...thread, name: names[index] ?? '?' }));
    expect(ownThreads({ ...evidence, threads }).map(({ name }) => name)).toEqual(['main', 'VM Thread']);
  });
});

describe('a stopped task', () => {
  const STOPPED = { on: 'continue', signal: 'SIGSTOP' } as const;

  test.each<[string, Scene, string[]]>([
    [
      'is confirmed where its parent waits for it',
      { waits: { 10: CHILDREN, 11: STOPPED } },
      ['confirmed stopped'],
    ],
    ['is none before 2.5 s', { waits: { 10: CHILDREN, 11: STOPPED }, stillMs: 2_400 }, []],
    [
      'is suspected where another process has a timer',
      { waits: { 10: CHILDREN, 11: STOPPED, 12: TIME } },
      ['suspected stopped'],
    ],
    ['is looked at closely first', { waits: { 10: STOPPED }, surroundings: null }, ['unsure stopped']],
    ...UNENDING.map(([what, wait]): [string, Scene, string[]] => [
      `is suspected without a closer look where another process ${what}`,
      { waits: { 10: STOPPED, 11: wait }, surroundings: null, ...INTERACTIVE },
      ['suspected stopped'],
    ]),
    [
      'is suspected where another of its threads was scheduled a moment ago',
      standingStill({ waits: { 10: [STOPPED, FUTEX] } }, 10_000, 2_499),
      ['suspected stopped'],
    ],
    [
      'is suspected where a signal that another process catches may come',
      {
        waits: { 10: CHILDREN, 11: STOPPED },
        surroundings: {
          habits: { 10: { caughtSignals: ['SIGUSR1'], hasTimers: false, catchesTermination: false } },
        },
      },
      ['suspected stopped'],
    ],
  ])('%s', (_, scene, expected) => {
    expect(claimsOf(scene)).toEqual(expected);
  });
});

describe('a wait for what stands outside', () => {
  const network: Scene = {
    waits: { 10: polling(30_000, { kind: 'socket', id: 's' }) },
    surroundings: { sockets: { s: { kind: 'outside', peer: '10.0.0.1:443' } } },
    task: quiet,
  };
  const lock: Scene = {
    waits: { 10: { on: 'lock', file: '/w/l' } },
    surroundings: { locks: { '/w/l': held([], ['apt (pid 5)']) } },
    task: quiet,
  };
  const over = (scene: Scene, looks: number) =>
    claimsAfter(
      Array.from({ length: looks }, () => scene),
      1_000,
    );

  test('for a peer is suspected after 8 quiet seconds', () => {
    expect(over(network, 8)).toEqual([]);
    expect(over(network, 9)).toEqual(['suspected network_wait']);
  });

  test('for a lock is suspected after 8 quiet seconds', () => {
    expect(over(lock, 9)).toEqual(['suspected lock_wait']);
  });

  test('is not suspected of a service, nor before expectQuietMs', () => {
    expect(over({ ...network, task: { ...quiet, kind: 'service' } }, 20)).toEqual([]);
    expect(over({ ...network, task: { expectQuietMs: 15_000 } }, 15)).toEqual([]);
  });

  const beside = (wait: Wait): Scene => ({
    ...network,
    waits: { ...network.waits, 11: wait },
    parents: { 11: 1 },
    task: { ...quiet, kind: 'interactive' },
    stillMs: 400,
  });

  test.each(UNENDING.filter(([, { on }]) => on !== 'time'))('is none where another process %s', (_, wait) => {
    expect(over(beside(wait), 9)).toEqual([]);
  });

  test('is suspected as well where another process waits for a lock of its own', () => {
    expect(over(beside(FUTEX), 9)).toEqual(['suspected network_wait']);
  });

  test('is none where nobody outside has what is waited for', () => {
    const inside = { sockets: { s: { kind: 'inside', pids: [10] } } } as const;
    expect(over({ ...network, surroundings: inside }, 9)).toEqual([]);
    expect(over({ ...lock, surroundings: {} }, 9)).toEqual([]);
  });

  test('is not suspected while bytes come', () => {
    const scenes = Array.from({ length: 20 }, (_, index) => ({ ...network, process: { ioBytes: index } }));
    expect(claimsAfter(scenes, 1_000)).toEqual([]);
  });
});

describe('a program that its runtime knows better', () => {
  const java: Scene = { waits: { 10: [{ ...FUTEX, isTimed: true }, TIME] } };
  const lookOver = (scene: Scene, ms: number) => {
    const memory = createMemory(NOW_MS);
    const named = (nowMs: number) => {
      const look = lookAt(scene, nowMs, memory);
      const threads = look.evidence.threads.map((thread, index) =>
        index === 1 ? { ...thread, name: 'VM Periodic Tas' } : thread,
      );
      const evidence = { ...look.evidence, threads };
      return { ...look, evidence, threads: ownThreads(evidence) };
    };
    judgeBlocks(named(NOW_MS));
    return judgeBlocks(named(NOW_MS + ms));
  };

  test('is looked into by its runtime after 6 quiet seconds', () => {
    expect(lookOver(java, 5_999)).toEqual([]);
    expect(lookOver(java, 6_000)).toMatchObject([
      { reason: 'deadlock', confidence: 'unsure', proof: 'stacks' },
    ]);
  });

  const TIMED = { ...FUTEX, isTimed: true };
  /** The second thread of each is the one that every JVM has. */
  test.each<[string, Scene, string[]]>([
    ['serves is not asked', { ...java, task: { kind: 'service' } }, []],
    [
      'waits for a peer as well is not asked',
      {
        waits: { 10: [TIMED, TIME, reading({ kind: 'socket', id: 's' })] },
        surroundings: { sockets: { s: { kind: 'outside', peer: '10.0.0.1:443' } } },
      },
      [],
    ],
    ['only sleeps is not asked', { waits: { 10: [TIME, TIME] } }, []],
    [
      'only sleeps, while another process waits for a lock, is not asked',
      { waits: { 10: [TIME, TIME], 11: TIMED } },
      [],
    ],
    [
      'waits for a lock in one thread and sleeps in another is asked',
      { waits: { 10: [TIMED, TIME, TIME] } },
      ['unsure deadlock'],
    ],
    [
      'stands still for ever by the word of the kernel is told so without being asked',
      { waits: { 10: [FUTEX, TIME] } },
      DEADLOCK,
    ],
  ])('that %s', (_, scene, expected) => {
    const claims = lookOver(scene, 6_000);
    expect(claims.map(({ confidence, reason }) => `${confidence} ${reason}`)).toEqual(expected);
  });

  test.each([
    ['Found one Java-level deadlock:\n=====', true],
    ['Found 2 Java-level deadlocks:', true],
    ['"main" #1 prio=5 waiting on condition', false],
    ['my log: Found one Java-level deadlock', false],
  ])('is deadlocked by the words %p: %s', (text, expected) => {
    const told = { pid: 10, tool: 'jstack', text };
    expect(provesDeadlock([told])).toBe(expected);
    expect(provesDeadlock([{ ...told, pid: 9, text: '' }, told])).toBe(expected);
  });
});
