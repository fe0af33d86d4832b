import { describe, expect, test } from '@jest/globals';
import {
  type BlockDetected,
  type Decoded,
  decodeManagerMessage,
  decodeWorkerMessage,
  type ExecuteCommand,
  encodeManagerMessage,
  encodeWorkerMessage,
  type ManagerMessage,
  type SignalTask,
  type TaskError,
  type TaskErrorCode,
  type WorkerMessage,
} from '#src/index.js';

const command: ExecuteCommand = { type: 'execute_command', taskId: 't1', command: 'true', timestamp: 1 };

function refusalOf<Message>(decoded: Decoded<Message>) {
  if (decoded.ok) throw new Error('was accepted');
  return decoded.refusal;
}

function accepted<Message>(decoded: Decoded<Message>): Message {
  if (!decoded.ok) throw new Error(decoded.refusal.message);
  return decoded.message;
}

describe('names that JavaScript gives a meaning', () => {
  const env = JSON.parse('{"__proto__":"1","constructor":"2","PATH":"3"}');

  test('survive as variables, and the map has no prototype for them to reach', () => {
    const text = encodeManagerMessage({ ...command, env });
    expect(text).toContain('"env":{"__proto__":"1","constructor":"2","PATH":"3"}');
    const message = accepted(decodeManagerMessage(text)) as ExecuteCommand;
    expect(Object.getPrototypeOf(message.env)).toBeNull();
    expect(Object.entries(message.env ?? {})).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
      ['PATH', '3'],
    ]);
  });

  test('are ignored as fields', () => {
    const message = accepted(decodeManagerMessage('{"type":"ping","timestamp":1,"__proto__":{"id":"x"}}'));
    expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
    expect('id' in message).toBe(false);
    expect(({} as { id?: string }).id).toBeUndefined();
  });
});

describe('a sender', () => {
  test('sends only what the schema declares, at every depth', () => {
    const message = {
      ...command,
      secret: 1,
      limits: { pids: 1, secret: 1 },
      pty: { cols: 1, rows: 1, secret: 1 },
      blockPolicy: { default: { action: 'report', suspectedAfterMs: 1, secret: 1 }, secret: 'report' },
    } as unknown as ManagerMessage;
    expect(encodeManagerMessage(message)).not.toContain('secret');
  });

  test('sends none of what is not declared beside or inside what has to be there, however much it is', () => {
    const health = { cpu: 0, memory: 0, disk: 0, loadAverage: [0, 0, 0], eventLoopDelayMs: 0, uptimeMs: 0 };
    const heartbeat = { type: 'heartbeat', status: 'idle', runningTasks: 0, workerId: 'w', timestamp: 1 };
    const inside = { ...heartbeat, health: { ...health, secret: 1 } } as unknown as WorkerMessage;
    expect(encodeWorkerMessage(inside)).not.toContain('secret');
    for (let count = 1; count <= 8; count++) {
      const extras = Object.fromEntries(Array.from({ length: count }, (_, n) => [`secret${n}`, n]));
      const beside = { type: 'ping', timestamp: 1, ...extras } as ManagerMessage;
      expect(encodeManagerMessage(beside)).toBe('{"type":"ping","timestamp":1}');
    }
  });

  test('sends no field that is undefined', () => {
    const message = { ...command, cwd: undefined } as unknown as ManagerMessage;
    expect(JSON.parse(encodeManagerMessage(message))).toEqual(command);
  });

  test('does not change the message that it sends', () => {
    const message = { ...command, env: { A: '1' }, secret: 1 } as unknown as ManagerMessage;
    const before = structuredClone(message);
    encodeManagerMessage(message);
    expect(message).toEqual(before);
  });

  test('lets evidence of a block hold fields of its own', () => {
    const evidence = { summary: 's', fd: 0, waits: [{ tid: 1 }] };
    const block: BlockDetected = {
      ...{ type: 'block_detected', taskId: 't', reason: 'deadlock', confidence: 'confirmed', duration: 1 },
      ...{ resourceUsage: {}, recoverable: false, action: 'report', workerId: 'w', timestamp: 1 },
      evidence,
    };
    const text = encodeWorkerMessage(block);
    expect(accepted(decodeWorkerMessage(text))).toEqual(block);
  });

  test('that breaks its promise gets a TypeError with the field, what was expected and what came', () => {
    expect(() => encodeManagerMessage({ ...command, timeoutMs: -1 })).toThrow(
      new TypeError(
        'cannot encode execute_command/timeoutMs: expected a whole number from 0 to 2147483647, got number -1',
      ),
    );
    const fromWorker = { type: 'pong', workerId: 'w', timestamp: 1 } as unknown as ManagerMessage;
    expect(() => encodeManagerMessage(fromWorker)).toThrow(
      /^cannot encode pong\/type: expected one of hello, /,
    );
    expect(() =>
      encodeManagerMessage({ type: 'send_input', taskId: 't', input: '?', encoding: 'base64', timestamp: 1 }),
    ).toThrow('cannot encode send_input/input: expected base64, padded, got string "?"');
  });
});

describe('a refusal says what was expected and what came', () => {
  const workspace = 'expected a string like ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$, got';
  const cases: [what: string, field: object, message: string][] = [
    ['a number for a command', { command: 4 }, 'expected a string or an array, got number 4'],
    ['no command', { command: undefined }, 'expected a string or an array, got nothing'],
    ['null', { command: null }, 'expected a string or an array, got null'],
    ['an array', { cwd: [1, 2] }, 'expected a string, got an array of 2'],
    ['an object', { cwd: {} }, 'expected a string, got an object'],
    ['a wrong word', { stdin: 'PIPE' }, 'expected one of "none", "pipe", got string "PIPE"'],
    ['none of two kinds', { allowEnv: 'all' }, 'expected a boolean or an array, got string "all"'],
    ['a broken number', { timeoutMs: 1.5 }, 'expected a whole number from 0 to 2147483647, got number 1.5'],
    ['a long text', { workspace: 'x'.repeat(1e6) }, `${workspace} a string of 1000000 characters`],
    ['a text in need of escapes', { workspace: '\u0000\ud800' }, `${workspace} string "\\u0000\\ud800"`],
    [
      'a text that grows by them',
      { workspace: '\u0000'.repeat(60) },
      `${workspace} a string of 60 characters`,
    ],
    [
      'what is 60 characters with its quotes',
      { workspace: '!'.repeat(58) },
      `${workspace} string "${'!'.repeat(58)}"`,
    ],
    ['what is 61', { workspace: '!'.repeat(59) }, `${workspace} a string of 59 characters`],
  ];
  test.each(cases)('of %s', (_what, field, message) => {
    expect(refusalOf(decodeManagerMessage(JSON.stringify({ ...command, ...field }))).message).toBe(message);
  });

  test('of a value in a map, by its key where that has at most 64 characters', () => {
    const pathOf = (key: string) =>
      refusalOf(decodeManagerMessage(JSON.stringify({ ...command, env: { [key]: 1 } }))).path;
    expect(pathOf('k'.repeat(64))).toBe(`/env/${'k'.repeat(64)}`);
    expect(pathOf('k'.repeat(65))).toBe('/env');
  });

  test('of a signal: all names that there are', () => {
    const { message } = refusalOf(
      decodeManagerMessage('{"type":"signal_task","taskId":"t","signal":"SIGFOO","timestamp":1}'),
    );
    expect(message).toMatch(/^expected one of "SIGHUP", .*"SIGSYS", got string "SIGFOO"$/);
  });

  test('of a number that is too small, of a list of another length, of a text that is too long', () => {
    const limits = { cpus: 0 };
    expect(refusalOf(decodeManagerMessage(JSON.stringify({ ...command, limits }))).message).toBe(
      'expected a number above 0, got number 0',
    );
    expect(
      refusalOf(decodeManagerMessage(`{"type":"ping","id":"${'x'.repeat(129)}","timestamp":1}`)).message,
    ).toBe('expected a string of at most 128 characters, got a string of 129 characters');
    const heartbeat = { type: 'heartbeat', status: 'idle', runningTasks: 0, workerId: 'w', timestamp: 1 };
    const health = { cpu: 0, memory: 0, disk: 0, loadAverage: [0], eventLoopDelayMs: 0, uptimeMs: 0 };
    expect(refusalOf(decodeWorkerMessage(JSON.stringify({ ...heartbeat, health }))).message).toBe(
      'expected an array of 3 items, got an array of 1',
    );
  });

  test('in the branch of a union that was meant', () => {
    const refusals = [
      { command: ['a', 1] },
      { allowEnv: [false] },
      { blockPolicy: { default: { action: 'kill', suspectedAfterMs: 1 } } },
      { blockPolicy: { default: 'kill' } },
    ].map((fields) => refusalOf(decodeManagerMessage(JSON.stringify({ ...command, ...fields }))).path);
    expect(refusals).toEqual([
      '/command/1',
      '/allowEnv/0',
      '/blockPolicy/default/action',
      '/blockPolicy/default',
    ]);
  });
});

describe('hostile text', () => {
  test('of half a million levels is refused at once', () => {
    const hostile = ['[', '{"a":'].map((open) => open.repeat(500_000));
    for (const text of hostile) expect(refusalOf(decodeManagerMessage(text)).code).toBe('invalid_json');
  });

  test('of a megabyte of faults is refused with one short message', () => {
    const argv = JSON.stringify({ ...command, command: Array(400_000).fill(1) });
    expect(refusalOf(decodeManagerMessage(argv))).toMatchObject({ path: '/command/0', taskId: 't1' });
    const env = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`k${n}`, n]));
    expect(refusalOf(decodeManagerMessage(JSON.stringify({ ...command, env }))).path).toBe('/env/k0');
  });

  test('of brackets in a string nests nothing', () => {
    const text = JSON.stringify({ ...command, command: '[{'.repeat(50) });
    expect(accepted(decodeManagerMessage(text))).toMatchObject({ taskId: 't1' });
  });

  test('of a string that never ends is no JSON, however many brackets stand before it', () => {
    const { code, message } = refusalOf(decodeManagerMessage(`${'{},[],'.repeat(50)}"[[`));
    expect([code, message]).toEqual(['invalid_json', expect.stringContaining('characters that are none')]);
  });

  test('of a megabyte of backslashes and quotes is read in linear time', () => {
    const text = JSON.stringify({ ...command, command: '\\"[{'.repeat(130_000) });
    expect(accepted(decodeManagerMessage(text))).toMatchObject({ taskId: 't1' });
  });
});

test('the types of messages name their words', () => {
  const code = (message: TaskError): TaskErrorCode => message.code;
  // @ts-expect-error A code is more than this one word, and not `never`, which fits everywhere.
  const word = (message: TaskError): 'rejected' => message.code;
  // @ts-expect-error So is a signal.
  const signal = (message: SignalTask): 'SIGTERM' => message.signal;
  expect([code, word, signal]).toHaveLength(3);
});
