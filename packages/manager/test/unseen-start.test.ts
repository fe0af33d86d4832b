import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FakeWorker } from '@sandcrew/testkit';
import { SandboxManager } from '#src/index.js';

let worker: FakeWorker;
let manager: SandboxManager;

beforeEach(async () => {
  worker = await FakeWorker.listen();
  manager = new SandboxManager({ workers: [worker.address] });
  await manager.connected();
});

afterEach(async () => {
  await manager.close({ graceMs: 0 });
  await worker.close();
});

test('of a command that began and ended during a cut, the start is told with the end, without its pid', async () => {
  const task = manager.run({ taskId: 't', command: 'true' });
  await worker.next('execute_command');
  worker.welcome = { tasks: [{ taskId: 't', state: 'complete', ackedOffset: 0, endOffset: 0 }] };
  worker.script = ({ type }) => {
    if (type === 'execute_command') worker.complete('t', 0, 3);
  };
  worker.cut();
  expect(await task).toMatchObject({ exitCode: 3 });
  expect(await task.started).toEqual({ workerId: 'worker-1', pid: null, containment: 'process-group' });
});
