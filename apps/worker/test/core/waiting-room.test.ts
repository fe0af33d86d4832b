import { describe, expect, test } from '@jest/globals';
import { chooseSentAway, chooseWaitingPolicy } from '#src/core/waiting-room.js';

const POLICY = { roomy: 3, most: 6, patienceMs: 1_000 };
const NOW_MS = 10_000;

describe('of connections that have asked for nothing', () => {
  test.each<[string, number[], number]>([
    ['few stay, however long they wait', [0, 0, 0], 0],
    ['one more than is roomy sends the longest waiting away', [0, 5_000, 9_000, 9_990], 1],
    ['a crowd that has just come stays', [9_500, 9_500, 9_600, 9_700, 9_990], 0],
    ['each has a whole second', [9_001, 9_002, 9_003, 9_004], 0],
    ['and no more', [9_000, 9_001, 9_002, 9_003], 1],
    ['only so many go as there are too many', [0, 1, 2, 3, 4], 2],
    ['beyond the most the longest waiting go, though it has just come', Array(8).fill(9_900), 2],
  ])('%s', (_, sinceMs, count) => {
    expect(chooseSentAway(sinceMs.length, sinceMs, NOW_MS, POLICY)).toBe(count);
  });

  test('so many are let wait that half of the open files are left for tasks', () => {
    expect(chooseWaitingPolicy(1_048_576)).toEqual({ roomy: 512, most: 1_024, patienceMs: 1_000 });
    expect(chooseWaitingPolicy(Number.POSITIVE_INFINITY)).toMatchObject({ roomy: 512, most: 1_024 });
    expect(chooseWaitingPolicy(1_023)).toMatchObject({ roomy: 255, most: 511 });
    expect(chooseWaitingPolicy(1_024)).toMatchObject({ roomy: 256, most: 512 });
    expect(chooseWaitingPolicy(1_023)).toMatchObject({ roomy: 255, most: 511 });
  });
});
