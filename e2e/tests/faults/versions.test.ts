/** Two versions of the protocol in one conversation: the same major version works, another is refused by name. */
import { expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { FakeWorker } from '@sandcrew/testkit';
import { WebSocket } from 'ws';
import { endOf } from '../../task-end.js';
import { WireClient } from '../../wire-client.js';
import { startWorker } from '../../worker-process.js';

test('a manager of a newer minor version works with this worker: what it adds is ignored, what is unknown is refused by name', async () => {
  const worker = await startWorker();
  const client = await WireClient.connect(worker.url, worker.token);
  client.send({ type: 'hello', managerId: 'newer', output: 'text', compression: ['zstd'] });
  expect(await client.next('welcome')).toMatchObject({ protocol: '1.0' });
  client.send({ type: 'reserve_slot', taskId: 't1' });
  expect(await client.next('protocol_error')).toMatchObject({ code: 'unknown_type', path: '/type' });
  client.execute('t1', 'echo works', { colour: 'blue', limits: {}, priority: { class: 'gold' } });
  expect(await client.terminal('t1')).toMatchObject({ type: 'task_complete', exitCode: 0 });
  expect(client.text('t1')).toBe('works\n');
  await client.close();
  await worker.stop();
}, 60_000);

test('a manager of another major version is refused by this worker, which names what it speaks', async () => {
  const worker = await startWorker();
  const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const socket = new WebSocket(worker.url, ['sandcrew.v2'], {
      headers: { Authorization: `Bearer ${worker.token}` },
    });
    socket.on('open', () => reject(new Error('it was let in')));
    socket.on('error', () => {});
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
  });
  expect(answer).toEqual({ status: 400, body: expect.stringContaining('sandcrew.v1') });
  await worker.stop();
}, 60_000);

test('a worker of a newer minor version works with this manager', async () => {
  const worker = await FakeWorker.listen();
  worker.script = (message) => {
    if (message.type !== 'execute_command') return;
    const { taskId } = message;
    const newer = { cgroup: '/x', trace: { id: 1 } };
    worker.sendRaw(JSON.stringify({ type: 'task_progress', taskId, percent: 3, timestamp: 1 }));
    worker.sendRaw(
      JSON.stringify({
        ...newer,
        ...{ type: 'execution_started', taskId, workerId: worker.workerId, pid: 1, timestamp: 1 },
        containment: 'process-group',
      }),
    );
    worker.complete(taskId, 0);
  };
  const manager = new SandboxManager({ workers: [worker.address] });
  expect(await manager.run({ command: 'true' })).toMatchObject({ exitCode: 0 });
  await manager.close({ graceMs: 0 });
  await worker.close();
}, 60_000);

test('a worker of another major version is refused by this manager, by name', async () => {
  const worker = await FakeWorker.listen();
  worker.refusal = { status: 400, body: 'this worker speaks sandcrew.v2' };
  const manager = new SandboxManager({ workers: [worker.address] });
  const { code } = await endOf(manager.run({ command: 'true' }));
  expect(code).toBe('VERSION_MISMATCH');
  const [shown] = manager.getHealth().workers;
  expect(shown?.error?.message).toMatch(/does not speak sandcrew\.v1 .*this worker speaks sandcrew\.v2/);
  await manager.close({ graceMs: 0 });
  await worker.close();
}, 60_000);
