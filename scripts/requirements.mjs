/**
 * `npm run test:requirements [-- WORDS]`: makes each change that e2e/requirements.ts names, in a copy of the tree, and
 * wants the test beside it to turn red. WORDS choose the requirements whose source or text holds them.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setUp } from './setup.mjs';
import { ROOT, runTool } from './tool.mjs';

await setUp();
const { REQUIREMENTS } = await import(join(ROOT, 'e2e/dist-test/requirements.js'));
const words = process.argv.slice(2).join(' ').toLowerCase();
const chosen = REQUIREMENTS.filter(({ source, says }) => `${source} ${says}`.toLowerCase().includes(words));

const tree = mkdtempSync(join(tmpdir(), 'sandcrew-requirements-'));
process.on('SIGINT', () => process.exit(130));
process.on('exit', () => rmSync(tree, { recursive: true, force: true }));
// Links stay links: those between the packages are relative, so that the copy's packages see each other.
const modules = join(ROOT, 'node_modules');
cpSync(ROOT, tree, {
  recursive: true,
  verbatimSymlinks: true,
  filter: (path) => path !== join(ROOT, '.git') && path !== modules,
});
symlinkSync(modules, join(tree, 'node_modules'));

let survivors = 0;
for (const { says, test, mutation } of chosen) {
  const verdict = await judge(test, mutation);
  if (verdict !== 'red') survivors++;
  process.stdout.write(
    `${verdict === 'red' ? 'red   ' : 'FAULTY'}  ${says}${verdict === 'red' ? '' : ` (${verdict})`}\n`,
  );
}
process.stdout.write(`${chosen.length - survivors} of ${chosen.length} changes turn their test red.\n`);
process.exitCode = survivors === 0 ? 0 : 1;

async function judge([testFile, title], [file, from, to]) {
  const path = join(tree, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2)
    return `expected ${JSON.stringify(from)} once in ${file}, got it ${text.split(from).length - 1} times`;
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  try {
    const fault = await build(file);
    return fault ?? (await runTest(testFile, title));
  } finally {
    writeFileSync(path, text);
    await build(file);
  }
}

/** Builds the package of a file, and those that bundle it. */
async function build(file) {
  const packages = [file.split('/').slice(0, 2).join('/'), 'apps/worker', 'apps/cli'];
  for (const name of new Set(packages)) {
    const { exitCode, output } = await runTool(['npm', 'run', '--silent', 'build'], join(tree, name));
    if (exitCode !== 0) return `it does not build: ${output.trim().split('\n')[0]}`;
  }
  return null;
}

async function runTest(testFile, title) {
  const report = join(tree, 'requirement.json');
  const compiled = testFile.replace(/^e2e\//, 'e2e/dist-test/').replace('/test/', '/dist-test/');
  const jest = [
    '--experimental-vm-modules',
    'node_modules/jest/bin/jest.js',
    '--runInBand',
    '--forceExit',
    '--json',
    `--outputFile=${report}`,
  ];
  const pattern = `${title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
  await runTool([process.execPath, ...jest, `${compiled}\\.test`, '--testNamePattern', pattern], tree);
  const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, 'utf8'));
  if (numFailedTests > 0) return 'red';
  return numPassedTests === 0 ? `no test has the title ${JSON.stringify(title)}` : 'its test stays green';
}
