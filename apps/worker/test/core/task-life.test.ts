/** A task's life at its worker, effect by effect: what is started, written down, timed, and told. */
import { describe, expect, test } from '@jest/globals';
import type { ExecuteCommand } from '@sandcrew/protocol';
import type { WorkerEffect } from '#src/core/effect.js';
import { createState, taskKey } from '#src/core/state.js';
import { step } from '#src/core/step.js';
import { evidenceOf } from './blocks/looks.js';
import { Machine, POLICY, policyWith } from './machine.js';
import { sampleOf } from './scenes.js';

const KEY = taskKey('manager:m', 't1');
const STOPPED = { on: 'continue', signal: 'SIGSTOP' } as const;

/** A worker with a manager that is connected. */
function connected(policy = POLICY): Machine {
  const machine = new Machine(policy);
  machine.step({ type: 'connection_opened', sessionId: 's', tokenName: 'ci' });
  say(machine, { type: 'hello', managerId: 'm', output: 'binary', timestamp: 1 });
  return machine;
}

function say(machine: Machine, message: object): WorkerEffect[] {
  return machine.step({ type: 'message_received', sessionId: 's', message: message as ExecuteCommand });
}

/** A task that has read its input in vain for two seconds. */
function reading(change: Partial<ExecuteCommand> = {}): Machine {
  const machine = running({ stdin: 'pipe', ...change });
  machine.nowMs += 2_000;
  return machine;
}

function execute(machine: Machine, change: Partial<ExecuteCommand> = {}): WorkerEffect[] {
  return say(machine, { type: 'execute_command', taskId: 't1', command: 'make', timestamp: 1, ...change });
}

function running(change: Partial<ExecuteCommand> = {}, policy = POLICY): Machine {
  const machine = connected(policy);
  execute(machine, change);
  machine.step({ type: 'process_started', taskKey: KEY, pid: 7 });
  return machine;
}

function only<Type extends WorkerEffect['type']>(effects: readonly WorkerEffect[], type: Type) {
  return effects.filter((effect): effect is Extract<WorkerEffect, { type: Type }> => effect.type === type);
}

const logs = (effects: readonly WorkerEffect[]) =>
  only(effects, 'write_log').map(({ event, fields }) => ({ event, ...fields }));
const messages = (effects: readonly WorkerEffect[]) => only(effects, 'send').map(({ message }) => message);
const exit = (machine: Machine, exitCode: number | null, memoryKills = 0) =>
  machine.step({ type: 'process_exited', taskKey: KEY, exitCode, signal: null, memoryKills });
const sample = (machine: Machine, scene: string, isCloser = true, stillMs = 10_000) =>
  machine.step({ type: 'task_sampled', taskKey: KEY, evidence: sampleOf(scene, isCloser, stillMs) });

describe('a start', () => {
  test('asks for what the command says, with the defaults of what it does not', () => {
    expect(only(execute(connected()), 'start_process')).toEqual([
      {
        type: 'start_process',
        taskKey: KEY,
        launch: {
          tokenName: 'ci',
          command: 'make',
          cwd: '.',
          env: {},
          stdin: 'none',
          limits: {},
          network: 'host',
        },
      },
    ]);
    const pty = { cols: 80, rows: 24 };
    expect(only(execute(connected(), { workspace: 'app', pty }), 'start_process')[0]?.launch).toMatchObject({
      workspace: 'app',
      pty,
    });
  });

  test('is written down with who asked, and without what looks like a secret', () => {
    const machine = connected();
    execute(machine, { workspace: 'app', command: 'curl -H "Authorization: Bearer abcdefghijklmnop"' });
    const started = machine.step({ type: 'process_started', taskKey: KEY, pid: 7 });
    expect(only(started, 'write_log').map(({ level }) => level)).toEqual(['info']);
    const [line] = logs(started);
    expect(line).toMatchObject({
      event: 'task_accepted',
      taskId: 't1',
      token: 'ci',
      pid: 7,
      workspace: 'app',
    });
    expect(JSON.stringify(line)).not.toContain('abcdefghijklmnop');
    const plain = connected();
    execute(plain);
    expect(logs(plain.step({ type: 'process_started', taskKey: KEY, pid: 7 }))[0]).toMatchObject({
      workspace: null,
    });
  });

  test('that was long in coming is no silence of the command', () => {
    const machine = connected();
    execute(machine);
    machine.wait(200_000);
    machine.step({ type: 'process_started', taskKey: KEY, pid: 7 });
    machine.nowMs += 10_000;
    expect(messages(sample(machine, 'sleeping'))).toEqual([]);
    machine.nowMs += 170_000;
    expect(messages(sample(machine, 'sleeping'))).toMatchObject([
      { reason: 'no_progress', duration: 180_000 },
    ]);
  });

  test('that failed is an end like any: told with its detail, kept, and refused to start again', () => {
    const machine = connected();
    execute(machine);
    const failed = machine.step({
      type: 'start_failed',
      taskKey: KEY,
      detail: 'command_not_found',
      message: 'no such program',
    });
    const error = { type: 'task_error', taskId: 't1', code: 'spawn_failed', message: 'no such program' };
    expect(messages(failed)).toEqual([{ ...error, detail: 'command_not_found' }]);
    expect(machine.state.tasks.get(KEY)?.phase).toBe('ended');
    expect(machine.wait(86_400_000)).toBeDefined();
    expect(machine.state.tasks.size).toBe(0);
    const bare = connected();
    execute(bare);
    expect(messages(bare.step({ type: 'start_failed', taskKey: KEY, message: 'no' }))).toEqual([
      { ...error, message: 'no' },
    ]);
  });
});

describe('time', () => {
  test('runs out at the timeout of the command, counted from its start, though a timer fires early', () => {
    const machine = running({ timeoutMs: 1_000 });
    machine.nowMs += 999.5;
    const early = machine.step({ type: 'timer_fired', timer: `timeout ${KEY}` });
    expect(only(early, 'set_timer')).toEqual([{ type: 'set_timer', timer: `timeout ${KEY}`, delayMs: 1 }]);
    expect(only(early, 'signal_process')).toEqual([]);
    const due = machine.wait(1);
    expect(only(due, 'signal_process').map(({ signal }) => signal)).toEqual(['SIGTERM', 'SIGCONT']);
  });

  test('is no limit where the timeout is 0, nor after the exit', () => {
    expect(only(running({ timeoutMs: 0 }).wait(86_400_000), 'signal_process')).toEqual([]);
    const machine = running({ timeoutMs: 1_000 });
    exit(machine, 0);
    expect(only(machine.wait(1_500), 'signal_process')).toEqual([]);
  });

  test('that a command’s leavings hold its output is looked at after so long, where it may linger longer', () => {
    const long = running({ lingerMs: 60_000 });
    expect(only(exit(long, 0), 'set_timer').map(({ timer, delayMs }) => [timer, delayMs])).toEqual([
      [`linger ${KEY}`, 60_000],
      [`orphaned-output ${KEY}`, 1_500],
    ]);
    expect(only(long.wait(1_500), 'list_holders')).toHaveLength(1);
    const short = running({ lingerMs: 1_500 });
    expect(only(exit(short, 0), 'set_timer').map(({ timer }) => timer)).toEqual([`linger ${KEY}`]);
  });

  test('to linger, once it is over, or the output is closed, is nobody’s any more', () => {
    const machine = running({ lingerMs: 60_000 });
    exit(machine, 0);
    const closed = machine.step({ type: 'output_closed', taskKey: KEY });
    expect(only(closed, 'end_tree')).toHaveLength(1);
    expect(only(closed, 'clear_timer').map(({ timer }) => timer)).toEqual([
      `linger ${KEY}`,
      `orphaned-output ${KEY}`,
    ]);
    expect(machine.wait(70_000)).toEqual([]);
  });

  test('that ran out as the end cleared it changes nothing, nor does what comes late of a task that is gone', () => {
    const machine = running({ lingerMs: 60_000 });
    machine.wait(2_000);
    const fire = () =>
      ['kill', 'linger', 'orphaned-output', 'orphan', 'pace'].flatMap((timer) =>
        machine.step({ type: 'timer_fired', timer: `${timer} ${KEY}` }),
      );
    exit(machine, 0);
    machine.step({ type: 'output_closed', taskKey: KEY });
    machine.nowMs += 2_000;
    expect(fire()).toEqual([]);
    machine.step({ type: 'tree_ended', taskKey: KEY, leftover: 0, usage: {} });
    expect(fire()).toEqual([]);
    expect(machine.step({ type: 'output_closed', taskKey: KEY })).toEqual([]);
    say(machine, { type: 'forget_task', taskId: 't1', timestamp: 1 });
    expect(machine.state.tasks.size).toBe(0);
    expect(fire()).toEqual([]);
    expect(machine.step({ type: 'output_closed', taskKey: KEY })).toEqual([]);
  });

  test('holders of an output that were listed too early are no block, and none after it is swept', () => {
    const holders = { processes: [{ pid: 9, name: 'sleep' }], resourceUsage: {} };
    const list = (machine: Machine) =>
      messages(machine.step({ type: 'holders_listed', taskKey: KEY, holders }));
    const machine = running({ lingerMs: 60_000 });
    machine.wait(10_000);
    expect(list(machine)).toEqual([]);
    exit(machine, 0);
    expect(list(machine)).toEqual([]);
    machine.wait(1_500);
    expect(list(machine)).toMatchObject([{ type: 'block_detected', reason: 'orphaned_output' }]);
    const swept = running({ lingerMs: 60_000 });
    exit(swept, 0);
    swept.wait(2_000);
    swept.step({ type: 'output_closed', taskKey: KEY });
    expect(list(swept)).toEqual([]);
  });
});

describe('memory that the kernel took back', () => {
  test('is told as a block with how many processes it ended, and as the end where the command failed', () => {
    const machine = running({ limits: {} });
    const told = messages(exit(machine, 137, 2));
    expect(told).toMatchObject([
      {
        type: 'block_detected',
        reason: 'memory_exhausted',
        confidence: 'confirmed',
        evidence: { summary: expect.stringContaining('the kernel has ended 2 processes for it'), kills: 2 },
      },
    ]);
    expect(machine.state.tasks.get(KEY)?.cause?.kind).toBe('memory_exhausted');
    const one = running();
    expect(JSON.stringify(messages(exit(one, 0, 1)))).toContain('the kernel has ended a process for it');
    expect(one.state.tasks.get(KEY)?.cause).toBeNull();
  });
});

describe('a block', () => {
  test('is written down when it is told and when it has gone, whoever is connected', () => {
    const machine = reading();
    machine.step({ type: 'connection_closed', sessionId: 's' });
    const told = sample(machine, 'reading_input');
    expect(only(told, 'write_log').map(({ level }) => level)).toEqual(['info']);
    expect(logs(told)).toEqual([
      {
        event: 'block_detected',
        taskId: 't1',
        reason: 'waiting_for_input',
        confidence: 'confirmed',
        summary: 'p10 (pid 10) waits for input',
        action: 'report',
      },
    ]);
    machine.nowMs += 5_000;
    expect(logs(sample(machine, 'running'))).toEqual([
      { event: 'block_cleared', taskId: 't1', reason: 'waiting_for_input', duration: 7_000 },
    ]);
  });

  test('is told with what the task uses, as it was measured or else as its threads say', () => {
    const machine = reading();
    const evidence = sampleOf('reading_input', true, 10_000);
    const busy = evidence.threads.map((thread) => ({ ...thread, busy: 0.1234 }));
    const told = messages(
      machine.step({
        type: 'task_sampled',
        taskKey: KEY,
        evidence: {
          ...evidence,
          threads: [...busy, ...busy.map((thread) => ({ ...thread, tid: 11, busy: null }))],
          processes: evidence.processes.map((process) => ({ ...process, residentBytes: 5, diskBytes: 6 })),
        },
      }),
    );
    expect(told).toMatchObject([{ resourceUsage: { cpu: 12.3, memory: 5, disk: 6 } }]);
    const measured = reading();
    const usage = { cpu: 1, memory: 2 };
    expect(
      messages(measured.step({ type: 'task_sampled', taskKey: KEY, evidence: { ...evidence, usage } })),
    ).toMatchObject([{ resourceUsage: usage }]);
  });

  test('names 16 of its processes at most, however many there are', () => {
    const machine = running({ kind: 'batch' });
    const waits = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [10 + index, STOPPED]));
    const evidence = evidenceOf({ waits });
    const [told] = messages(machine.step({ type: 'task_sampled', taskKey: KEY, evidence }));
    expect(told).toMatchObject({ type: 'block_detected', reason: 'stopped' });
    expect(told).toHaveProperty('evidence.processes.length', 16);
  });

  test('is acted upon once, whatever becomes of it', () => {
    const machine = reading({ blockPolicy: { default: 'end_input' } });
    expect(only(sample(machine, 'reading_input'), 'end_input')).toHaveLength(1);
    expect(only(sample(machine, 'reading_input'), 'end_input')).toEqual([]);
  });

  test.each([
    ['deadlocked', 'deadlock'],
    ['deadlocked_over_zombie', 'zombie'],
    ['running', 'infinite_loop'],
    ['running_in_two_threads', 'livelock'],
  ])('of a program that is %s is told as %s with where that stands', (scene, reason) => {
    const machine = running({ kind: 'batch' });
    const looks = Array.from({ length: 14 }, () => {
      machine.nowMs += 1_000;
      return sample(machine, scene, true, scene.startsWith('running') ? 0 : 10_000);
    }).flat();
    expect(only(looks, 'collect_stacks').map((asked) => asked.reason)).toEqual([reason]);
    expect(messages(looks).filter(({ type }) => type === 'block_detected')).toEqual([]);
  });

  test('of a task that has ended is told to nobody who comes', () => {
    const machine = reading();
    sample(machine, 'reading_input');
    exit(machine, 0);
    machine.step({ type: 'output_closed', taskKey: KEY });
    machine.step({ type: 'tree_ended', taskKey: KEY, leftover: 0, usage: {} });
    const resumed = say(machine, { type: 'resume_task', taskId: 't1', offset: 0, timestamp: 1 });
    expect(messages(resumed).map(({ type }) => type)).toEqual(['task_complete']);
  });
});

describe('a gap', () => {
  test('is remembered until it is acked, so that a reader that lags for days costs no memory', () => {
    const machine = running({}, policyWith({ windowBytes: 10, retainBytes: 10 }));
    const told: WorkerEffect[] = [];
    for (let round = 0; round < 50; round++) {
      told.push(
        ...machine.step({ type: 'output_read', taskKey: KEY, stream: 'stdout', data: new Uint8Array(30) }),
      );
      const offset = machine.state.tasks.get(KEY)?.sentOffset;
      told.push(...say(machine, { type: 'task_ack', taskId: 't1', offset, timestamp: 1 }));
    }
    expect(messages(told).filter(({ type }) => type === 'output_gap').length).toBeGreaterThan(40);
    expect(machine.state.tasks.get(KEY)?.subscriber?.gaps.length).toBeLessThan(3);
  });
});

describe('an end', () => {
  test('that was asked for while the command starts begins when there is a process', () => {
    const machine = connected();
    execute(machine);
    const asked = say(machine, { type: 'terminate_task', taskId: 't1', graceMs: 1_000, timestamp: 1 });
    expect([...only(asked, 'signal_process'), ...only(asked, 'set_timer')]).toEqual([]);
    const started = machine.step({ type: 'process_started', taskKey: KEY, pid: 7 });
    expect(only(started, 'signal_process').map(({ signal }) => signal)).toEqual(['SIGTERM', 'SIGCONT']);
    expect(only(machine.wait(1_000), 'signal_process').map(({ signal }) => signal)).toEqual(['SIGKILL']);
  });

  test('that is there already is not asked for again, nor is one that is being swept', () => {
    const machine = running();
    exit(machine, 0);
    machine.step({ type: 'output_closed', taskKey: KEY });
    const sweeping = say(machine, { type: 'terminate_task', taskId: 't1', graceMs: 0, timestamp: 1 });
    expect([...only(sweeping, 'signal_process'), ...only(sweeping, 'end_tree')]).toEqual([]);
    machine.step({ type: 'tree_ended', taskKey: KEY, leftover: 0, usage: {} });
    const ended = say(machine, { type: 'terminate_task', taskId: 't1', graceMs: 1_000, timestamp: 1 });
    expect([...only(ended, 'signal_process'), ...only(ended, 'set_timer')]).toEqual([]);
    expect(machine.state.tasks.get(KEY)?.cause).toBeNull();
  });

  test('is told with what the task has used', () => {
    const machine = running();
    exit(machine, 0);
    machine.step({ type: 'output_closed', taskKey: KEY });
    const usage = { cpuMs: 40, peakMemoryBytes: 5_000_000 };
    const ended = machine.step({ type: 'tree_ended', taskKey: KEY, leftover: 0, usage });
    expect(messages(ended)).toMatchObject([{ type: 'task_complete', usage }]);
  });

  test('of a task that a manager forgot leaves nothing, and its output is not kept meanwhile', () => {
    const machine = running();
    say(machine, { type: 'forget_task', taskId: 't1', timestamp: 1 });
    machine.step({ type: 'output_read', taskKey: KEY, stream: 'stdout', data: new Uint8Array(1_000) });
    expect(machine.state.kept).toEqual({ memoryBytes: 0, spoolBytes: 0 });
    expect(machine.state.tasks.get(KEY)?.log).toMatchObject({ startOffset: 1_000, endOffset: 1_000 });
    exit(machine, null);
    machine.step({ type: 'output_closed', taskKey: KEY });
    const ended = machine.step({ type: 'tree_ended', taskKey: KEY, leftover: 0, usage: {} });
    expect(logs(ended)).toMatchObject([{ event: 'task_ended', code: 'terminated' }]);
    expect(machine.state.tasks.size).toBe(0);
  });

  test('by a grace that a timer has ended a little early leaves no time to what the command left', () => {
    const machine = running({ lingerMs: 60_000 });
    machine.earlyMs = 4;
    say(machine, { type: 'terminate_task', taskId: 't1', graceMs: 1_000, timestamp: 1 });
    expect(only(machine.wait(996), 'signal_process').map(({ signal }) => signal)).toEqual(['SIGKILL']);
    expect(only(exit(machine, null), 'end_tree')).toHaveLength(1);
  });

  test('of a plain client’s connection is the end of its tasks, which nobody can ask for any more', () => {
    const machine = new Machine();
    machine.step({ type: 'connection_opened', sessionId: 's', tokenName: 'ci' });
    execute(machine);
    const key = taskKey('connection:s', 't1');
    machine.step({ type: 'process_started', taskKey: key, pid: 7 });
    const closed = machine.step({ type: 'connection_closed', sessionId: 's' });
    expect(only(closed, 'signal_process').map(({ signal }) => signal)).toEqual(['SIGTERM', 'SIGCONT']);
    machine.step({ type: 'process_exited', taskKey: key, exitCode: null, signal: 'SIGTERM', memoryKills: 0 });
    machine.step({ type: 'output_closed', taskKey: key });
    const ended = machine.step({ type: 'tree_ended', taskKey: key, leftover: 0, usage: {} });
    expect(logs(ended)).toMatchObject([{ event: 'task_ended', code: 'orphaned', signal: 'SIGTERM' }]);
    expect(machine.state.tasks.size).toBe(0);
  });
});

describe('a welcome', () => {
  test('says of each task whether it runs, is being ended, or has ended and how', () => {
    const machine = connected();
    for (const taskId of ['a', 'b', 'c', 'd']) {
      execute(machine, { taskId });
      machine.step({ type: 'process_started', taskKey: taskKey('manager:m', taskId), pid: 7 });
    }
    say(machine, { type: 'terminate_task', taskId: 'b', timestamp: 1 });
    for (const [taskId, exitCode] of [
      ['c', 0],
      ['d', 1],
    ] as const) {
      const key = taskKey('manager:m', taskId);
      if (taskId === 'd') say(machine, { type: 'terminate_task', taskId, timestamp: 1 });
      machine.step({ type: 'process_exited', taskKey: key, exitCode, signal: null, memoryKills: 0 });
      machine.step({ type: 'output_closed', taskKey: key });
      machine.step({ type: 'tree_ended', taskKey: key, leftover: 0, usage: {} });
    }
    machine.step({ type: 'connection_closed', sessionId: 's' });
    machine.step({ type: 'connection_opened', sessionId: 's', tokenName: 'ci' });
    const [welcome] = messages(
      say(machine, { type: 'hello', managerId: 'm', output: 'binary', timestamp: 1 }),
    );
    expect(welcome).toMatchObject({
      tasks: [
        { taskId: 'a', state: 'running' },
        { taskId: 'b', state: 'terminating' },
        { taskId: 'c', state: 'complete' },
        { taskId: 'd', state: 'error' },
      ],
    });
  });

  test('names the limits that the worker can hold a task to', () => {
    const machine = new Machine({ ...POLICY, enforcedLimits: ['memoryBytes', 'processes'] });
    machine.step({ type: 'connection_opened', sessionId: 's', tokenName: 'ci' });
    const [welcome] = messages(
      say(machine, { type: 'hello', managerId: 'm', output: 'binary', timestamp: 1 }),
    );
    expect(welcome).toMatchObject({ limits: { enforced: ['memoryBytes', 'processes'] } });
  });

  test('is answered to a ping by its id, or by none', () => {
    const machine = connected();
    expect(messages(say(machine, { type: 'ping', id: 'p1', timestamp: 1 }))).toEqual([
      { type: 'pong', id: 'p1' },
    ]);
    expect(messages(say(machine, { type: 'ping', timestamp: 1 }))).toEqual([{ type: 'pong' }]);
  });
});

describe('input', () => {
  test('that is empty and does not end it shows that somebody is there, and ends nothing', () => {
    for (const [end, isThere] of [
      [undefined, true],
      [false, true],
      [true, false],
    ] as const) {
      const machine = running({ stdin: 'pipe' });
      machine.step({
        type: 'message_received',
        sessionId: 's',
        message: {
          type: 'send_input',
          taskId: 't1',
          input: '',
          offset: 0,
          ...(end === undefined ? {} : { end }),
          timestamp: 1,
        },
        input: new Uint8Array(0),
      });
      expect(machine.state.tasks.get(KEY)?.blocks.isFeederThere).toBe(isThere);
      expect(machine.state.tasks.get(KEY)?.input.isOpen).toBe(isThere);
    }
  });
});

test('a worker that was told of workspaces lists them by token', () => {
  const state = createState(POLICY, new Map([['ci', ['b', 'a']]]));
  step(state, { type: 'connection_opened', sessionId: 's', tokenName: 'ci' }, 0);
  const hello = { type: 'hello', managerId: 'm', output: 'text', timestamp: 1 } as const;
  const [welcome] = messages(step(state, { type: 'message_received', sessionId: 's', message: hello }, 0));
  expect(welcome).toMatchObject({ workspaces: ['a', 'b'] });
});
