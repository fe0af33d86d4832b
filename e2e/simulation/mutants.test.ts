/** The faults that the simulator has to find can be made: `npm run test:simulate:mutants` makes them, in minutes. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { MUTANTS } from './mutants.js';

const ROOT = new URL('../../', import.meta.url);

test.each(MUTANTS)('what is changed stands once in the code: $says', ({ mutation: [file, from] }) => {
  const occurrences = readFileSync(new URL(file, ROOT), 'utf8').split(from).length - 1;
  expect({ file, from, occurrences }).toEqual({ file, from, occurrences: 1 });
});
