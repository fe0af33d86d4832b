/**
 * An agent that a test kills: runs one command, tells its pid on stderr, and writes what it reads to stdout before it takes
 * more, up to `readsBytes`. Its argument is JSON: `{ url, token, managerId, taskId, command, readsBytes?, connectTimeoutMs? }`. It ends with
 * its command's exit code.
 */
import { writeSync } from 'node:fs';
import { SandboxManager } from '@sandcrew/manager';

const { url, token, managerId, taskId, command, readsBytes, connectTimeoutMs } = JSON.parse(
  process.argv[2] ?? '',
);
const manager = new SandboxManager({ workers: [{ url, token }], managerId, connectTimeoutMs });
const task = manager.run({ taskId, command, timeoutMs: 0 });
void task.started.then(({ pid }) => writeSync(2, `${pid}\n`));
let doneBytes = 0;
for await (const { bytes } of task.output) {
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
  doneBytes += bytes.length;
  if (readsBytes !== undefined && doneBytes >= readsBytes) await new Promise(() => {}); // it lives, and reads no more
}
const { exitCode } = await task;
process.exitCode = exitCode ?? 1;
await manager.close({ graceMs: 0 });
