/** What a command writes arrives, to the last byte and in the order of each stream. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Client, LEVELS, TestWorker, until } from '../worker-process.js';

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

describe.each(LEVELS)('%s', (containment) => {
  let worker: TestWorker;
  let client: Client;

  beforeAll(async () => {
    worker = await TestWorker.start(['--containment', containment]);
    client = await worker.manager();
  });
  afterAll(() => worker.stop());

  test('both streams come, each in its order', async () => {
    const { stdout, stderr, terminal } = await client.run(
      'for i in 1 2 3; do echo out$i; echo err$i >&2; done',
    );
    expect([stdout.toString(), stderr.toString()]).toEqual(['out1\nout2\nout3\n', 'err1\nerr2\nerr3\n']);
    expect(terminal.outputBytes).toBe(30);
  });

  test('stdout and stderr are real pipes, which a command may open by name', async () => {
    const { stdout, stderr, terminal } = await client.run(
      'echo a > /dev/stdout; echo b > /dev/stderr; echo c | tee /dev/stderr; [ -p /dev/stdout ] && [ -p /dev/stderr ]',
    );
    expect([stdout.toString(), stderr.toString()]).toEqual(['a\nc\n', 'b\nc\n']);
    expect(terminal.exitCode).toBe(0);
  });

  test('bytes that are no text come as they are', async () => {
    const { stdout } = await client.run(String.raw`printf '\377\000\033[31m\342\202'`);
    expect([...stdout]).toEqual([0xff, 0, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0xe2, 0x82]);
  });

  test('20 MB on one line come exactly, while both streams write', async () => {
    const { stdout, stderr } = await client.run('head -c 20000000 /dev/zero | tr "\\0" x; seq 1 100000 >&2');
    expect([stdout.length, sha256(stdout)]).toEqual([20_000_000, sha256(Buffer.alloc(20_000_000, 'x'))]);
    expect(stderr.toString().trim().split('\n')).toHaveLength(100_000);
  });

  test('output after the command’s exit is read on until it closes', async () => {
    const beganMs = performance.now();
    const late = '(until [ -e late ]; do sleep 0.01; done; echo late) &';
    const taskId = await client.start(`${late} echo early`, { lingerMs: 60_000 });
    await client.next('block_detected', taskId); // 1.5 s after its exit, as the worker counts
    const heldMs = performance.now() - beganMs;
    await client.run('touch late');
    const { stdout, terminal } = await client.outcome(taskId);
    expect(stdout.toString()).toBe('early\nlate\n');
    expect(terminal).toMatchObject({ type: 'task_complete', exitCode: 0, leftover: 0 });
    expect(terminal.durationMs).toBeLessThanOrEqual(heldMs - 1_490); // the command's own time, and nothing of that behind it
  });

  test('a daemon is ended at lingerMs, and counted', async () => {
    const { terminal } = await client.run('sleep 60 & echo up', { lingerMs: 200 });
    expect(terminal).toMatchObject({ type: 'task_complete', exitCode: 0, leftover: 1 });
  });

  test('a daemon that holds the output is reported at 1.5 s', async () => {
    const taskId = await client.start('sleep 60 & echo up', { lingerMs: 60_000 });
    expect(await client.next('block_detected', taskId)).toMatchObject({
      reason: 'orphaned_output',
      confidence: 'confirmed',
      evidence: {
        summary: expect.stringContaining('sleep'),
        processes: [expect.objectContaining({ name: 'sleep' })],
      },
    });
    client.send({ type: 'terminate_task', taskId });
    expect(await client.terminal(taskId)).toMatchObject({ type: 'task_complete', exitCode: 0, leftover: 1 });
  });

  test('a daemon that let go of its output is not waited for, and ends too', async () => {
    const { terminal } = await client.run('sleep 60 > /dev/null 2>&1 < /dev/null & echo up');
    expect(terminal).toMatchObject({ exitCode: 0, leftover: 1 });
  });
});

describe('a reader that does not read', () => {
  let worker: TestWorker;

  beforeAll(async () => {
    worker = await TestWorker.start(['--containment', 'process-group', '--retain-bytes', '8388608']);
  });
  afterAll(() => worker.stop());

  test('gets the window and no more; the command ends meanwhile; the rest comes from the spool, exactly', async () => {
    const client = await worker.manager('m1');
    client.isAcking = false;
    const taskId = await client.start('seq 1 1000000'); // 6.9 MB, of which 2 MiB stay in memory
    while (client.offset(taskId) < 1_048_576)
      await new Promise((resolve) => client.socket.once('message', resolve));
    client.socket.terminate();
    const again = await afterEnd('m1');
    expect(client.offset(taskId)).toBe(1_048_576);
    expect(readdirSync(join(worker.place.stateDir, 'spool'))).not.toEqual([]);
    again.resume(taskId, 0);
    const { stdout, gapBytes, terminal } = await again.outcome(taskId);
    expect([stdout.length, gapBytes, terminal.outputBytes]).toEqual([6_888_896, 0, 6_888_896]);
    expect(
      stdout
        .toString()
        .trimEnd()
        .split('\n')
        .every((line, index) => line === `${index + 1}`),
    ).toBe(true);
    again.send({ type: 'forget_task', taskId });
    again.send({ type: 'ping' });
    await again.next('pong');
    await until(() => readdirSync(join(worker.place.stateDir, 'spool')).length === 0);
  });

  test('is told what is past the retained bytes, and gets the true exit code', async () => {
    const client = await worker.manager('m2');
    const taskId = await client.start('head -c 20000000 /dev/zero; exit 5');
    client.socket.terminate();
    const again = await afterEnd('m2');
    again.resume(taskId, 0);
    const { stdout, gapBytes, terminal } = await again.outcome(taskId);
    expect(gapBytes).toBe(20_000_000 - 8_388_608);
    expect(stdout.length).toBe(8_388_608);
    expect(terminal).toMatchObject({ exitCode: 5, outputBytes: 20_000_000 });
  });

  /** A connection of a manager whose one task has come to its end. */
  async function afterEnd(managerId: string): Promise<Client> {
    for (;;) {
      const client = await worker.connect();
      client.send({ type: 'hello', managerId, output: 'binary' });
      const { tasks } = await client.next('welcome');
      if (tasks[0]?.state !== 'running') return client;
    }
  }
});

describe('text', () => {
  let worker: TestWorker;
  let client: Client;

  beforeAll(async () => {
    worker = await TestWorker.start(['--containment', 'process-group']);
    client = await worker.connect();
  });
  afterAll(() => worker.stop());

  test('never cuts a code point, and what is no text is U+FFFD', async () => {
    const { stdout, terminal } = await client.run(
      String.raw`printf '\342'; sleep 0.05; printf '\202'; sleep 0.05; printf '\254 \377 '; printf '\360\237\230'`,
    );
    expect(stdout.toString()).toBe('€ � �');
    expect(terminal.outputBytes).toBe(9);
  });

  test('of 64 KiB of control characters fits a message', async () => {
    const { stdout } = await client.run('head -c 1000000 /dev/zero');
    expect(stdout.equals(Buffer.alloc(1_000_000))).toBe(true);
  });

  test('of a plain client needs no ack, and its task ends with its connection', async () => {
    const { stdout } = await client.run('seq 1 500000');
    expect(stdout.toString().endsWith('499999\n500000\n')).toBe(true);
  });

  test('goes on whole where a reader resumes inside a code point', async () => {
    const manager = await worker.manager('m3', { output: 'text' });
    manager.isAcking = false;
    const { terminal } = await manager.run(String.raw`printf 'a\342\202\254b'`, { taskId: 'euro' });
    expect(terminal.type).toBe('task_complete');
    const other = await worker.manager('m3', { output: 'text' });
    other.resume('euro', 3);
    const { stdout } = await other.outcome('euro');
    expect(stdout.toString()).toBe('€b');
  });
});

test('a thousand ends of `seq 1 2000` lose no byte of their tails', async () => {
  const worker = await TestWorker.start(['--containment', 'process-group', '--max-tasks', '8']);
  try {
    const client = await worker.manager();
    let left = 1_000;
    const wrong: string[] = [];
    const runOn = async () => {
      while (left-- > 0) {
        const { stdout, terminal } = await client.run(['seq', '1', '2000']);
        client.send({ type: 'forget_task', taskId: terminal.taskId });
        if (stdout.length !== 8_893 || !stdout.toString().endsWith('1999\n2000\n'))
          wrong.push(`${stdout.length} bytes, ${JSON.stringify(terminal)}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, runOn));
    expect(wrong).toEqual([]);
  } finally {
    await worker.stop();
  }
}, 240_000);
