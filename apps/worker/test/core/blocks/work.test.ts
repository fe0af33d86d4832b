/** Loops, floods, silence, and limits. */
import { describe, expect, test } from '@jest/globals';
import { createMemory } from '#src/core/blocks/look.js';
import { createOutputWatch, promptOf, watchOutput } from '#src/core/blocks/output-watch.js';
import { createBlockWatch, noteFeed } from '#src/core/blocks/watch.js';
import { judgeBlocks } from '#src/core/judge-block.js';
import {
  claimsAfter,
  claimsOf,
  evidenceOf,
  lookAt,
  NOW_MS,
  RUNNING,
  reading,
  type Scene,
  TIME,
} from './looks.js';

const SPINNING: Scene = { waits: { 10: RUNNING }, task: { expectQuietMs: null } };
const times = (count: number, scene: (index: number) => Scene) =>
  Array.from({ length: count }, (_, index) => scene(index));

describe('a loop', () => {
  test('is suspected after 12 s of nothing but CPU', () => {
    expect(
      claimsAfter(
        times(12, () => SPINNING),
        1_000,
      ),
    ).toEqual([]);
    expect(
      claimsAfter(
        times(13, () => SPINNING),
        1_000,
      ),
    ).toEqual(['suspected infinite_loop']);
  });

  test('is not suspected of one that was busy once, however seldom it is looked at', () => {
    const idle: Scene = { ...SPINNING, waits: { 10: TIME } };
    expect(claimsAfter([SPINNING, idle, idle], 7_000)).toEqual([]);
  });

  test('that is suspected stays so over a look that came late', () => {
    const late: Scene = { ...SPINNING, thread: { busy: 0.5, eager: 0.5 } };
    expect(claimsAfter([...times(13, () => SPINNING), late], 1_000)).toEqual(['suspected infinite_loop']);
  });

  test('of several threads is a livelock', () => {
    expect(
      claimsAfter(
        times(13, () => ({ ...SPINNING, waits: { 10: [RUNNING, RUNNING] } })),
        1_000,
      ),
    ).toEqual(['suspected livelock']);
  });

  test('is also suspected where the machine gives it half a CPU', () => {
    const scene = { ...SPINNING, thread: { busy: 0.4, eager: 0.95 } };
    expect(
      claimsAfter(
        times(13, () => scene),
        1_000,
      ),
    ).toEqual(['suspected infinite_loop']);
  });

  test.each<[string, (index: number) => Scene]>([
    ['reads or writes', (index) => ({ ...SPINNING, process: { ioBytes: index } })],
    ['starts processes', (index) => ({ ...SPINNING, waits: { 10: RUNNING, [20 + index]: TIME } })],
    ['uses half a CPU', () => ({ ...SPINNING, thread: { busy: 0.5, eager: 0.5 } })],
    ['was said to be quiet for so long', () => ({ ...SPINNING, task: { expectQuietMs: 60_000 } })],
  ])('is not suspected of one that %s', (_, scene) => {
    expect(claimsAfter(times(20, scene), 1_000)).toEqual([]);
  });

  test('is still one after two looks that came late, and none after three', () => {
    const late = (from: number, count: number) => (index: number) =>
      index >= from && index < from + count ? { ...SPINNING, thread: { busy: 0.2, eager: 0.2 } } : SPINNING;
    expect(claimsAfter(times(13, late(5, 2)), 1_000)).toEqual(['suspected infinite_loop']);
    expect(claimsAfter(times(13, late(5, 3)), 1_000)).toEqual([]);
  });

  test('of threads that hand each other the CPU is a livelock', () => {
    const pair = (eager: number, switchesPerSecond: number): Scene => ({
      ...SPINNING,
      waits: { 10: [RUNNING, RUNNING] },
      thread: { busy: eager, eager, switchesPerSecond },
    });
    const after13 = (scene: Scene) =>
      claimsAfter(
        times(13, () => scene),
        1_000,
      );
    expect(after13(pair(0.31, 50))).toEqual(['suspected livelock']);
    expect(after13(pair(0.29, 50))).toEqual([]);
    expect(after13(pair(0.31, 49))).toEqual([]);
  });

  test('that the host hardly lets run is short of CPU, after 10 s', () => {
    const starved = (busy: number) => times(11, () => ({ ...SPINNING, thread: { busy, eager: 0.95 } }));
    expect(claimsAfter(starved(0.18), 1_000)).toEqual(['suspected cpu_exhausted']);
    expect(claimsAfter(starved(0.2), 1_000)).toEqual([]);
  });

  test('is told of as that which it was suspected to be, until it has gone', () => {
    const inTwo: Scene = { ...SPINNING, waits: { 10: [RUNNING, RUNNING] } };
    const inOne = times(13, () => SPINNING);
    const goingOn = times(10, () => inTwo);
    expect(claimsAfter([...inOne, ...goingOn], 1_000)).toEqual(['suspected infinite_loop']);
    const away = times(4, () => ({ ...SPINNING, waits: { 10: TIME } }));
    const again = times(13, () => inTwo);
    expect(claimsAfter([...inOne, ...away, ...again], 1_000)).toEqual(['suspected livelock']);
  });

  test('of one thread is no livelock for others that do little', () => {
    const scene: Scene = { ...SPINNING, waits: { 10: [RUNNING, TIME, TIME] } };
    const threads = evidenceOf(scene).threads.map((thread, index) =>
      index === 0 ? thread : { ...thread, busy: 0.1, eager: 0.1 },
    );
    expect(
      claimsAfter(
        times(13, () => ({ ...scene, evidence: { threads } })),
        1_000,
      ),
    ).toEqual(['suspected infinite_loop']);
  });

  test('that has ended is none, however soon that is looked at', () => {
    const ended: Scene = { ...SPINNING, waits: { 11: TIME } };
    expect(claimsAfter([...times(13, () => SPINNING), ended], 1_000)).toEqual([]);
  });

  test('is not hindered by memory that it took before, nor by a page now and then', () => {
    const taking = (faults: (index: number) => number) =>
      claimsAfter(
        times(13, (index) => ({ ...SPINNING, process: { minorFaults: faults(index) } })),
        1_000,
      );
    expect(taking(() => 1_000_000)).toEqual(['suspected infinite_loop']);
    expect(taking((index) => index)).toEqual(['suspected infinite_loop']);
  });

  test('that takes memory is suspected after 20 s', () => {
    const scene = (index: number) => ({ ...SPINNING, process: { minorFaults: index * 100 } });
    expect(claimsAfter(times(20, scene), 1_000)).toEqual([]);
    expect(claimsAfter(times(21, scene), 1_000)).toEqual(['suspected infinite_loop']);
  });
});

describe('silence', () => {
  const idle: Scene = { waits: { 10: TIME }, task: { expectQuietMs: null } };

  test('of a batch task is suspected after three minutes, or what its caller said', () => {
    expect(
      claimsAfter(
        times(180, () => idle),
        1_000,
      ),
    ).toEqual([]);
    expect(
      claimsAfter(
        times(181, () => idle),
        1_000,
      ),
    ).toEqual(['suspected no_progress']);
    expect(
      claimsAfter(
        times(11, () => ({ ...idle, task: { expectQuietMs: 10_000 } })),
        1_000,
      ),
    ).toEqual(['suspected no_progress']);
  });

  test('of one that has written before is suspected as well', () => {
    const scenes = times(11, () => ({ ...idle, output: 'ready\n', task: { expectQuietMs: 10_000 } }));
    expect(claimsAfter([...scenes, ...scenes.slice(0, 1)], 1_000)).toEqual(['suspected no_progress']);
  });

  test('of all but one thread is not', () => {
    const scene: Scene = { waits: { 10: [RUNNING, TIME] }, task: { expectQuietMs: 10_000 } };
    expect(
      claimsAfter(
        times(11, () => scene),
        1_000,
      ),
    ).toEqual([]);
  });

  test('of a service, or of one that listens, is not', () => {
    const listening: Scene = {
      ...idle,
      waits: { 10: reading({ kind: 'socket', id: 's' }) },
      surroundings: { sockets: { s: { kind: 'listening' } } },
    };
    expect(
      claimsAfter(
        times(200, () => listening),
        1_000,
      ),
    ).toEqual([]);
    expect(
      claimsAfter(
        times(200, () => ({ ...idle, task: { kind: 'service', expectQuietMs: null } })),
        1_000,
      ),
    ).toEqual([]);
  });
});

test('what is remembered of a task grows neither with the looks at it nor with the processes that it has had', () => {
  const limits = {
    memory: { chargedBytes: 500, maxBytes: 1_000, kills: 0 },
    pids: { used: 1, max: 9, refusals: 0 },
    cpu: { periods: 0, throttled: 0 },
  };
  const sizeAfter = (looks: number) => {
    const remembered = createMemory(NOW_MS);
    for (let look = 0; look < looks; look++) {
      const scene: Scene = { ...SPINNING, waits: { [10 + look]: RUNNING }, evidence: { limits } };
      judgeBlocks(lookAt(scene, NOW_MS + look * 1_000, remembered));
    }
    const lists = Object.values(remembered).filter((value) => typeof value === 'object' && value !== null);
    const sizes = lists.map((list) => ('size' in list ? list.size : Object.keys(list).length));
    return sizes.reduce((sum, size) => sum + size, 0);
  };
  expect(sizeAfter(1_000)).toBe(sizeAfter(100));
});

describe('limits', () => {
  const memory = (share: number, kills = 0): Scene => ({
    waits: { 10: TIME },
    process: { residentBytes: share * 1_000 },
    evidence: { limits: { memory: { chargedBytes: share * 1_000, maxBytes: 1_000, kills } } },
  });

  const pids = (used: number, refusals: number): Scene => ({
    waits: { 10: TIME },
    evidence: { limits: { pids: { used, max: 9, refusals } } },
  });

  test.each<[string, Scene[], string[]]>([
    ['memory at 98.5 % is exhausted', [memory(0.985)], ['confirmed memory_exhausted']],
    ['memory at 95 % that does not grow is not', times(9, () => memory(0.95)), []],
    [
      'memory over 90 % that grows is',
      [0.85, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95].map((share) => memory(share)),
      ['confirmed memory_exhausted'],
    ],
    [
      'memory under 90 % that grows is not',
      [0.5, 0.6, 0.7, 0.8, 0.85, 0.89].map((share) => memory(share)),
      [],
    ],
    [
      'memory that was loaded at once and stands is not',
      [0.1, 0.92, 0.92, 0.92, 0.92].map((share) => memory(share)),
      [],
    ],
    ['memory for which the kernel has ended a process is', [memory(0.2, 1)], ['confirmed memory_exhausted']],
    ['processes that were refused are exhausted', [pids(5, 1)], ['confirmed pids_exhausted']],
    ['memory for which the kernel ended a process 10 s ago is not', times(41, () => memory(0.2, 1)), []],
    ['processes that were refused 10 s ago are not', times(41, () => pids(5, 1)), []],
    ['processes that fill the limit are exhausted', [pids(9, 0)], ['confirmed pids_exhausted']],
    ['processes under the limit are not', [pids(8, 0)], []],
    [
      'CPU that was held back for 10 s is suspected',
      times(6, (index) => ({
        waits: { 10: TIME },
        evidence: { limits: { cpu: { periods: index * 20, throttled: index * 15 } } },
      })),
      ['suspected cpu_exhausted'],
    ],
  ])('%s', (_, scenes, expected) => {
    expect(claimsAfter(scenes, scenes.length === 6 ? 2_000 : 250)).toEqual(expected);
  });

  test('memory that grows is looked at over 140 ms, however often it is looked at', () => {
    const growing = (step: number) => times(13, (index) => memory(0.91 + index * step));
    expect(claimsAfter(growing(0.0015), 50)).toEqual(['confirmed memory_exhausted']);
    expect(claimsAfter(growing(0.0006), 50)).toEqual([]);
    expect(claimsAfter(growing(0.0001), 250)).toEqual([]);
  });

  test('CPU that was held back is that of the last 10 s, whatever was before, and however seldom it is looked at', () => {
    const held = (periods: number, throttled: number) =>
      claimsAfter(
        times(5, (index) => ({
          waits: { 10: TIME },
          evidence: {
            limits: { cpu: { periods: periods + index * 20, throttled: throttled + index * 15 } },
          },
        })),
        3_000,
      );
    expect(held(0, 0)).toEqual(['suspected cpu_exhausted']);
    expect(held(1_000, 0)).toEqual(['suspected cpu_exhausted']);
    const before = (index: number): Scene => ({
      waits: { 10: TIME },
      evidence: { limits: { cpu: { periods: 1_000 + index * 20, throttled: 900 + index * 5 } } },
    });
    expect(claimsAfter(times(5, before), 3_000)).toEqual([]);
  });

  test('a host that gives it some CPU in between has not kept it from it for 10 s', () => {
    const scenes = times(14, (index) => ({
      waits: { 10: RUNNING },
      thread: { busy: index === 5 ? 0.9 : 0.1, eager: 0.95 },
    }));
    expect(claimsAfter(scenes, 1_000)).toEqual([]);
  });

  test('memory that is charged for cached files alone is not exhausted', () => {
    const scene = memory(0.1);
    const limits = { memory: { chargedBytes: 995, maxBytes: 1_000, kills: 0 } };
    expect(claimsOf({ ...scene, evidence: { limits } })).toEqual([]);
  });

  test('a full disk is confirmed after 2.5 s of failing writes, and a full disk alone is not', () => {
    const failing = (index: number): Scene => ({
      waits: { 10: TIME },
      process: { writeCalls: index },
      evidence: { fullDirectory: '/w' },
    });
    expect(claimsAfter(times(6, failing), 500)).toEqual([]);
    expect(claimsAfter(times(7, failing), 500)).toEqual(['confirmed disk_full']);
    const tryingNowAndThen = times(10, (index) => failing(Math.floor(index / 2)));
    expect(claimsAfter(tryingNowAndThen, 500)).toEqual(['confirmed disk_full']);
    const hadRoom = { ...failing(4), evidence: {} };
    expect(
      claimsAfter([...times(5, failing), hadRoom, ...times(4, (index) => failing(5 + index))], 500),
    ).toEqual([]);
    expect(
      claimsAfter(
        times(7, () => failing(0)),
        500,
      ),
    ).toEqual([]);
    const hasGivenUp = times(12, (index) => failing(Math.min(index, 6)));
    expect(claimsAfter(hasGivenUp, 500)).toEqual([]); // it has not tried for 2.5 s
    expect(
      claimsAfter(
        times(7, (index) => ({ ...failing(index), evidence: {} })),
        500,
      ),
    ).toEqual([]);
  });
});

test('a disk is known to be full by what the task says of it as well, for 2 s each time', () => {
  const remembered = createMemory(NOW_MS);
  const output = createOutputWatch(NOW_MS);
  const looks = times(12, () => ({ waits: { 10: TIME }, evidence: { fullDirectory: '/w' } })).map(
    (scene, index) => {
      const nowMs = NOW_MS + index * 500;
      const line = index < 4 ? 'cp: No space left on device' : 'done';
      watchOutput(output, 'stdout', new TextEncoder().encode(`${line}\n`), nowMs);
      const look = lookAt(scene, nowMs, remembered);
      return judgeBlocks({ ...look, task: { ...look.task, output } }).map(({ reason }) => reason);
    },
  );
  expect(looks.map((claims) => claims.length)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0]);
  expect(looks[5]).toEqual(['disk_full']);
});

describe('output', () => {
  const repeating = (count: number, everyMs: number) => {
    const output = createOutputWatch(NOW_MS);
    for (let index = 0; index < count; index++)
      watchOutput(output, 'stdout', new TextEncoder().encode('waiting...\n'), NOW_MS + index * everyMs);
    const look = lookAt({ waits: { 10: TIME }, task: { expectQuietMs: null } }, NOW_MS + count * everyMs);
    return judgeBlocks({ ...look, task: { ...look.task, output } }).map(({ reason }) => reason);
  };

  test('of the same line twelve times over 12 s is no progress, and less of it is', () => {
    expect(repeating(13, 1_000)).toEqual(['no_progress']);
    expect(repeating(12, 1_000)).toEqual([]); // over 11 s
    expect(repeating(12, 1_500)).toEqual(['no_progress']);
    expect(repeating(11, 1_500)).toEqual([]);
  });

  const flood = (text: (index: number) => string) => {
    const memory = createMemory(NOW_MS);
    const output = createOutputWatch(NOW_MS);
    let claims: string[] = [];
    for (let index = 0; index < 12; index++) {
      const nowMs = NOW_MS + index * 500;
      for (let chunk = 0; chunk < 16; chunk++)
        watchOutput(output, 'stdout', new TextEncoder().encode(text(index * 16 + chunk)), nowMs);
      const look = lookAt({ waits: { 10: RUNNING } }, nowMs, memory);
      claims = judgeBlocks({ ...look, task: { ...look.task, output } }).map(
        ({ confidence, reason }) => `${confidence} ${reason}`,
      );
    }
    return claims;
  };

  test('of the same line for ever is a flood', () => {
    expect(
      flood((chunk) => 'the same line\n'.repeat(4_700).slice(chunk % 14, (chunk % 14) + 65_536)),
    ).toEqual(['confirmed output_flood']);
  });

  test('of ever new lines is none', () => {
    expect(
      flood((chunk) => Array.from({ length: 5_000 }, (_, line) => `line ${chunk * 5_000 + line}\n`).join('')),
    ).toEqual([]);
  });

  test('of one endless line is none', () => {
    expect(flood(() => '\0'.repeat(65_536))).toEqual([]);
  });

  test('of the same line at a leisurely pace is none', () => {
    expect(flood(() => 'tick\n')).toEqual([]);
  });

  test.each([
    ['a line without an end', 'x\nProceed? ', 'Proceed?'],
    ['nothing after a line end', 'Proceed?\n', ''],
    ['what stands behind the last carriage return', 'old\rnew> ', 'new>'],
    ['text without colours and titles', '\u001b]0;title\u0007\u001b[31mname:\u001b[0m ', 'name:'],
    ['UTF-8', 'Größe? ', 'Größe?'],
  ])('shows as its prompt %s', (_, text, expected) => {
    const output = createOutputWatch(0);
    watchOutput(output, 'stderr', new TextEncoder().encode(text), 0);
    expect(promptOf(output)).toBe(expected);
  });

  test('shows the end of a long prompt', () => {
    const output = createOutputWatch(0);
    watchOutput(output, 'stdout', new TextEncoder().encode(`${'x'.repeat(300)}? `), 0);
    expect(promptOf(output)).toBe(`…${'x'.repeat(199)}?`);
  });

  test('shows the prompt of one stream where the other has ended its line since', () => {
    const output = createOutputWatch(0);
    watchOutput(output, 'stderr', new TextEncoder().encode('Proceed? '), 0);
    watchOutput(output, 'stdout', new TextEncoder().encode('1 left\n'), 0);
    expect(promptOf(output)).toBe('Proceed?');
  });

  test('shows the prompt that was written last, where both streams have one', () => {
    for (const [first, last] of [
      ['stdout', 'stderr'],
      ['stderr', 'stdout'],
    ] as const) {
      const output = createOutputWatch(0);
      watchOutput(output, first, new TextEncoder().encode('first? '), 0);
      watchOutput(output, last, new TextEncoder().encode('last? '), 0);
      expect(promptOf(output)).toBe('last?');
      watchOutput(output, last, new TextEncoder().encode('\n'), 0);
      expect(promptOf(output)).toBe('first?');
    }
  });

  test('shows a prompt that came in pieces', () => {
    const output = createOutputWatch(0);
    for (const piece of ['Pro', 'ceed', '? '])
      watchOutput(output, 'stdout', new TextEncoder().encode(piece), 0);
    expect(promptOf(output)).toBe('Proceed?');
  });
});

test.each(['stdout', 'stderr'] as const)(
  'a prompt on %s that was answered is no part of the next',
  (stream) => {
    const watch = createBlockWatch(0);
    watchOutput(watch.output, stream, new TextEncoder().encode('Proceed? '), 1);
    noteFeed(watch, 2);
    watchOutput(watch.output, stream, new TextEncoder().encode('Sure? '), 3);
    expect(promptOf(watch.output)).toBe('Sure?');
  },
);

test('the longest time that a feeder took is remembered', () => {
  const watch = createBlockWatch(0);
  for (const nowMs of [1_000, 4_000, 5_000]) noteFeed(watch, nowMs);
  expect(watch.longestFeedGapMs).toBe(3_000);
});
