/** What is published works where there is nothing else: npm and pnpm install the tarballs, and the README's example runs. */
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findForeignDependencies, listPublished, lookAt, pack } from './packed-packages.mjs';
import { PNPM, ROOT, runTool } from './tool.mjs';

const directory = mkdtempSync(join(tmpdir(), 'sandcrew-packed-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const PUBLISHED = listPublished();
/** What the example of the README needs. */
const NEEDED = PUBLISHED.filter(({ name }) => /\/(protocol|manager|worker)$/.test(name));
let tarballs;
beforeAll(async () => {
  tarballs = await pack(PUBLISHED, directory);
}, 120_000);

function makeProject(name, manifest = {}) {
  const project = join(directory, name);
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  const all = { name: 'empty', private: true, type: 'module', ...manifest };
  writeFileSync(join(project, 'package.json'), JSON.stringify(all));
  return project;
}

async function runExample(project) {
  copyFileSync(join(ROOT, 'examples/run-a-command.mjs'), join(project, 'example.mjs'));
  const { exitCode, output } = await runTool([process.execPath, 'example.mjs'], project);
  expect({ exitCode, output }).toEqual({ exitCode: 0, output });
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain(`\`\`\`text\n${output}\`\`\``);
}

test('the tarballs of manager, worker and protocol, installed by npm into an empty project, run the example of the README', async () => {
  expect(NEEDED.map(({ name }) => name).sort()).toEqual([
    '@sandcrew/manager',
    '@sandcrew/protocol',
    '@sandcrew/worker',
  ]);
  const files = NEEDED.map(({ name }) => tarballs.get(name));
  const project = makeProject('by-npm');
  for (const [name, source] of findForeignDependencies(NEEDED)) {
    const place = join(project, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    cpSync(source, place, { recursive: true });
  }
  const flags = ['--offline', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  const cache = ['--cache', join(directory, 'cache')];
  const installed = await runTool(['npm', 'install', ...flags, ...cache, ...files], project);
  expect(installed).toMatchObject({ exitCode: 0 });
  await runExample(project);
}, 300_000);

// pnpm gives a package what its own manifest names and nothing else, and fails where one wants to run a script that nobody allowed.
test('every tarball, installed by pnpm into an empty project, finds what it imports, and the example of the README runs', async () => {
  const overrides = {};
  for (const [name, source] of findForeignDependencies(PUBLISHED)) overrides[name] = `file:${source}`;
  for (const [name, tarball] of tarballs) overrides[name] = `file:${tarball}`;
  const names = PUBLISHED.map(({ name }) => name);
  const project = makeProject('by-pnpm', {
    dependencies: Object.fromEntries(names.map((name) => [name, overrides[name]])),
  });
  writeFileSync(join(project, 'pnpm-workspace.yaml'), JSON.stringify({ overrides })); // JSON is YAML
  const flags = ['--offline', '--no-optional', '--store-dir', join(directory, 'store')];
  const installed = await runTool([...PNPM, 'install', ...flags], project);
  expect(installed).toMatchObject({ exitCode: 0 });
  await runExample(project);
  for (const { name, manifest } of PUBLISHED) {
    const own = join(project, 'node_modules', name);
    const entry = manifest.exports?.['.']?.default;
    const words = entry === undefined ? [programOf(own, manifest), '--version'] : [join(own, entry)];
    expect({ name, ...(await runTool([process.execPath, ...words], project)) }).toMatchObject({
      exitCode: 0,
    });
  }
}, 300_000);

function programOf(place, { bin }) {
  return join(place, Object.values(bin)[0]);
}

test.each(PUBLISHED.map((one) => [one.name, one]))(
  '%s is packed as publint and attw want it',
  async (_, one) => {
    expect(await lookAt(one, tarballs.get(one.name))).toEqual([]);
  },
  300_000,
);
