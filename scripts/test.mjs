/** `npm test -- [JEST'S ARGUMENTS]`: sets the checkout up, tests included, and runs them. */
import { join } from 'node:path';
import { installHostPackages } from './host-packages.mjs';
import { setUp } from './setup.mjs';
import { becomeTool, ROOT } from './tool.mjs';

await setUp();
await installHostPackages();
becomeTool([
  process.execPath,
  '--experimental-vm-modules', // jest's own flag for ES modules
  '--disable-warning=ExperimentalWarning',
  join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'),
  ...process.argv.slice(2),
]);
