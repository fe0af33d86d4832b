/** The specification's own conversation: a plain client that sends `execute_command` alone. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { waitForDeath } from '../host-census.js';
import { WireClient } from '../wire-client.js';
import { startWorker, type WorkerProcess } from '../worker-process.js';

let worker: WorkerProcess;
let client: WireClient;
beforeAll(async () => {
  // A heartbeat that comes by itself would stand among the messages that are counted here.
  worker = await startWorker(['--worker-id', 'worker-456', '--heartbeat-interval-ms', '86400000']);
});
afterAll(async () => {
  expect(await worker.stop()).toBe(0);
});
beforeEach(async () => {
  client = await WireClient.connect(worker.url, worker.token);
});
afterEach(() => client.close());

test('the literal conversation of the specification works', async () => {
  client.send(
    '{"type":"execute_command","taskId":"task-123","command":"echo Build completed","timestamp":1640995200000}',
  );
  const end = await client.terminal('task-123');
  const [started, output, ...more] = client.received;
  expect(started).toEqual({
    type: 'execution_started',
    taskId: 'task-123',
    pid: expect.any(Number),
    containment: expect.any(String),
    workerId: 'worker-456',
    timestamp: expect.any(Number),
  });
  expect(output).toEqual({
    type: 'task_output',
    taskId: 'task-123',
    workerId: 'worker-456',
    output: 'Build completed\n',
    stream: 'stdout',
    offset: 0,
    bytes: 16,
    timestamp: expect.any(Number),
  });
  expect(more).toEqual([end]);
  expect(end).toMatchObject({
    type: 'task_complete',
    exitCode: 0,
    signal: null,
    outputBytes: 16,
    leftover: 0,
    durationMs: expect.any(Number),
    usage: {},
  });
});

test.each([
  ['a shell string', 'echo $((1+1))', '2\n', 0],
  ['an argv, without a shell', ['printf', '%s', '$HOME'], '$HOME', 0],
  ['a non-zero exit is a result', 'exit 3', '', 3],
  ['exit 255', 'exit 255', '', 255],
  ["the shell's own 127 is the command's", 'nonesuch-command 2>/dev/null', '', 127],
])('%s', async (_, command, output, exitCode) => {
  client.execute('t', command);
  expect(await client.terminal('t')).toMatchObject({ type: 'task_complete', exitCode, signal: null });
  expect(client.text('t')).toBe(output);
});

test('a signal that the task sends itself is its own end', async () => {
  client.execute('t', 'kill -KILL $$');
  expect(await client.terminal('t')).toMatchObject({
    type: 'task_complete',
    exitCode: null,
    signal: 'SIGKILL',
  });
});

test('an argv that names no program gets spawn_failed that says where was looked', async () => {
  client.execute('t', ['nonesuch-command']);
  const end = await client.terminal('t');
  expect(end).toMatchObject({ type: 'task_error', code: 'spawn_failed', detail: 'command_not_found' });
  expect(end.message).toMatch(/command not found: "nonesuch-command".*PATH/);
});

test.each([
  ['an empty command', { command: '' }, 'invalid_command'],
  ['an empty argv', { command: [] }, 'invalid_command'],
  ['a NUL in the command', { command: 'echo \0' }, 'invalid_command'],
  ['a cwd outside the workspace', { command: 'true', cwd: '../..' }, 'invalid_cwd'],
  ['an absolute cwd', { command: 'true', cwd: '/etc' }, 'invalid_cwd'],
  ['a cwd that is not there', { command: 'true', cwd: 'nowhere' }, 'invalid_cwd'],
  ['a variable with NUL', { command: 'true', env: { A: '\0' } }, 'invalid_env'],
  ['a variable that steers the loader', { command: 'true', env: { LD_PRELOAD: '/x.so' } }, 'invalid_env'],
  [
    'a limit that cannot be enforced',
    { command: 'true', limits: { outputBytes: 1_000_000 } },
    'unenforceable_limit',
  ],
])('%s is rejected, and its id stays free', async (_, message, detail) => {
  client.send({ type: 'execute_command', taskId: 't', ...message });
  expect(await client.terminal('t')).toMatchObject({ type: 'task_error', code: 'rejected', detail });
  const from = client.received.length;
  client.execute('t', 'true');
  expect(await client.terminal('t', from)).toMatchObject({ type: 'task_complete', exitCode: 0 });
});

test('a cwd that leaves the workspace by a link is rejected', async () => {
  client.execute('link', 'ln -s / out && mkdir -p in');
  await client.terminal('link');
  client.execute('out', 'true', { cwd: 'out/etc' });
  expect(await client.terminal('out')).toMatchObject({ code: 'rejected', detail: 'invalid_cwd' });
  client.execute('in', 'pwd', { cwd: 'in' });
  await client.terminal('in');
  expect(client.text('in')).toMatch(/\/in\n$/);
});

test('stdin is at its end by default', async () => {
  client.execute('t', 'cat; echo end');
  await client.terminal('t');
  expect(client.text('t')).toBe('end\n');
});

test('streams are real pipes: /dev/stdout and /dev/stderr can be opened', async () => {
  client.execute('t', 'echo out > /dev/stdout; echo err > /dev/stderr');
  expect(await client.terminal('t')).toMatchObject({ exitCode: 0 });
  const streams = client.received
    .filter((one) => one.type === 'task_output')
    .map((one) => [one.stream, one.output]);
  expect(streams).toEqual(
    expect.arrayContaining([
      ['stdout', 'out\n'],
      ['stderr', 'err\n'],
    ]),
  );
});

test('the environment is built from nothing', async () => {
  client.execute('t', ['env'], { env: { MINE: 'yes' } });
  await client.terminal('t');
  const names = client
    .text('t')
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]);
  expect(names.filter((name) => name !== 'SANDCREW_TASK').sort()).toEqual([
    'CI',
    'HOME',
    'LANG',
    'MINE',
    'PATH',
    'TERM',
    'TMPDIR',
  ]);
});

test('a variable that steers, and that allowEnv names, reaches the command', async () => {
  client.execute('t', 'echo $NODE_OPTIONS', {
    env: { NODE_OPTIONS: '--no-warnings' },
    allowEnv: ['NODE_OPTIONS'],
  });
  await client.terminal('t');
  expect(client.text('t')).toBe('--no-warnings\n');
});

test('nothing above stderr is open in a task', async () => {
  client.execute('t', ['ls', '/proc/self/fd']);
  await client.terminal('t');
  expect(client.text('t').trim().split('\n')).toEqual(['0', '1', '2', '3']); // 3 is ls reading the directory
});

test('output after the exit of the shell is not lost, and the daemon that follows does not hold the task', async () => {
  client.execute('late', '(sleep 0.3; echo late) & echo early', { lingerMs: 20_000 });
  expect(await client.terminal('late')).toMatchObject({ exitCode: 0, leftover: 0 });
  expect(client.text('late')).toBe('early\nlate\n');
  client.execute('daemon', 'setsid sleep 60 </dev/null >/dev/null 2>&1 & echo up; sleep 0.2');
  expect(await client.terminal('daemon')).toMatchObject({ exitCode: 0, leftover: 1 });
});

test('output held open after the exit is reported at 1.5 s and ended at lingerMs', async () => {
  const command = 'sleep 60 & echo up; exit 4';
  client.execute('default', command);
  client.execute('soon', command, { lingerMs: 300 });
  client.execute('t', command, { lingerMs: 60_000 }); // a busy worker may report it later than that
  const block = await client.next('block_detected', 't');
  expect(block).toMatchObject({ reason: 'orphaned_output', confidence: 'confirmed', action: 'report' });
  expect(block.duration).toBeGreaterThanOrEqual(1_500);
  expect(block.duration).toBeLessThan(10_000); // as busy as it may be
  expect(block.evidence).toMatchObject({ processes: [expect.objectContaining({ name: 'sleep' })] });
  client.send({ type: 'terminate_task', taskId: 't' });
  for (const taskId of ['soon', 'default', 't'])
    expect(await client.terminal(taskId)).toMatchObject({ type: 'task_complete', exitCode: 4, leftover: 1 });
});

test('the policy may end what holds the output', async () => {
  client.execute('t', 'sleep 60 & echo up', {
    lingerMs: 60_000,
    blockPolicy: { orphaned_output: 'terminate' },
  });
  expect(await client.terminal('t')).toMatchObject({
    type: 'task_error',
    code: 'blocked',
    reason: 'orphaned_output',
    exitCode: 0,
    leftover: 1,
  });
});

test('timeoutMs ends a command and its children', async () => {
  client.execute('t', 'sleep 60 & sleep 60', { timeoutMs: 200 });
  expect(await client.terminal('t')).toMatchObject({
    type: 'task_error',
    code: 'timed_out',
    exitCode: null,
    signal: 'SIGTERM',
  });
});

test('a command that ignores SIGTERM gets SIGKILL after graceMs', async () => {
  client.execute('t', "trap '' TERM; echo up; while :; do sleep 0.1; done");
  await client.next('task_output', 't');
  client.send({ type: 'terminate_task', taskId: 't', graceMs: 300 });
  expect(await client.terminal('t')).toMatchObject({ code: 'terminated', exitCode: null, signal: 'SIGKILL' });
});

test('a terminate that comes before the process did is not lost', async () => {
  client.execute('t', 'sleep 60');
  client.send({ type: 'terminate_task', taskId: 't' });
  expect(await client.terminal('t')).toMatchObject({ code: 'terminated' });
});

test('who ended it: a clean exit after terminate is still terminated; a signal by signal_task is the own end', async () => {
  client.execute('a', "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done");
  await client.next('task_output', 'a');
  client.send({ type: 'terminate_task', taskId: 'a' });
  expect(await client.terminal('a')).toMatchObject({
    type: 'task_error',
    code: 'terminated',
    exitCode: 0,
    signal: null,
  });
  client.execute('b', 'echo up; sleep 60');
  await client.next('task_output', 'b');
  client.send({ type: 'signal_task', taskId: 'b', signal: 'SIGINT' });
  expect(await client.terminal('b')).toMatchObject({
    type: 'task_complete',
    exitCode: null,
    signal: 'SIGINT',
  });
});

test('input is taken, acked in bytes, and ended', async () => {
  client.execute('t', 'cat; echo end', { stdin: 'pipe' });
  client.send({ type: 'send_input', taskId: 't', input: 'grüße\n' });
  expect(await client.next('input_ack', 't')).toMatchObject({ offset: 8 });
  client.send({
    type: 'send_input',
    taskId: 't',
    input: Buffer.from([0, 255, 10]).toString('base64'),
    encoding: 'base64',
    offset: 8,
    end: true,
  });
  await client.terminal('t');
  expect(client.text('t')).toBe('grüße\n\0\uFFFD\nend\n');
});

test('input that was sent twice is taken once; beyond what is there it is refused', async () => {
  client.execute('t', 'cat', { stdin: 'pipe' });
  client.send({ type: 'send_input', taskId: 't', input: 'abc', offset: 0 });
  client.send({ type: 'send_input', taskId: 't', input: 'bcd', offset: 1 });
  client.send({ type: 'send_input', taskId: 't', input: 'x', offset: 9 });
  expect(await client.next('protocol_error')).toMatchObject({ code: 'invalid_offset', taskId: 't' });
  client.send({ type: 'send_input', taskId: 't', input: '', end: true });
  await client.terminal('t');
  expect(client.text('t')).toBe('abcd');
});

test('more than 1 MiB that the command has not taken is input_full, and nothing of that message is taken', async () => {
  client.execute('t', 'until [ -e full ]; do sleep 0.01; done; wc -c', { stdin: 'pipe' });
  await client.next('execution_started', 't');
  const half = 'x'.repeat(700_000);
  client.send({ type: 'send_input', taskId: 't', input: half });
  client.send({ type: 'send_input', taskId: 't', input: half });
  expect(await client.next('protocol_error')).toMatchObject({ code: 'input_full', taskId: 't' });
  client.execute('goes-on', 'touch full');
  client.send({ type: 'send_input', taskId: 't', input: '', end: true });
  await client.terminal('t');
  expect(client.text('t').trim()).toBe('700000');
});

test('late messages: input to an ended task and to a closed stdin is refused, other things are ignored', async () => {
  client.execute('t', 'true');
  await client.terminal('t');
  for (const message of [
    { type: 'signal_task', signal: 'SIGTERM' },
    { type: 'terminate_task' },
    { type: 'resize_pty', cols: 80, rows: 24 },
  ])
    client.send({ taskId: 't', ...message });
  client.send({ type: 'send_input', taskId: 't', input: 'x' });
  expect(await client.next('protocol_error')).toMatchObject({ code: 'task_ended', taskId: 't' });
  client.execute('none', 'sleep 60');
  client.send({ type: 'send_input', taskId: 'none', input: 'x' });
  await client.next('protocol_error', 'none');
  expect(client.received.filter((one) => one.type === 'protocol_error').map((one) => one.code)).toEqual([
    'task_ended',
    'stdin_closed',
  ]);
  client.send({ type: 'forget_task', taskId: 'none' });
});

test('the same command again starts nothing and answers what the task is now', async () => {
  const same = { type: 'execute_command', taskId: 't', command: 'echo run >> count; cat', stdin: 'pipe' };
  client.send(same);
  const started = await client.next('execution_started', 't');
  client.send({ ...same, timeoutMs: 300_000, env: {} }); // the defaults, said aloud
  await client.until(
    () => client.received.filter((one) => one.type === 'execution_started').length === 2,
    'a second execution_started',
  );
  expect(client.received.filter((one) => one.type === 'execution_started').at(-1)).toMatchObject({
    pid: started.pid,
  });
  client.send({ ...same, command: 'other' });
  expect(await client.next('protocol_error')).toMatchObject({ code: 'duplicate_task', taskId: 't' });
  client.send({ type: 'send_input', taskId: 't', input: '', end: true });
  const end = await client.terminal('t');
  const from = client.received.length;
  client.send(same);
  expect(await client.terminal('t', from)).toEqual({ ...end, timestamp: expect.any(Number) });
  client.execute('count', 'cat count');
  await client.terminal('count');
  expect(client.text('count')).toBe('run\n');
});

test('fields that this version does not know are ignored', async () => {
  client.execute('t', 'echo run', { futureField: { deep: [1] }, limits: { futureLimit: 1 } });
  expect(await client.terminal('t')).toMatchObject({ type: 'task_complete', exitCode: 0 });
  client.execute('t', 'echo run', { anotherField: true });
  client.send({ type: 'ping', id: 'p', futureField: null });
  await client.next('pong');
  expect(client.received.filter(({ type }) => type === 'protocol_error')).toEqual([]);
});

test('malformed frames name the path and change nothing', async () => {
  client.send('{');
  client.send({ type: 'nonsense' });
  client.send({ type: 'execute_command', taskId: '../x', command: 'true' });
  client.send({ type: 'signal_task', taskId: 't', signal: 'SIGNONE' });
  client.send({ type: 'ping', id: 'p' });
  await client.next('pong');
  expect(client.received.map(({ type, code, path, id }) => [type, code ?? id, path])).toEqual([
    ['protocol_error', 'invalid_json', undefined],
    ['protocol_error', 'unknown_type', '/type'],
    ['protocol_error', 'invalid_message', '/taskId'],
    ['protocol_error', 'invalid_message', '/signal'],
    ['pong', 'p', undefined],
  ]);
});

test('100 malformed frames in a minute close with 1008; late messages never do', async () => {
  for (let count = 0; count < 150; count++) client.send({ type: 'terminate_task', taskId: 'unknown' });
  await client.settle();
  for (let count = 0; count < 100; count++) client.send('x');
  expect((await client.closed).code).toBe(1008);
});

test('a binary frame closes with 1003, a message over 1 MiB with 1009', async () => {
  client.sendBytes(Buffer.from('x'));
  expect((await client.closed).code).toBe(1003);
  const other = await WireClient.connect(worker.url, worker.token);
  other.send('x'.repeat(1_048_577));
  expect((await other.closed).code).toBe(1009);
});

test("a plain client's tasks end when its connection does", async () => {
  client.execute('t', 'sleep 60');
  const { pid } = await client.next('execution_started', 't');
  client.cut();
  const other = await WireClient.connect(worker.url, worker.token);
  await client.closed;
  await waitForDeath(pid as number);
  await other.close();
});

test('a heartbeat tells load and health', async () => {
  const own = await startWorker(['--heartbeat-interval-ms', '150']);
  const listener = await WireClient.connect(own.url, own.token);
  const idle = await listener.next('heartbeat');
  expect(idle).toMatchObject({
    status: 'idle',
    runningTasks: 0,
    health: { loadAverage: [expect.any(Number), expect.any(Number), expect.any(Number)] },
  });
  listener.execute('t', 'sleep 60');
  await listener.until(
    () =>
      listener.received.some(
        (one) => one.type === 'heartbeat' && one.status === 'busy' && one.runningTasks === 1,
      ),
    'a busy heartbeat',
  );
  await listener.close();
  expect(await own.stop()).toBe(0);
});
