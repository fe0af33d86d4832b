/** From where a wake-up can come, followed through processes that wait for each other; and what a look may be mistaken for. */
import { describe, expect, test } from '@jest/globals';
import type { Wait } from '#src/core/blocks/evidence.js';
import { createMemory } from '#src/core/blocks/look.js';
import { createOutputWatch, repeatedLinesOf, watchOutput } from '#src/core/blocks/output-watch.js';
import { findWakeSources, SOURCE } from '#src/core/blocks/wake-sources.js';
import { judgeBlocks } from '#src/core/judge-block.js';
import { PROMPT_BYTES } from '#src/core/prompts.js';
import { cutOf } from '#src/core/utf8.js';
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
  TIME,
  wholeClaimsAfter,
  writing,
} from './looks.js';

function sourcesOf(scene: Scene): { of: (pid: number) => number; all: number } {
  const evidence = evidenceOf(scene);
  const { ofProcess, all } = findWakeSources(evidence, evidence.threads);
  return { of: ofProcess, all };
}

describe('a wake-up', () => {
  test('comes from what a process waits for, through any number of others, and not from their siblings', () => {
    const { of, all } = sourcesOf({
      waits: { 10: CHILDREN, 11: CHILDREN, 12: TIME, 13: INPUT },
      parents: { 11: 10, 12: 11, 13: 1 },
    });
    expect([of(10), of(11), of(12), of(13)]).toEqual([SOURCE.time, SOURCE.time, SOURCE.time, SOURCE.input]);
    expect(all).toBe(SOURCE.time | SOURCE.input);
    expect(of(99)).toBe(0);
  });

  test('through several children is that of all of them', () => {
    const { of } = sourcesOf({ waits: { 10: CHILDREN, 11: TIME, 12: RUNNING }, parents: { 11: 10, 12: 10 } });
    expect(of(10)).toBe(SOURCE.time | SOURCE.running);
  });

  test.each<[string, Wait, number]>([
    ['a lock of its own threads', FUTEX, 0],
    ['a lock of its own threads, for a time', { ...FUTEX, isTimed: true }, SOURCE.time],
    ['a lock in memory of the task', { ...FUTEX, sharedBy: 'tree' }, SOURCE.input],
    ['a lock in memory of the host', { ...FUTEX, sharedBy: 'host' }, SOURCE.input | SOURCE.unknown],
    ['the other end of a FIFO', { on: 'open', path: '/f' }, SOURCE.input],
    ['SIGCONT', { on: 'continue', signal: 'SIGSTOP' }, SOURCE.input],
    ['a debugger of the task', { on: 'tracer', pid: 11 }, SOURCE.input],
    ['a debugger of somebody else', { on: 'tracer', pid: 99 }, SOURCE.outside],
    ['an unknown call', { on: 'unknown', call: 'x' }, SOURCE.unknown],
    ['a signal, without children', { on: 'signal' }, SOURCE.signal],
    ['signals of a descriptor, without children', reading({ kind: 'signals' }), SOURCE.signal],
    ['a process of the task', reading({ kind: 'process', pid: 11 }), SOURCE.input],
    ['an unknown descriptor', reading({ kind: 'unknown', name: 'x' }), SOURCE.unknown],
    ['a timer that is not armed', reading({ kind: 'timer', isArmed: false }), 0],
    ['a timer that is armed', reading({ kind: 'timer', isArmed: true }), SOURCE.time],
    ['a poll that runs out', polling(5, { kind: 'timer', isArmed: false }), SOURCE.time],
    ['an event that the other has', reading({ kind: 'event', id: 'e' }), SOURCE.input],
    ['an event that somebody else has', reading({ kind: 'event', id: 'x' }), SOURCE.outside],
    ['a terminal that somebody else has', reading({ kind: 'terminal', id: 'x' }), SOURCE.outside],
    ['an event that nobody was seen with', reading({ kind: 'event', id: 'gone' }), SOURCE.unknown],
    ['a pipe that the other has', reading(pipe('p', 'writers')), SOURCE.input],
    ['a pipe that nobody was seen with', reading(pipe('gone', 'writers')), SOURCE.unknown],
    ['a lock that the other has', { on: 'lock', file: '/l' }, SOURCE.input],
    ['a lock that somebody else has', { on: 'lock', file: '/x' }, SOURCE.lock],
    ['a reader of its output', writing({ kind: 'output' }), SOURCE.reader],
    ['the kernel', { on: 'kernel' }, SOURCE.running],
  ])('of one that waits for %s is known', (_what, wait, sources) => {
    const others = held([], ['cron (pid 5)']);
    const { of } = sourcesOf({
      waits: { 10: wait, 11: INPUT },
      parents: { 10: 1, 11: 1 },
      surroundings: {
        events: { e: held([11]), x: others },
        pipes: { p: { readers: held([10]), writers: held([11]) } },
        locks: { '/l': held([11]), '/x': others },
      },
    });
    expect(of(10)).toBe(sources);
    expect(of(11)).toBe(SOURCE.input);
  });

  test.each<[string, Wait]>([
    ['a lock', { on: 'lock', file: '/l' }],
    ['a pipe', reading(pipe('p', 'writers'))],
    ['an event', reading({ kind: 'event', id: 'e' })],
    ['a socket', reading({ kind: 'socket', id: 's' })],
  ])('of one that waits for %s is not known before it was looked at closely', (_what, wait) => {
    expect(sourcesOf({ waits: { 10: wait }, surroundings: null }).all).toBe(SOURCE.unknown);
  });

  test('of who waits for a signal, and has children, is theirs', () => {
    for (const wait of [{ on: 'signal' }, reading({ kind: 'signals' })] as const)
      expect(sourcesOf({ waits: { 10: wait as Wait, 11: TIME } }).of(10)).toBe(SOURCE.time);
  });

  test('of who waits for several things is that of each', () => {
    const scene: Scene = {
      waits: { 10: reading({ kind: 'input' }, pipe('p', 'writers')), 11: TIME },
      surroundings: { pipes: { p: { readers: held([10]), writers: held([11]) } } },
    };
    expect(sourcesOf(scene).of(10)).toBe(SOURCE.input | SOURCE.time);
    const anyone: Scene = {
      waits: { 10: reading({ kind: 'input' }), 11: RUNNING, 12: { on: 'open', path: '/f' } },
      parents: { 10: 1, 11: 1, 12: 1 },
    };
    expect(sourcesOf(anyone).of(12)).toBe(SOURCE.input | SOURCE.running);
  });
});

describe('a wait for input', () => {
  const habits = (habit: object) => ({
    habits: { 10: { caughtSignals: [], hasTimers: false, catchesTermination: false, ...habit } },
  });

  test.each<[string, object, string]>([
    ['an alarm', { caughtSignals: ['SIGALRM'] }, 'suspected'],
    [
      'an alarm, and whatever would end it',
      { caughtSignals: ['SIGALRM'], catchesTermination: true },
      'confirmed',
    ],
    ['another signal', { caughtSignals: ['SIGWINCH'] }, 'confirmed'],
  ])('of a program that catches %s is %s', (_what, habit, confidence) => {
    expect(claimsOf({ waits: { 10: INPUT }, surroundings: habits(habit) })).toEqual([
      `${confidence} waiting_for_input`,
    ]);
  });

  test('below one that catches an alarm may be ended by it', () => {
    const scene: Scene = {
      waits: { 10: CHILDREN, 11: INPUT },
      surroundings: habits({ caughtSignals: ['SIGALRM'] }),
    };
    expect(claimsOf(scene)).toEqual(['suspected waiting_for_input']);
  });

  test('is told by the surest of several, wherever it stands among them', () => {
    const outside = { sockets: { s: { kind: 'outside', peer: 'x:1' } } } as const;
    const mixed = reading({ kind: 'input' }, { kind: 'socket', id: 's' });
    for (const waits of [
      { 10: mixed, 11: INPUT },
      { 10: INPUT, 11: mixed },
    ])
      expect(claimsOf({ waits, parents: { 10: 1, 11: 1 }, surroundings: outside })).toEqual([
        'confirmed waiting_for_input',
      ]);
  });

  describe('by a poll that runs out', () => {
    const asleep: Scene = {
      waits: { 10: polling(1_000, { kind: 'input' }) },
      output: 'Proceed? ',
      stillMs: 400,
    };
    const polls = (change: Partial<Scene>, count = 12) =>
      claimsAfter(
        [asleep, { ...asleep, stillMs: 0 }, ...Array.from({ length: count }, () => asleep)].map((scene) => ({
          ...scene,
          ...change,
        })),
        500,
      );

    test.each<[string, Wait, string]>([
      ['sleeps', TIME, 'suspected'],
      ['waits for a lock for a time', { ...FUTEX, isTimed: true }, 'suspected'],
      ['polls as well', polling(10, { kind: 'timer', isArmed: false }), 'suspected'],
      ['waits for a lock', FUTEX, 'confirmed'],
      ['reads without a time', reading({ kind: 'timer', isArmed: false }), 'confirmed'],
    ])('is, while a thread beside it %s, %s', (_what, beside, confidence) => {
      const change = { waits: { 10: [polling(1_000, { kind: 'input' }), beside] } };
      expect(polls(change)).toEqual([`${confidence} waiting_for_input`]);
    });

    test('is suspected beside a peer, and beside what is not known', () => {
      const sockets = { s: { kind: 'outside', peer: 'x:1' } } as const;
      const withPeer = { waits: { 10: polling(1_000, { kind: 'input' }, { kind: 'socket', id: 's' }) } };
      expect(polls({ ...withPeer, surroundings: { sockets } })).toEqual(['suspected waiting_for_input']);
      const unknown = { waits: { 10: polling(1_000, { kind: 'input' }, { kind: 'unknown', name: 'x' }) } };
      expect(polls(unknown)).toEqual(['suspected waiting_for_input']);
    });

    test('counts anew after another wait', () => {
      const away: Scene = { ...asleep, waits: { 10: TIME } };
      const scenes = [asleep, asleep, asleep, away, asleep, asleep, asleep, asleep, asleep];
      expect(claimsAfter(scenes, 1_000)).toEqual(['suspected waiting_for_input']);
      expect(claimsAfter(scenes.slice(0, 7), 1_000)).toEqual([]);
    });
  });
});

describe('output', () => {
  const watching = (...lines: string[]) => {
    const watch = createOutputWatch(0);
    lines.forEach((line, index) => {
      watchOutput(watch, 'stdout', new TextEncoder().encode(line), index + 1);
    });
    return watch;
  };

  test('that says there is no space left, says so of that moment', () => {
    expect(watching('a\n', 'cp: No space left on device\n', 'b\n').noSpaceAtMs).toBe(2);
    expect(watching('x: Disk quota exceeded\n').noSpaceAtMs).toBe(1);
    expect(watching('a\n', 'b\n').noSpaceAtMs).toBeNull();
  });

  test('repeats itself as long as it has three different lines, and begins anew with the fourth', () => {
    const three = watching('a\n', 'b\n', 'c\n', 'a\n', 'b\n');
    expect(three).toMatchObject({ repeatedLines: 5, repeatedSinceMs: 0, repeatedBytes: 10 });
    expect([...three.repeated]).toEqual(['a', 'b', 'c']);
    const four = watching('a\n', 'b\n', 'c\n', 'd\n', 'd\n');
    expect(four).toMatchObject({ repeatedLines: 2, repeatedSinceMs: 4, repeatedBytes: 2 });
    expect([...four.repeated]).toEqual(['d']);
    expect([...watching('a\n', 'b\n', 'c\n', 'd\n').repeated]).toEqual(['d']);
  });

  test('of a large chunk is looked at in four places, by lines that are whole', () => {
    const lines = Array.from({ length: 512 }, () => 'seven..\n').join('');
    const watch = watching(lines);
    expect([...watch.repeated]).toEqual(['seven..']);
    expect(watch.repeatedLines).toBe(16);
    expect(watching(lines.slice(8)).repeatedLines).toBe(511);
  });

  test('whose line goes on from the chunk before is not cut into two', () => {
    expect([...watching('se', 'ven\nseven\n').repeated]).toEqual(['seven']);
    expect([...watching('no end').repeated]).toEqual([]);
    expect([...watching('se', '\nven\n').repeated]).toEqual(['ven']);
    expect([...watching('\nseven\n').repeated]).toEqual(['', 'seven']);
  });

  test('of a large chunk in which no line ends behind the first is looked at once', () => {
    expect(watching(`line\n${'x'.repeat(10_000)}`).repeatedLines).toBe(1);
  });

  test.each([
    ['of other scripts', Buffer.from('다시 시도합니다'), '다시 시도합니다'],
    ['of no UTF-8', Buffer.from('r\u00e9essai', 'latin1'), 'réessai'],
    ['longer than is looked at, by whole code points', Buffer.from('다'.repeat(100)), '다'.repeat(66)],
    ['longer than is shown', Buffer.alloc(150, 'a'), 'a'.repeat(80)],
  ])('shows lines %s as they are written', (_, line, shown) => {
    const watch = createOutputWatch(0);
    watchOutput(watch, 'stdout', Buffer.concat([line, Buffer.from('\n')]), 1);
    expect(repeatedLinesOf(watch)).toEqual([shown]);
  });

  test('has two lines where two differ in a byte, whatever they are written in', () => {
    const watch = createOutputWatch(0);
    watchOutput(watch, 'stdout', Uint8Array.of(0xff, 0x80, 0x0a, 0xff, 0x81, 0x0a), 1);
    expect(watch.repeated.size).toBe(2);
  });

  test('longer than is looked at, that is no UTF-8, loses three bytes more at most', () => {
    expect(cutOf(new Uint8Array(300).fill(0x80), 200)).toBe(197);
  });

  test('keeps of its end what a prompt may need', () => {
    const watch = watching('x'.repeat(10_000), 'y');
    expect(watch.tails.stdout.length).toBeLessThan(5_000);
    expect(watch.tails.stdout.at(-1)).toBe('y'.charCodeAt(0));
    expect(watching('x'.repeat(10_000)).tails.stdout.length).toBe(watch.tails.stdout.length);
    expect(watching('y', 'x'.repeat(PROMPT_BYTES)).tails.stdout.length).toBe(PROMPT_BYTES);
  });

  const flooding = (perLook: number | readonly number[], lines: readonly string[], looks: number) => {
    const memory = createMemory(NOW_MS);
    const output = createOutputWatch(NOW_MS);
    let claims: ReturnType<typeof judgeBlocks> = [];
    for (let index = 0; index < looks; index++) {
      const nowMs = NOW_MS + index * 500;
      const count = typeof perLook === 'number' ? perLook : (perLook[index] ?? 0);
      for (let line = 0; line < count; line++)
        watchOutput(output, 'stdout', new TextEncoder().encode(`${lines[line % lines.length]}\n`), nowMs);
      const look = lookAt({ waits: { 10: TIME } }, nowMs, memory);
      claims = judgeBlocks({ ...look, task: { ...look.task, output } });
    }
    return claims;
  };

  test('of the same line 500 times a second is a flood after 3 s, and surely one after 10 000', () => {
    expect(flooding(250, ['tick'], 6)).toEqual([]);
    expect(flooding(250, ['tick'], 7)).toEqual([
      {
        reason: 'output_flood',
        confidence: 'suspected',
        sinceMs: NOW_MS,
        summary: 'it writes 3 kB a second, the same line again and again: "tick"',
        processes: [],
        details: { bytesPerSecond: 2_500, lines: ['tick'] },
      },
    ]);
    expect(flooding(249, ['tick'], 9)).toEqual([]);
    expect(flooding(2_000, ['tick'], 8)).toMatchObject([{ confidence: 'confirmed' }]);
  });

  test('that pauses, or slows down, is no flood until it has been one for 3 s again', () => {
    const fast = [3_000, 3_000, 3_000, 3_000];
    expect(flooding([...fast, 0, ...fast, 3_000], ['tick'], 10)).toEqual([]);
    const slow = [600, 600, 3, 3, 3, 3, 3, 3];
    expect(flooding([...slow, ...fast], ['tick'], 12)).toEqual([]);
  });

  test('of three lines in turn is one too, of 80 characters each', () => {
    expect(flooding(600, ['a', 'b', 'x'.repeat(90)], 7)).toMatchObject([
      {
        summary: expect.stringContaining('the same 3 lines again and again: "a", "b", "xxx'),
        details: { lines: ['a', 'b', 'x'.repeat(80)] },
      },
    ]);
  });
});

describe('no progress', () => {
  test('of the same line for 12 s says which, cut where it is long', () => {
    const output = createOutputWatch(NOW_MS);
    for (let index = 0; index < 13; index++)
      watchOutput(output, 'stdout', new TextEncoder().encode(`${'w'.repeat(100)}\n`), NOW_MS + index * 1_000);
    const look = lookAt({ waits: { 10: TIME }, task: { expectQuietMs: null } }, NOW_MS + 13_000);
    const judge = (scene: Scene) => {
      const other = lookAt({ ...scene, task: { expectQuietMs: null } }, NOW_MS + 13_000);
      return judgeBlocks({ ...other, task: { ...other.task, output } }).filter(
        ({ reason }) => reason === 'no_progress',
      );
    };
    expect(judgeBlocks({ ...look, task: { ...look.task, output } })).toEqual([
      {
        reason: 'no_progress',
        confidence: 'suspected',
        sinceMs: NOW_MS,
        summary: `it has written nothing but "${'w'.repeat(80)}" for 12 s`,
        processes: [],
        details: { lines: ['w'.repeat(80)] },
      },
    ]);
    expect(judge({ waits: { 10: FUTEX } })).toEqual([]); // it waits for no time
  });

  test('is none of several processes of which one reads or writes', () => {
    const scene = (index: number): Scene => ({
      waits: { 10: TIME, 11: TIME },
      task: { expectQuietMs: 5_000 },
      process: { ioBytes: index },
    });
    expect(
      wholeClaimsAfter(
        Array.from({ length: 9 }, (_, index) => scene(index)),
        1_000,
      ),
    ).toEqual([]);
    const still = wholeClaimsAfter(
      Array.from({ length: 9 }, () => scene(7)),
      1_000,
    );
    expect(still).toMatchObject([
      { summary: 'p10 (pid 10), p11 (pid 11) has neither written nor read nor computed for 8 s' },
    ]);
  });

  test('is not hindered by 2 % of a CPU', () => {
    const scene: Scene = {
      waits: { 10: TIME },
      task: { expectQuietMs: 5_000 },
      thread: { busy: 0.02, eager: 0.02 },
    };
    expect(
      claimsAfter(
        Array.from({ length: 9 }, () => scene),
        1_000,
      ),
    ).toEqual(['suspected no_progress']);
  });
});
