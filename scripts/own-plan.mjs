/** `npm run test:plan`: the executor runs a plan on this repository (e2e/own-plan.ts). */
import { join } from 'node:path';
import { setUp } from './setup.mjs';
import { becomeTool, ROOT } from './tool.mjs';

await setUp();
becomeTool([process.execPath, join(ROOT, 'e2e/dist-test/own-plan.js')]);
