/** The faults that the simulator must find: a fault whose place has changed is never made, and so never missed. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { MUTANTS } from '../simulation/mutants.js';

const ROOT = new URL('../../../', import.meta.url);

test.each(MUTANTS)('can be made: $says', ({ mutation: [changed, from] }) => {
  const occurrences = readFileSync(new URL(changed, ROOT), 'utf8').split(from).length - 1;
  expect({ changed, from, occurrences }).toEqual({ changed, from, occurrences: 1 });
});
