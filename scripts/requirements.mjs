/**
 * `npm run test:requirements [-- WORDS]`: makes each change that e2e/requirements.ts names, in a copy of the tree, and
 * wants the test beside it to turn red. WORDS choose the requirements whose source or text holds them.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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

const BUILD_ORDER = [
  'packages/protocol',
  'packages/conformance',
  'packages/manager',
  'packages/agent-tools',
  'packages/executor',
  'apps/worker',
  'apps/cli',
  'apps/mcp',
];
/** What holds a copy of what, and is built again with it. */
const BUNDLED_BY = {
  'packages/protocol': ['packages/manager', 'apps/worker', 'apps/cli', 'apps/mcp'],
  'packages/manager': ['apps/cli', 'apps/mcp'],
  'packages/agent-tools': ['apps/mcp'],
};

/** Packages whose build is behind their sources. */
const stale = new Set();

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
  const owner = packageOf(file);
  stale.add(owner);
  try {
    return (await build(testFile)) ?? (await runTest(testFile, title));
  } finally {
    writeFileSync(path, text);
    stale.add(owner);
  }
}

function packageOf(file) {
  return file.split('/').slice(0, 2).join('/');
}

/**
 * Builds what was changed, or changed back, since it was built last, and what bundles it. The tests of a package run no
 * app that bundles it.
 */
async function build(testFile) {
  const needed = new Set();
  for (const name of stale) {
    needed.add(name);
    for (const bundle of BUNDLED_BY[name] ?? []) needed.add(bundle);
  }
  if (['packages/manager', 'packages/agent-tools'].includes(packageOf(testFile))) {
    needed.delete('apps/cli');
    needed.delete('apps/mcp');
  }
  for (const name of BUILD_ORDER.filter((one) => needed.has(one))) {
    const { exitCode, output } = await runTool(['npm', 'run', '--silent', 'build'], join(tree, name));
    if (exitCode !== 0) return `it does not build: ${output.trim().split('\n')[0]}`;
    stale.delete(name);
    for (const bundle of BUNDLED_BY[name] ?? []) stale.add(bundle);
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
  rmSync(report, { force: true }); // the one before is of another test
  // In one word, since a title may begin as an option does.
  const { output } = await runTool(
    [process.execPath, ...jest, `--testNamePattern=${pattern}`, `${compiled}\\.test`],
    tree,
  );
  if (!existsSync(report)) return `its test did not run: ${output.trim().split('\n')[0]}`;
  const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, 'utf8'));
  if (numFailedTests > 0) return 'red';
  return numPassedTests === 0 ? `no test has the title ${JSON.stringify(title)}` : 'its test stays green';
}
