/** `npm run test:mutants -- [--area NAME] [--sample N] [--seed S] …`: small faults in every core (e2e/mutation). */
import { join } from 'node:path';
import { setUp } from './setup.mjs';
import { becomeTool, ROOT } from './tool.mjs';

await setUp();
becomeTool([process.execPath, join(ROOT, 'e2e/dist-test/mutation/main.js'), ...process.argv.slice(2)]);
