import { SandboxManager } from '@sandcrew/manager';

const manager = new SandboxManager(); // no worker named: one is started on this machine
const task = manager.run({ command: 'echo building; sleep 0.2; echo oops >&2; exit 3', timeoutMs: 60_000 });
for await (const { stream, text } of task.output) process.stdout.write(`${stream}: ${text}`);
const { exitCode, stderr, leftover } = await task; // a non-zero exit is a result, not an error
console.log({ exitCode, stderr, leftover });
await manager.close();
