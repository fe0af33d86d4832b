/** What is published works where there is nothing else: npm installs the tarballs, and the README's example runs. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { copyForeignDependencies, listPublished, lookAt, pack } from './packed-packages.mjs';
import { ROOT, runTool } from './tool.mjs';

const directory = mkdtempSync(join(tmpdir(), 'sandcrew-packed-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('the tarballs of manager, worker and protocol, installed by npm into an empty project, run the example of the README', async () => {
  const needed = listPublished().filter(({ name }) => /\/(protocol|manager|worker)$/.test(name));
  expect(needed.map(({ name }) => name).sort()).toEqual([
    '@sandcrew/manager',
    '@sandcrew/protocol',
    '@sandcrew/worker',
  ]);
  const tarballs = [];
  for (const one of needed) tarballs.push(await pack(one, directory));
  const project = join(directory, 'project');
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  writeFileSync(join(project, 'package.json'), '{"name":"empty","private":true,"type":"module"}');
  copyForeignDependencies(needed, join(project, 'node_modules'));
  const flags = ['--offline', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  const cache = ['--cache', join(directory, 'cache')];
  const installed = await runTool(['npm', 'install', ...flags, ...cache, ...tarballs], project);
  expect(installed).toMatchObject({ exitCode: 0 });
  copyFileSync(join(ROOT, 'examples/run-a-command.mjs'), join(project, 'example.mjs'));
  const { exitCode, output } = await runTool([process.execPath, 'example.mjs'], project);
  expect({ exitCode, output }).toEqual({ exitCode: 0, output });
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain(`\`\`\`text\n${output}\`\`\``);
}, 300_000);

test.each(listPublished().map((one) => [one.name, one]))(
  '%s is packed as publint and attw want it',
  async (_, one) => {
    const own = mkdtempSync(join(directory, 'one-'));
    expect(await lookAt(one, await pack(one, own))).toEqual([]);
  },
  300_000,
);
