/** What is said of options, plans, steps and records that are not sound: every fault, with what was expected and what came. */
import { describe, expect, test } from '@jest/globals';
import { ExecutorError } from '#src/core/executor-error.js';
import { faultsOfOptions } from '#src/core/option-check.js';
import { faultsOfPlan, faultsOfPlanId, faultsOfStep, mismatch } from '#src/core/plan-check.js';
import { faultsOfGraph } from '#src/core/plan-graph.js';
import { faultsOfRecord } from '#src/core/plan-record.js';

/** Those of the specification. */
const STEP_TYPES =
  'code-execution,file-operation,git-operation,deployment,analysis,custom,sandbox-execution,compilation,build,test'.split(
    ',',
  );
const INTENTIONS = ['install', 'compile', 'build', 'lint', 'test', 'run'];
const isManager = (value: unknown) => value === 'manager';

describe('the options of an executor', () => {
  const faultsOf = (options: object) => faultsOfOptions({ manager: 'manager', ...options }, isManager);

  test.each([
    {},
    { handler: () => {}, maxConcurrent: 1, directory: '/a', workerTypes: { rust: 'builder' } },
    { budgets: { queueMs: 10, runMs: 2_147_483_647, recoveryMs: 11 } },
    { budgets: {}, rules: {} },
    { rules: { types: [...STEP_TYPES], neverTypes: ['test'], words: ['anything'] } },
    { handler: undefined, budgets: { runMs: undefined }, rules: { words: undefined }, nothing: undefined },
  ])('%j are sound', (options) => expect(faultsOf(options)).toEqual([]));

  test.each<[object, string]>([
    [{ manager: 'another' }, 'manager: expected a SandboxManager, got "another"'],
    [{ handler: 'a' }, 'handler: expected a function, got "a"'],
    [{ maxConcurrent: 0 }, 'maxConcurrent: expected a whole number from 1, got 0'],
    [{ maxConcurrent: 1.5 }, 'maxConcurrent: expected a whole number from 1, got 1.5'],
    [{ directory: '' }, 'directory: expected a path, got ""'],
    [{ directory: 1 }, 'directory: expected a path, got 1'],
    [{ workerTypes: [] }, 'workerTypes: expected an object of strings, got an array of 0'],
    [{ budgets: null }, 'budgets: expected an object, got null'],
    ...['queueMs', 'runMs', 'recoveryMs'].flatMap((name) =>
      [9, 10.5, 2_147_483_648].map((value): [object, string] => [
        { budgets: { [name]: value } },
        `budgets.${name}: expected a whole number of milliseconds from 10, got ${value}`,
      ]),
    ),
    [{ budgets: { runms: 50 } }, 'budgets.runms: unknown; expected one of queueMs, runMs, recoveryMs'],
    [{ rules: 'a' }, 'rules: expected an object, got "a"'],
    [{ rules: { types: ['tests'] } }, 'rules.types: expected an array of step types, got an array of 1'],
    [{ rules: { neverTypes: 'test' } }, 'rules.neverTypes: expected an array of step types, got "test"'],
    [{ rules: { words: ['a', 1] } }, 'rules.words: expected an array of words, got an array of 2'],
    [{ rules: { word: [] } }, 'rules.word: unknown; expected one of types, neverTypes, words'],
    [
      { maxconcurrent: 2 },
      'maxconcurrent: unknown; expected one of manager, handler, maxConcurrent, budgets, rules, workerTypes, directory',
    ],
  ])('%j are told by one sentence', (options, fault) => expect(faultsOf(options)).toEqual([fault]));

  test('every fault is told at once, and what is no object at all', () => {
    expect(faultsOf({ handler: 1, maxConcurrent: 0, rules: 1 })).toHaveLength(3);
    expect(faultsOfOptions(null, isManager)).toEqual(['the options: expected an object, got null']);
  });
});

describe('a step', () => {
  const sound = { taskId: 'a', type: 'test', description: '' };
  const faultsOf = (step: object) =>
    faultsOfStep({ ...sound, ...step }, Object.keys({ ...sound, ...step }), 's');

  test.each([
    ...STEP_TYPES.map((type) => ({ type })),
    ...INTENTIONS.map((intention) => ({ intention })),
    { taskId: `A${'.'.repeat(59)}` },
    { dependsOn: [], files: ['a'], env: {}, requirements: {}, cwd: '', workspace: 'w' },
    { command: 'ls' },
    { command: ['ls', '-l'] },
    { priority: -1, idempotent: false, timeoutMs: 10 },
    { timeoutMs: 2_147_483_647 },
  ])('%j is sound', (step) => expect(faultsOf(step)).toEqual([]));

  test.each<[object, string]>([
    [
      { taskId: undefined },
      's.taskId: expected 1 to 60 of A-Z a-z 0-9 . _ -, the first a letter or digit, got nothing',
    ],
    [{ taskId: `A${'.'.repeat(60)}` }, 's.taskId: expected 1 to 60'],
    [{ taskId: '.a' }, 's.taskId: expected 1 to 60'],
    [{ taskId: 'a\n' }, 's.taskId: expected 1 to 60'],
    [{ type: undefined }, `s.type: expected one of ${STEP_TYPES.join(', ')}, got nothing`],
    [{ type: ['test'] }, 's.type: expected one of'],
    [{ description: undefined }, 's.description: expected a string, got nothing'],
    [{ description: 1 }, 's.description: expected a string, got 1'],
    [{ dependsOn: 'a' }, 's.dependsOn: expected an array of taskIds, got "a"'],
    [{ dependsOn: ['a', 1] }, 's.dependsOn: expected an array of taskIds, got an array of 2'],
    [{ priority: 2 ** 53 }, 's.priority: expected a whole number'],
    [{ command: 1 }, 's.command: expected a string, or an array of strings, got 1'],
    [{ command: [1] }, 's.command: expected a string, or an array of strings, got an array of 1'],
    [{ idempotent: 'yes' }, 's.idempotent: expected true or false, got "yes"'],
    [{ intention: 'deploy' }, `s.intention: expected one of ${INTENTIONS.join(', ')}, got "deploy"`],
    [{ files: 'a' }, 's.files: expected an array of file names, got "a"'],
    [{ workspace: 1 }, 's.workspace: expected a string, got 1'],
    [{ cwd: {} }, 's.cwd: expected a string, got an object'],
    [{ env: [] }, 's.env: expected an object of strings, got an array of 0'],
    [{ requirements: () => {} }, 's.requirements: expected an object, got a function'],
    [{ timeoutMs: 9 }, 's.timeoutMs: expected a whole number from 10 to 2147483647, got 9'],
    [{ timeoutMs: 2_147_483_648 }, 's.timeoutMs: expected a whole number from 10 to 2147483647'],
  ])('%j is told by one sentence', (step, fault) =>
    expect(faultsOf(step)).toEqual([expect.stringContaining(fault)]),
  );

  test('a field that there is not is told with those that there are; one that is undefined is none', () => {
    expect(
      faultsOfStep({ ...sound, taskID: 1, no: undefined }, ['taskId', 'type', 'description'], 's'),
    ).toEqual(['s.taskID: unknown; expected one of taskId, type, description']);
    expect(faultsOfStep([], [], 's')).toEqual(['s: expected an object, got an array of 0']);
  });

  test('what came is shown, and a long text by its first 80 characters', () => {
    expect(mismatch('a', 'b', 'x'.repeat(78))).toBe(`a: expected b, got "${'x'.repeat(78)}"`);
    expect(mismatch('a', 'b', 'x'.repeat(79))).toBe(`a: expected b, got "${'x'.repeat(79)}…`);
    expect(mismatch('a', 'b', null)).toBe('a: expected b, got null');
    expect(mismatch('a', 'b', 2n)).toBe('a: expected b, got 2'); // of which JSON knows nothing
  });
});

describe('a plan', () => {
  const step = { taskId: 'a', type: 'test', description: '' };
  const fields = Object.keys({ ...step, dependsOn: 1 });

  test.each<[object, string[]]>([
    [{ planId: 'p', steps: [step], workspace: 'w' }, []],
    [{ planId: 'p', steps: [step], workspace: 1 }, ['plan.workspace: expected a string, got 1']],
    [
      { planId: 'p', steps: [step], name: 'a' },
      ['plan.name: unknown; expected one of planId, steps, workspace'],
    ],
    [
      { planId: '-', steps: 'a' },
      [
        'planId: expected 1 to 60 of A-Z a-z 0-9 . _ -, the first a letter or digit, got "-"',
        'plan.steps: expected an array of one step or more, got "a"',
      ],
    ],
    [{ planId: 'p', steps: [step, null] }, ['steps[1]: expected an object, got null']],
    [{ planId: 'p', steps: [step, step] }, ['step "a": expected each taskId once, got it again']],
  ])('%j: its faults are told', (plan, faults) => expect(faultsOfPlan(plan, fields)).toEqual(faults));

  test('a planId is text', () => {
    expect(faultsOfPlanId('p-1')).toEqual([]);
    expect(faultsOfPlanId(1)).toEqual([expect.stringContaining('got 1')]);
  });

  test.each<[string, [string, string[]?][], string[]]>([
    ['a diamond', [['a'], ['b', ['a']], ['c', ['a']], ['d', ['b', 'c']]], []],
    [
      'one that stands three times',
      [['a'], ['a'], ['b'], ['a']],
      [
        'step "a": expected each taskId once, got it again',
        'step "a": expected each taskId once, got it again',
      ],
    ],
    [
      'two circles',
      [
        ['a', ['b']],
        ['b', ['a']],
        ['c', ['c']],
        ['d', ['a', 'c']],
      ],
      [
        'expected steps that do not need each other in a circle, got a -> b -> a',
        'expected steps that do not need each other in a circle, got c -> c',
      ],
    ],
    [
      'two that are not there',
      [['a', ['x', 'b', 'y']], ['b']],
      [
        'step "a": expected dependsOn to name steps of the plan, got "x"',
        'step "a": expected dependsOn to name steps of the plan, got "y"',
      ],
    ],
    [
      'a circle behind what is done',
      [['a'], ['b', ['a', 'c']], ['c', ['a', 'b']]],
      ['expected steps that do not need each other in a circle, got b -> c -> b'],
    ],
  ])('%s: the faults of its graph are told, each once', (_what, nodes, faults) => {
    const graph = nodes.map(([taskId, dependsOn]) => ({
      taskId,
      ...(dependsOn === undefined ? {} : { dependsOn }),
    }));
    expect(faultsOfGraph(graph)).toEqual(faults);
  });
});

describe('the record of a plan', () => {
  const record = { version: 1, planId: 'p', managerId: 'm', steps: {} };
  const faultsOf = (more: object) => faultsOfRecord({ ...record, ...more }, 'p', ['a', 'b'], 'm');
  const states = ['waiting', 'running', 'completed', 'failed', 'skipped', 'cancelled'];

  test.each(states)('a step that is %s is sound', (state) =>
    expect(faultsOf({ steps: { a: { state, runs: 0 } } })).toEqual([]),
  );

  test('another manager may go on with it where nothing runs', () => {
    const steps = { a: { state: 'completed', runs: 1 }, b: { state: 'running', runs: 1 } };
    expect(faultsOf({ managerId: 'n', steps: { a: steps.a } })).toEqual([]);
    expect(faultsOf({ managerId: 'n', steps })).toEqual([
      'record.managerId: expected that of the manager ("m"), since steps are running, got "n"',
    ]);
  });

  test.each<[object, string[]]>([
    [{ planId: undefined }, ['record.planId: expected "p", got nothing']],
    [{ steps: [] }, ['record.steps: expected an object, got []']],
    [
      { managerId: 'n', steps: { a: null } },
      [`record.steps.a.state: expected one of ${states.join(', ')}, got null`],
    ],
    [
      { steps: { a: { state: 'done', runs: -1 } } },
      [`record.steps.a.state: expected one of ${states.join(', ')}, got "done"`],
    ],
    [
      { steps: { a: { state: 'failed', runs: 0.5 } } },
      ['record.steps.a.runs: expected a whole number from 0, got 0.5'],
    ],
    [
      { steps: { x: { state: 'failed' } } },
      [
        'record.steps.x: expected a step of the plan, got one that it has not',
        'record.steps.x.runs: expected a whole number from 0, got nothing',
      ],
    ],
  ])('%j: its faults are told', (more, faults) => expect(faultsOf(more)).toEqual(faults));

  test.each([null, [], 'a'])('%j is none', (given) =>
    expect(faultsOfRecord(given, 'p', [], 'm')).toEqual([
      'record: expected an object, as `record` of a plan gives it',
    ]),
  );
});

test.each([
  ['INVALID_OPTIONS', 'Correct the fields that are named.'],
  ['INVALID_PLAN', 'Correct the steps that are named.'],
  ['INVALID_STEP', 'Correct the fields that are named.'],
  ['INVALID_RECORD', 'Resume with the record of this plan'],
] as const)('an error %s has its name, every fault, and what to do', (code, next) => {
  const error = new ExecutorError(code, ['a: no', 'b: no']);
  expect(error).toMatchObject({ name: 'ExecutorError', code, faults: ['a: no', 'b: no'] });
  expect(error.message).toContain(`a: no; b: no. ${next}`);
});
