/** Runs one task at the worker whose URL and token it is given, closes the manager, and does nothing more: Node ends it then. */
import { SandboxManager } from '#src/index.js';

const [url = '', token = ''] = process.argv.slice(2);
const manager = new SandboxManager({ workers: [{ url, token }] });
const { exitCode } = await manager.run({ command: 'true' });
await manager.close();
process.stdout.write(JSON.stringify({ exitCode, left: process.getActiveResourcesInfo() }));
