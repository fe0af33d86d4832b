import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeWorker, until } from '@sandcrew/testkit';
import { type OutputChunk, SandboxManager } from '#src/index.js';
import { endsTasks, faultOf } from './faults.js';

let worker: FakeWorker;
let manager: SandboxManager;

beforeEach(async () => {
  worker = await FakeWorker.listen();
  manager = new SandboxManager({ workers: [worker.address], connectTimeoutMs: 2_000 });
});

afterEach(async () => {
  endsTasks(worker);
  await manager.close({ graceMs: 0 });
  await worker.close();
});

/** Plays a whole task as soon as it is asked for. */
function play(output: [stream: 'stdout' | 'stderr', bytes: string | Uint8Array][], exitCode = 0): void {
  worker.script = (message) => {
    if (message.type !== 'execute_command') return;
    worker.start(message.taskId);
    let offset = 0;
    for (const [stream, text] of output) {
      worker.sendOutput(message.taskId, offset, text, stream);
      offset += Buffer.byteLength(text);
    }
    worker.complete(message.taskId, offset, exitCode);
  };
}

describe('a task', () => {
  test('with a limit that is undefined asks for none: it goes where no limit can be held', async () => {
    const limits = { maxPayloadBytes: 1_048_576, windowBytes: 1_048_576, retainBytes: 1, enforced: [] };
    worker.welcome = { ...worker.welcome, limits };
    play([]);
    const unset: { pids: number } = JSON.parse('{}');
    const result = await manager.run({ command: 'make', limits: { pids: unset.pids } });
    expect(result.exitCode).toBe(0);
  });

  test('gives its exit code, output and where it ran, and a non-zero exit is a result', async () => {
    play(
      [
        ['stdout', 'built\n'],
        ['stderr', 'a warning\n'],
      ],
      3,
    );
    const result = await manager.run({ command: 'make', taskId: 'build' });
    expect(result).toMatchObject({
      taskId: 'build',
      exitCode: 3,
      signal: null,
      stdout: 'built\n',
      stderr: 'a warning\n',
      stdoutOmittedBytes: 0,
      workerId: 'worker-1',
      attempts: 1,
      outputBytes: 16,
      gaps: [],
      leftover: 0,
    });
    expect(result.history.map(({ state }) => state)).toEqual(['queued', 'assigned', 'running', 'completed']);
  });

  test('says hello first, asks for binary output, and sends what the request says and no more', async () => {
    play([]);
    await manager.run({
      command: ['ls', '-l'],
      workspace: 'app',
      env: { A: '1' },
      priority: 5,
      timeoutMs: 7_000,
      idempotent: true,
    });
    expect(worker.received[0]).toMatchObject({
      type: 'hello',
      managerId: manager.managerId,
      output: 'binary',
    });
    const { timestamp, taskId, ...command } = await worker.next('execute_command');
    expect(command).toEqual({
      type: 'execute_command',
      command: ['ls', '-l'],
      workspace: 'app',
      env: { A: '1' },
      timeoutMs: 7_000,
    });
  });

  test('is dropped by its worker once its end was read', async () => {
    play([]);
    await manager.run({ command: 'true', taskId: 'done' });
    expect(await worker.next('forget_task')).toMatchObject({ taskId: 'done' });
  });

  test('is iterated as it is written, in the order read, with no code point cut', async () => {
    const snowman = Buffer.from('☃');
    play([
      ['stdout', 'one '],
      ['stdout', snowman.subarray(0, 1)],
      ['stderr', 'err'],
      ['stdout', snowman.subarray(1)],
    ]);
    const task = manager.run({ command: 'x' });
    const chunks: OutputChunk[] = [];
    for await (const chunk of task.output) chunks.push(chunk);
    expect(chunks.map(({ text }) => text).join('|')).toMatch(/^one \|?\|err\|☃$/);
    expect(Buffer.concat(chunks.map(({ bytes }) => bytes))).toEqual(
      Buffer.concat([Buffer.from('one '), snowman.subarray(0, 1), Buffer.from('err'), snowman.subarray(1)]),
    );
    expect(chunks.map(({ offset, bytes }) => offset + bytes.length).at(-1)).toBe(10);
    expect((await task).stdout).toBe('one ☃');
  });

  test('that ends inside a code point tells U+FFFD at the end', async () => {
    play([['stdout', Buffer.from('☃').subarray(0, 2)]]);
    const task = manager.run({ command: 'x' });
    const texts: string[] = [];
    for await (const { text } of task.output) texts.push(text);
    expect(texts.join('')).toBe('\uFFFD');
  });

  test('tells events with what each brings', async () => {
    play([['stdout', 'hi']]);
    const told: unknown[] = [];
    manager.on('taskStarted', ({ taskId, pid, attempt }) => told.push(['started', taskId, pid, attempt]));
    manager.on('taskOutput', ({ taskId, text, offset }) => told.push(['output', taskId, text, offset]));
    manager.on('taskComplete', ({ taskId, exitCode }) => told.push(['complete', taskId, exitCode]));
    await manager.run({ command: 'x', taskId: 't' });
    expect(told).toEqual([
      ['started', 't', 4_711, 1],
      ['output', 't', 'hi', 0],
      ['complete', 't', 0],
    ]);
  });

  test('is a promise: it can be raced, caught, and looked after with finally', async () => {
    play([]);
    const task: Promise<unknown> = manager.run({ command: 'x' });
    expect(await Promise.race([task, new Promise(() => {})])).toMatchObject({ exitCode: 0 });
    let cleanedUp = 0;
    expect(await task.finally(() => cleanedUp++)).toMatchObject({ exitCode: 0 });
    const failing = manager.run({ command: 'x', signal: AbortSignal.abort() });
    expect(await failing.finally(() => cleanedUp++).catch(({ code }) => code)).toBe('CANCELLED');
    expect(cleanedUp).toBe(2);
    expect(Object.prototype.toString.call(task)).toBe('[object TaskHandle]');
  });

  test('that nobody awaits or iterates still ends', async () => {
    play([['stdout', 'x'.repeat(60_000)]]);
    manager.run({ command: 'x' });
    await new Promise((resolve) => manager.once('taskComplete', resolve));
  });

  test.each([
    ['terminated', 'TERMINATED'],
    ['timed_out', 'TIMED_OUT'],
    ['blocked', 'BLOCKED'],
    ['rejected', 'REJECTED'],
    ['spawn_failed', 'SPAWN_FAILED'],
    ['memory_exhausted', 'MEMORY_EXHAUSTED'],
    ['worker_shutdown', 'WORKER_SHUTDOWN'],
    ['orphaned', 'ORPHANED'],
  ] as const)('that ends with task_error %s rejects with %s and what is known', async (code, expected) => {
    worker.script = (message) => {
      if (message.type !== 'execute_command') return;
      worker.start(message.taskId);
      worker.sendOutput(message.taskId, 0, 'so far');
      worker.send({
        type: 'task_error',
        taskId: message.taskId,
        code,
        message: 'Why.',
        exitCode: null,
        signal: 'SIGKILL',
        outputBytes: 6,
      });
    };
    const error = await faultOf(manager.run({ command: 'x' }));
    expect(error).toMatchObject({
      code: expected,
      result: { stdout: 'so far', signal: 'SIGKILL', outputBytes: 6 },
    });
    expect(error.message).toContain('Why.');
    expect(error.next).not.toBe('');
  });

  test('whose worker tells a gap has it in its result, and goes on behind it', async () => {
    worker.script = (message) => {
      if (message.type !== 'execute_command') return;
      const { taskId } = message;
      worker.start(taskId);
      worker.sendOutput(taskId, 0, 'a');
      worker.send({ type: 'output_gap', taskId, offset: 1, bytes: 9 });
      worker.sendOutput(taskId, 10, 'b');
      worker.complete(taskId, 11);
    };
    const gaps: unknown[] = [];
    manager.on('outputGap', ({ offset, bytes }) => gaps.push({ offset, bytes }));
    const task = manager.run({ command: 'x' });
    const offsets: number[] = [];
    for await (const { offset } of task.output) offsets.push(offset);
    expect(offsets).toEqual([0, 10]);
    expect(await task).toMatchObject({ stdout: 'ab', gaps: [{ offset: 1, bytes: 9 }], outputBytes: 11 });
    expect(gaps).toEqual([{ offset: 1, bytes: 9 }]);
  });
});

describe('input', () => {
  test('is held back until the command runs, then sent with its offset, and write() waits for the ack', async () => {
    const task = manager.run({ command: 'cat', stdin: 'pipe', taskId: 'in' });
    let taken = false;
    const writing = task.write('héllo').then(() => {
      taken = true;
    });
    await worker.next('execute_command');
    expect(worker.count('send_input')).toBe(0);
    worker.start('in');
    const sent = await worker.next('send_input');
    expect([Buffer.from(sent.input, 'base64').toString(), sent.encoding, sent.offset]).toEqual([
      'héllo',
      'base64',
      0,
    ]);
    expect(taken).toBe(false);
    worker.send({ type: 'input_ack', taskId: 'in', offset: 6 });
    await writing;
    const ending = task.endInput();
    expect(await worker.next('send_input')).toMatchObject({ end: true, offset: 6, input: '' });
    await ending;
  });

  test('on its way is at most 256 KiB, however much is written', async () => {
    const task = manager.run({ command: 'cat', stdin: 'pipe', taskId: 'in' });
    await worker.next('execute_command');
    worker.start('in');
    const writing = task.write(Buffer.alloc(300_000, 7));
    await until('the window is full', () => worker.count('send_input') === 4);
    task.signal('SIGUSR1');
    await worker.next('signal_task'); // whatever was sent before it is here
    expect(worker.count('send_input')).toBe(4);
    worker.send({ type: 'input_ack', taskId: 'in', offset: 262_144 });
    await until('the rest has come', () => worker.count('send_input') === 5);
    const parts = worker.received.flatMap((message) => (message.type === 'send_input' ? [message] : []));
    expect(parts.map(({ offset }) => offset)).toEqual([0, 65_536, 131_072, 196_608, 262_144]);
    expect(Buffer.concat(parts.map(({ input }) => Buffer.from(input, 'base64')))).toEqual(
      Buffer.alloc(300_000, 7),
    );
    worker.send({ type: 'input_ack', taskId: 'in', offset: 300_000 });
    await writing;
  });

  test('to a task without open stdin, or one that has ended, is INPUT_CLOSED', async () => {
    const task = manager.run({ command: 'true', taskId: 'none' });
    await worker.next('execute_command');
    worker.start('none');
    const writing = task.write('x');
    await worker.next('send_input');
    worker.send({ type: 'protocol_error', code: 'stdin_closed', message: 'no stdin', taskId: 'none' });
    expect(await faultOf(writing)).toMatchObject({ code: 'INPUT_CLOSED' });
    worker.complete('none', 0);
    await task;
    expect(await faultOf(task.write('y'))).toMatchObject({ code: 'INPUT_CLOSED' });
  });

  test('that was not taken is sent again on the next connection, from the first byte that was not', async () => {
    const task = manager.run({ command: 'cat', stdin: 'pipe', taskId: 'in' });
    await worker.next('execute_command');
    worker.start('in');
    const writing = task.write('abcdef');
    const ending = task.endInput();
    await worker.next('send_input');
    worker.send({ type: 'input_ack', taskId: 'in', offset: 2 });
    worker.welcome = { tasks: [{ taskId: 'in', state: 'running', ackedOffset: 0, endOffset: 0 }] };
    await manager.listTasks();
    worker.cut();
    const again = await worker.next('send_input');
    expect([again.offset, Buffer.from(again.input, 'base64').toString(), again.end]).toEqual([
      2,
      'cdef',
      true,
    ]);
    worker.send({ type: 'input_ack', taskId: 'in', offset: 6 });
    await Promise.all([writing, ending]);
  });
});

describe('ending a task', () => {
  test('terminate() asks the worker, and the handle rejects with TERMINATED', async () => {
    const task = manager.run({ command: 'sleep 9', taskId: 't' });
    await worker.next('execute_command');
    worker.start('t');
    await task.started;
    task.terminate(100);
    expect(await worker.next('terminate_task')).toMatchObject({ taskId: 't', graceMs: 100 });
    worker.send({
      type: 'task_error',
      taskId: 't',
      code: 'terminated',
      message: 'Ended.',
      exitCode: null,
      signal: 'SIGTERM',
    });
    expect(await faultOf(task)).toMatchObject({ code: 'TERMINATED' });
  });

  test('a signal and a size reach the worker only while the command runs', async () => {
    const task = manager.run({ command: 'vi', pty: { cols: 80, rows: 24 }, taskId: 't' });
    task.signal('SIGINT');
    await worker.next('execute_command');
    task.signal('SIGHUP'); // sent, and not started
    worker.start('t');
    await task.started;
    task.signal('SIGUSR1');
    task.resize(100, 30);
    expect(await worker.next('signal_task')).toMatchObject({ signal: 'SIGUSR1' });
    expect(await worker.next('resize_pty')).toMatchObject({ cols: 100, rows: 30 });
    worker.complete('t', 0);
    await task;
    task.signal('SIGINT');
    expect(worker.count('signal_task')).toBe(1);
  });

  test('an AbortSignal before the start is CANCELLED and nothing is sent; its reason is the cause', async () => {
    const error = await faultOf(manager.run({ command: 'x', signal: AbortSignal.abort('enough') }));
    expect(error).toMatchObject({ code: 'CANCELLED', cause: 'enough' });
    await until('the manager is connected', () => worker.isConnected);
    expect(worker.count('execute_command')).toBe(0);
  });

  test('a task that is ended in the tick that made it is CANCELLED, and nothing is ever sent', async () => {
    await manager.connected();
    const aborter = new AbortController();
    const tasks = [
      manager.run({ command: 'x', signal: AbortSignal.abort() }),
      manager.run({ command: 'x', signal: aborter.signal }),
      manager.run({ command: 'x' }),
    ];
    aborter.abort();
    manager.run({ command: 'x', taskId: 'wanted' });
    tasks[2]?.terminate();
    for (const task of tasks) expect((await faultOf(task)).code).toBe('CANCELLED');
    expect(await worker.next('execute_command')).toMatchObject({ taskId: 'wanted' });
    expect(worker.received.map(({ type }) => type)).toEqual(['hello', 'execute_command']);
  });

  test('an AbortSignal after the start ends the task with the grace that was given', async () => {
    const aborter = new AbortController();
    const task = manager.run({ command: 'x', taskId: 't', signal: aborter.signal, graceMs: 30 });
    await worker.next('execute_command');
    worker.start('t');
    await task.started;
    aborter.abort(new Error('stop it'));
    expect(await worker.next('terminate_task')).toMatchObject({ graceMs: 30 });
    worker.send({ type: 'task_error', taskId: 't', code: 'terminated', message: 'Ended.' });
    const error = await faultOf(task);
    expect(error).toMatchObject({ code: 'TERMINATED', cause: new Error('stop it') });
  });

  test('a task that ended by itself all the same is a result', async () => {
    const task = manager.run({ command: 'x', taskId: 't' });
    await worker.next('execute_command');
    worker.start('t');
    await task.started;
    task.terminate();
    await worker.next('terminate_task');
    worker.complete('t', 0, 7);
    expect(await task).toMatchObject({ exitCode: 7 });
  });
});
