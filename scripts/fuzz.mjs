/** `npm run test:fuzz -- [--structured N] [--mutated N] [--sockets N] [--guided N] [--seed N]`: runs the fuzzers (e2e/fuzz). */
import { join } from 'node:path';
import { setUp } from './setup.mjs';
import { becomeTool, ROOT } from './tool.mjs';

await setUp();
becomeTool([process.execPath, join(ROOT, 'e2e/dist-test/fuzz/main.js'), ...process.argv.slice(2)]);
