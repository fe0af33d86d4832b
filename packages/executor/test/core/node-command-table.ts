/** What workspaces of npm, pnpm, yarn and bun make of each intention. */
import { type CommandRow, commands } from './command-row.js';

const json = (value: unknown) => JSON.stringify(value);
const scripts = { compile: 'a', tsc: 'a', build: 'a', lint: 'a', check: 'a', test: 'a', start: 'a' };

export const NODE_COMMANDS: readonly CommandRow[] = [
  {
    kind: 'npm with a lock file and every script',
    ecosystem: 'node',
    texts: { 'package.json': json({ scripts }), 'package-lock.json': '{}' },
    commands: commands(
      'npm ci',
      'npm run compile',
      'npm run build',
      'npm run lint',
      'npm run test',
      'npm run start',
    ),
    withFile: commands(
      '!none',
      'npm run compile -- a.x',
      'npm run build -- a.x',
      'npm run lint -- a.x',
      'npm run test -- a.x',
      'npm run start -- a.x',
    ),
  },
  {
    kind: 'npm with a shrinkwrap and the second names of scripts',
    ecosystem: 'node',
    texts: { 'package.json': json({ scripts: { tsc: 'a', check: 'a' } }), 'npm-shrinkwrap.json': '{}' },
    commands: commands('npm ci', 'npm run tsc', '!none', 'npm run check', 'node --test', '!none'),
    withFile: commands(
      '!none',
      'npm run tsc -- a.x',
      '!none',
      'npm run check -- a.x',
      'node --test a.x',
      '!none',
    ),
  },
  {
    kind: 'npm with a build alone, and scripts that are empty or no text',
    ecosystem: 'node',
    texts: { 'package.json': json({ scripts: { build: 'a', lint: '', start: 1 } }) },
    commands: commands('npm install', 'npm run build', 'npm run build', '!none', 'node --test', '!none'),
    withFile: commands(
      '!none',
      'npm run build -- a.x',
      'npm run build -- a.x',
      '!none',
      'node --test a.x',
      '!none',
    ),
  },
  {
    kind: 'npm with a tsconfig and a main',
    ecosystem: 'node',
    texts: { 'package.json': json({ main: 'main.js', module: 'm.mjs' }), 'tsconfig.json': '{}' },
    commands: commands(
      'npm install',
      'npx --no-install tsc --build',
      'npx --no-install tsc --build',
      '!none',
      'node --test',
      'node main.js',
    ),
    withFile: commands('!none', '!files', '!files', '!none', 'node --test a.x', 'node main.js a.x'),
  },
  {
    kind: 'npm with a module that begins with a dash, and a package manager that is not known',
    ecosystem: 'node',
    texts: { 'package.json': json({ module: '-m.mjs', packageManager: 'cnpm@9.4.0' }) },
    commands: commands('npm install', '!none', '!none', '!none', 'node --test', 'node ./-m.mjs'),
    withFile: commands('!none', '!none', '!none', '!none', 'node --test a.x', 'node ./-m.mjs a.x'),
  },
  {
    kind: 'pnpm without a lock file',
    ecosystem: 'node',
    texts: { 'package.json': json({ packageManager: 'pnpm' }), 'tsconfig.json': '{}' },
    commands: commands(
      'pnpm install',
      'pnpm exec tsc --build',
      'pnpm exec tsc --build',
      '!none',
      'node --test',
      '!none',
    ),
    withFile: commands('!none', '!files', '!files', '!none', 'node --test a.x', '!none'),
  },
  {
    kind: 'pnpm by its lock file beside npm and yarn, with scripts',
    ecosystem: 'node',
    texts: {
      'package.json': json({ scripts: { test: 'a' } }),
      'package-lock.json': '{}',
      'yarn.lock': '',
      'pnpm-lock.yaml': '',
    },
    commands: commands('pnpm install --frozen-lockfile', '!none', '!none', '!none', 'pnpm run test', '!none'),
    withFile: commands('!none', '!none', '!none', '!none', 'pnpm run test a.x', '!none'),
  },
  {
    kind: 'yarn without a lock file',
    ecosystem: 'node',
    texts: { 'package.json': json({ packageManager: 'yarn@4.1.0' }), 'tsconfig.json': '{}' },
    commands: commands(
      'yarn install',
      'yarn run tsc --build',
      'yarn run tsc --build',
      '!none',
      'node --test',
      '!none',
    ),
    withFile: commands('!none', '!files', '!files', '!none', 'node --test a.x', '!none'),
  },
  ...(
    [
      ['yarn 1 by its version, whatever the files say', 'yarn@1.22.19', '__metadata:', '--frozen-lockfile'],
      ['yarn 4 by its version, whatever the files say', 'yarn@4.1.0', '# v1', '--immutable'],
      ['yarn 4 by its lock file', undefined, '__metadata:', '--immutable'],
      ['yarn 1 by its lock file', 'yarn', '# v1', '--frozen-lockfile'],
    ] as const
  ).map(([kind, packageManager, lock, option]) => ({
    kind,
    ecosystem: 'node',
    texts: { 'package.json': json({ packageManager }), 'yarn.lock': lock },
    commands: commands(`yarn install ${option}`, '!none', '!none', '!none', 'node --test', '!none'),
    withFile: commands('!none', '!none', '!none', '!none', 'node --test a.x', '!none'),
  })),
  {
    kind: 'yarn 4 by its configuration alone',
    ecosystem: 'node',
    texts: { 'package.json': '{}', 'yarn.lock': '', '.yarnrc.yml': '' },
    commands: commands('yarn install --immutable', '!none', '!none', '!none', 'node --test', '!none'),
    withFile: commands('!none', '!none', '!none', '!none', 'node --test a.x', '!none'),
  },
  {
    kind: 'bun without a lock file',
    ecosystem: 'node',
    texts: { 'package.json': json({ packageManager: 'bun@1.2.0', main: 'a.ts' }), 'tsconfig.json': '{}' },
    commands: commands(
      'bun install',
      'bun run tsc --build',
      'bun run tsc --build',
      '!none',
      'bun test',
      'bun a.ts',
    ),
    withFile: commands('!none', '!files', '!files', '!none', 'bun test a.x', 'bun a.ts a.x'),
  },
  {
    kind: 'bun by its lock file',
    ecosystem: 'node',
    texts: { 'package.json': '{}', 'bun.lock': '' },
    commands: commands('bun install --frozen-lockfile', '!none', '!none', '!none', 'bun test', '!none'),
    withFile: commands('!none', '!none', '!none', '!none', 'bun test a.x', '!none'),
  },
  {
    kind: 'npm whose manifest has nothing where its tables should be',
    ecosystem: 'node',
    texts: { 'package.json': json({ scripts: null, engines: null, packageManager: null }) },
    commands: commands('npm install', '!none', '!none', '!none', 'node --test', '!none'),
    withFile: commands('!none', '!none', '!none', '!none', 'node --test a.x', '!none'),
  },
  {
    kind: 'bun by its older lock file, beside that of npm',
    ecosystem: 'node',
    texts: { 'package.json': '{}', 'bun.lockb': '', 'package-lock.json': '{}' },
    commands: commands('bun install --frozen-lockfile', '!none', '!none', '!none', 'bun test', '!none'),
    withFile: commands('!none', '!none', '!none', '!none', 'bun test a.x', '!none'),
  },
];
