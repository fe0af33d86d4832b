/** What pages say of our command lines is true of the programs: their subcommands, their options, the scripts of the checkout. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';
import { ROOT } from '../docs/fenced-blocks.js';
import { readOptions, readOwnLines, readScripts } from '../docs/page-words.js';

const MAINS: Readonly<Record<string, string>> = {
  sandcrew: 'apps/cli/dist/main.js',
  'sandcrew-worker': 'apps/worker/dist/main.js',
  'sandcrew-mcp': 'apps/mcp/dist/main.js',
  'sandcrew-conformance': 'packages/conformance/dist/main.js',
};

/** What a program says of itself, by `PROGRAM [SUBCOMMAND…]`: each one that there is has an entry. */
const HELP = new Map<string, string>();
beforeAll(async () => {
  await Promise.all(Object.keys(MAINS).map((program) => readHelp(program, [])));
}, 120_000);

async function readHelp(program: string, path: readonly string[]): Promise<void> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(ROOT, MAINS[program] ?? ''),
    ...path,
    '--help',
  ]);
  HELP.set([program, ...path].join(' '), stdout);
  const [, commands = ''] = /^Commands:\n((?: {2}.*\n?)+)/m.exec(stdout) ?? [];
  for (const [, name = ''] of commands.matchAll(/^ {2}([a-z][\w-]*)/gm))
    if (name !== 'help') await readHelp(program, [...path, name]);
  // The worker has one help for all of its commands.
  for (const [, name = ''] of stdout.matchAll(new RegExp(`^ +${program} ([a-z]+)`, 'gm')))
    HELP.set(`${program} ${name}`, stdout);
}

/** What is wrong with a line, or null. */
function judgeLine(program: string, words: readonly string[]): string | null {
  if (program === 'sandcrew' && words[0] === 'worker') return judgeLine('sandcrew-worker', words.slice(1));
  let path = program;
  let rest = words;
  while (HELP.has(`${path} ${rest[0]}`)) {
    path = `${path} ${rest[0]}`;
    rest = rest.slice(1);
  }
  const hasCommands = [...HELP.keys()].some((other) => other.startsWith(`${path} `));
  if (hasCommands && /^[a-z]/.test(rest[0] ?? '')) return `${path} has no ${rest[0]}`;
  const help = HELP.get(path) ?? '';
  const isKnown = (option: string) => new RegExp(`[\\s[]${option}\\b(?!-)`).test(help);
  const options = rest.map((word) => word.replace(/=.*/, '')).filter((word) => /^--[a-z]/.test(word));
  const unknown = options.find((option) => !isKnown(option));
  return unknown === undefined ? null : `${path} has no ${unknown}`;
}

test('each command line of ours on a page has subcommands and options that the program has', () => {
  const lines = readOwnLines().filter(({ words }) => words.length > 0);
  expect(lines.length).toBeGreaterThan(40);
  const faults = lines.flatMap(({ page, program, words }) => {
    const fault = judgeLine(program, words);
    return fault === null ? [] : [`${page}: ${fault}, in ${[program, ...words].join(' ')}`];
  });
  expect(faults).toEqual([]);
});

/** Options of programs that are none of these four. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  'bash, cargo and their like, as tasks': ['build', 'norc', 'noprofile', 'oneline', 'test'],
  'claude mcp add': ['header', 'transport'],
  'docker, kubectl': [
    'cap-add',
    'cert',
    'cgroupns',
    'from-file',
    'init',
    'key',
    'privileged',
    'security-opt',
  ],
  node: ['heapsnapshot-signal', 'input-type'],
  npm: ['save-exact'],
  'sha256sum, systemctl, useradd': ['check', 'home-dir', 'now', 'shell', 'system'],
  'a manager of the reader’s own, and a way not to give a token': ['schema', 'token', 'url'],
  'scripts of the checkout': [
    ...['area', 'curves', 'files', 'guided', 'loaded', 'minutes', 'mutated', 'node', 'report', 'sample'],
    ...['seed', 'seeds', 'sockets', 'structured', 'target', 'tasks', 'trace', 'write'],
  ],
};

test('each option on a page is one of ours, or of another program that is known', () => {
  const helps = [...HELP.values()].join('\n');
  const ours = new Set([...helps.matchAll(/--([a-z][a-z-]*)/g)].map(([, option = '']) => option));
  const others = new Set(Object.values(OTHERS).flat());
  const named = readOptions();
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter(({ option }) => !ours.has(option) && !others.has(option))).toEqual([]);
  const onPages = new Set(named.map(({ option }) => option));
  expect([...others].filter((option) => !onPages.has(option))).toEqual([]);
});

test('each script that a page runs by npm is one of package.json', async () => {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = readScripts();
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ script }) => scripts[script] === undefined)).toEqual([]);
});
