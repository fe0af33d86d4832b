/** JavaScript and TypeScript: npm, pnpm, yarn or bun, by the manifest and the lock file. */
import type { Intention } from '../step-facts.js';
import { dataAt, hasFile, textAt, textOf, type WorkspaceFacts } from '../workspace-facts.js';
import { type Choice, chooseFrom, type Ecosystem, MEBIBYTE, tool } from './ecosystem.js';

const PACKAGE_MANAGERS = ['npm', 'pnpm', 'yarn', 'bun'] as const;
type PackageManager = (typeof PACKAGE_MANAGERS)[number];

/** Which lock file is whose, in the order in which they win: npm's is the one that is left behind. */
const LOCK_FILES = [
  ['pnpm', 'pnpm-lock.yaml'],
  ['yarn', 'yarn.lock'],
  ['bun', 'bun.lock'],
  ['bun', 'bun.lockb'],
  ['npm', 'package-lock.json'],
  ['npm', 'npm-shrinkwrap.json'],
] as const;

export const NODE: Ecosystem = {
  name: 'node',
  words: ['node', 'npm', 'pnpm', 'yarn', 'bun', 'javascript', 'typescript', 'npx', 'jest', 'vitest'],
  isIn: (workspace) => hasFile(workspace, 'package.json'),
  needs(workspace) {
    const { manager, version, conflicts } = choosePackageManager(workspace);
    const isTyped = usesTypeScript(workspace);
    const runtime = tool('node', textAt(workspace, 'package.json', 'engines', 'node'));
    const tools = manager === 'bun' ? [tool('bun', version)] : [runtime];
    if (manager === 'pnpm' || manager === 'yarn') tools.push(tool(manager, version));
    return {
      language: isTyped ? 'typescript' : 'javascript',
      tools,
      memoryBytes: (isTyped ? 1_024 : 512) * MEBIBYTE,
      conflicts,
    };
  },
  choose(intention, workspace, files): Choice {
    const { manager } = choosePackageManager(workspace);
    if (intention === 'install' && files.length === 0) return { argv: installOf(manager, workspace) };
    const script = chooseScript(intention, workspace);
    if (script !== null) {
      const run = [manager, 'run', script];
      // npm alone takes what begins with `-` for its own without the two dashes.
      if (files.length === 0) return { argv: run };
      return { argv: manager === 'npm' ? [...run, '--', ...files] : [...run, ...files] };
    }
    return chooseFrom('node', scriptless(manager, workspace), intention, files, ['test', 'run']);
  },
};

function choosePackageManager(workspace: WorkspaceFacts): {
  manager: PackageManager;
  version?: string;
  conflicts: string[];
} {
  const locks = LOCK_FILES.filter(([, file]) => hasFile(workspace, file));
  const { name: named, version } = readPackageManager(workspace);
  const manager = named ?? locks[0]?.[0] ?? 'npm';
  const others = locks.filter(([owner]) => owner !== manager);
  const conflicts = others.map(([owner, file]) => {
    const why = named === undefined ? `${locks[0]?.[1]} is there too` : `packageManager names ${named}`;
    return `${file} is of ${owner}, and ${why}: ${manager} is used`;
  });
  return { manager, conflicts, ...(version === undefined ? {} : { version }) };
}

/** `"packageManager": "pnpm@10.1.0+sha512.…"`, of those that are known. */
function readPackageManager(workspace: WorkspaceFacts): { name?: PackageManager; version?: string } {
  const [given, version] = (textAt(workspace, 'package.json', 'packageManager') ?? '').split('@');
  const name = PACKAGE_MANAGERS.find((each) => each === given);
  if (name === undefined) return {};
  return version === undefined ? { name } : { name, version: version.replace(/\+.*/, '') };
}

function installOf(manager: PackageManager, workspace: WorkspaceFacts): string[] {
  switch (manager) {
    case 'npm':
      return hasFile(workspace, 'package-lock.json') || hasFile(workspace, 'npm-shrinkwrap.json')
        ? ['npm', 'ci']
        : ['npm', 'install'];
    case 'pnpm':
      return hasFile(workspace, 'pnpm-lock.yaml')
        ? ['pnpm', 'install', '--frozen-lockfile']
        : ['pnpm', 'install'];
    case 'yarn':
      if (!hasFile(workspace, 'yarn.lock')) return ['yarn', 'install'];
      return ['yarn', 'install', isModernYarn(workspace) ? '--immutable' : '--frozen-lockfile'];
    case 'bun':
      return hasFile(workspace, 'bun.lock') || hasFile(workspace, 'bun.lockb')
        ? ['bun', 'install', '--frozen-lockfile']
        : ['bun', 'install'];
  }
}

/** Yarn 2 and later: they write another lock file, and know another word for it. */
function isModernYarn(workspace: WorkspaceFacts): boolean {
  const { version } = readPackageManager(workspace);
  if (version !== undefined) return !version.startsWith('1.');
  return hasFile(workspace, '.yarnrc.yml') || textOf(workspace, 'yarn.lock').includes('__metadata:');
}

/** Scripts by intention, the first that there is. A compiler is not a build where there is one. */
const SCRIPTS: Readonly<Record<Intention, readonly string[]>> = {
  install: [],
  compile: ['compile', 'tsc', 'build'],
  build: ['build'],
  lint: ['lint', 'check'],
  test: ['test'],
  run: ['start'],
};

/** What `npm init` writes: a test that always fails. */
const NO_TEST = 'no test specified';

function chooseScript(intention: Intention, workspace: WorkspaceFacts): string | null {
  const found = SCRIPTS[intention].find((name) => {
    const script = textAt(workspace, 'package.json', 'scripts', name);
    return script !== undefined && !(name === 'test' && script.includes(NO_TEST));
  });
  return found ?? null;
}

/** Commands for what the manifest has no script for. Nothing is fetched for them: a missing tool is an error. */
function scriptless(
  manager: PackageManager,
  workspace: WorkspaceFacts,
): Partial<Record<Intention, readonly string[]>> {
  const isBun = manager === 'bun';
  const runtime = isBun ? ['bun'] : ['node'];
  const main = textAt(workspace, 'package.json', 'main') ?? textAt(workspace, 'package.json', 'module');
  const entry = main?.startsWith('-') ? `./${main}` : main;
  const compile = hasFile(workspace, 'tsconfig.json') ? toolOf(manager, ['tsc', '--build']) : undefined;
  return {
    ...(compile === undefined ? {} : { compile, build: compile }),
    test: isBun ? ['bun', 'test'] : ['node', '--test'],
    ...(entry === undefined ? {} : { run: [...runtime, entry] }),
  };
}

function toolOf(manager: PackageManager, words: readonly string[]): string[] {
  const by = {
    npm: ['npx', '--no-install'],
    pnpm: ['pnpm', 'exec'],
    yarn: ['yarn', 'run'],
    bun: ['bun', 'run'],
  };
  return [...by[manager], ...words];
}

function usesTypeScript(workspace: WorkspaceFacts): boolean {
  const fields = ['dependencies', 'devDependencies'];
  return (
    hasFile(workspace, 'tsconfig.json') ||
    fields.some((field) => dataAt(workspace, 'package.json', field, 'typescript') !== undefined)
  );
}
