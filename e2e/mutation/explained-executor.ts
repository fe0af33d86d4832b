/** Of the core of the executor. */
import type { Explained } from './explanation.js';

const NO_COMMAND = 'A command that is undefined is none.';

export const EXECUTOR_EXPLAINED: readonly Explained[] = [
  {
    file: 'packages/executor/src/core/doer.ts',
    line: "return isSandbox && (step.command !== undefined || confidence >= MIN_CONFIDENCE) ? 'sandbox' : 'handler';",
    edits: ['>= → >'],
    why: 'No confidence is the least that is enough: they are 0.3, 0.6, 0.8, 0.9, 0.95 and 1, and that is 0.5.',
  },
  {
    file: 'packages/executor/src/core/ecosystems/loose-files.ts',
    line: "const ending = /\\.([A-Za-z0-9]+)$/.exec(files[0] ?? '')?.[1]?.toLowerCase() ?? '';",
    edits: ['?. → .'],
    why: 'A match has its group, and without one the chain has ended before.',
  },
  {
    file: 'packages/executor/src/core/ecosystems/make.ts',
    line: "const text = name === undefined ? '' : textOf(workspace, name);",
    edits: ['name === undefined → false'],
    why: 'Without a name there is no manifest either, and so no text.',
  },
  {
    file: 'packages/executor/src/core/ecosystems/node.ts',
    line: '...(compile === undefined ? {} : { compile, build: compile }),',
    edits: ['compile === undefined → false'],
    why: NO_COMMAND,
  },
  {
    file: 'packages/executor/src/core/ecosystems/node.ts',
    line: 'const why = named === undefined ? `${locks[0]?.[1]} is there too` : `packageManager names ${named}`;',
    edits: ['?. → nothing'],
    why: 'There are others only where there is a first.',
  },
  {
    file: 'packages/executor/src/core/ecosystems/node.ts',
    line: 'return { manager, conflicts, ...(version === undefined ? {} : { version }) };',
    edits: ['version === undefined → false'],
    why: 'A version that is undefined is none.',
  },
  {
    file: 'packages/executor/src/core/ecosystems/php.ts',
    line: 'const table = Object.fromEntries(Object.entries(found).filter(([, argv]) => argv !== undefined));',
    edits: ['.filter(([, argv]) => argv !== undefined) → nothing'],
    why: NO_COMMAND,
  },
  {
    file: 'packages/executor/src/core/ecosystems/python.ts',
    line: '...(install === undefined ? {} : { install }),',
    edits: ['install === undefined → false'],
    why: NO_COMMAND,
  },
  {
    file: 'packages/executor/src/core/ecosystems/python.ts',
    line: '...(lint === undefined ? {} : { lint }),',
    edits: ['lint === undefined → false'],
    why: NO_COMMAND,
  },
  {
    file: 'packages/executor/src/core/ecosystems/python.ts',
    line: '...(run === undefined ? {} : { run }),',
    edits: ['run === undefined → false'],
    why: NO_COMMAND,
  },
  {
    file: 'packages/executor/src/core/step-verdict.ts',
    line: "return { end: 'failed', failure: detail === undefined ? { code, message } : { code, message, detail } };",
    edits: ['detail === undefined → false'],
    why: 'A detail that is undefined is none, and a record in JSON has none.',
  },
  {
    file: 'packages/executor/src/core/step.ts',
    line: "if (ended.state !== 'completed') skipHopeless(state, effects);",
    edits: ["ended.state !== 'completed' → true", "'completed' → ''"],
    why: 'What has completed makes nothing hopeless: it spares the look.',
  },
  {
    file: 'packages/executor/src/core/step.ts',
    line: "return dependsOn.every((id) => state.steps.get(id)?.state === 'completed');",
    edits: ['?. → .'],
    why: 'A step needs none that its plan has not: such a plan is refused.',
  },
  {
    file: 'packages/executor/src/core/workspace-facts.ts',
    line: "'composer.lock',",
    edits: ["'composer.lock' → ''"],
    why: 'It is read for those who look at a workspace; no decision of this package goes by it.',
  },
];
