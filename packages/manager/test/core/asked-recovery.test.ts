/** What a caller asks to be done about a worker's oldest block, or about the worker. */
import { describe, expect, test } from '@jest/globals';
import { chooseAsked } from '#src/core/asked-recovery.js';
import { blockSentence } from '#src/core/block-end.js';
import { explain } from '#src/core/recovery.js';
import type { RecoveryRung } from '#src/core/report.js';
import { blockOf, embedded, expectStory, running } from './block-stories.js';
import { ManagerMachine } from './manager-machine.js';

describe('what a caller asks for', () => {
  /** A task on a worker that others started (`named`), or that this manager did (`own`). */
  const machineOf = (kind: string, lines: readonly string[]): ManagerMachine => {
    const machine = new ManagerMachine({ startsWorkers: true });
    machine.happen(...(kind === 'own' ? ['worker_wanted', 'worker_started'] : ['worker_named']));
    machine.happen('connection_opened', 'welcome slots=2', ...lines);
    return machine;
  };
  const RUNS = ['task_submitted task=t1 stdin=pipe', 'execution_started task=t1'];
  const MAY_RUN_AGAIN = ['task_submitted task=t1 idempotent=yes', 'execution_started task=t1'];
  const OTHER = ['task_submitted task=t2', 'execution_started task=t2'];
  const ATTACHED = ['connection_lost', 'connection_opened', 'welcome boot=b2 tasks=t1', 'task_adopted'];
  const asks = 'block_detected reason=waiting_for_input';

  test.each<[rung: RecoveryRung | undefined, kind: string, lines: string[], chosen: string]>([
    [undefined, 'own', RUNS, 'none not_blocked'],
    ['terminate', 'own', RUNS, 'none not_blocked'],
    ['restart_worker', 'own', [], 'restart_worker'],
    ['restart_worker', 'own', RUNS, 'none shared_worker'],
    ['replace_worker', 'named', [], 'none not_started_here'],
    ['restart_worker', 'own', [...RUNS, 'block_detected'], 'restart_worker'],
    ['restart_worker', 'own', [...RUNS, ...OTHER, 'block_detected'], 'none shared_worker'],
    ['replace_worker', 'named', [...RUNS, 'block_detected'], 'none not_started_here'],
    [undefined, 'named', [...RUNS, asks], 'end_input'],
    [undefined, 'named', ['task_submitted pty=yes', 'execution_started', asks], 'end_input'],
    [undefined, 'named', ['task_submitted', 'execution_started', asks], 'terminate'],
    [undefined, 'named', [...ATTACHED, asks], 'end_input'],
    [undefined, 'named', [...RUNS, `${asks} claim=suspected`], 'report'],
    [undefined, 'named', [...RUNS, 'block_detected reason=stopped'], 'continue'],
    [undefined, 'named', [...RUNS, 'block_detected'], 'terminate'],
    [undefined, 'named', [...RUNS, 'block_detected', 'rung_asked', 'pass ms=5000'], 'report'],
    ['requeue', 'own', [...RUNS, 'block_detected'], 'none not_idempotent'],
    ['requeue', 'own', [...MAY_RUN_AGAIN, 'block_detected'], 'requeue'],
    ['requeue', 'own', [...MAY_RUN_AGAIN, 'block_detected', 'stop_asked'], 'none unreachable'],
    ['terminate', 'own', [...RUNS, 'block_detected', 'stop_asked'], 'none unreachable'],
    ['terminate', 'named', [...RUNS, 'block_detected', 'connection_lost'], 'none unreachable'],
    ['give_up', 'own', [...RUNS, 'block_detected', 'stop_asked'], 'give_up'],
    ['report', 'own', [...RUNS, 'block_detected', 'stop_asked'], 'report'],
  ])('as %s, of a worker that is %s, after %j, is %s', (rung, kind, lines, chosen) => {
    const machine = machineOf(kind, lines);
    const order = { rung, answer: null, graceMs: 0 };
    const result = chooseAsked(machine, machine.worker(), order);
    expect([result.rung, result.refusal].filter(Boolean).join(' ')).toBe(chosen);
  });

  test.each([
    ['rung=terminate', 'settle task=t1 BLOCKED deadlock'],
    ['', 'rung task=t1 deadlock requeue'],
  ])('of an idempotent task ends it for good only where it is named: %s', (asked, told) => {
    expectStory(
      `${running('idempotent=yes')}
      block_detected
      rung_asked ${asked}
      task_error task=t1 code=terminated
      ----
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1
      ${told}
      ${
        asked === ''
          ? `send worker=w1 forget_task task=t1
      restart task=t1
      send worker=w2 execute_command task=t1`
          : 'send worker=w1 forget_task task=t1'
      }
    `.replace('rung_asked \n', 'rung_asked\n'),
    );
  });

  test('may be a new start of the worker: its blocked task goes on there, or has ended for its block', () => {
    for (const [fields, told] of [
      ['idempotent=yes', 'rung task=t1 deadlock requeue\n      restart task=t1'],
      ['', 'settle task=t1 BLOCKED deadlock'],
    ] as const)
      expectStory(
        `${embedded(fields)}
      block_detected
      rung_asked rung=restart_worker
      ----
      rung task=t1 deadlock restart_worker
      drop_connection worker=w1
      ${told}
      restart_worker worker=w1 type=general
    `,
        { startsWorkers: true, maxWorkers: 1 },
      );
  });

  test('is the next of the ladder where no rung is named, each given its time', () => {
    expectStory(`${running('stdin=pipe')}
      pass ms=6000
      block_detected reason=waiting_for_input prompt=Sure?
      rung_asked reply=no
      pass ms=4999
      rung_asked
      ----
      rung task=t1 waiting_for_input answer
      reply task=t1 "no\\n"
      rung task=t1 waiting_for_input report

      pass ms=1
      rung_asked
      pass ms=5000
      rung_asked
      ----
      rung task=t1 waiting_for_input end_input
      end_input task=t1
      rung task=t1 waiting_for_input terminate
      send worker=w1 terminate_task task=t1
    `);
  });

  test('may be to give up: the task ends at once, and its worker drops it', () => {
    expectStory(`${running('')}
      block_detected
      rung_asked rung=give_up
      ----
      rung task=t1 deadlock give_up
      settle task=t1 BLOCKED deadlock
      send worker=w1 forget_task task=t1
    `);
  });

  test('is done whatever was ordered, and refused where it cannot be', () => {
    expectStory(`${running('idempotent=yes')}
      rung_asked rung=terminate
      block_detected claim=suspected
      rung_asked
      rung_asked rung=continue
      rung_asked rung=restart_worker
      rung_asked rung=requeue
      task_error task=t1 code=terminated
      ----
      rung task=t1 deadlock report
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1
      rung task=t1 deadlock requeue
      send worker=w1 forget_task task=t1
      restart task=t1
      send worker=w2 execute_command task=t1
    `);
  });

  test('may be another worker in place of one, with or without a block', () => {
    expectStory(
      `${embedded('')}
      block_detected
      rung_asked rung=replace_worker
      rung_asked worker=w2 rung=restart_worker
      ----
      rung task=t1 deadlock replace_worker
      drop_connection worker=w1
      settle task=t1 BLOCKED deadlock
      stop_worker worker=w1
      start_worker worker=w2 type=general
      drop_connection worker=w2
      restart_worker worker=w2 type=general

      worker_started worker=w2
      connection_opened worker=w2
      welcome worker=w2
      rung_asked worker=w2 rung=replace_worker
      ----
      dial worker=w2
      send worker=w2 hello
      drop_connection worker=w2
      stop_worker worker=w2
      start_worker worker=w3 type=general
    `,
      { startsWorkers: true },
    );
  });

  test('is nothing for a task that is being ended already', () => {
    expectStory(`${running('')}
      block_detected
      stop_asked
      rung_asked rung=terminate
      ----
      send worker=w1 terminate_task task=t1
    `);
  });

  test('says what was asked for, and the error of a block what was seen', () => {
    const block = blockOf('deadlock', 'confirmed', { summary: 'cat waits for itself' });
    expect(explain('restart_worker', block)).toBe('deadlock is confirmed: restart_worker was asked for.');
    expect(explain('terminate', block)).toBe('deadlock is confirmed: it is ended.');
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted');
    expect(blockSentence(machine.task(), block)).toBe(
      'Task t1 could not go on: deadlock, confirmed (cat waits for itself).',
    );
    expect(blockSentence(machine.task(), blockOf('deadlock', 'suspected'))).toBe(
      'Task t1 could not go on: deadlock, suspected.',
    );
  });
});
