/** The executor with a real manager, on a real socket to a worker that says what the test tells it to. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { FakeWorker, until } from '@sandcrew/testkit';
import {
  type EnhancedMessage,
  ExecutorError,
  type ExecutorOptions,
  type PlanRecord,
  SandboxExecutor,
  type TaskPlan,
  type TaskStep,
} from '#src/index.js';

let worker: FakeWorker;
let manager: SandboxManager;
let executor: SandboxExecutor;
const messages: EnhancedMessage[] = [];

beforeEach(async () => {
  messages.length = 0;
  worker = await FakeWorker.listen();
  worker.script = (message) => {
    if (message.type === 'terminate_task') tellTerminated(message.taskId);
  };
});

afterEach(async () => {
  executor.close();
  await manager.close({ graceMs: 0 });
  await worker.close();
});

function open(options: Partial<ExecutorOptions> = {}): void {
  manager = new SandboxManager({ workers: [worker.address], managerId: 'agent', connectTimeoutMs: 2_000 });
  executor = new SandboxExecutor({ manager, ...options });
  executor.on('message', (message) => messages.push(message));
}

/** Another life of the agent, with a manager of the same id. */
async function liveAgain(options: Partial<ExecutorOptions> = {}): Promise<void> {
  executor.close();
  await manager.close({ leaveTasks: true });
  messages.length = 0;
  open(options);
}

function tellTerminated(taskId: string): void {
  worker.send({ type: 'task_error', taskId, code: 'terminated', message: 'It was asked to end.' });
}

function planOf(...steps: (Partial<TaskStep> & { taskId: string })[]): TaskPlan {
  return {
    planId: 'p',
    steps: steps.map((step) => ({ type: 'custom', description: '', ...step })),
  };
}

const told = (type: EnhancedMessage['type']) => messages.filter((message) => message.type === type);

describe('a step in a sandbox', () => {
  test('its command is sent under the ids of plan and step, and its output and end are told', async () => {
    open();
    const run = executor.executePlan(
      planOf({ taskId: 'a', command: ['ls', '-l'], priority: 3, env: { A: 'b' } }),
    );
    const sent = await worker.next('execute_command');
    expect(sent).toMatchObject({
      taskId: 'p:a',
      command: ['ls', '-l'],
      env: { A: 'b' },
      timeoutMs: 270_000,
    });
    worker.start('p:a');
    worker.sendOutput('p:a', 0, 'hello\n');
    worker.complete('p:a', 6);
    const { state, steps } = await run.ended;
    expect(state).toBe('completed');
    expect(steps.get('a')).toMatchObject({
      state: 'completed',
      doer: 'sandbox',
      task: { stdout: 'hello\n' },
    });
    expect(told('sandbox_output')).toEqual([
      {
        type: 'sandbox_output',
        planId: 'p',
        taskId: 'a',
        workerId: 'worker-1',
        stream: 'stdout',
        output: 'hello\n',
        offset: 0,
      },
    ]);
    expect(told('task_started')).toMatchObject([{ taskId: 'a', doer: 'sandbox', command: ['ls', '-l'] }]);
    expect(told('task_completed')).toMatchObject([{ taskId: 'a' }]);
    expect(told('plan_ended')).toHaveLength(1);
    // Of its own steps the manager's events are not told a second time; all others are.
    expect([told('taskOutput'), told('taskComplete')]).toEqual([[], []]);
    expect(told('workerConnected')).toHaveLength(1);
  });

  test('another exit code than 0 fails the step', async () => {
    open();
    const run = executor.executePlan(planOf({ taskId: 'a', command: 'false' }));
    await worker.next('execute_command');
    worker.start('p:a');
    worker.complete('p:a', 0, 3);
    const { steps, state } = await run.ended;
    expect(state).toBe('failed');
    expect(steps.get('a')?.failure).toEqual({
      code: 'EXIT_CODE',
      detail: '3',
      message: 'Expected "false" to end with exit code 0, got exit code 3. Read its output.',
    });
    expect(told('task_failed')).toMatchObject([{ taskId: 'a', failure: { code: 'EXIT_CODE' } }]);
  });

  test('executeSandboxTask runs one step, and resolves with how it ended', async () => {
    open();
    const ended = executor.executeSandboxTask(
      { taskId: 'a', type: 'build', description: '', command: 'x' },
      'q',
    );
    expect(await worker.next('execute_command')).toMatchObject({ taskId: 'q:a' });
    worker.start('q:a');
    worker.complete('q:a', 0);
    expect(await ended).toMatchObject({ planId: 'q', taskId: 'a', state: 'completed' });
  });

  test('what the manager would not take fails the step, with its words', async () => {
    open();
    const run = executor.executePlan(planOf({ taskId: 'a', command: '' }));
    expect((await run.ended).steps.get('a')?.failure).toMatchObject({
      code: 'INVALID_TASK',
      message: expect.stringContaining('expected a command, got an empty one'),
    });
  });

  test('a step without a command has one made of what stands in its workspace, beside which it runs', async () => {
    open();
    const run = executor.executePlan({
      ...planOf({ taskId: 'a', type: 'test', description: 'run the tests', cwd: 'app' }),
      workspace: 'w',
    });
    const look = await worker.next('execute_command');
    expect(look).toMatchObject({ workspace: 'w', cwd: 'app' });
    worker.start(look.taskId);
    const manifest = Buffer.from('[package]\nname = "a"').toString('base64');
    const listing = `some noise\nCargo.toml ${manifest}\nCargo.lock \n`;
    worker.sendOutput(look.taskId, 0, listing);
    worker.complete(look.taskId, listing.length);
    expect(await worker.next('execute_command')).toMatchObject({
      taskId: 'p:a',
      command: ['cargo', 'test', '--locked'],
      workspace: 'w',
      cwd: 'app',
    });
    expect(told('sandbox_output')).toEqual([]);
    worker.start('p:a');
    worker.complete('p:a', 0);
    expect((await run.ended).steps.get('a')).toMatchObject({ command: ['cargo', 'test', '--locked'] });
  });

  test('a step for which no command can be made fails before anything is sent for it', async () => {
    open({ directory: '/nonexistent' });
    const run = executor.executePlan(planOf({ taskId: 'a', type: 'build' }));
    expect((await run.ended).steps.get('a')?.failure).toMatchObject({
      code: 'NO_COMMAND',
      message: expect.stringContaining('no manifest that is known'),
    });
    expect(worker.count('execute_command')).toBe(0);
  });
});

describe('its time', () => {
  const step = { taskId: 'a', command: 'sleep 99' };

  test('no worker begins it within its queue budget: it is taken back, and fails as QUEUE_TIMEOUT', async () => {
    open({ budgets: { queueMs: 500, runMs: 60_000, recoveryMs: 10_000 } });
    const run = executor.executePlan(planOf(step));
    expect((await run.ended).steps.get('a')?.failure).toMatchObject({ code: 'QUEUE_TIMEOUT' });
  });

  test('its run budget is over: it is ended, and fails as TIMED_OUT', async () => {
    open({ budgets: { queueMs: 2_500, runMs: 100, recoveryMs: 20_000 } });
    await manager.connected();
    const run = executor.executePlan(planOf({ ...step, graceMs: 700 }));
    await worker.next('execute_command');
    worker.start('p:a');
    expect(await worker.next('terminate_task', 20_000)).toMatchObject({ taskId: 'p:a', graceMs: 700 });
    expect((await run.ended).steps.get('a')?.failure).toMatchObject({ code: 'TIMED_OUT' });
  });

  test('a confirmed block stands for its recovery budget: it is ended, and fails as BLOCKED', async () => {
    open({ budgets: { queueMs: 60_000, runMs: 60_000, recoveryMs: 1_000 } });
    const run = executor.executePlan(planOf(step));
    await worker.next('execute_command');
    worker.start('p:a');
    block('confirmed');
    await worker.next('terminate_task');
    expect((await run.ended).steps.get('a')?.failure).toMatchObject({ code: 'BLOCKED', detail: 'deadlock' });
    expect(told('sandbox_block_detected')).toMatchObject([{ taskId: 'a', block: { reason: 'deadlock' } }]);
  });

  test('a block that clears, or is only suspected, ends nothing', async () => {
    open({ budgets: { queueMs: 60_000, runMs: 60_000, recoveryMs: 1_000 } });
    const run = executor.executePlan(planOf(step, { ...step, taskId: 'b' }, { ...step, taskId: 'c' }));
    for (const taskId of ['p:a', 'p:b', 'p:c']) {
      await worker.next('execute_command');
      worker.start(taskId);
    }
    block('confirmed', 'p:a');
    worker.send({ type: 'block_cleared', taskId: 'p:a', reason: 'deadlock', duration: 1 });
    block('suspected', 'p:b');
    block('confirmed', 'p:c'); // later than the others: when it is ended, they would have been
    expect(await worker.next('terminate_task')).toMatchObject({ taskId: 'p:c' });
    worker.complete('p:a', 0);
    worker.complete('p:b', 0);
    const { steps } = await run.ended;
    expect([...steps.values()].map(({ state }) => state)).toEqual(['completed', 'completed', 'failed']);
    expect(worker.count('terminate_task')).toBe(1);
  });

  test('a worker that does not say that it has ended it is not waited for past its recovery budget', async () => {
    open({ budgets: { queueMs: 200, runMs: 10, recoveryMs: 300 } });
    worker.script = () => {};
    const run = executor.executePlan(planOf(step));
    expect((await run.ended).steps.get('a')?.failure).toMatchObject({ code: 'QUEUE_TIMEOUT' });
    tellTerminated('p:a');
  });

  function block(confidence: 'confirmed' | 'suspected', taskId = 'p:a'): void {
    worker.send({
      type: 'block_detected',
      taskId,
      reason: 'deadlock',
      confidence,
      duration: 10,
      resourceUsage: {},
      recoverable: false,
      evidence: {},
      action: 'report',
    });
  }
});

describe('a step that is not for a sandbox', () => {
  const analysis: TaskStep = { taskId: 'a', type: 'analysis', description: 'Read it', data: { deep: true } };

  test('goes to the handler of the agent, whose value is its result', async () => {
    open({ handler: ({ data }, { planId, results }) => [planId, data, results.size] });
    const { steps, state } = await executor.executePlan({ planId: 'p', steps: [analysis] }).ended;
    expect(state).toBe('completed');
    expect(steps.get('a')).toMatchObject({ doer: 'handler', value: ['p', { deep: true }, 0], command: null });
    expect(worker.count('execute_command')).toBe(0);
  });

  test('a later step sees what the earlier ones came to', async () => {
    open({ handler: ({ taskId }, { results }) => (taskId === 'a' ? 42 : results.get('a')?.value) });
    const { steps } = await executor.executePlan({
      planId: 'p',
      steps: [analysis, { ...analysis, taskId: 'b', dependsOn: ['a'] }],
    }).ended;
    expect(steps.get('b')?.value).toBe(42);
  });

  test('a word that hardly means it is no reason to guess a command: the handler has it', async () => {
    open({ handler: () => 'renamed' });
    const { steps } = await executor.executePlan(
      planOf({ taskId: 'a', type: 'file-operation', description: 'Rename the build directory' }),
    ).ended;
    expect(steps.get('a')?.value).toBe('renamed');
  });

  test.each([
    ['without a handler', {}, {}, 'NO_HANDLER', 'Its description'],
    [
      'whose handler throws',
      {
        handler: () => {
          throw new Error('boom');
        },
      },
      {},
      'HANDLER_FAILED',
      'boom',
    ],
    [
      'whose handler does not end',
      { handler: () => new Promise(() => {}) },
      { timeoutMs: 50 },
      'TIMED_OUT',
      'within 50 ms',
    ],
  ])('a step %s fails', async (_what, options, more, code, words) => {
    open(options as Partial<ExecutorOptions>);
    const { steps } = await executor.executePlan({ planId: 'p', steps: [{ ...analysis, ...more }] }).ended;
    const { failure } = steps.get('a') ?? {};
    expect(failure?.code).toBe(code);
    expect(failure?.message).toContain(
      words === 'Its description' ? 'its description has none of the words' : words,
    );
  });
});

describe('a plan that is cancelled', () => {
  test('ends what runs, begins nothing more, and tells why', async () => {
    open();
    const run = executor.executePlan(
      planOf({ taskId: 'a', command: 'sleep 99' }, { taskId: 'b', command: 'true', dependsOn: ['a'] }),
    );
    await worker.next('execute_command');
    worker.start('p:a');
    await until('it runs', () => told('task_started').length === 1);
    run.cancel('The user went home.');
    await worker.next('terminate_task');
    const { state, steps } = await run.ended;
    expect(state).toBe('cancelled');
    for (const taskId of ['a', 'b'])
      expect(steps.get(taskId)).toMatchObject({ state: 'cancelled', why: 'The user went home.' });
    expect(told('task_cancelled')).toHaveLength(2);
  });

  test('in the turn that made it, or by a signal that is aborted: nothing is ever sent', async () => {
    open();
    const first = executor.executePlan(planOf({ taskId: 'a', command: 'true' }));
    first.cancel();
    const second = executor.executePlan(planOf({ taskId: 'b', command: 'true' }), {
      signal: AbortSignal.abort('too late'),
    });
    expect((await first.ended).state).toBe('cancelled');
    expect((await second.ended).steps.get('b')).toMatchObject({ state: 'cancelled', why: 'too late' });
    await manager.connected();
    expect(worker.count('execute_command')).toBe(0);
  });

  test('a handler at work is told by its signal, and not waited for', async () => {
    let aborted: unknown;
    const begun = new Promise<void>((resolve) => {
      open({
        handler: (_step, { signal }) => {
          signal.addEventListener('abort', () => {
            aborted = signal.reason;
          });
          resolve();
          return new Promise(() => {});
        },
      });
    });
    const run = executor.executePlan(planOf({ taskId: 'a', type: 'analysis' }));
    await begun;
    run.cancel('Enough.');
    expect((await run.ended).state).toBe('cancelled');
    expect(aborted).toBe('Enough.');
  });
});

describe('its record', () => {
  const plan = planOf(
    { taskId: 'done', command: 'true' },
    { taskId: 'a', command: 'sleep 99', dependsOn: ['done'] },
    { taskId: 'b', command: 'true', dependsOn: ['a'] },
  );

  /** Runs the plan until `a` runs; gives the record as a store would. */
  async function halfWay(steps: TaskPlan): Promise<PlanRecord> {
    let record = '';
    open();
    executor.executePlan(steps, { onRecord: (kept) => (record = JSON.stringify(kept)) });
    await worker.next('execute_command');
    worker.start('p:done');
    worker.complete('p:done', 0);
    await worker.next('execute_command');
    worker.start('p:a');
    await until('its worker is recorded', () => record.includes('worker-1"}') && record.includes('running'));
    return JSON.parse(record);
  }

  test('a step is begun only when the record that says so is kept', async () => {
    open();
    let keep = () => {};
    const kept = new Promise<void>((resolve) => {
      keep = resolve;
    });
    const records: PlanRecord[] = [];
    const run = executor.executePlan(planOf({ taskId: 'a', command: 'true' }), {
      onRecord: (record) => {
        records.push(record);
        return kept;
      },
    });
    await manager.connected();
    expect(records).toMatchObject([{ steps: { a: { state: 'running', runs: 1 } } }]);
    const other = manager.run({ taskId: 'other', command: 'true' });
    // Had the step been begun, it would have come before.
    expect(await worker.next('execute_command')).toMatchObject({ taskId: 'other' });
    worker.start('other');
    worker.complete('other', 0);
    await other;
    keep();
    expect(await worker.next('execute_command')).toMatchObject({ taskId: 'p:a' });
    worker.start('p:a');
    worker.complete('p:a', 0);
    await run.ended;
    expect(records.at(-1)).toEqual(run.record);
    expect(run.record.steps['a']?.state).toBe('completed');
  });

  test('a record that cannot be kept cancels the plan', async () => {
    open();
    const run = executor.executePlan(planOf({ taskId: 'a', command: 'true' }), {
      onRecord: () => {
        throw new Error('disk full');
      },
    });
    expect((await run.ended).steps.get('a')).toMatchObject({
      state: 'cancelled',
      why: 'Its record could not be kept: disk full',
    });
    expect(worker.count('execute_command')).toBe(0);
  });

  test('another life takes over what the worker still has, and runs nothing twice', async () => {
    const record = await halfWay(plan);
    worker.welcome = { tasks: [{ taskId: 'p:a', state: 'running', ackedOffset: 0, endOffset: 0 }] };
    await liveAgain();
    const before = worker.count('execute_command');
    const run = executor.executePlan(plan, { record });
    await worker.next('resume_task');
    expect(worker.count('execute_command')).toBe(before);
    worker.sendOutput('p:a', 0, 'all of it');
    worker.complete('p:a', 9);
    expect(await worker.next('execute_command')).toMatchObject({ taskId: 'p:b' });
    worker.start('p:b');
    worker.complete('p:b', 0);
    const { state, steps } = await run.ended;
    expect(state).toBe('completed');
    expect(steps.get('a')).toMatchObject({ state: 'completed', task: { stdout: 'all of it' } });
    expect(steps.get('done')).toMatchObject({ state: 'completed', task: null });
  });

  test('a manager that is closed and leaves its tasks leaves the plan, and its record says what runs', async () => {
    open();
    const run = executor.executePlan(plan);
    await worker.next('execute_command');
    worker.start('p:done');
    await until('it runs', () => told('task_started').length === 1);
    await manager.close({ leaveTasks: true });
    const { state, steps } = await run.ended;
    expect(state).toBe('left');
    expect([...steps.values()].map((step) => step.state)).toEqual(['running', 'waiting', 'waiting']);
    expect(run.record.steps).toMatchObject({
      done: { state: 'running', runs: 1 },
      a: { state: 'waiting', runs: 0 },
    });
    expect([told('task_failed'), told('task_skipped')]).toEqual([[], []]);
  });

  test('what no worker has is begun again under a new id where it is idempotent', async () => {
    const idempotent = { ...plan, steps: plan.steps.map((step) => ({ ...step, idempotent: true })) };
    const record = await halfWay(idempotent);
    await liveAgain();
    const run = executor.executePlan(idempotent, { record });
    expect(await worker.next('execute_command')).toMatchObject({ taskId: 'p:a:2', command: 'sleep 99' });
    worker.start('p:a:2');
    run.cancel();
    await run.ended;
  });

  test('what no worker has and is not idempotent is reported lost', async () => {
    const record = await halfWay(plan);
    await liveAgain();
    const { state, steps } = await executor.executePlan(plan, { record }).ended;
    expect(state).toBe('failed');
    expect(steps.get('a')?.failure).toMatchObject({ code: 'LOST', detail: 'may_have_run' });
    expect(steps.get('b')).toMatchObject({ state: 'skipped', why: 'It needs "a", which failed (LOST).' });
  });

  test('a handler that was at work is called again where its step is idempotent, and else reported lost', async () => {
    const steps = planOf(
      { taskId: 'a', type: 'analysis', idempotent: true },
      { taskId: 'b', type: 'analysis' },
    );
    let record = '';
    open({ handler: () => new Promise(() => {}) });
    const first = executor.executePlan(steps, { onRecord: (kept) => (record ||= JSON.stringify(kept)) });
    await until('both are at work', () => told('task_started').length === 2);
    first.cancel();
    await liveAgain({ handler: () => 'again' });
    const { steps: ended } = await executor.executePlan(steps, { record: JSON.parse(record) }).ended;
    expect(ended.get('a')).toMatchObject({ state: 'completed', value: 'again' });
    expect(ended.get('b')?.failure?.code).toBe('LOST');
  });
});

describe('what is refused', () => {
  test.each<[string, () => unknown, string, string]>([
    [
      'no manager',
      () => new SandboxExecutor({} as never),
      'INVALID_OPTIONS',
      'manager: expected a SandboxManager, got nothing',
    ],
    [
      'an unknown option',
      () => new SandboxExecutor({ manager, handlers: 1 } as never),
      'INVALID_OPTIONS',
      'handlers: unknown',
    ],
    [
      'a budget of nothing',
      () => new SandboxExecutor({ manager, budgets: { runMs: 0 } }),
      'INVALID_OPTIONS',
      'budgets.runMs: expected',
    ],
    [
      'a rule of an unknown type',
      () => new SandboxExecutor({ manager, rules: { types: ['x' as never] } }),
      'INVALID_OPTIONS',
      'rules.types: expected an array of step types',
    ],
    [
      'a plan with a circle',
      () =>
        executor.executePlan(planOf({ taskId: 'a', dependsOn: ['b'] }, { taskId: 'b', dependsOn: ['a'] })),
      'INVALID_PLAN',
      'got a -> b -> a',
    ],
    [
      'a record of another plan',
      () =>
        executor.executePlan(planOf({ taskId: 'a' }), {
          record: { version: 1, planId: 'q', managerId: 'agent', steps: {} },
        }),
      'INVALID_RECORD',
      'expected "p", got "q"',
    ],
  ])('%s: the error names it, and nothing is begun', (_what, call, code, words) => {
    open();
    let thrown: unknown;
    try {
      call();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ExecutorError);
    expect(thrown).toMatchObject({ code, message: expect.stringContaining(words) });
  });
});
