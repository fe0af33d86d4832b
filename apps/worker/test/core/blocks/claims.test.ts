/** Each claim as a whole: since when, of which processes, with what evidence. It is what an agent is told. */
import { describe, expect, test } from '@jest/globals';
import type { Target } from '#src/core/blocks/evidence.js';
import {
  CHILDREN,
  evidenceOf,
  FUTEX,
  held,
  NOW_MS,
  pipe,
  polling,
  RUNNING,
  reading,
  type Scene,
  standingStill,
  TIME,
  wholeClaimsAfter,
} from './looks.js';

const times = (count: number, scene: (index: number) => Scene) =>
  Array.from({ length: count }, (_, index) => scene(index));
const once = (scene: Scene) => wholeClaimsAfter([scene], 0);
const quiet = { expectQuietMs: null };
const STOPPED = { on: 'continue', signal: 'SIGTSTP' } as const;

describe('a standstill', () => {
  test('of one process is its own, since its last thread stood still', () => {
    expect(once({ waits: { 10: [FUTEX, FUTEX] }, stillMs: 4_000 })).toEqual([
      {
        reason: 'deadlock',
        confidence: 'confirmed',
        sinceMs: NOW_MS - 4_000,
        summary: 'p10 (pid 10) waits for itself: no thread can run again',
        processes: [{ pid: 10, name: 'p10' }],
        details: {
          threads: [
            { pid: 10, tid: 10, name: 't', waitsFor: 'another thread (futex)' },
            { pid: 10, tid: 10.01, name: 't', waitsFor: 'another thread (futex)' },
          ],
        },
      },
    ]);
  });

  test('of several is theirs; of many the first four are named', () => {
    const [claim] = once({ waits: { 10: CHILDREN, 11: CHILDREN, 12: CHILDREN, 13: CHILDREN, 14: FUTEX } });
    expect(claim?.summary).toBe(
      'p10 (pid 10), p11 (pid 11), p12 (pid 12), p13 (pid 13) and 1 more wait for each other: no thread can run again',
    );
    expect(claim?.processes).toHaveLength(5);
  });

  test('over a dead child names the child and who should take note of it', () => {
    expect(once({ waits: { 10: FUTEX }, zombies: [11], stillMs: 3_000 })).toMatchObject([
      {
        reason: 'zombie',
        sinceMs: NOW_MS - 3_000,
        summary: 'p11 (pid 11) ended, and p10 (pid 10), which should take note of it, is blocked for ever',
        processes: [{ pid: 10, name: 'p10' }],
      },
    ]);
  });

  test('is no zombie’s where the dead one’s parent is none of the task', () => {
    expect(once({ waits: { 10: FUTEX }, zombies: [11], parents: { 11: 1 } })).toMatchObject([
      { reason: 'deadlock' },
    ]);
  });

  test('that nothing but a signal could end is none where a peer could end it too', () => {
    const habits = { 10: { caughtSignals: ['SIGUSR1'], hasTimers: false, catchesTermination: false } };
    const waits = { 10: [FUTEX, reading({ kind: 'socket', id: 's' })] };
    const sockets = { s: { kind: 'outside', peer: '10.0.0.1:22' } } as const;
    expect(once({ waits, surroundings: { habits, sockets } })).toEqual([]);
  });

  test('is suspected, and not confirmed, of one that has timers', () => {
    const habits = { 10: { caughtSignals: [], hasTimers: true, catchesTermination: false } };
    expect(once({ waits: { 10: FUTEX }, surroundings: { habits } })).toMatchObject([
      { reason: 'deadlock', confidence: 'suspected' },
    ]);
  });
});

describe('a stop', () => {
  test('says who stopped, since when, and by which signal', () => {
    expect(once({ waits: { 10: CHILDREN, 11: STOPPED }, stillMs: 2_500 })).toEqual([
      {
        reason: 'stopped',
        confidence: 'confirmed',
        sinceMs: NOW_MS - 2_500,
        summary: 'p11 (pid 11) is stopped by SIGTSTP',
        processes: [{ pid: 11, name: 'p11' }],
        details: { signal: 'SIGTSTP' },
      },
    ]);
  });

  test('of several, by a signal that nobody tells, says just that', () => {
    const stop = { on: 'continue', signal: null } as const;
    const [claim] = once({ waits: { 10: stop, 11: stop } });
    expect(claim?.summary).toBe('p10 (pid 10), p11 (pid 11) are stopped');
    expect(claim?.details).toStrictEqual({});
  });

  test('of one after the other counts from the first', () => {
    const [claim] = once(standingStill({ waits: { 10: STOPPED, 11: STOPPED } }, 3_000, 5_000));
    expect(claim?.sinceMs).toBe(NOW_MS - 5_000);
  });

  test('is told alone: whoever else stands still waits for it', () => {
    expect(once({ waits: { 10: [FUTEX, STOPPED] } }).map(({ reason }) => reason)).toEqual(['stopped']);
  });

  test('is suspected while another thread was scheduled a moment ago', () => {
    const scene = { waits: { 10: CHILDREN, 11: STOPPED, 12: RUNNING } };
    expect(once(scene)).toMatchObject([{ reason: 'stopped', confidence: 'suspected' }]);
  });
});

describe('a wait for what stands outside', () => {
  test('for a peer names it, and counts from when the task was last busy', () => {
    const scene: Scene = {
      waits: { 10: polling(30_000, { kind: 'socket', id: 's' }, { kind: 'input' }) },
      surroundings: { sockets: { s: { kind: 'outside', peer: '10.0.0.1:443' } } },
      task: { ...quiet, input: { isOpen: false } },
    };
    const socketAlone = { ...scene, waits: { 10: polling(30_000, { kind: 'socket', id: 's' }) } };
    expect(
      wholeClaimsAfter(
        times(9, () => socketAlone),
        1_000,
      ),
    ).toEqual([
      {
        reason: 'network_wait',
        confidence: 'suspected',
        sinceMs: NOW_MS,
        summary: 'p10 (pid 10) waits for 10.0.0.1:443, which sends nothing',
        processes: [{ pid: 10, name: 'p10' }],
        details: { peers: ['10.0.0.1:443'] },
      },
    ]);
    expect(
      wholeClaimsAfter(
        times(9, () => scene),
        1_000,
      ),
    ).toEqual([]);
  });

  test('for several things names the peers outside, and nothing else that it waits for', () => {
    const targets: Target[] = [
      { kind: 'timer', isArmed: false },
      { kind: 'socket', id: 's' },
      { kind: 'socket', id: 'inner' },
      { kind: 'socket', id: 'gone' },
      pipe('s', 'writers'),
    ];
    const scene: Scene = {
      waits: { 10: polling(30_000, ...targets) },
      surroundings: {
        sockets: { s: { kind: 'outside', peer: '10.0.0.1:443' }, inner: { kind: 'inside', pids: [10] } },
        pipes: { s: { readers: held([10]), writers: held([10]) } },
      },
      task: quiet,
    };
    expect(
      wholeClaimsAfter(
        times(9, () => scene),
        1_000,
      ),
    ).toMatchObject([{ reason: 'network_wait', details: { peers: ['10.0.0.1:443'] } }]);
  });

  test('for a lock names who has it', () => {
    const scene: Scene = {
      waits: { 10: { on: 'lock', file: '/w/l' } },
      surroundings: { locks: { '/w/l': held([], ['apt (pid 5)', 'dpkg (pid 6)']) } },
      task: quiet,
    };
    expect(
      wholeClaimsAfter(
        times(9, () => scene),
        1_000,
      ),
    ).toMatchObject([
      {
        reason: 'lock_wait',
        sinceMs: NOW_MS,
        summary: 'p10 (pid 10) waits for a lock of apt (pid 5), dpkg (pid 6)',
        details: { holders: ['apt (pid 5)', 'dpkg (pid 6)'] },
      },
    ]);
  });

  test('is looked at closely before anybody is named', () => {
    const scene: Scene = {
      waits: { 10: polling(30_000, { kind: 'socket', id: 's' }) },
      surroundings: null,
      task: quiet,
    };
    expect(
      wholeClaimsAfter(
        times(9, () => scene),
        1_000,
      ),
    ).toMatchObject([{ reason: 'network_wait', confidence: 'unsure', summary: '' }]);
  });

  test('is none where another process goes on by a timer of its own', () => {
    const outside: Scene = {
      waits: { 10: polling(30_000, { kind: 'socket', id: 's' }), 11: TIME },
      surroundings: { sockets: { s: { kind: 'outside', peer: '10.0.0.1:443' } } },
      task: quiet,
    };
    expect(
      wholeClaimsAfter(
        times(9, () => outside),
        1_000,
      ),
    ).toEqual([]);
    const timedLock = { ...outside, waits: { ...outside.waits, 11: { ...FUTEX, isTimed: true } } };
    expect(
      wholeClaimsAfter(
        times(9, () => timedLock),
        1_000,
      ),
    ).toEqual([]);
    const sameProcess = { ...outside, waits: { 10: [polling(30_000, { kind: 'socket', id: 's' }), TIME] } };
    expect(
      wholeClaimsAfter(
        times(9, () => sameProcess),
        1_000,
      ),
    ).toMatchObject([{ reason: 'network_wait' }]);
  });
});

describe('what is used up', () => {
  const memory = (share: number, kills = 0): Scene => ({
    waits: { 10: TIME },
    process: { residentBytes: share * 1_048_576_000 },
    evidence: {
      limits: { memory: { chargedBytes: share * 1_048_576_000, maxBytes: 1_048_576_000, kills } },
    },
  });

  test('of memory is told in percent and bytes, with the largest process', () => {
    expect(once(memory(0.985))).toEqual([
      {
        reason: 'memory_exhausted',
        confidence: 'confirmed',
        sinceMs: NOW_MS,
        summary: 'it uses 99 % of its 1000 MiB of memory',
        processes: [{ pid: 10, name: 'p10' }],
        details: { usedBytes: 0.985 * 1_048_576_000, maxBytes: 1_048_576_000, kills: 0 },
      },
    ]);
    expect(once(memory(0.2, 1))[0]?.summary).toBe(
      'it uses 20 % of its 1000 MiB of memory; the kernel has ended a process for it',
    );
    const three = evidenceOf({ ...memory(0.985), waits: { 10: TIME, 11: TIME, 12: TIME } });
    const processes = three.processes.map((process) => ({
      ...process,
      residentBytes: process.pid === 11 ? 1_000_000_000 : 24_288_000,
    }));
    const ofThree = once({ waits: { 10: TIME, 11: TIME, 12: TIME }, evidence: { ...three, processes } });
    expect(ofThree[0]?.processes).toEqual([{ pid: 11, name: 'p11' }]);
  });

  test('of memory that grows counts from when it was nearly full', () => {
    const growing = [0.85, 0.89, 0.91, 0.92, 0.93, 0.94].map((share) => memory(share));
    expect(wholeClaimsAfter(growing, 200)).toMatchObject([{ sinceMs: NOW_MS + 400 }]);
    expect(wholeClaimsAfter(growing.slice(0, 4), 200)).toEqual([]);
    const pausing = [0.85, 0.91, 0.92, 0.92, 0.93, 0.94].map((share) => memory(share));
    expect(wholeClaimsAfter(pausing, 200)).toEqual([]);
  });

  test('of processes is told with the kernel’s count of refusals', () => {
    const pids = (used: number, refusals: number) =>
      once({ waits: { 10: TIME }, evidence: { limits: { pids: { used, max: 9, refusals } } } });
    expect(pids(9, 0)).toEqual([
      {
        reason: 'pids_exhausted',
        confidence: 'confirmed',
        sinceMs: NOW_MS,
        summary: 'it has 9 of its 9 processes and threads',
        processes: [],
        details: { used: 9, max: 9, refusals: 0 },
      },
    ]);
    expect(pids(5, 2)[0]?.summary).toBe(
      'it has 5 of its 9 processes and threads; the kernel has refused it 2 more',
    );
  });

  test('of a disk names the directory, since the first write that failed', () => {
    const failing = times(7, (index) => ({
      waits: { 10: TIME },
      process: { writeCalls: index },
      evidence: { fullDirectory: '/w' },
    }));
    expect(wholeClaimsAfter(failing, 500)).toEqual([
      {
        reason: 'disk_full',
        confidence: 'confirmed',
        sinceMs: NOW_MS + 500,
        summary: 'its writes fail: there is no room left on the file system of /w',
        processes: [],
        details: { directory: '/w' },
      },
    ]);
  });

  test('of a disk is also known by what the task says itself, for 2 s', () => {
    const saying: Scene = {
      waits: { 10: TIME },
      output: 'cp: No space left on device\n',
      evidence: { fullDirectory: '/w' },
    };
    expect(
      wholeClaimsAfter(
        times(7, () => saying),
        500,
      ),
    ).toEqual([]); // long ago
  });

  test('of CPU is told in percent of the last 10 s, by the limit', () => {
    const held = (index: number, throttled: number): Scene => ({
      waits: { 10: TIME },
      evidence: { limits: { cpu: { periods: index * 20, throttled: index * throttled } } },
    });
    expect(
      wholeClaimsAfter(
        times(6, (index) => held(index, 10)),
        2_000,
      ),
    ).toEqual([
      {
        reason: 'cpu_exhausted',
        confidence: 'suspected',
        sinceMs: NOW_MS,
        summary: 'its CPU limit held it back in 50 % of the last 10 s',
        processes: [],
        details: { throttled: 0.5 },
      },
    ]);
    expect(
      wholeClaimsAfter(
        times(6, (index) => held(index, 9)),
        2_000,
      ),
    ).toEqual([]);
    expect(
      wholeClaimsAfter(
        times(5, (index) => held(index, 20)),
        2_000,
      ),
    ).toEqual([]);
    expect(
      wholeClaimsAfter(
        times(6, () => held(1, 20)),
        2_000,
      ),
    ).toEqual([]);
    const before = times(6, (index) => held(index, 20));
    const since = times(6, () => held(5, 20));
    expect(wholeClaimsAfter([...before, ...since], 2_000)).toEqual([]);
  });

  test('of CPU, by the host, names who could run', () => {
    const starved = (index: number): Scene => ({
      waits: { 10: RUNNING, 11: RUNNING },
      thread: index < 3 ? { busy: 0.9, eager: 0.95 } : { busy: 0.1, eager: 0.85 },
      task: { expectQuietMs: 3_600_000 },
    });
    expect(wholeClaimsAfter(times(14, starved), 1_000)).toEqual([
      {
        reason: 'cpu_exhausted',
        confidence: 'suspected',
        sinceMs: NOW_MS + 3_000,
        summary: 'p10 (pid 10), p11 (pid 11) could run and the host gives it hardly any CPU',
        processes: [
          { pid: 10, name: 'p10' },
          { pid: 11, name: 'p11' },
        ],
      },
    ]);
    expect(wholeClaimsAfter(times(13, starved), 1_000)).toEqual([]);
  });
});

describe('no progress', () => {
  test('of a task that nobody can look into is known by its use of CPU alone', () => {
    const scene: Scene = {
      waits: {},
      evidence: { usage: { cpu: 1.9, memory: 1 } },
      task: { expectQuietMs: 10_000 },
    };
    expect(
      wholeClaimsAfter(
        times(11, () => scene),
        1_000,
      ),
    ).toMatchObject([{ summary: 'it has neither written nor read nor computed for 10 s', processes: [] }]);
  });

  test('of silence counts from the last sign of work, and names who waits', () => {
    const idle: Scene = { waits: { 10: TIME }, task: { expectQuietMs: 10_000 } };
    const scenes = times(14, (index) => ({ ...idle, process: { ioBytes: Math.min(index, 3) } }));
    expect(wholeClaimsAfter(scenes, 1_000)).toEqual([
      {
        reason: 'no_progress',
        confidence: 'suspected',
        sinceMs: NOW_MS + 3_000,
        summary: 'p10 (pid 10) has neither written nor read nor computed for 10 s',
        processes: [{ pid: 10, name: 'p10' }],
      },
    ]);
  });

  test.each<[string, Partial<Scene>]>([
    ['computes a little', { thread: { busy: 0.021, eager: 0.021 } }],
    ['is on a CPU', { waits: { 10: RUNNING }, thread: { busy: 0, eager: 0 } }],
    ['is measured to compute', { evidence: { usage: { cpu: 2.1, memory: 1 } } }],
    ['serves', { task: { kind: 'service', expectQuietMs: 10_000 } }],
  ])('is not claimed of one that %s', (_what, change) => {
    const scene: Scene = { waits: { 10: TIME }, task: { expectQuietMs: 10_000 }, ...change };
    expect(
      wholeClaimsAfter(
        times(14, () => scene),
        1_000,
      ),
    ).toEqual([]);
  });
});

describe('a loop', () => {
  test('is told with its threads, since it was first seen to spin', () => {
    const spinning: Scene = { waits: { 10: RUNNING }, task: quiet };
    expect(
      wholeClaimsAfter(
        times(13, () => spinning),
        1_000,
      ),
    ).toEqual([
      {
        reason: 'infinite_loop',
        confidence: 'suspected',
        sinceMs: NOW_MS,
        summary: 'p10 (pid 10) burns a CPU for 12 s, without input, output or new processes',
        processes: [{ pid: 10, name: 'p10' }],
        details: { threads: [{ pid: 10, tid: 10, name: 't', waitsFor: 'nothing: it runs' }] },
      },
    ]);
  });

  test('of several processes is told since the first of them spun', () => {
    const scene = (index: number): Scene => {
      const processes = evidenceOf({ waits: { 10: RUNNING, 11: RUNNING } }).processes.map((process) =>
        process.pid === 10 ? { ...process, ioBytes: Math.min(index, 3) } : process,
      );
      return { waits: { 10: RUNNING, 11: RUNNING }, task: quiet, evidence: { processes } };
    };
    expect(wholeClaimsAfter(times(17, scene), 1_000)).toMatchObject([{ sinceMs: NOW_MS }]);
  });

  test('is one from the share of 85 % on, and its window begins anew with what it reads or writes', () => {
    const spinning = (eager: number, ioBytes = 0): Scene => ({
      waits: { 10: RUNNING },
      task: quiet,
      thread: { busy: eager, eager },
      process: { ioBytes },
    });
    expect(
      wholeClaimsAfter(
        times(13, () => spinning(0.85)),
        1_000,
      ),
    ).toMatchObject([{ reason: 'infinite_loop' }]);
    expect(
      wholeClaimsAfter(
        times(13, () => spinning(0.84)),
        1_000,
      ),
    ).toEqual([]);
    const working = times(17, (index) => spinning(1, Math.min(index, 4)));
    expect(wholeClaimsAfter(working, 1_000)).toMatchObject([{ sinceMs: NOW_MS + 4_000 }]);
    expect(wholeClaimsAfter(working.slice(0, 16), 1_000)).toEqual([]);
  });
});
