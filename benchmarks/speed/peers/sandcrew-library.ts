/** `manager.run` of the library that agents link, against a worker of its own. */
import { SandboxManager } from '@sandcrew/manager';
import { startWorker } from '../../dist/blocks/worker-process.js';
import { type Peer, RunClock } from '../peer.js';

export function sandcrewLibrary(
  level: 'process-group' | 'pid-namespace' | 'bubblewrap',
  { telemetry = true } = {},
): Peer {
  return {
    name: `sandcrew library, ${level}${telemetry ? '' : ', no telemetry'}`,
    missing: () => null,
    async open(width) {
      const worker = await startWorker(Math.max(16, width), ['--containment', level]);
      const manager = new SandboxManager({
        workers: [{ url: worker.url, token: worker.token }],
        telemetry,
      });
      await manager.connected();
      return {
        async run(argv, options) {
          const clock = new RunClock(options);
          const task = manager.run({ command: [...argv], timeoutMs: 0 });
          for await (const { stream, bytes } of task.output) if (stream === 'stdout') clock.take(bytes);
          const { exitCode } = await task;
          return clock.end(exitCode);
        },
        async close() {
          await manager.close();
          await worker.stop();
        },
      };
    },
  };
}
