/** `npm run test:endurance -- [--tasks N] [--seed S] [--report FILE.md]`: mixed tasks while things go wrong (e2e/endurance). */
import { join } from 'node:path';
import { setUp } from './setup.mjs';
import { becomeTool, ROOT } from './tool.mjs';

await setUp();
becomeTool([process.execPath, join(ROOT, 'e2e/dist-test/endurance/main.js'), ...process.argv.slice(2)]);
