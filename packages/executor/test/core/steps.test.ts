/** Steps of agents' plans: whether each is for a sandbox, what it needs of a worker, and its command. */
import { describe, expect, test } from '@jest/globals';
import { generateSandboxCommand } from '#src/core/sandbox-command.js';
import { isSandboxTask } from '#src/core/sandbox-task.js';
import type { StepFacts } from '#src/core/step-facts.js';
import { determineWorkerRequirements } from '#src/core/worker-requirements.js';
import { type WorkspaceName, workspace } from '../workspaces.js';
import { STEPS } from './step-table.js';

const MEBIBYTE = 1_048_576;

function stepOf(step: Partial<StepFacts>): StepFacts {
  return { taskId: 'a', type: 'custom', description: '', ...step };
}

test('the table has the 60 steps that were asked for, and more', () => {
  expect(STEPS.length).toBeGreaterThanOrEqual(60);
});

describe.each(STEPS)(
  '%s "%s" in a workspace of %s',
  (type, description, name, sandbox, needs, command, more) => {
    const step = stepOf({ type, description, ...more });

    test(`is ${sandbox === 'no' ? 'not for a sandbox' : `for a sandbox, at ${sandbox}`}`, () => {
      const verdict = isSandboxTask(step);
      expect(verdict.isSandbox ? verdict.confidence : 'no').toBe(sandbox);
      expect(verdict.reason).toMatch(/^(For|Not for) a sandbox: .+\.$/);
    });

    test(`needs ${needs || 'nothing in particular'}`, () => {
      const { language, toolchain } = determineWorkerRequirements(step, workspace(name));
      const tools = toolchain.map((each) =>
        each.version === undefined ? each.name : `${each.name} ${each.version}`,
      );
      expect(language === null ? '' : `${language}: ${tools.join(', ')}`).toBe(needs);
    });

    test(`is given ${command}`, () => {
      const made = generateSandboxCommand(step, workspace(name));
      if (command.startsWith('!'))
        expect('refusal' in made ? made.refusal : made).toContain(command.slice(1));
      else expect('command' in made ? [made.command].flat().join(' ') : made.refusal).toBe(command);
    });
  },
);

describe('what a step is for a sandbox by', () => {
  test.each([
    ['a type that is added', stepOf({ type: 'deployment' }), { types: ['deployment'] }, true],
    ['a type that is taken out', stepOf({ type: 'test' }), { types: [] }, false],
    [
      'a type that never is, though a word is there',
      stepOf({ type: 'analysis', description: 'test it' }),
      { neverTypes: ['analysis'] },
      false,
    ],
    [
      'a command, though the type never is',
      stepOf({ type: 'analysis', command: 'ls' }),
      { neverTypes: ['analysis'] },
      true,
    ],
    [
      'a word that is added, in any case',
      stepOf({ description: 'BENCHMARK it' }),
      { words: ['Benchmark'] },
      true,
    ],
    ['a word that is taken out', stepOf({ description: 'test it' }), { words: ['benchmark'] }, false],
  ] as const)('%s', (_what, step, rules, isSandbox) => {
    expect(isSandboxTask(step, rules).isSandbox).toBe(isSandbox);
  });

  test.each([
    'runtime docs',
    'latest',
    'contest',
    'buildings',
    'testament',
    'truncated',
    'prune',
    'compiler',
  ])('"%s" has none of its words', (description) =>
    expect(isSandboxTask(stepOf({ description })).isSandbox).toBe(false),
  );
});

describe('what the workspace says of a worker', () => {
  test.each<[WorkspaceName, string[]]>([
    ['two lock files', ['package-lock.json is of npm, and pnpm-lock.yaml is there too: pnpm is used']],
    ['uv and poetry', ['poetry.lock is of poetry, and uv.lock is there too: uv is used']],
    ['node and rust', ['the workspace is of node and of cargo, and the step names neither: node is used']],
    ['pnpm', []],
  ])('%s: conflicts are told in sentences', (name, conflicts) => {
    expect(determineWorkerRequirements(stepOf({ type: 'test' }), workspace(name)).conflicts).toEqual(
      conflicts,
    );
  });

  test('a manifest that cannot be read is told, with what was expected', () => {
    const { conflicts } = determineWorkerRequirements(stepOf({}), workspace('broken package.json'));
    expect(conflicts).toEqual([expect.stringMatching(/^package\.json: expected valid JSON, got a fault: /)]);
  });

  test('the step itself has the last word on memory, type and labels', () => {
    const requirements = { memoryBytes: 7, type: 'gpu', labels: { zone: 'a' } };
    const needs = determineWorkerRequirements(stepOf({ requirements }), workspace('cargo'), {
      rust: 'builder',
    });
    expect(needs).toMatchObject(requirements);
  });

  test('a type is asked for only where the pool has one for the language', () => {
    const types = { rust: 'builder' };
    expect(determineWorkerRequirements(stepOf({}), workspace('cargo'), types).type).toBe('builder');
    expect(determineWorkerRequirements(stepOf({}), workspace('go'), types).type).toBeNull();
    expect(determineWorkerRequirements(stepOf({}), workspace('cargo')).memoryBytes).toBe(1_024 * MEBIBYTE);
    expect(determineWorkerRequirements(stepOf({})).memoryBytes).toBe(128 * MEBIBYTE);
  });
});
