/** Which rung is climbed for a block, why another cannot be, and which answer fits a prompt. */
import { describe, expect, test } from '@jest/globals';
import { type Answer, chooseAnswer, planFor } from '#src/core/block-orders.js';
import { chooseRung, judgeRung, type Means } from '#src/core/recovery.js';
import { blockOf } from './block-stories.js';

const EVERYTHING: Means = {
  isReachable: true,
  takesInput: true,
  hasAnswer: true,
  continues: 0,
  isIdempotent: true,
  hasAttemptLeft: true,
  hasOtherWorker: true,
  isWorkerOurs: true,
  isWorkerShared: false,
  hasRestartLeft: true,
};

const ALL = ['answer', 'end_input', 'continue', 'terminate', 'requeue'] as const;

describe('the ladder', () => {
  test.each([
    ['waiting_for_input', [], 'answer'],
    ['waiting_for_input', ['answer'], 'end_input'],
    ['waiting_for_input', ['answer', 'end_input'], 'terminate'],
    ['stopped', [], 'continue'],
    ['stopped', ['continue'], 'terminate'],
    ['deadlock', [], 'terminate'],
    ['deadlock', ['terminate'], 'give_up'],
  ] as const)('of %s, after %j, goes on with %s', (reason, tried, rung) => {
    const choice = chooseRung(blockOf(reason, 'confirmed'), [...ALL].reverse(), tried, EVERYTHING);
    expect(choice.rung).toBe(rung);
  });

  test('reports where nothing is ordered, and says why where nothing that is can be done', () => {
    expect(chooseRung(blockOf('deadlock', 'confirmed'), [], [], EVERYTHING)).toEqual({
      rung: 'report',
      why: 'deadlock is confirmed, and nothing is done.',
    });
    const once = chooseRung(blockOf('deadlock', 'confirmed'), ['requeue'], [], {
      ...EVERYTHING,
      isIdempotent: false,
    });
    expect(once).toEqual({
      rung: 'report',
      why: 'deadlock is confirmed, and nothing is done: it has run, and is not `idempotent`.',
    });
    const mildest = chooseRung(blockOf('waiting_for_input', 'confirmed'), ['answer', 'continue'], [], {
      ...EVERYTHING,
      hasAnswer: false,
    });
    expect(mildest.why).toBe(
      'waiting_for_input is confirmed, and nothing is done: no answer is left that fits its prompt.',
    );
  });

  test.each([
    ['report', blockOf('deadlock', 'suspected'), { isReachable: false }, null],
    ['give_up', blockOf('deadlock', 'suspected'), { isReachable: false }, null],
    ['answer', blockOf('deadlock', 'confirmed'), {}, 'not_waiting_for_input'],
    ['answer', blockOf('waiting_for_input', 'suspected'), {}, 'not_confirmed'],
    ['answer', blockOf('waiting_for_input', 'confirmed'), { takesInput: false }, 'input_closed'],
    ['answer', blockOf('waiting_for_input', 'confirmed'), { hasAnswer: false }, 'no_answer'],
    [
      'answer',
      blockOf('waiting_for_input', 'confirmed', { password: true }),
      { hasAnswer: false },
      'password_prompt',
    ],
    ['end_input', blockOf('no_progress', 'suspected'), {}, 'not_waiting_for_input'],
    ['end_input', blockOf('waiting_for_input', 'suspected'), {}, null],
    ['end_input', blockOf('waiting_for_input', 'confirmed'), { isReachable: false }, 'unreachable'],
    ['continue', blockOf('deadlock', 'confirmed'), {}, 'not_stopped'],
    ['continue', blockOf('stopped', 'confirmed', { signal: 'SIGSTOP' }), {}, null],
    ['continue', blockOf('stopped', 'confirmed'), { isReachable: false }, 'unreachable'],
    ['continue', blockOf('stopped', 'confirmed', { signal: 'SIGTTIN' }), {}, 'stopped_by_terminal'],
    ['continue', blockOf('stopped', 'confirmed', { signal: 'SIGTTOU' }), {}, 'stopped_by_terminal'],
    ['continue', blockOf('stopped', 'confirmed'), { continues: 3 }, 'continued_enough'],
    ['terminate', blockOf('deadlock', 'confirmed'), { isReachable: false }, 'unreachable'],
    ['requeue', blockOf('deadlock', 'confirmed'), { isIdempotent: false }, 'not_idempotent'],
    ['requeue', blockOf('deadlock', 'confirmed'), { hasAttemptLeft: false }, 'no_attempt_left'],
    ['requeue', blockOf('deadlock', 'confirmed'), { hasOtherWorker: false }, 'no_other_worker'],
    ['restart_worker', blockOf('deadlock', 'confirmed'), { isWorkerOurs: false }, 'not_started_here'],
    ['restart_worker', blockOf('deadlock', 'confirmed'), { isWorkerShared: true }, 'shared_worker'],
    ['restart_worker', blockOf('deadlock', 'confirmed'), { hasRestartLeft: false }, 'too_many_restarts'],
    ['replace_worker', blockOf('deadlock', 'confirmed'), { hasRestartLeft: false }, null],
  ] as const)('%s of %j with %j is refused as %s', (rung, block, lacks, refusal) => {
    expect(judgeRung(rung, block, { ...EVERYTHING, ...lacks })).toBe(refusal);
  });
});

describe('an answer', () => {
  const answer = (fields: Partial<Answer>): Answer => ({
    prompt: null,
    text: 'y\n',
    password: false,
    times: 1,
    ...fields,
  });
  const asks = (prompt: string, password = false) =>
    blockOf('waiting_for_input', 'confirmed', { prompt, password });

  test.each([
    ['a text that the prompt holds', { prompt: '[y/N]' }, asks('Proceed? [y/N]'), true],
    ['a pattern that it fits', { prompt: /^proceed/i }, asks('Proceed? [y/N]'), true],
    ['a text that it does not hold', { prompt: 'Delete?' }, asks('Proceed? [y/N]'), false],
    ['no prompt, where a text is wanted', { prompt: 'x' }, blockOf('waiting_for_input', 'confirmed'), false],
    [
      'a password prompt, and the answer says nothing of it',
      { prompt: 'word:' },
      asks('Password:', true),
      false,
    ],
    ['a password prompt, and any prompt would do', {}, asks('Password:', true), false],
    [
      'a password prompt, and the answer is for one',
      { prompt: 'word:', password: true },
      asks('Password:', true),
      true,
    ],
  ])('fits %s: or not', (_what, fields, block, fitting) => {
    const given = answer(fields);
    expect(chooseAnswer(block, [given], new Map())).toBe(fitting ? given : null);
  });

  test('is given as often as it says, then the next that fits is', () => {
    const [first, second] = [answer({ times: 2 }), answer({})];
    const block = asks('Sure?');
    expect(chooseAnswer(block, [first, second], new Map([[first, 1]]))).toBe(first);
    expect(chooseAnswer(block, [first, second], new Map([[first, 2]]))).toBe(second);
  });

  test('is for the new prompt, where the one that was answered still stands on the line before it', () => {
    const yes = answer({ prompt: 'Proceed?', times: 9 });
    const block = asks('Proceed? [y/N] Delete all?');
    expect(chooseAnswer(block, [yes], new Map(), 'Proceed? [y/N]')).toBeNull();
    expect(chooseAnswer(asks('Proceed? [y/N]'), [yes], new Map(), 'Proceed? [y/N]')).toBe(yes);
    expect(chooseAnswer(block, [yes], new Map())).toBe(yes);
    const all = answer({ prompt: /^Delete/ });
    expect(chooseAnswer(asks('Delete all that there is?'), [all], new Map(), 'Proceed? [y/N]')).toBe(all);
  });

  test('is chosen by the last 1000 characters of a prompt: what a worker says of it costs no pattern’s time', () => {
    const block = asks(`y${'x'.repeat(1_000)}`);
    const [whole, last] = [answer({ prompt: /y/ }), answer({ prompt: /^x{1000}$/ })];
    expect(chooseAnswer(block, [whole, last], new Map())).toBe(last);
  });

  test('holds for waiting_for_input whatever its plan, and for nothing else', () => {
    const given = answer({ prompt: 'x' });
    const orders = { by: 'table', plans: {}, answers: [given] } as const;
    expect(planFor(orders, 'waiting_for_input')).toMatchObject({ rungs: ['answer'], answers: [given] });
    expect(planFor(orders, 'deadlock')).toMatchObject({ rungs: [], answers: [] });
  });
});

describe('an order', () => {
  const some = { rungs: ['continue'], answers: [], suspectedAfterMs: null } as const;
  const other = { rungs: ['terminate'], answers: [], suspectedAfterMs: null } as const;
  const NOTHING = { rungs: [], answers: [], suspectedAfterMs: null };

  test('for a reason goes before that for all of them; without either nothing is done', () => {
    const orders = { by: 'table', plans: { default: some, deadlock: other }, answers: [] } as const;
    expect(planFor(orders, 'deadlock')).toEqual(other);
    expect(planFor(orders, 'stopped')).toEqual(some);
    expect(planFor(orders, 'waiting_for_input')).toEqual(some);
    expect(planFor({ by: 'table', plans: { deadlock: other }, answers: [] }, 'stopped')).toEqual(NOTHING);
    expect(planFor({ by: 'handler' }, 'deadlock')).toEqual(NOTHING);
    expect(planFor(null, 'deadlock')).toEqual(NOTHING);
  });
});
