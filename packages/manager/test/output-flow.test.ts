import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeWorker, ServedLog, until } from '@sandcrew/testkit';
import { SandboxManager } from '#src/index.js';
import { endsTasks, faultOf } from './faults.js';

const WINDOW_BYTES = 1_048_576;

let worker: FakeWorker;
let manager: SandboxManager;

beforeEach(async () => {
  worker = await FakeWorker.listen();
  manager = new SandboxManager({ workers: [worker.address] });
});

afterEach(async () => {
  endsTasks(worker);
  await manager.close({ graceMs: 0 });
  await worker.close();
});

/** Bytes that differ all along, the same each time. */
function pattern(bytes: number): Buffer {
  const data = Buffer.alloc(bytes);
  for (let i = 0; i + 4 <= bytes; i += 4) data.writeUInt32BE((i * 2_654_435_761) >>> 0, i);
  return data;
}

function sha(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function serve(bytes: Uint8Array, taskId = 't'): ServedLog {
  const log = new ServedLog(worker, taskId, bytes);
  worker.script = (message) => log.obey(message);
  return log;
}

describe('output', () => {
  test('that nobody iterates is drained: head and tail are kept, and what is left out is said', async () => {
    const data = pattern(5_000_000);
    data.fill('h', 0, 20);
    data.fill('t', data.length - 20);
    serve(data);
    const result = await manager.run({ command: 'x', taskId: 't' });
    expect(result.outputBytes).toBe(5_000_000);
    expect(result.stdoutOmittedBytes).toBe(5_000_000 - 2 * WINDOW_BYTES);
    expect(result.stdout.startsWith('h'.repeat(20))).toBe(true);
    expect(result.stdout.endsWith('t'.repeat(20))).toBe(true);
    expect(result.stdout).toContain(`[... ${result.stdoutOmittedBytes} bytes left out ...]`);
  });

  test('up to head and tail is kept whole', async () => {
    await manager.close();
    manager = new SandboxManager({ workers: [worker.address], keepOutputBytes: 100 });
    serve(Buffer.from('x'.repeat(200)));
    expect(await manager.run({ command: 'x', taskId: 't' })).toMatchObject({
      stdout: 'x'.repeat(200),
      stdoutOmittedBytes: 0,
    });
    serve(Buffer.from('x'.repeat(201)), 'u');
    expect(await manager.run({ command: 'x', taskId: 'u' })).toMatchObject({ stdoutOmittedBytes: 1 });
  });

  test('that a slow reader iterates is held back: the worker is never more than a window ahead of it', async () => {
    const data = pattern(6_000_000);
    const log = serve(data);
    const task = manager.run({ command: 'x', taskId: 't' });
    const parts: Uint8Array[] = [];
    let takenBytes = 0;
    for await (const { bytes } of task.output) {
      parts.push(bytes.slice());
      expect(log.sentOffset - takenBytes).toBeLessThanOrEqual(WINDOW_BYTES + 65_536);
      takenBytes += bytes.length;
      if (parts.length % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sha(Buffer.concat(parts))).toBe(sha(data));
    expect(log.mostUnackedBytes).toBeLessThanOrEqual(WINDOW_BYTES);
    expect((await task).outputBytes).toBe(data.length);
  });

  test('that is iterated and not taken is not acknowledged', async () => {
    const log = serve(pattern(3_000_000));
    let comeBytes = 0;
    manager.on('taskOutput', ({ bytes }) => {
      comeBytes += bytes.length;
    });
    const task = manager.run({ command: 'x', taskId: 't' });
    const reader = task.output[Symbol.asyncIterator]();
    await until('the window has come', () => comeBytes >= WINDOW_BYTES);
    task.signal('SIGUSR1');
    await worker.next('signal_task'); // whatever was sent before it is here
    expect(log.sentOffset).toBe(WINDOW_BYTES);
    expect(worker.count('task_ack')).toBe(0);
    await reader.return?.();
    expect((await task).outputBytes).toBe(3_000_000);
  });

  test('whose reader leaves in the middle is drained to its end', async () => {
    serve(pattern(4_000_000));
    const task = manager.run({ command: 'x', taskId: 't' });
    for await (const { offset } of task.output) if (offset > 100_000) break;
    expect((await task).outputBytes).toBe(4_000_000);
  });

  test('that came before its reader is kept for it; after 512 KiB it is told that it comes too late', async () => {
    serve(Buffer.from('early'));
    const early = manager.run({ command: 'x', taskId: 't' });
    await early;
    const texts: string[] = [];
    for await (const { text } of early.output) texts.push(text);
    expect(texts).toEqual(['early']);
    expect(() => early.output[Symbol.asyncIterator]()).toThrow(/one reader/);

    serve(pattern(600_000), 'u');
    const late = manager.run({ command: 'x', taskId: 'u' });
    await late;
    expect(() => late.output[Symbol.asyncIterator]()).toThrow(/OUTPUT_NOT_KEPT|expected a reader/i);
  });

  test('a byte at a time costs no object each', async () => {
    const bytes = 300_000;
    const task = manager.run({ command: 'x', taskId: 't' });
    await worker.next('execute_command');
    worker.start('t');
    const reader = task.output[Symbol.asyncIterator]();
    for (let i = 0; i < bytes; i++) worker.sendOutput('t', i, 'x');
    worker.complete('t', bytes);
    await task;
    let chunks = 0;
    for (let next = await reader.next(); next.done !== true; next = await reader.next()) chunks++;
    expect(chunks).toBeLessThan(10);
  });

  test('is whole and in order when the connection is cut again and again', async () => {
    const data = pattern(8_000_000);
    const log = serve(data);
    const obey = worker.script;
    let frames = 0;
    worker.script = (message) => {
      worker.welcome = {
        tasks: [{ taskId: 't', state: 'running', ackedOffset: log.ackedOffset, endOffset: data.length }],
      };
      obey(message);
      if (message.type === 'task_ack' && ++frames % 5 === 0) worker.cut();
    };
    const task = manager.run({ command: 'x', taskId: 't' });
    // The first welcome must not list a task that was not sent yet.
    worker.welcome = {};
    const hash = createHash('sha256');
    let nextOffset = 0;
    for await (const { bytes, offset } of task.output) {
      expect(offset).toBe(nextOffset);
      nextOffset += bytes.length;
      hash.update(bytes);
    }
    const result = await task;
    expect(hash.digest('hex')).toBe(sha(data));
    expect(worker.count('hello')).toBeGreaterThan(3);
    expect(worker.count('execute_command')).toBe(1);
    expect(result).toMatchObject({ attempts: 1, outputBytes: data.length, gaps: [] });
  });

  test('that breaks the protocol costs the worker its connection, and the third time its tasks', async () => {
    worker.script = (message) => {
      if (message.type === 'hello')
        worker.welcome = { tasks: [{ taskId: 't', state: 'running', ackedOffset: 0, endOffset: 9 }] };
      if (message.type === 'execute_command') worker.start('t');
      if (message.type === 'execute_command' || (message.type === 'hello' && message.resume))
        worker.sendOutput('t', 5, 'behind a hole');
    };
    const faults: string[] = [];
    manager.on('workerDisconnected', (_worker, error) => faults.push(`${error.code}: ${error.message}`));
    worker.welcome = {};
    const error = await faultOf(manager.run({ command: 'x', taskId: 't' }));
    expect(error).toMatchObject({ code: 'LOST', detail: 'may_have_run' });
    expect(faults).toHaveLength(3);
    expect(faults[0]).toMatch(/^WORKER_MISBEHAVED: .*expected output from offset 0, got it from 5/);
  });
});
