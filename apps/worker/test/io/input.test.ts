/** What is sent to a command's stdin reaches it whole, and nothing waits for ever. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Client, LEVELS, TestWorker } from '../worker-process.js';

describe.each(LEVELS)('%s', (containment) => {
  let worker: TestWorker;
  let client: Client;

  beforeAll(async () => {
    worker = await TestWorker.start(['--containment', containment]);
    client = await worker.manager();
  });
  afterAll(() => worker.stop());

  test('a command without stdin reads its end at once', async () => {
    const { stdout, terminal } = await client.run('cat; echo over');
    expect([stdout.toString(), terminal.exitCode]).toEqual(['over\n', 0]);
  });

  test('input comes in order, and its end is an end of file', async () => {
    const taskId = client.execute('cat', { stdin: 'pipe' });
    client.send({ type: 'send_input', taskId, input: 'hé' });
    client.send({ type: 'send_input', taskId, input: 'AP8=', encoding: 'base64' });
    client.send({ type: 'send_input', taskId, input: '', end: true });
    const { stdout } = await client.outcome(taskId);
    expect([...stdout]).toEqual([0x68, 0xc3, 0xa9, 0x00, 0xff]);
  });

  test('5 MiB come exactly, as fast as the command takes them', async () => {
    const PIECE = 'x'.repeat(255 * 1024).concat('\n');
    const total = PIECE.length * 20;
    const taskId = await client.start('sleep 0.2; sha256sum', { stdin: 'pipe' });
    let acked = 0;
    for (let sent = 0; sent < total; sent += PIECE.length) {
      while (sent + PIECE.length - acked > 1_048_576) acked = (await client.next('input_ack', taskId)).offset;
      client.send({
        type: 'send_input',
        taskId,
        input: PIECE,
        offset: sent,
        end: sent + PIECE.length === total,
      });
    }
    const { stdout } = await client.outcome(taskId);
    expect(stdout.toString()).toBe(`${createHash('sha256').update(PIECE.repeat(20)).digest('hex')}  -\n`);
  });

  test('input over what may wait is refused whole, and the rest is as if it had never come', async () => {
    const taskId = await client.start('until [ -e full ]; do sleep 0.01; done; wc -c', { stdin: 'pipe' });
    const piece = 'x'.repeat(700_000);
    client.send({ type: 'send_input', taskId, input: piece });
    client.send({ type: 'send_input', taskId, input: piece });
    expect(await client.next('protocol_error', taskId)).toMatchObject({ code: 'input_full' });
    await client.run('touch full');
    client.send({ type: 'send_input', taskId, input: '', end: true });
    const { stdout } = await client.outcome(taskId);
    expect(stdout.toString().trim()).toBe('700000');
  });

  test('a command that closed its stdin says so, and goes on', async () => {
    const command = 'exec <&-; echo closed; until [ -e refused ]; do sleep 0.01; done; echo on';
    const taskId = await client.start(command, { stdin: 'pipe' });
    await client.output(taskId, 'closed');
    client.send({ type: 'send_input', taskId, input: 'x' });
    // There the init of its namespace has it open as well, until the command has exited.
    if (containment !== 'bubblewrap') expect(await refusal(taskId)).toBe('stdin_closed');
    await client.run('touch refused');
    const { stdout, terminal } = await client.outcome(taskId);
    expect([stdout.toString(), terminal.exitCode]).toEqual(['closed\non\n', 0]);
  });

  test('a command that never reads its input ends all the same', async () => {
    const taskId = client.execute('exit 3', { stdin: 'pipe' });
    client.send({ type: 'send_input', taskId, input: 'x'.repeat(500_000) });
    expect(await client.terminal(taskId)).toMatchObject({ type: 'task_complete', exitCode: 3 });
  });

  /** Sends input until it is refused: the first piece meets the closed pipe, and only the next one knows. */
  async function refusal(taskId: string): Promise<string> {
    for (;;) {
      client.send({ type: 'send_input', taskId, input: 'x' });
      client.send({ type: 'ping' });
      await client.next('pong');
      const index = client.messages.findIndex((message) => message.type === 'protocol_error');
      if (index < 0) continue;
      return (await client.next('protocol_error', taskId)).code;
    }
  }
});
