/** What comes after `hello`: welcome, binary output, credit, resume, ownership, workspaces. Bare `ws`, literal JSON. */
import { createHash } from 'node:crypto';
import { kill } from 'node:process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@sandcrew/testkit';
import { takeCensus, waitForDeath } from '../host-census.js';
import { WireClient } from '../wire-client.js';
import { startWorker, type WorkerProcess } from '../worker-process.js';

const OTHER_TOKEN = 'o'.repeat(64);
const ROTATED_TOKEN = 'r'.repeat(64);
const MAIN_TOKEN = 'm'.repeat(64);
const WINDOW_BYTES = 1_048_576;

let worker: WorkerProcess;
beforeAll(async () => {
  worker = await startWorker(
    // A heartbeat that comes by itself would stand among the messages that are counted here.
    [
      '--retain-bytes',
      '3000000',
      '--heartbeat-interval-ms',
      '86400000',
      '--label',
      'zone=a',
      '--type',
      'build',
    ],
    [`main:${MAIN_TOKEN}`, `main:${ROTATED_TOKEN}`, `other:${OTHER_TOKEN}`],
  );
});
afterAll(async () => {
  expect(await worker.stop()).toBe(0);
});

let count = 0;
const newManagerId = () => `manager-${++count}`;

async function open(
  managerId: string,
  more: Record<string, unknown> = {},
  token = MAIN_TOKEN,
): Promise<WireClient> {
  const client = await WireClient.connect(worker.url, token);
  client.send({ type: 'hello', managerId, output: 'text', ...more });
  return client;
}

test('welcome tells what the worker is, and which tasks of this manager it keeps', async () => {
  const id = newManagerId();
  const client = await open(id);
  expect(await client.next('welcome')).toEqual({
    type: 'welcome',
    bootId: expect.any(String),
    protocol: '1.0',
    workerType: 'build',
    labels: { zone: 'a' },
    resources: { cpus: expect.any(Number), memoryBytes: expect.any(Number), diskBytes: expect.any(Number) },
    maxTasks: 16,
    containment: expect.stringMatching(/^(pid-namespace|process-group)$/),
    limits: {
      maxPayloadBytes: 1_048_576,
      windowBytes: WINDOW_BYTES,
      retainBytes: 3_000_000,
      enforced: expect.any(Array),
    },
    tasks: [],
    workspaces: [],
    workerId: expect.any(String),
    timestamp: expect.any(Number),
  });
  client.execute('t', 'echo hi');
  await client.terminal('t');
  client.send({ type: 'task_ack', taskId: 't', offset: 3 });
  await client.settle();
  await client.close();
  const again = await open(id);
  expect((await again.next('welcome')).tasks).toEqual([
    { taskId: 't', state: 'complete', ackedOffset: 3, endOffset: 3 },
  ]);
  again.send({ type: 'forget_task', taskId: 't' });
  await again.settle();
  again.send({ type: 'resume_task', taskId: 't', offset: 0 });
  expect(await again.next('protocol_error')).toMatchObject({ code: 'unknown_task', taskId: 't' });
  await again.close();
});

test('a manager hears the load right after its welcome', async () => {
  const busy = await WireClient.connect(worker.url, MAIN_TOKEN);
  busy.execute('t', 'sleep 60');
  await busy.next('execution_started', 't');
  const client = await open(newManagerId());
  await client.settle();
  expect(client.received.map(({ type }) => type)).toEqual(['welcome', 'heartbeat', 'pong']);
  expect(await client.next('heartbeat')).toMatchObject({
    status: 'busy',
    health: { memory: expect.any(Number), disk: expect.any(Number) },
  });
  await client.close();
  await busy.close();
});

test('hello comes first or not at all, and once', async () => {
  const client = await open(newManagerId());
  client.send({ type: 'hello', managerId: newManagerId(), output: 'text' });
  expect(await client.next('protocol_error')).toMatchObject({ code: 'unexpected_hello' });
  await client.close();
  const plain = await WireClient.connect(worker.url, MAIN_TOKEN);
  plain.send({ type: 'ping' });
  plain.send({ type: 'hello', managerId: newManagerId(), output: 'text' });
  expect(await plain.next('protocol_error')).toMatchObject({ code: 'unexpected_hello' });
  await plain.close();
});

test('a managerId belongs to the name of the token that used it first; the newer of two connections wins', async () => {
  const id = newManagerId();
  const first = await open(id);
  await first.next('welcome');
  const stranger = await open(id, {}, OTHER_TOKEN);
  expect((await stranger.closed).code).toBe(4003);
  const second = await open(id, {}, ROTATED_TOKEN);
  await second.next('welcome');
  expect((await first.closed).code).toBe(4001);
  await second.close();
});

test('ids of different owners never meet', async () => {
  const [one, other, plain] = [
    await open(newManagerId()),
    await open(newManagerId()),
    await WireClient.connect(worker.url, MAIN_TOKEN),
  ];
  for (const [index, client] of [one, other, plain].entries()) client.execute('same', `echo ${index}`);
  for (const client of [one, other, plain]) await client.terminal('same');
  expect([one, other, plain].map((client) => client.text('same'))).toEqual(['0\n', '1\n', '2\n']);
  for (const client of [one, other, plain]) await client.close();
});

test('binary output is the raw bytes, offsets contiguous', async () => {
  const client = await open(newManagerId(), { output: 'binary' });
  client.execute('t', 'head -c 300000 /dev/urandom | tee copy; sha256sum < copy >&2');
  const acked = { offset: 0 };
  await client.until(() => {
    for (const one of client.received) {
      if (one.type !== 'binary' || (one.offset as number) < acked.offset) continue;
      acked.offset = (one.offset as number) + (one.data as Buffer).length;
    }
    return client.received.some((one) => one.type === 'task_complete');
  }, 'the end');
  const chunks = client.received.filter((one) => one.type === 'binary');
  let next = 0;
  for (const { offset, data } of chunks) {
    expect(offset).toBe(next);
    expect((data as Buffer).length).toBeLessThanOrEqual(65_536);
    next += (data as Buffer).length;
  }
  const stdout = Buffer.concat(chunks.filter((one) => one.stream === 1).map((one) => one.data as Buffer));
  const stderr = Buffer.concat(chunks.filter((one) => one.stream === 2).map((one) => one.data as Buffer));
  expect(stdout.length).toBe(300_000);
  expect(stderr.toString()).toContain(createHash('sha256').update(stdout).digest('hex'));
  await client.close();
});

test('without acks no more than the window is sent, the command still runs to its end, and the end waits for all output', async () => {
  const client = await open(newManagerId(), { output: 'binary' });
  client.execute('t', 'head -c 2500000 /dev/zero; echo done > finished');
  await client.until(() => client.bytes('t').length === WINDOW_BYTES, 'a whole window');
  client.execute('wait', 'until [ -e finished ]; do sleep 0.01; done');
  await client.terminal('wait'); // another task of the same connection is not held up
  await client.settle();
  expect(client.bytes('t').length).toBe(WINDOW_BYTES);
  expect(client.received.some((one) => one.type === 'task_complete' && one.taskId === 't')).toBe(false);
  for (let acked = 0; acked < 2_500_000; ) {
    const before = acked;
    acked = client.bytes('t').length;
    client.send({ type: 'task_ack', taskId: 't', offset: acked });
    if (acked < 2_500_000)
      await client.until(
        () => client.bytes('t').length > before && client.bytes('t').length >= acked,
        'more',
      );
    await client.settle();
  }
  expect(await client.terminal('t')).toMatchObject({
    type: 'task_complete',
    exitCode: 0,
    outputBytes: 2_500_000,
  });
  client.send({ type: 'forget_task', taskId: 't' });
  await client.close();
});

test('acks: back is ignored, beyond what was sent is invalid_offset and gives nothing', async () => {
  const client = await open(newManagerId());
  client.execute('t', 'echo hello');
  await client.terminal('t');
  client.send({ type: 'task_ack', taskId: 't', offset: 6 });
  client.send({ type: 'task_ack', taskId: 't', offset: 2 });
  client.send({ type: 'task_ack', taskId: 't', offset: 7 });
  expect(await client.next('protocol_error')).toMatchObject({ code: 'invalid_offset', taskId: 't' });
  client.send({ type: 'resume_task', taskId: 't', offset: 7 });
  await client.until(
    () => client.received.filter((one) => one.type === 'protocol_error').length === 2,
    'a second refusal',
  );
  await client.close();
});

test('past retainBytes the oldest bytes go, and exactly which is told; a gap uses no window', async () => {
  const client = await open(newManagerId(), { output: 'binary' });
  client.execute('flood', 'head -c 9000000 /dev/zero | tr "\\0" x');
  await client.until(() => client.bytes('flood').length === WINDOW_BYTES, 'a whole window');
  // When its end is known there is nothing in its pipe any more.
  const isOver = () => worker.log.some(({ event, taskId }) => event === 'task_ended' && taskId === 'flood');
  await until('the worker has read all of it', isOver, 15_000);
  client.send({ type: 'task_ack', taskId: 'flood', offset: WINDOW_BYTES });
  const gap = await client.next('output_gap', 'flood');
  expect(gap.offset).toBe(WINDOW_BYTES);
  expect(gap.bytes as number).toBe(9_000_000 - 3_000_000 - WINDOW_BYTES);
  await client.until(() => client.bytes('flood').length === 2 * WINDOW_BYTES, 'a window behind the gap');
  // An ack inside the gap is valid.
  client.send({ type: 'task_ack', taskId: 'flood', offset: WINDOW_BYTES + 1 });
  await client.settle();
  expect(client.received.some((one) => one.type === 'protocol_error')).toBe(false);
  for (let seen = 0; seen < 4_048_576; ) {
    seen = client.bytes('flood').length;
    client.send({ type: 'task_ack', taskId: 'flood', offset: seen + (gap.bytes as number) });
    await client.settle();
  }
  expect(await client.terminal('flood')).toMatchObject({ outputBytes: 9_000_000, exitCode: 0 });
  client.send({ type: 'forget_task', taskId: 'flood' });
  await client.close();
});

test('a connection that ends takes no task with it: a new hello resumes each at its offset, no byte lost, none twice', async () => {
  const id = newManagerId();
  const first = await open(id, { output: 'binary' });
  const waits = 'until [ -e resumed ]; do sleep 0.01; done';
  first.execute('t', `for i in $(seq 1 40); do echo "line $i"; [ $i != 20 ] || ${waits}; done; exit 7`);
  await first.until(() => first.bytes('t').length > 20, 'some output');
  first.cut();
  await first.closed;
  const have = first.bytes('t');
  const second = await open(id, {
    output: 'binary',
    resume: [
      { taskId: 't', offset: have.length },
      { taskId: 'unknown', offset: 0 },
    ],
  });
  const welcome = await second.next('welcome');
  expect(second.received[0]).toBe(welcome);
  expect(welcome.tasks).toEqual([expect.objectContaining({ taskId: 't', state: 'running' })]);
  second.execute('resumes', 'touch resumed');
  expect(await second.next('protocol_error')).toMatchObject({ code: 'unknown_task', taskId: 'unknown' });
  expect(await second.terminal('t')).toMatchObject({ exitCode: 7 });
  const expected = Array.from({ length: 40 }, (_, index) => `line ${index + 1}\n`).join('');
  expect(Buffer.concat([have, second.bytes('t')]).toString()).toBe(expected);
  const from = second.received.length;
  second.send({ type: 'resume_task', taskId: 't', offset: expected.length });
  expect(await second.terminal('t', from)).toMatchObject({ exitCode: 7 });
  await second.close();
});

test('after a new connection everything of a task waits for its resume; the same command gets its one answer', async () => {
  const id = newManagerId();
  const first = await open(id);
  first.execute('t', 'echo hello');
  const end = await first.terminal('t');
  await first.close();
  const second = await open(id);
  await second.settle();
  expect(second.received.map(({ type }) => type)).toEqual(['welcome', 'heartbeat', 'pong']);
  second.execute('t', 'echo hello');
  expect(await second.terminal('t')).toEqual({ ...end, timestamp: expect.any(Number) });
  await second.settle();
  expect(second.text('t')).toBe('');
  const from = second.received.length;
  second.send({ type: 'resume_task', taskId: 't', offset: 0 });
  await second.terminal('t', from);
  expect(second.text('t', from)).toBe('hello\n');
  await second.close();
});

test('a resume below what is kept tells the gap and goes on from there', async () => {
  const client = await open(newManagerId());
  client.execute('t', 'echo hello');
  await client.terminal('t');
  client.send({ type: 'task_ack', taskId: 't', offset: 4 });
  const from = client.received.length;
  client.send({ type: 'resume_task', taskId: 't', offset: 1 });
  await client.terminal('t', from);
  expect(client.received.slice(from)).toEqual([
    expect.objectContaining({ type: 'output_gap', offset: 1, bytes: 3 }),
    expect.objectContaining({ type: 'task_output', offset: 4, bytes: 2, output: 'o\n' }),
    expect.objectContaining({ type: 'task_complete' }),
  ]);
  await client.close();
});

test('text is never cut inside a code point, also not by a resume', async () => {
  const id = newManagerId();
  const first = await open(id);
  const waits = 'until [ -e cut ]; do sleep 0.01; done';
  first.execute('t', `printf 'a\\xe2\\x82'; ${waits}; printf '\\xac\\xff'; sleep 0.1; printf 'z\\xf0\\x9f'`);
  await first.next('task_output', 't');
  expect(first.received.find((one) => one.type === 'task_output')).toMatchObject({
    output: 'a',
    offset: 0,
    bytes: 3,
  });
  first.send({ type: 'task_ack', taskId: 't', offset: 3 });
  await first.settle();
  first.cut();
  const second = await open(id, { resume: [{ taskId: 't', offset: 3 }] });
  second.execute('goes-on', 'touch cut');
  await second.terminal('t');
  expect(second.text('t')).toBe('€\uFFFDz\uFFFD');
  const outputs = second.received.filter((one) => one.type === 'task_output' && one.taskId === 't');
  expect(outputs.reduce((sum, one) => sum + (one.bytes as number), 3)).toBe(8);
  await second.close();
});

test('a manager that is away for orphanTimeoutMs loses its running tasks, and is told when it comes back', async () => {
  const own = await startWorker(['--orphan-timeout-ms', '300']);
  const first = await WireClient.connect(own.url, own.token);
  first.send({ type: 'hello', managerId: 'm', output: 'text' });
  first.execute('t', 'sleep 60');
  const { pid } = await first.next('execution_started', 't');
  first.cut();
  await waitForDeath(pid as number);
  const second = await WireClient.connect(own.url, own.token);
  second.send({ type: 'hello', managerId: 'm', output: 'text', resume: [{ taskId: 't', offset: 0 }] });
  expect(await second.terminal('t')).toMatchObject({ type: 'task_error', code: 'orphaned' });
  await second.close();
  expect(await own.stop()).toBe(0);
});

test('forget_task ends a running task without a terminal message, and frees its id once it is dead', async () => {
  const client = await open(newManagerId());
  client.execute('t', 'sleep 60');
  const { pid } = await client.next('execution_started', 't');
  client.send({ type: 'forget_task', taskId: 't' });
  client.send({ type: 'terminate_task', taskId: 't' });
  expect(await client.next('protocol_error')).toMatchObject({ code: 'unknown_task' });
  await waitForDeath(pid as number);
  await client.settle();
  expect(client.received.some((one) => one.type === 'task_error')).toBe(false);
  await client.close();
});

test('workspaces outlive tasks, are scoped by token name, and are removed on request', async () => {
  const client = await open(newManagerId());
  client.execute('a', 'echo data > file; echo $HOME; pwd', { workspace: 'app' });
  await client.terminal('a');
  client.execute('b', 'cat file; echo $HOME; pwd', { workspace: 'app' });
  await client.terminal('b');
  expect(client.text('b')).toBe(`data\n${client.text('a')}`);
  const stranger = await open(newManagerId(), {}, OTHER_TOKEN);
  expect((await stranger.next('welcome')).workspaces).toEqual([]);
  stranger.execute('c', 'ls', { workspace: 'app' });
  await stranger.terminal('c');
  expect(stranger.text('c')).toBe('');
  client.execute('busy', 'sleep 60', { workspace: 'app' });
  await client.next('execution_started', 'busy');
  client.send({ type: 'remove_workspace', workspace: 'app' });
  expect(await client.next('protocol_error')).toMatchObject({ code: 'workspace_busy' });
  client.send({ type: 'terminate_task', taskId: 'busy' });
  await client.terminal('busy');
  client.send({ type: 'remove_workspace', workspace: 'app' });
  expect(await client.next('workspace_removed')).toMatchObject({ workspace: 'app' });
  client.send({ type: 'remove_workspace', workspace: 'app' });
  await client.until(
    () => client.received.some((one) => one.code === 'unknown_workspace'),
    'unknown_workspace',
  );
  await stranger.close();
  await client.close();
});

test('more tasks than slots are rejected as busy', async () => {
  const own = await startWorker(['--max-tasks', '2']);
  const client = await WireClient.connect(own.url, own.token);
  for (const id of ['a', 'b', 'c']) client.execute(id, 'sleep 60');
  expect(await client.terminal('c')).toMatchObject({ code: 'rejected', detail: 'busy' });
  await client.close();
  expect(await own.stop()).toBe(0);
});

test('SIGTERM drains: running tasks may end, no new one is taken, exit 0; a second one means now', async () => {
  const own = await startWorker(['--drain-timeout-ms', '60000']);
  const client = await WireClient.connect(own.url, own.token);
  client.send({ type: 'hello', managerId: 'm', output: 'text' });
  client.execute('quick', 'sleep 0.5; echo ended by itself');
  client.execute('slow', 'sleep 60');
  await client.next('execution_started', 'slow');
  kill(own.pid, 'SIGTERM');
  client.execute('new', 'true');
  // The signal and the frame race: until the worker has seen the signal it may still take a command.
  const answer = await client.terminal('new');
  if (answer.type === 'task_error') expect(answer).toMatchObject({ code: 'rejected', detail: 'draining' });
  expect(await client.terminal('quick')).toMatchObject({ type: 'task_complete', exitCode: 0 });
  expect(client.text('quick')).toBe('ended by itself\n');
  kill(own.pid, 'SIGTERM');
  expect(await client.terminal('slow')).toMatchObject({ type: 'task_error', code: 'worker_shutdown' });
  expect((await client.closed).code).toBe(1001);
  expect(await own.stop()).toBe(0);
});

test('a terminal: size, resize, controlling terminal, input, end of input', async () => {
  const client = await open(newManagerId());
  client.execute(
    't',
    'stty size; tty > /dev/tty; trap "stty size" WINCH; echo ready; read -r line; echo "got $line"; cat',
    { pty: { cols: 100, rows: 40 } },
  );
  await client.until(() => client.text('t').includes('ready'), 'the trap');
  client.send({ type: 'resize_pty', taskId: 't', cols: 120, rows: 50 });
  client.send({ type: 'send_input', taskId: 't', input: 'hello\n' });
  await client.until(() => client.text('t').includes('got hello'), 'the line read');
  client.send({ type: 'send_input', taskId: 't', input: '', end: true });
  expect(await client.terminal('t')).toMatchObject({ type: 'task_complete', exitCode: 0 });
  expect(client.text('t')).toMatch(/^40 100\r\n\/dev\/pts\//);
  expect(client.text('t')).toMatch(/50 120\r\n/);
  expect(
    client.received.filter((one) => one.type === 'task_output').every((one) => one.stream === 'stdout'),
  ).toBe(true);
  await client.close();
});

test('signal_task on a terminal goes to its foreground group', async () => {
  const client = await open(newManagerId());
  const job = 'sh -c "echo ready; exec sleep 60"'; // it is in the foreground when it says so
  client.execute('t', `bash --norc -ic '${job}; echo $?'`, { pty: { cols: 80, rows: 24 } });
  await client.until(() => /^ready/m.test(client.text('t')), 'ready');
  client.send({ type: 'signal_task', taskId: 't', signal: 'SIGINT' });
  await client.terminal('t');
  await client.close();
});

test('a task on a terminal shares no descriptor with its neighbours', async () => {
  const client = await open(newManagerId());
  client.execute('pty', 'cat', { pty: { cols: 80, rows: 24 } });
  await client.next('execution_started', 'pty');
  client.execute('t', 'for fd in /proc/self/fd/*; do readlink $fd; done');
  await client.terminal('t');
  expect(client.text('t')).not.toMatch(/ptmx|pts/);
  client.send({ type: 'terminate_task', taskId: 'pty', graceMs: 0 });
  await client.terminal('pty');
  await client.close();
});

test('invalid UTF-8, NUL, ANSI and a long line come through as bytes', async () => {
  const client = await open(newManagerId(), { output: 'binary' });
  client.execute('t', "printf '\\xff\\xfe\\0\\033[31mred'; head -c 900000 /dev/zero | tr '\\0' 'a'");
  await client.terminal('t');
  const bytes = client.bytes('t');
  expect(bytes.subarray(0, 11)).toEqual(Buffer.from('\xff\xfe\0\x1b[31mred', 'latin1'));
  expect(bytes.length).toBe(900_011);
  await client.close();
});

test('each accepted command and its end are one audit line, with the token name and without the environment', async () => {
  const client = await open(newManagerId());
  client.execute('audited', 'exit 9', { env: { SECRET: 'hunter2' } });
  await client.terminal('audited');
  await client.settle();
  await client.until(
    () => worker.log.some((line) => line.event === 'task_ended' && line.taskId === 'audited'),
    'the audit line',
  );
  const lines = worker.log.filter((line) => line.taskId === 'audited');
  expect(lines).toEqual([
    expect.objectContaining({ event: 'task_accepted', token: 'main', command: 'exit 9' }),
    expect.objectContaining({ event: 'task_ended', token: 'main', exitCode: 9 }),
  ]);
  expect(JSON.stringify(lines)).not.toContain('hunter2');
  await client.close();
});

test('nothing is left: no zombie, child, spool file', async () => {
  // What is deleted, and pipes that are made ahead, take a moment; the one child is the guardian of process-group.
  const isClean = () => {
    const { zombies, children, stateFiles } = takeCensus(worker.pid, `${worker.directory}/state`);
    return zombies === 0 && stateFiles === 0 && children <= 1;
  };
  await until('nothing is left', isClean, 10_000);
});
