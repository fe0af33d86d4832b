/** The manager and a worker that runs nothing, on a real socket: how long a task takes to reach its worker, without what it does there. */
import { SandboxManager } from '@sandcrew/manager';
import { FakeWorker } from '@sandcrew/testkit';
import type { Peer, RunResult } from '../peer.js';

/** `run` measures from `manager.run` to the worker's receipt of the command; then it waits for the told end. */
export const sandcrewDispatch: Peer = {
  name: 'sandcrew dispatch',
  missing: () => null,
  async open(width) {
    const worker = await FakeWorker.listen({ welcome: { maxTasks: width } });
    const receivedAtMs = new Map<string, number>();
    worker.script = (message) => {
      if (message.type !== 'execute_command') return;
      receivedAtMs.set(message.taskId, performance.now());
      worker.start(message.taskId);
      worker.complete(message.taskId, 0);
      worker.received.length = 0; // it notes all that came, and here that is much
    };
    const manager = new SandboxManager({ workers: [{ url: worker.url, token: worker.token }] });
    await manager.connected();
    return {
      async run(argv): Promise<RunResult> {
        const startMs = performance.now();
        const task = manager.run({ command: [...argv] });
        const { exitCode } = await task;
        const durationMs = (receivedAtMs.get(task.taskId) ?? Number.NaN) - startMs;
        receivedAtMs.delete(task.taskId);
        return { exitCode, firstByteMs: null, durationMs, bytes: 0 };
      },
      async close() {
        await manager.close({ graceMs: 0 });
        await worker.close();
      },
    };
  },
};
