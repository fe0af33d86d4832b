/** Each check cites words that stand in the contract, and each of its ids is one. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { MANAGER_CHECKS } from '#src/manager/manager-checks.js';
import { WORKER_CHECKS } from '#src/worker/worker-checks.js';

const CONTRACT = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
const CHECKS = [...WORKER_CHECKS, ...MANAGER_CHECKS];

/** The text under a heading of any level, up to the next one. */
function sectionOf(title: string): string {
  const lines = CONTRACT.split('\n');
  const start = lines.findIndex((line) => line.replace(/^#+ /, '').replaceAll('`', '') === title);
  if (start < 0) return '';
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith('#'));
  const section = lines.slice(start, length < 0 ? undefined : start + 1 + length);
  return section.join(' ').replaceAll(/\s+/g, ' ');
}

test.each(CHECKS.map(({ id, cites }) => [id, cites] as const))(
  '%s cites the contract',
  (_id, [section, words]) => {
    expect(sectionOf(section)).toContain(words);
  },
);

test('no two checks have one id', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
});
