/** `npm run test:simulate -- [--seeds N] [--from SEED] [--seed SEED [--trace]]`: runs the simulator (e2e/simulation). */
import { join } from 'node:path';
import { setUp } from './setup.mjs';
import { becomeTool, ROOT } from './tool.mjs';

await setUp();
becomeTool([process.execPath, join(ROOT, 'e2e/dist/main.js'), ...process.argv.slice(2)]);
