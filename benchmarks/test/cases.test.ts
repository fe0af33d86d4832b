import { expect, test } from '@jest/globals';
import { loadGroups, loadSubset, selectCases } from '../blocks/case-files.js';

const groups = await loadGroups([], undefined);
const cases = groups.flatMap((group) => group.cases);

test('every case of the corpus and of our own is well formed, and each id is there once', () => {
  expect(groups.map(({ name }) => name)).toEqual(['corpus', 'own']);
  expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
});

test('every twin is a case of the opposite kind', () => {
  const byId = new Map(cases.map((one) => [one.id, one]));
  const odd = cases.filter(
    ({ twin, label }) => twin !== null && (byId.get(twin)?.label === 'blocked') === (label === 'blocked'),
  );
  expect(odd.map(({ id }) => id)).toEqual([]);
});

test('the subset for CI names cases of both groups, blocked ones and others', async () => {
  const chosen = selectCases(groups, await loadSubset('ci'));
  expect(chosen.map(({ name }) => name)).toEqual(['corpus', 'own']);
  const labels = chosen.flatMap((group) => group.cases.map(({ label }) => label === 'blocked'));
  expect(labels.filter(Boolean).length).toBeGreaterThan(labels.length / 3);
  expect(labels.filter((isBlocked) => !isBlocked).length).toBeGreaterThan(labels.length / 3);
});

test('an id that no case has is named', () => {
  expect(() => selectCases(groups, ['b-cat', 'b-dog'])).toThrow('no case is called b-dog');
});
