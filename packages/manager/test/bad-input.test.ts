import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeWorker } from '@sandcrew/testkit';
import { SandboxManager } from '#src/index.js';
import { endsTasks, faultOf } from './faults.js';

let worker: FakeWorker;
let manager: SandboxManager;

beforeEach(async () => {
  worker = await FakeWorker.listen({ token: 'k'.repeat(32) });
  manager = new SandboxManager({ workers: [worker.address], connectTimeoutMs: 2_000 });
});

afterEach(async () => {
  endsTasks(worker);
  await manager.close({ graceMs: 0 });
  await worker.close();
});

/** What `act` throws. */
function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
}

describe('a bad request', () => {
  test.each([
    ['no command', {}, 'command: expected a string or an array, got nothing.'],
    ['a command of another kind', { command: 5 }, 'command: expected a string or an array, got number 5.'],
    ['a word of another kind', { command: ['x', 5] }, 'command[1]: expected a string, got number 5.'],
    ['an empty command', { command: '' }, 'command: expected a command, got an empty one.'],
    ['a blank command', { command: ' \n' }, 'command: expected a command, got an empty one.'],
    ['an empty argv', { command: [] }, 'command: expected a command, got an empty one.'],
    ['an argv without a program', { command: ['', 'x'] }, 'command: expected a command, got an empty one.'],
    ['a NUL', { command: 'x\0y' }, 'command: expected no NUL, got one at character 1.'],
    ['a NUL in a word', { command: ['x', 'y\0'] }, 'command[1]: expected no NUL, got one at character 1.'],
    ['an id', { command: 'x', taskId: '../x' }, 'taskId: expected 1 to 128 of'],
    ['a priority', { command: 'x', priority: 1.5 }, 'priority: expected a whole number, got 1.5.'],
    ['a workspace', { command: 'x', workspace: 'a/b.c' }, 'workspace: expected a string like'],
    ['a workspace, as it was given', { command: 'x', workspace: 'a/b.c' }, 'got string "a/b.c".'],
    ['a time', { command: 'x', timeoutMs: -1 }, 'timeoutMs: expected a whole number from 0'],
    ['a variable', { command: 'x', env: { A: 1 } }, 'env.A: expected a string, got number 1.'],
    [
      'a variable of any name',
      { command: 'x', env: { 'a/b.~: c': 1 } },
      'env["a/b.~: c"]: expected a string',
    ],
    ['memory', { command: 'x', requirements: { memoryBytes: 'a' } }, 'requirements.memoryBytes: expected'],
    ['a signal', { command: 'x', signal: 5 }, 'signal: expected an AbortSignal, got 5.'],
    ['a grace', { command: 'x', graceMs: -1 }, 'graceMs: expected a whole number from 0'],
    ['much', { command: 'x'.repeat(1_100_000) }, 'command and env: expected at most 1048576 bytes'],
  ])(
    '(%s) is INVALID_TASK, thrown at once, with the field and its value as given',
    (_what, request, expected) => {
      const error = thrownBy(() => manager.run(request as never));
      expect(error).toMatchObject({ code: 'INVALID_TASK', message: expect.stringContaining(expected) });
      expect((error as Error).message).not.toMatch(/execute_command|encode/);
    },
  );

  test.each([
    [{ timeout: 5 }, 'timeout: unknown; did you mean timeoutMs?'],
    [{ prority: 5 }, 'prority: unknown; did you mean priority?'],
    [{ work_space: 'x' }, 'work_space: unknown; did you mean workspace?'],
    [{ colour: 'red' }, 'colour: unknown; expected one of command, taskId,'],
    [{ limits: { memory: 5 } }, 'limits.memory: unknown; did you mean limits.memoryBytes?'],
    [{ pty: { columns: 5, cols: 5, rows: 5 } }, 'pty.columns: unknown; expected one of pty.cols, pty.rows'],
    [
      { blockPolicy: { deadlok: 'report' } },
      'blockPolicy.deadlok: unknown; did you mean blockPolicy.deadlock?',
    ],
    [
      { requirements: { label: { a: 'b' } } },
      'requirements.label: unknown; did you mean requirements.labels?',
    ],
    [{ a: 1, b: 2 }, 'a: unknown; expected one of'],
    [{ a: 1, timeout: 2 }, 'timeout: unknown; did you mean timeoutMs?'],
  ])('with a field that there is not is refused, and the near one named: %j', (fields, expected) => {
    const error = thrownBy(() => manager.run({ command: 'x', ...fields } as never));
    expect(error).toMatchObject({ code: 'INVALID_TASK', message: expect.stringContaining(expected) });
  });

  test('with an unknown field that is undefined is none', () => {
    expect(thrownBy(() => manager.run({ command: 'x', timeout: undefined } as never))).toBeNull();
  });

  test.each([
    [{ onBlock: 'terminate' }, 'onBlock: expected a function or a table, got "terminate"'],
    [{ onBlock: { deadlok: 'terminate' } }, 'onBlock.deadlok: unknown; did you mean onBlock.deadlock?'],
    [{ onBlock: { default: 'kill' } }, 'onBlock.default: expected one of report, answer, end_input'],
    [{ onBlock: { default: ['report', 'kill'] } }, 'onBlock.default: expected one of report'],
    [{ onBlock: { default: 'requeue' } }, 'onBlock.default: expected requeue for an `idempotent: true` task'],
    [{ onBlock: { default: 'answer' } }, 'onBlock.default: expected answer beside `answers`'],
    [{ onBlock: { default: { ladder: 'report', after: 5 } } }, 'onBlock.default.after: unknown'],
    [
      { onBlock: { default: { ladder: 'report', suspectedAfterMs: -1 } } },
      'suspectedAfterMs: expected a whole',
    ],
    [{ onBlock: { default: { reply: 5 } } }, 'onBlock.default.reply: expected a string, got 5'],
    [{ onBlock: { answers: [{ reply: 'y' }] } }, 'onBlock.answers[0].prompt: expected a RegExp, or a text'],
    [{ onBlock: { answers: [{ prompt: '', reply: 'y' }] } }, 'onBlock.answers[0].prompt: expected'],
    [
      { onBlock: { answers: [{ prompt: 'a', reply: 'y', times: 0 }] } },
      'times: expected a whole number from 1',
    ],
    [
      { onBlock: { answers: [{ prompt: 'a', reply: 'y', secret: true }] } },
      'onBlock.answers[0].secret: unknown',
    ],
  ])('for its blocks, %j, is refused by its field', (fields, message) => {
    expect(thrownBy(() => manager.run({ command: 'x', ...fields } as never))).toMatchObject({
      code: 'INVALID_TASK',
      message: expect.stringContaining(message),
    });
  });

  test('to attach, close or recover is refused by its field too, and changes nothing', async () => {
    expect(thrownBy(() => manager.attach({ taskId: 't', from: 3 } as never))).toMatchObject({
      message: expect.stringContaining('from: unknown; expected one of taskId'),
    });
    expect(thrownBy(() => manager.attach({ taskId: 't', offset: -1 }))).toMatchObject({
      code: 'INVALID_TASK',
      message: expect.stringContaining('offset: expected a whole number from 0'),
    });
    expect(thrownBy(() => manager.attach(undefined as never))).toMatchObject({ code: 'INVALID_TASK' });
    await manager.connected();
    expect(thrownBy(() => manager.recoverFromBlock('worker-1', { grace: 5 } as never))).toMatchObject({
      message: expect.stringContaining('grace: unknown; did you mean graceMs?'),
    });
    expect(thrownBy(() => manager.recoverFromBlock('worker-1', { rung: 'pray' } as never))).toMatchObject({
      message: expect.stringContaining(
        'rung: expected one of report, answer, end_input, continue, terminate, requeue, restart_worker, replace_worker, give_up, got "pray"',
      ),
    });
    expect(await faultOf(manager.close({ grace: 5 } as never))).toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringContaining('grace: unknown; did you mean graceMs?'),
    });
    expect(await faultOf(manager.close({ graceMs: -5 }))).toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringContaining('graceMs: expected a whole number from 0 to 2147483647, got -5'),
    });
    expect(await manager.connected()).toMatchObject({ phase: 'connected' });
  });

  test('to assign or execute is refused, and the slot can still be used', async () => {
    for (const task of [null, { command: '' }]) {
      expect(thrownBy(() => manager.assignTask(task as never))).toMatchObject({ code: 'INVALID_TASK' });
    }
    await manager.assignTask({ taskId: 't' });
    expect(await faultOf(manager.executeTask('t', ''))).toMatchObject({ code: 'INVALID_TASK' });
    worker.script = (message) => message.type === 'execute_command' && worker.complete('t', 0);
    expect(await manager.executeTask('t', 'true')).toMatchObject({ exitCode: 0 });
  });

  test('with an id that is in use is DUPLICATE_TASK, here and at the worker', async () => {
    manager.run({ command: 'x', taskId: 't' });
    expect(() => manager.run({ command: 'y', taskId: 't' })).toThrow(/in use/);
    await worker.next('execute_command');
    worker.send({ type: 'protocol_error', code: 'duplicate_task', message: 'another body', taskId: 't' });
    await new Promise((resolve) => manager.once('taskFailed', resolve));
    manager.run({ command: 'z' });
    await worker.next('execute_command'); // whatever was sent before it is here
    expect(worker.count('forget_task')).toBe(0);
  });
});

describe('bad options', () => {
  const url = 'ws://127.0.0.1:1';
  const token = 'x';

  test('have every fault named at once', () => {
    expect(
      () => new SandboxManager({ maxWorkers: 0, managerId: '', workers: [{ url: 'http://x' }] }),
    ).toThrow(/maxWorkers.*managerId.*workers\[0\]\.url.*workers\[0\]\.token/);
  });

  test('are more workers than maxWorkers, which is 10 unless it is given', () => {
    const workers = Array.from({ length: 11 }, (_, index) => ({ url: `ws://127.0.0.1:${index + 1}`, token }));
    expect(thrownBy(() => new SandboxManager({ workers }))).toMatchObject({
      message: expect.stringContaining('workers: expected at most maxWorkers (10), got 11'),
    });
  });

  test.each([
    [{ maxWorker: 3 }, 'maxWorker: unknown; did you mean maxWorkers?'],
    [{ embedded: { dir: '.' } }, 'embedded.dir: unknown; did you mean embedded.directory?'],
    [
      { workers: [{ url, tokenfile: 'x' }] },
      'workers[0].tokenfile: unknown; did you mean workers[0].tokenFile?',
    ],
    [{ telemetry: 'off' }, 'telemetry: expected true or false, got "off"'],
    [{ workers: url }, 'workers: expected an array'],
    [{ workers: [url] }, 'workers[0]: expected an object, got "ws://127.0.0.1:1"'],
    [{ workers: [{ url, token: 5 }] }, 'workers[0].token: expected'],
    [{ workers: [{ url, tokenFile: '' }] }, 'workers[0].tokenFile: expected a path, got ""'],
    [{ workers: [{ url, token, ca: 5 }] }, 'workers[0].ca: expected'],
    [{ workers: [{ url, token, ca: 'x' }] }, 'workers[0].ca: expected it with a wss:// URL alone, got'],
    [{ workers: [{ url: 'wss://a', token, ca: 'x' }] }, 'workers[0].ca: expected PEM without a passphrase'],
    [{ workers: [{ url: 'wss://a', token, cert: 'x', key: 'x' }] }, 'workers[0].key: expected PEM without'],
    [{ workers: [{ url: 'wss://a', token, cert: 'x' }] }, 'workers[0].key: expected cert and key together'],
    [{ embedded: { command: [] } }, 'embedded.command: expected'],
    [{ embedded: { directory: 5 } }, 'embedded.directory: expected a path, got 5'],
    [{ embedded: { args: '--max-tasks 5' } }, 'embedded.args: expected an array of strings'],
    [{ workers: [{ url: `${url}#x`, token }] }, 'workers[0].url: expected no fragment'],
    [{ workers: [{ url: `${url}?token=x`, token }] }, 'workers[0].url: expected no query'],
    [
      {
        workers: [
          { url, token },
          { url, token },
        ],
      },
      `workers[1].url: expected each URL once, got "${url}" again`,
    ],
    [5, 'the options: expected an object, got 5'],
  ])('are refused by name: %j', (options, expected) => {
    expect(thrownBy(() => new SandboxManager(options as never))).toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringContaining(expected),
    });
  });

  test('a URL with a user or a password is refused, and neither is repeated', () => {
    for (const bad of ['ws://anna:s3cret@127.0.0.1:1', 'ws://s3cret@127.0.0.1:1', 'http://a:s3cret@x#y']) {
      const error = thrownBy(
        () =>
          new SandboxManager({
            workers: [
              { url: bad, token },
              { url: bad, token },
            ],
          }),
      );
      expect(error).toMatchObject({
        code: 'INVALID_OPTIONS',
        message: expect.stringContaining('workers[0].url: expected no user and no password in it'),
      });
      expect((error as Error).message).not.toContain('s3cret');
    }
  });
});

describe('a token file', () => {
  let directory: string;
  let path: string;
  const others: SandboxManager[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tokens-'));
    path = join(directory, 'token');
  });

  afterEach(async () => {
    await Promise.all(others.splice(0).map((each) => each.close({ graceMs: 0 })));
    rmSync(directory, { recursive: true });
  });

  function manage(): SandboxManager {
    const made = new SandboxManager({ workers: [{ url: worker.url, tokenFile: path }] });
    others.push(made);
    return made;
  }

  test.each([
    ['the token alone', 'TOKEN\n'],
    ['a name before it', 'anna.b:TOKEN\nother:line\n'],
    ['a byte order mark and CRLF', '\ufeffTOKEN\r\n'],
    ['a comment and an empty line before it', '# for the build\n\nTOKEN'],
  ])('may hold %s', async (_what, text) => {
    writeFileSync(path, text.replace('TOKEN', worker.token), { mode: 0o600 });
    expect(await manage().connected()).toMatchObject({ phase: 'connected' });
  });

  test('is read at each dial, since tokens rotate', async () => {
    worker.refusal = { status: 503 };
    writeFileSync(path, 'w'.repeat(32), { mode: 0o600 });
    const rotating = manage();
    await new Promise((resolve) => rotating.once('workerDisconnected', resolve));
    writeFileSync(path, worker.token);
    worker.refusal = null;
    expect(await rotating.connected()).toMatchObject({ phase: 'connected' });
  });

  test.each([
    ['is not there', () => {}, 'expected a file that can be read'],
    ['is a directory', () => mkdirSync(path), 'expected a file, got a directory'],
    [
      'is a pipe',
      () => execFileSync('/bin/sh', ['-c', 'mkfifo -m 600 "$0"', path]),
      'expected a file, got something else',
    ],
    ['is empty', () => writeFileSync(path, ' \n', { mode: 0o600 }), 'got none'],
    [
      'is random bytes',
      () => writeFileSync(path, Buffer.alloc(4_096, '\x01\xff\xfe9'), { mode: 0o600 }),
      'got characters that are not',
    ],
    [
      'is too large',
      () => writeFileSync(path, 'x'.repeat(70_000), { mode: 0o600 }),
      'expected at most 65536 bytes, got 70000',
    ],
    [
      'has too short a token',
      () => writeFileSync(path, 'n:short', { mode: 0o600 }),
      '32 to 512 visible ASCII characters, got 5',
    ],
    [
      'has too long a token',
      () => writeFileSync(path, 'x'.repeat(513), { mode: 0o600 }),
      '32 to 512 visible ASCII characters, got 513',
    ],
    [
      'may be read by others',
      () => writeFileSync(path, 'x'.repeat(32), { mode: 0o644 }),
      'expected mode 0600, got 0644',
    ],
  ])(
    'that %s is INVALID_OPTIONS, with its path and what was expected, and nothing of what it holds',
    async (_what, make, expected) => {
      make();
      const error = await faultOf(manage().run({ command: 'x' }));
      expect(error).toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining(expected) });
      expect(error.message).toContain(`tokenFile ${path}: `);
      expect(error.message).not.toMatch(/short|xxx/);
      await manager.connected();
      expect(worker.upgrades).toBe(1); // of the manager that was given the token
    },
  );
});
