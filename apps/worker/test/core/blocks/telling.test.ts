/** What a claim tells of a task, word for word: an agent finds the place by it. */
import { describe, expect, test } from '@jest/globals';
import type { Wait } from '#src/core/blocks/evidence.js';
import { createMemory } from '#src/core/blocks/look.js';
import { tellThreads } from '#src/core/blocks/standstill.js';
import { judgeBlocks } from '#src/core/judge-block.js';
import {
  evidenceOf,
  INPUT,
  lookAt,
  NOW_MS,
  pipe,
  RUNNING,
  reading,
  type Scene,
  TIME,
  writing,
} from './looks.js';

describe('a thread', () => {
  test.each<[Wait, string]>([
    [RUNNING, 'nothing: it runs'],
    [TIME, 'a time'],
    [{ on: 'kernel' }, 'the kernel'],
    [{ on: 'children' }, 'a child process'],
    [{ on: 'futex', sharedBy: 'process', isTimed: false }, 'another thread (futex)'],
    [
      { on: 'futex', sharedBy: 'memory', isTimed: false } as unknown as Wait,
      'a lock in shared memory (futex)',
    ],
    [{ on: 'signal' } as Wait, 'a signal'],
    [{ on: 'lock', file: '/w/lock' } as Wait, 'the lock of /w/lock'],
    [{ on: 'open', path: '/w/fifo' }, 'somebody to open the other end of /w/fifo'],
    [{ on: 'continue', signal: 'SIGSTOP' } as Wait, 'SIGCONT'],
    [{ on: 'tracer', pid: 7 } as Wait, 'its debugger (pid 7)'],
    [{ on: 'unknown', call: 'io_uring_enter' } as Wait, 'io_uring_enter'],
    [INPUT, 'data from input'],
    [writing(pipe('p', 'readers')), 'room in pipe p'],
    [reading({ kind: 'input' }, { kind: 'socket', id: 's' }), 'data from input, socket s'],
  ])('that waits on %j is told to wait for %j', (wait, waitsFor) => {
    const { threads } = evidenceOf({ waits: { 10: wait } });
    expect(tellThreads(threads)).toEqual([{ pid: 10, tid: 10, name: 't', waitsFor }]);
  });

  test('is told of 32 at most', () => {
    const { threads } = evidenceOf({ waits: { 10: Array.from({ length: 33 }, () => TIME) } });
    expect(tellThreads(threads)).toHaveLength(32);
  });
});

describe('a summary', () => {
  const PROMPT = { waits: { 10: INPUT }, output: 'Go? ', task: { expectQuietMs: null } };
  const canonical = (echoes: boolean) => ({ isCanonical: true, echoes, foregroundGroupId: 10 }) as never;

  test.each<[string, Scene, string]>([
    ['of a prompt', PROMPT, 'p10 (pid 10) waits for input at the prompt "Go?"'],
    ['of no prompt', { ...PROMPT, output: '' }, 'p10 (pid 10) waits for input'],
    [
      'of a password prompt',
      { ...PROMPT, evidence: { terminal: canonical(false) } },
      'p10 (pid 10) waits for a password at the prompt "Go?"',
    ],
    [
      'of a prompt that shows what is typed',
      { ...PROMPT, evidence: { terminal: canonical(true) } },
      'p10 (pid 10) waits for input at the prompt "Go?"',
    ],
  ])('%s says what is waited for', (_what, scene, summary) => {
    const claims = judgeBlocks(lookAt(scene)).filter(({ reason }) => reason === 'waiting_for_input');
    expect(claims.map((claim) => claim.summary)).toEqual([summary]);
  });

  test.each<[string, readonly Wait[], string]>([
    [
      'one busy thread',
      [RUNNING],
      'p10 (pid 10) burns a CPU for 12 s, without input, output or new processes',
    ],
    [
      'several',
      [RUNNING, RUNNING],
      'p10 (pid 10) keep each other busy for 12 s, without input, output or new processes',
    ],
  ])('of a loop of %s says for how long', (_what, threads, summary) => {
    const memory = createMemory(0);
    const scene: Scene = { waits: { 10: threads }, task: { expectQuietMs: null } };
    const looks = Array.from({ length: 13 }, (_, index) => lookAt(scene, NOW_MS + index * 1_000, memory));
    expect(
      looks
        .map(judgeBlocks)
        .at(-1)
        ?.map((claim) => claim.summary),
    ).toEqual([summary]);
  });
});
