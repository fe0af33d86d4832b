/** What the README shows works as it stands there. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string) => readFile(new URL(path, ROOT), 'utf8');

test('the library example of the README is examples/run-a-command.mjs, and prints what the README says', async () => {
  const readme = await read('README.md');
  const example = await read('examples/run-a-command.mjs');
  expect(readme).toContain(`\`\`\`js\n${example}\`\`\``);
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(10);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    fileURLToPath(new URL('examples/run-a-command.mjs', ROOT)),
  ]);
  expect(readme).toContain(`\`\`\`text\n${stdout}\`\`\``);
  expect(stderr).toBe('');
});

test("the README's two commands are what package.json runs", async () => {
  const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
  const readme = await read('README.md');
  expect(readme).toMatch(/^npm start -- "/m);
  expect(readme).toMatch(/^npm test$/m);
  expect(scripts).toMatchObject({ start: 'node scripts/start.mjs', test: 'node scripts/test.mjs' });
});

test("the README's first command says what holds it, and its stdout is the command's alone", async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    fileURLToPath(new URL('scripts/start.mjs', ROOT)),
    'echo out',
  ]);
  expect(stdout).toBe('out\n');
  expect(stderr).toMatch(/^sandcrew: Contained by (bubblewrap|pid-namespace|process-group)[,:] .+\.$/m);
});
