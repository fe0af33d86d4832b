/** The machine of a plan: what is begun when, and what follows from how a step ended. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { faultsOfPlan } from '#src/core/plan-check.js';
import { faultsOfGraph } from '#src/core/plan-graph.js';
import { faultsOfRecord, type PlanRecord } from '#src/core/plan-record.js';
import { DIAMOND, FAILED, type Given, LOST, Story } from './plan-story.js';

describe('the order of a plan', () => {
  test('a step begins when all that it needs have completed', () => {
    const story = new Story(DIAMOND);
    expect(story.open()).toEqual(['begin install']);
    expect(story.end('install')).toEqual(['install completed', 'begin lint', 'begin build']);
    expect(story.end('build')).toEqual(['build completed']);
    expect(story.end('lint')).toEqual(['lint completed', 'begin ship']);
    expect(story.end('ship')).toEqual(['ship completed', 'plan completed']);
  });

  test('no more than maxConcurrent run at once, the highest priority first, then in the order of the plan', () => {
    const story = new Story(
      [
        { taskId: 'a' },
        { taskId: 'b', priority: 1 },
        { taskId: 'c', priority: 2 },
        { taskId: 'd', priority: 1 },
      ],
      2,
    );
    expect(story.open()).toEqual(['begin c', 'begin b']);
    expect(story.end('c')).toEqual(['c completed', 'begin d']);
    expect(story.end('b')).toEqual(['b completed', 'begin a']);
  });

  test('whatever the plan, each step begins once, after what it needs, and never more than maxConcurrent run', () => {
    const plans = fc
      .array(
        fc.record({
          needs: fc.array(fc.nat(20), { maxLength: 4 }),
          priority: fc.integer({ min: -2, max: 2 }),
        }),
        {
          minLength: 1,
          maxLength: 20,
        },
      )
      .map((steps) =>
        steps.map(({ needs, priority }, index) => ({
          taskId: `s${index}`,
          priority,
          dependsOn: [...new Set(needs.filter((need) => need < index).map((need) => `s${need}`))],
        })),
      );
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 4 }), fc.array(fc.nat(9)), (steps, most, dice) => {
        const story = new Story(steps, most);
        const begun: string[] = [];
        const completed = new Set<string>();
        let news = story.open();
        for (let turn = 0; ; turn++) {
          for (const told of news.filter((each) => each.startsWith('begin ')).map((each) => each.slice(6))) {
            const needs = steps.find(({ taskId }) => taskId === told)?.dependsOn ?? [];
            expect(needs.every((need) => completed.has(need))).toBe(true);
            begun.push(told);
          }
          const running = begun.filter((each) => !completed.has(each));
          expect(running.length).toBeLessThanOrEqual(most);
          if (running.length === 0) break;
          const next = running[(dice[turn] ?? 0) % running.length] as string;
          completed.add(next);
          news = story.end(next);
        }
        expect(begun.sort()).toEqual(steps.map(({ taskId }) => taskId).sort());
        expect(news.at(-1)).toBe('plan completed');
      }),
    );
  });
});

describe('a step that fails', () => {
  test('what needs it is skipped and says why; the rest goes on', () => {
    const story = new Story([...DIAMOND, { taskId: 'docs', dependsOn: ['install'] }]);
    story.open();
    story.end('install');
    expect(story.end('lint', FAILED)).toEqual(['lint failed', 'ship skipped']);
    expect(story.why('ship')).toBe('It needs "lint", which failed (EXIT_CODE).');
    expect(story.end('build')).toEqual(['build completed']);
    expect(story.end('docs')).toEqual(['docs completed', 'plan failed']);
  });

  test('what needs a skipped step is skipped too, and names the cause', () => {
    const story = new Story(DIAMOND);
    story.open();
    expect(story.end('install', FAILED)).toEqual([
      'install failed',
      'lint skipped',
      'build skipped',
      'ship skipped',
      'plan failed',
    ]);
    expect(story.why('ship')).toBe(
      'It needs "lint", which was skipped: It needs "install", which failed (EXIT_CODE).',
    );
  });
});

test('what needs a failed step by way of others is skipped wherever the plan lists it', () => {
  const story = new Story([
    { taskId: 'last', dependsOn: ['middle'] },
    { taskId: 'middle', dependsOn: ['first'] },
    { taskId: 'first' },
  ]);
  story.open();
  expect(story.end('first', FAILED)).toEqual([
    'first failed',
    'middle skipped',
    'last skipped',
    'plan failed',
  ]);
});

describe('a plan that is cancelled', () => {
  test('what waits never begins, what runs is ended, and the plan ends with it', () => {
    const story = new Story(DIAMOND);
    story.open();
    story.end('install');
    expect(story.cancel()).toEqual(['stop lint', 'stop build', 'ship cancelled']);
    expect(story.why('ship')).toBe('Enough.');
    expect(story.cancel()).toEqual([]);
    expect(story.end('lint', { end: 'stopped', why: 'Enough.' })).toEqual(['lint cancelled']);
    expect(story.end('build')).toEqual(['build completed', 'plan cancelled']);
  });

  test('a plan whose last step completed all the same has completed', () => {
    const story = new Story([{ taskId: 'a' }]);
    story.open();
    story.cancel();
    expect(story.end('a')).toEqual(['a completed', 'plan completed']);
  });
});

describe('a plan that is resumed from its record', () => {
  const steps: Given[] = [
    { taskId: 'done' },
    { taskId: 'idem', idempotent: true },
    { taskId: 'once' },
    { taskId: 'next', dependsOn: ['done', 'idem'] },
  ];

  function halfWay(): PlanRecord {
    const story = new Story(steps);
    story.open();
    story.happen({ type: 'step_started', taskId: 'once', workerId: 'w1' });
    story.end('done');
    return story.record();
  }

  test('what has completed is not run again, what was running is looked for and not begun', () => {
    expect(halfWay().steps['once']).toEqual({ state: 'running', runs: 1, workerId: 'w1' });
    const story = new Story(steps, 9, halfWay());
    expect(story.open()).toEqual(['adopt idem', 'adopt once']);
    expect(story.end('idem')).toEqual(['idem completed', 'begin next']);
    expect(story.end('once')).toEqual(['once completed']);
    expect(story.end('next')).toEqual(['next completed', 'plan completed']);
  });

  test('what nobody keeps is begun again where it is idempotent, and else reported lost', () => {
    const story = new Story(steps, 9, halfWay());
    story.open();
    expect(story.end('idem', LOST)).toEqual(['begin idem again']);
    expect(story.end('once', LOST)).toEqual(['once failed']);
    expect(story.state.steps.get('once')?.failure).toMatchObject({ code: 'LOST', detail: 'may_have_run' });
    expect(story.end('idem', LOST)).toEqual(['idem failed', 'next skipped', 'plan failed']);
  });

  test('what was running is looked for past maxConcurrent: it runs already', () => {
    expect(new Story(steps, 1, halfWay()).open()).toEqual(['adopt idem', 'adopt once']);
  });

  test('what was running counts first, so that nothing new begins in its place', () => {
    const story = new Story([{ taskId: 'old' }]);
    story.open();
    const both = [{ taskId: 'new', priority: 5 }, { taskId: 'old' }];
    expect(new Story(both, 1, story.record()).open()).toEqual(['adopt old']);
  });

  test('its record says that it runs until it is known', () => {
    const story = new Story(steps, 9, halfWay());
    story.open();
    expect(story.record().steps['idem']).toMatchObject({ state: 'running', runs: 1 });
  });

  test('what failed stays so, unless it is to be tried again; what was skipped is judged anew', () => {
    const failed = new Story(DIAMOND);
    failed.open();
    failed.end('install', FAILED);
    expect(new Story(DIAMOND, 9, failed.record()).open()).toEqual([
      'lint skipped',
      'build skipped',
      'ship skipped',
      'plan failed',
    ]);
    expect(new Story(DIAMOND, 9, failed.record(), true).open()).toEqual(['begin install again']);
  });

  test('what was cancelled before it began waits again', () => {
    const cancelled = new Story(DIAMOND, 1);
    cancelled.open();
    cancelled.cancel();
    cancelled.end('install');
    expect(new Story(DIAMOND, 9, cancelled.record()).open()).toEqual(['begin lint', 'begin build']);
  });

  test('what an earlier life began is taken over to be ended, where the plan is cancelled at once', () => {
    const story = new Story(steps, 9, halfWay());
    expect(story.cancel()).toEqual(['next cancelled', 'adopt idem', 'stop idem', 'adopt once', 'stop once']);
    expect(story.end('idem', LOST)).toEqual(['idem failed']);
  });

  test.each([
    ['no object', 'nonsense', 'expected an object'],
    ['another version', { version: 2 }, 'record.version: expected 1, got 2'],
    ['no steps', { version: 1 }, 'record.steps: expected an object, got nothing'],
    ['of another plan', { version: 1, planId: 'q', managerId: 'm', steps: {} }, 'expected "p", got "q"'],
    [
      'a step that the plan has not',
      { version: 1, planId: 'p', managerId: 'm', steps: { x: { state: 'waiting', runs: 0 } } },
      'record.steps.x: expected a step of the plan',
    ],
    [
      'a state that there is not',
      { version: 1, planId: 'p', managerId: 'm', steps: { a: { state: 'done', runs: 0 } } },
      'got "done"',
    ],
    [
      'runs that are none',
      { version: 1, planId: 'p', managerId: 'm', steps: { a: { state: 'waiting', runs: -1 } } },
      'whole number from 0, got -1',
    ],
    [
      'running steps of another manager',
      { version: 1, planId: 'p', managerId: 'n', steps: { a: { state: 'running', runs: 1 } } },
      'expected that of the manager ("m")',
    ],
  ])('a record of %s is refused, with what was expected', (_what, record, expected) => {
    expect(faultsOfRecord(record, 'p', ['a'], 'm')).toEqual([expect.stringContaining(expected)]);
  });
});

describe('what a plan may not be', () => {
  const fields = ['taskId', 'type', 'description', 'dependsOn', 'priority'];
  const planOf = (...steps: object[]) => ({ planId: 'p', steps });
  const sound = { taskId: 'a', type: 'test', description: '' };

  test.each([
    ['needs itself', [{ taskId: 'a', dependsOn: ['a'] }], 'got a -> a'],
    [
      'needs each other',
      [
        { taskId: 'a', dependsOn: ['b'] },
        { taskId: 'b', dependsOn: ['c'] },
        { taskId: 'c', dependsOn: ['b'] },
      ],
      'got b -> c -> b',
    ],
    [
      'needs one that needs itself',
      [
        { taskId: 'a', dependsOn: ['b'] },
        { taskId: 'b', dependsOn: ['b'] },
      ],
      'got b -> b',
    ],
    [
      'needs what there is not',
      [{ taskId: 'a', dependsOn: ['nowhere'] }],
      'step "a": expected dependsOn to name steps of the plan, got "nowhere"',
    ],
    ['stands there twice', [{ taskId: 'a' }, { taskId: 'a' }], 'step "a": expected each taskId once'],
  ])('a step that %s is refused by name', (_what, nodes, expected) => {
    expect(faultsOfGraph(nodes)).toEqual([expect.stringContaining(expected)]);
  });

  test('steps that meet again are no circle, whichever of them the plan names first', () => {
    expect(faultsOfGraph(DIAMOND)).toEqual([]);
    expect(faultsOfGraph(DIAMOND.toReversed())).toEqual([]);
  });

  test('a chain of ten thousand steps has no circle, and is judged without running out of stack', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) => ({
      taskId: `s${index}`,
      dependsOn: index === 9_999 ? [] : [`s${index + 1}`],
    }));
    expect(faultsOfGraph(chain)).toEqual([]);
    expect(faultsOfGraph([...chain.slice(0, -1), { taskId: 's9999', dependsOn: ['s0'] }])).toHaveLength(1);
  });

  test.each([
    ['no object', 'p', ['plan: expected an object, got "p"']],
    [
      'no steps',
      { planId: 'p', steps: [] },
      ['plan.steps: expected an array of one step or more, got an array of 0'],
    ],
    [
      'a planId with a colon',
      { planId: 'p:1', steps: [sound] },
      [expect.stringMatching(/^planId: expected 1 to 60 .*got "p:1"$/)],
    ],
    [
      'a type that there is not',
      planOf({ ...sound, type: 'tests' }),
      [expect.stringMatching(/^steps\[0\]\.type: expected one of .*got "tests"$/)],
    ],
    [
      'a field that there is not',
      planOf({ ...sound, dependson: [] }),
      [expect.stringMatching(/^steps\[0\]\.dependson: unknown; expected one of taskId/)],
    ],
    [
      'half a priority',
      planOf({ ...sound, priority: 1.5 }),
      ['steps[0].priority: expected a whole number, got 1.5'],
    ],
    [
      'two faults',
      planOf({ taskId: '', type: 'test' }),
      [
        expect.stringContaining('steps[0].taskId'),
        expect.stringContaining('steps[0].description: expected a string, got nothing'),
      ],
    ],
    ['nothing wrong', planOf(sound), []],
  ])('%s is told, every fault at once', (_what, plan, faults) => {
    expect(faultsOfPlan(plan, fields)).toEqual(faults);
  });
});
