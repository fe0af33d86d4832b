/** `npm start -- COMMAND`: sets the checkout up, then runs COMMAND on an embedded worker, and says what holds it. */
import { join } from 'node:path';
import { setUp } from './setup.mjs';
import { becomeTool, ROOT } from './tool.mjs';

const command = process.argv.slice(2);
if (command.length === 0) {
  process.stderr.write(
    'sandcrew: expected a command, got none.\n' +
      '  npm start -- "npm test"         a line for the shell\n' +
      '  npm start -- git log -n 1       a program and its arguments\n',
  );
  process.exit(2);
}
await setUp();
const calledFrom = process.env.INIT_CWD ?? process.cwd(); // npm itself goes to the root
becomeTool(
  [process.execPath, join(ROOT, 'apps', 'cli', 'dist', 'main.js'), 'run', '--verbose', '--', ...command],
  calledFrom,
);
