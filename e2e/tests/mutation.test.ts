import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { findMutations, mutate } from '../mutation/mutations.js';

const MAIN = fileURLToPath(new URL('../mutation/main.js', import.meta.url));
const TIMEOUT_MS = 120_000;

describe('the faults that are made in a source', () => {
  test.each([
    ['if (a) b();', ['if (true) b();', 'if (false) b();', 'if (a) ;']],
    ['x = a < b;', ['x = a <= b;', 'x = a >= b;', ';']],
    ['x = a === b && !c;', ['x = a !== b && !c;', 'x = a === b || !c;', 'x = a === b && c;', ';']],
    ["x = 'done';", ["x = '';", ';']],
    ["x = 'as people say it';", [';']],
    ["import a from 'a'; export { b } from 'b';", []],
    ['function f() { return a?.b; }', ['function f() {}', 'function f() { return a.b; }']],
    ['x = (a ?? b).filter(f);', ['x = (a ?? b);', 'x = (a && b).filter(f);', ';']],
    ['x = a?.slice(1);', ['x = a;', 'x = a.slice(1);', ';']],
    ['x = list.some(f);', ['x = list.every(f);', ';']],
    [
      'for (; i < 2; i++) ;',
      ['for (; i <= 2; i++) ;', 'for (; i >= 2; i++) ;', 'for (; false; i++) ;', 'for (; i < 2; i--) ;'],
    ],
    ['x = [true];', ['x = [];', 'x = [false];', ';']],
  ])('of %s are %j', (source, mutants) => {
    const made = findMutations(source).map((mutation) => mutate(source, mutation));
    expect(made.toSorted()).toEqual(mutants.toSorted());
  });
});

describe('a run', () => {
  test(
    'tells for each mutant whether a quick test turns red, the same each time',
    () => {
      const run = () => {
        const words = ['--area', 'mcp', '--sample', '12', '--seed', '3', '--jobs', '1'];
        const { stdout, stderr } = spawnSync(
          process.execPath,
          ['--disable-warning=ExperimentalWarning', MAIN, ...words, '--json'],
          { encoding: 'utf8', timeout: TIMEOUT_MS / 2 },
        );
        expect({ stdout, stderr }).toMatchObject({ stdout: expect.stringMatching(/^\{.*\}\n$/) });
        return JSON.parse(stdout);
      };
      const told = run();
      const { mutants, killed, survived, uncovered, explained } = told.all;
      expect(mutants + explained).toBeGreaterThan(4);
      expect(killed).toBeGreaterThan(0);
      expect(told.alive).toHaveLength(survived + uncovered);
      expect(run()).toEqual(told);
    },
    TIMEOUT_MS,
  );
});
