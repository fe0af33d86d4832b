/** The commands that the executor makes of a workspace, and what it says of the ends and faults of steps. */
import type { Requirement } from './requirement.js';

const SRC = 'packages/executor/src/core';
const TEST = 'packages/executor/test/core';
const COMMANDS = `${TEST}/commands`;
const source = 'Agents: the commands of the executor';

export const COMMAND_REQUIREMENTS: readonly Requirement[] = [
  {
    source,
    says: 'A variable of a Makefile is no target.',
    test: [
      COMMANDS,
      'a workspace of make with the third names, and a variable that is named as a target has its command to lint by itself, or says that it has none',
    ],
    mutation: [`${SRC}/ecosystems/make.ts`, '::?(?!:*=)', '::?(?!=)'],
  },
  {
    source,
    says: 'A file name is never taken for an option of npm.',
    test: [
      COMMANDS,
      'a workspace of npm with a lock file and every script has its command to test with a file, or says that it has none',
    ],
    mutation: [`${SRC}/ecosystems/node.ts`, "[...run, '--', ...files]", '[...run, ...files]'],
  },
  {
    source,
    says: 'What a lock file pins is installed, and nothing else.',
    test: [
      COMMANDS,
      'a workspace of yarn 4 by its lock file has its command to install by itself, or says that it has none',
    ],
    mutation: [`${SRC}/ecosystems/node.ts`, "includes('__metadata:')", "includes('metadata::')"],
  },
  {
    source,
    says: 'A single file is run by the program that its ending names.',
    test: [COMMANDS, 'a single file of .pl has its command to run, or says that there is none'],
    mutation: [`${SRC}/ecosystems/loose-files.ts`, "run: ['perl'],", "run: ['sh'],"],
  },
  {
    source,
    says: 'Where a workspace is of several kinds, the one that the description names is used.',
    test: [`${TEST}/words`, '"the go vet of it" names go'],
    mutation: [`${SRC}/ecosystem-choice.ts`, 'named[0] ?? present[0]', 'present[0] ?? named[0]'],
  },
  {
    source,
    says: 'A worker must have the version that the manifest asks for.',
    test: [
      `${TEST}/worker-needs`,
      '{"pyproject.toml":"[project]\\nrequires-python = \\">=3.12\\""} needs python: python >=3.12 and 256 MiB',
    ],
    mutation: [`${SRC}/ecosystems/python.ts`, "'project', 'requires-python'", "'project', 'python'"],
  },
  {
    source,
    says: 'A command that completed has completed, also where it was to be ended.',
    test: [`${TEST}/ends`, 'has completed, though it was to end, where it was quicker'],
    mutation: [
      `${SRC}/step-verdict.ts`,
      'if (result !== null) {',
      'if (result !== null && stoppedWhy === null) {',
    ],
  },
  {
    source,
    says: 'A step whose task is lost has failed as lost, whatever budget was over.',
    test: [`${TEST}/ends`, 'has the fault of its task, whatever was over'],
    mutation: [`${SRC}/step-verdict.ts`, 'if (wasEnded && over !== null)', 'if (over !== null)'],
  },
  {
    source,
    says: 'Every fault of an option, a plan, a step and a record is told, with what was expected and what came.',
    test: [`${TEST}/checks`, 'the options of an executor {"budgets":{"queueMs":9}} are told by one sentence'],
    mutation: [`${SRC}/plan-check.ts`, '(value as number) >= 10', '(value as number) >= 9'],
  },
];
