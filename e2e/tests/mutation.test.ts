import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type Area, findAreas, ROOT } from '../mutation/areas.js';
import { CrewMember } from '../mutation/crew.js';
import { EXPLAINED } from '../mutation/explained.js';
import { findMutations, mutate } from '../mutation/mutations.js';
import { sourceOf } from '../mutation/sources.js';

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

  test('of an operator are reached where its first operand is, also where its second never runs', () => {
    const source = 'f((a && b) ?? c);';
    const at = (by: string) => findMutations(source).find((each) => each.by === by)?.reachedAt;
    expect([at('||'), at('&&')]).toEqual([3, 2]);
    expect(findMutations('f(a?.b);').map(({ by, reachedAt }) => [by, reachedAt])).toContainEqual(['.', 2]);
  });
});

test('what is explained stands in its file yet, and once in the list', () => {
  const gone = EXPLAINED.filter(({ file, line }) => {
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
    return !lines.some((each) => each.trim() === line);
  });
  expect(gone).toEqual([]);
  const edits = EXPLAINED.flatMap(({ file, line, edits }) => edits.map((edit) => `${file} ${line} ${edit}`));
  expect(new Set(edits).size).toBe(edits.length);
});

describe('a mutant', () => {
  const member = new CrewMember();
  afterAll(() => member.end());

  const area = findAreas().find(({ name }) => name === 'agent-tools') as Area;
  const source = area.sources.find((path) => path.endsWith('/wait-verdict.js')) as string;
  const judge = async (from: string, by: string) => {
    const start = sourceOf(source).indexOf(from);
    expect(start).toBeGreaterThan(0);
    const asked = { area: area.name, offsets: { [source]: [start] } };
    const surveyed = await member.ask({ type: 'survey', ...asked }, TIMEOUT_MS);
    const tests = surveyed.type === 'surveyed' ? surveyed.tests : [];
    const covering = tests.filter(({ covers }) => covers[source]?.includes(start));
    expect(covering.length).toBeGreaterThan(4);
    const mutation = { kind: 'condition', start, end: start + from.length, by, reachedAt: start };
    const order = { type: 'try', area: area.name, source, mutation, tests: covering, seeds: 0 } as const;
    const answer = await member.ask(order, 30_000);
    return answer.type === 'tried' ? answer.verdict : answer.type;
  };

  // In this order, by one process: what one has changed must not be there for the next.
  test.each([
    ['is killed where a test turns red by it', '!hasEnded', 'killed'],
    ['lives where it does what the code does', 'hasEnded === true', 'survived'],
    ['is none where it is no program', 'hasEnded) (', 'invalid'],
    ['is dead where it ends the process', 'globalThis.process.exit(1)', 'dead'],
    ['lives also in the process that follows', 'Boolean(hasEnded)', 'survived'],
  ])(
    '%s',
    async (_what, by, verdict) => expect(await judge('hasEnded)', `${by})`)).toBe(verdict),
    TIMEOUT_MS,
  );
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
