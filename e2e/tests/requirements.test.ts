/** The map of the specification holds: its tests and the code that it changes are there. `npm run test:requirements` runs it. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { REQUIREMENTS } from '../requirements.js';

const ROOT = new URL('../../../', import.meta.url);

test.each(REQUIREMENTS.map(({ says, test: [file], mutation }) => ({ says, file, mutation })))(
  '$says',
  ({ file, mutation: [changed, from] }) => {
    expect(readFileSync(new URL(`${file}.test.ts`, ROOT), 'utf8')).toContain('test');
    const occurrences = readFileSync(new URL(changed, ROOT), 'utf8').split(from).length - 1;
    expect({ changed, from, occurrences }).toEqual({ changed, from, occurrences: 1 });
  },
);
