/** What an operator is promised: configuration, health, the binary. */
import type { Requirement } from './requirement.js';

const WORKER = 'apps/worker/src';

export const OPERATION_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'Configuration',
    says: 'The environment goes before the file.',
    test: ['apps/worker/test/config-file', 'the environment before the file'],
    mutation: [`${WORKER}/given-options.ts`, 'texts === null || values.has(row.name)', 'texts === null'],
  },
  {
    source: 'Configuration',
    says: 'An option given twice in a file is a fault.',
    test: ['apps/worker/test/config-file', 'an option given twice in a file is a fault'],
    mutation: [
      `${WORKER}/given-options.ts`,
      'else if (seen.has(name)) faults',
      'else if (seen.has("")) faults',
    ],
  },
  {
    source: 'Configuration',
    says: 'A relative path in a file is from the directory of the file.',
    test: ['apps/worker/test/config-file', 'a relative path in a file is from the directory of the file'],
    mutation: [`${WORKER}/given-options.ts`, 'return resolve(directory, text);', 'return resolve(text);'],
  },
  {
    source: 'Configuration',
    says: '--print-config tells where each value comes from.',
    test: [
      'apps/worker/test/config-file',
      '--print-config tells every lasting option, its value, and where that comes from',
    ],
    mutation: [`${WORKER}/config-report.ts`, "?.source ?? 'default'", "?.spelling ?? 'default'"],
  },
];
