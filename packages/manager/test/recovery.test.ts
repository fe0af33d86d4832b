import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FakeWorker } from '@sandcrew/testkit';
import { type RecoveryInfo, SandboxManager, type TaskHandle, type TaskRequest } from '#src/index.js';
import { faultOf } from './faults.js';

let workers: FakeWorker[];
let manager: SandboxManager;
let rungs: RecoveryInfo[];

beforeEach(async () => {
  workers = [await FakeWorker.listen(), await FakeWorker.listen({ workerId: 'worker-2' })];
  for (const worker of workers)
    worker.script = (message) => {
      if (message.type === 'execute_command') worker.start(message.taskId);
      if (message.type === 'terminate_task')
        worker.send({ type: 'task_error', taskId: 't', code: 'terminated', message: 'Ended.' });
    };
  manager = new SandboxManager({ workers: workers.map(({ address }) => address) });
  rungs = [];
  manager.on('blockRecovery', (recovery) => rungs.push(recovery));
  await Promise.all(workers.map(({ url }) => manager.connected(url)));
});

afterEach(async () => {
  await manager.close({ graceMs: 0 });
  await Promise.all(workers.map((worker) => worker.close()));
});

async function begin(request: Partial<TaskRequest>): Promise<{ task: TaskHandle; worker: FakeWorker }> {
  const task = manager.run({ command: 'x', taskId: 't', stdin: 'pipe', ...request });
  const { workerId } = await task.started;
  return { task, worker: workers.find((each) => each.workerId === workerId) as FakeWorker };
}

function block(worker: FakeWorker, reason: 'deadlock' | 'waiting_for_input', prompt?: string): void {
  worker.send({
    type: 'block_detected',
    taskId: 't',
    reason,
    confidence: 'confirmed',
    duration: 1_000,
    resourceUsage: {},
    recoverable: true,
    evidence: prompt === undefined ? {} : { prompt },
    action: 'report',
  });
}

function nextRung(): Promise<RecoveryInfo> {
  return new Promise((resolve) => manager.once('blockRecovery', resolve));
}

test.each([
  ['throws', () => Promise.reject(new Error('no idea')), 'onBlock failed (no idea)'],
  ['says what there is not', () => 'pray' as never, 'onBlock failed (onBlock: expected one of report'],
  ['orders an answer that it does not give', () => 'answer' as const, 'expected { reply } of a function'],
])('a function that %s counts as a report, and the history tells it', async (_what, onBlock, why) => {
  const { task, worker } = await begin({ onBlock });
  const told = nextRung();
  block(worker, 'deadlock');
  expect(await told).toMatchObject({ taskId: 't', rung: 'report', why: expect.stringContaining(why) });
  worker.complete('t', 0);
  const { history } = await task;
  expect(history).toContainEqual(expect.objectContaining({ rung: 'report', note: rungs[0]?.why }));
});

test('a function is given the block, and its answer is done', async () => {
  const { task, worker } = await begin({
    onBlock: ({ reason, evidence }) =>
      reason === 'deadlock' ? 'terminate' : { reply: `${evidence['prompt']}!` },
  });
  block(worker, 'waiting_for_input', 'Name?');
  const { input } = await worker.next('send_input');
  expect(Buffer.from(input, 'base64').toString()).toBe('Name?!\n');
  block(worker, 'deadlock');
  expect(await faultOf(task)).toMatchObject({ code: 'BLOCKED', detail: 'deadlock' });
});

test('an attempt that follows is answered anew, and is not given what the last one was', async () => {
  const { worker } = await begin({
    idempotent: true,
    onBlock: { answers: [{ prompt: 'Name?', reply: 'me' }], deadlock: 'requeue' },
  });
  block(worker, 'waiting_for_input', 'Name?');
  expect(await worker.next('send_input')).toMatchObject({ offset: 0 });
  worker.send({ type: 'input_ack', taskId: 't', offset: 3 });
  const again = new Promise((resolve) => manager.once('taskStarted', resolve));
  block(worker, 'deadlock');
  await again;
  const other = workers.find((each) => each !== worker) as FakeWorker;
  expect(other.count('send_input')).toBe(0);
  block(other, 'waiting_for_input', 'Name?');
  expect(await other.next('send_input')).toMatchObject({
    offset: 0,
    input: Buffer.from('me\n').toString('base64'),
  });
});

test('input that the caller wrote and the first attempt took is not made up: the next has none', async () => {
  const { task, worker } = await begin({ idempotent: true, onBlock: { deadlock: 'requeue' } });
  const written = task.write('abc');
  await worker.next('send_input');
  worker.send({ type: 'input_ack', taskId: 't', offset: 3 });
  await written;
  const again = new Promise((resolve) => manager.once('taskStarted', resolve));
  block(worker, 'deadlock');
  await again;
  expect(await faultOf(task.write('more'))).toMatchObject({ code: 'INPUT_CLOSED' });
});
