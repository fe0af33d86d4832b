/**
 * Breaks each wall of docs/architecture.md once, in a copy of the sources, and expects the tools to name exactly that
 * wall. All breaks stand in files of their own that nobody imports, so that one run tells of them all.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT, runTool } from './tool.mjs';

const MADE = new Set(['node_modules', 'dist', 'dist-test', 'build', '.turbo']);
const NOTHING = 'export const nothing = 0;\n';
const core = 'packages/manager/src/core';
const io = 'packages/manager/src/io';

/** What stands behind the walls: files for the breaks to import. */
const TARGETS = {
  [`${core}/wall-target.ts`]: NOTHING,
  [`${io}/wall-target.ts`]: NOTHING,
  'packages/manager/src/wall-target.ts': NOTHING,
  'apps/worker/src/wall-target.ts': NOTHING,
  'packages/testkit/src/wall-target.ts': NOTHING,
  'packages/agent-tools/src/wall-target.ts': NOTHING,
  [`${core}/break-7-other-half.ts`]: "import type { A } from './break-7.js';\nexport type B = A;\n",
};

const IMPORT_BREAKS = [
  // wall, what the break is, its file, what the file says
  [
    'wall-1-protocol-imports-typebox-alone',
    'a Node module',
    'packages/protocol/src/break-1a.ts',
    "import 'node:fs';",
  ],
  [
    'wall-1-protocol-imports-typebox-alone',
    'an npm package',
    'packages/protocol/src/break-1b.ts',
    "import 'esbuild';",
  ],
  ['wall-2-core-decides-alone', 'a Node module', `${core}/break-2a.ts`, "import 'node:fs';"],
  [
    'wall-2-core-decides-alone',
    'an npm package',
    `${core}/break-2b.ts`,
    "import type { WebSocket } from 'ws';",
  ],
  ['wall-2-core-decides-alone', 'io', `${core}/break-2c.ts`, "import '../io/wall-target.js';"],
  [
    'wall-2-core-decides-alone',
    'io, for a type',
    `${core}/break-2d.ts`,
    "import type { nothing } from '../io/wall-target.js';",
  ],
  ['wall-2-core-decides-alone', 'the facade', `${core}/break-2e.ts`, "import '../wall-target.js';"],
  ['wall-3-io-knows-no-facade', 'a file of the facade', `${io}/break-3.ts`, "import '../wall-target.js';"],
  [
    'wall-4-manager-and-worker-never-meet',
    'the worker in the manager',
    'packages/manager/src/break-4a.ts',
    "import '../../../apps/worker/src/wall-target.js';",
  ],
  [
    'wall-4-manager-and-worker-never-meet',
    'the manager in the worker',
    'apps/worker/src/break-4b.ts',
    "import type { TaskHandle } from '@sandcrew/manager';",
  ],
  [
    'wall-5-agent-side-sees-indexes-alone',
    'a file behind the index',
    'apps/cli/src/break-5a.ts',
    "import '../../../packages/manager/src/core/wall-target.js';",
  ],
  [
    'wall-5-agent-side-sees-indexes-alone',
    'the protocol',
    'apps/cli/src/break-5b.ts',
    "import type { Stream } from '@sandcrew/protocol';",
  ],
  [
    'wall-5-agent-side-sees-indexes-alone',
    'the worker',
    'apps/cli/src/break-5c.ts',
    "import '../../worker/src/wall-target.js';",
  ],
  [
    'wall-5-agent-side-sees-indexes-alone',
    'a file behind the index, in the agent tools',
    'packages/agent-tools/src/break-5d.ts',
    "import '../../manager/src/core/wall-target.js';",
  ],
  [
    'wall-5-agent-side-sees-indexes-alone',
    'the protocol in the agent tools',
    'packages/agent-tools/src/break-5e.ts',
    "import type { Stream } from '@sandcrew/protocol';",
  ],
  [
    'wall-5-agent-side-sees-indexes-alone',
    'a file of the agent tools behind their index, in the MCP server',
    'apps/mcp/src/break-5f.ts',
    "import '../../../packages/agent-tools/src/wall-target.js';",
  ],
  [
    'wall-5-agent-side-sees-indexes-alone',
    'the worker in the MCP server',
    'apps/mcp/src/break-5g.ts',
    "import '../../worker/src/wall-target.js';",
  ],
  [
    'wall-5-agent-side-sees-indexes-alone',
    'the protocol in the executor',
    'packages/executor/src/break-5h.ts',
    "import type { Stream } from '@sandcrew/protocol';",
  ],
  [
    'wall-6-testkit-in-tests-alone',
    'testkit in a source',
    'packages/manager/src/break-6.ts',
    "import '../../testkit/src/wall-target.js';",
  ],
  [
    'wall-7-no-cycles',
    'a type-only cycle',
    `${core}/break-7.ts`,
    "import type { B } from './break-7-other-half.js';\nexport type A = B;",
  ],
  [
    'src-imports-sources',
    'the sources by `#src`',
    'packages/manager/src/break-8.ts',
    "import '#src/core/wall-target.js';",
  ],
  [
    'no-dev-dependency-in-src',
    'a dev dependency',
    'packages/manager/src/break-9a.ts',
    "import '@jest/globals';",
  ],
  [
    'not-to-unresolvable',
    'a file that is not there',
    'packages/manager/src/break-9b.ts',
    "import './nowhere.js';",
  ],
];

const LINT_BREAKS = [
  // rule, what core may not reach, what the file says
  ['noRestrictedGlobals', 'Date', 'export const now = Date.now();'],
  ['noRestrictedGlobals', 'new Date', 'export const today = new Date();'],
  ['noRestrictedGlobals', 'performance', 'export const now = performance.now();'],
  ['noRestrictedGlobals', 'setTimeout', 'setTimeout(() => {}, 1);'],
  ['noRestrictedGlobals', 'setInterval', 'setInterval(() => {}, 1);'],
  ['noRestrictedGlobals', 'setImmediate', 'setImmediate(() => {});'],
  ['noRestrictedGlobals', 'queueMicrotask', 'queueMicrotask(() => {});'],
  ['noRestrictedGlobals', 'process', 'export const home = process.env.HOME;'],
  ['noRestrictedGlobals', 'Buffer', "export const bytes = Buffer.from('x');"],
  ['noRestrictedGlobals', 'crypto', 'export const id = crypto.randomUUID();'],
  ['noRestrictedGlobals', 'globalThis', 'export const all = globalThis;'],
  ['noJsRestrictedProperties', 'Math.random', 'export const dice = Math.random();'],
  ['noJsRestrictedProperties', 'Math.random, taken out', 'export const { random } = Math;'],
];

let copy;
let importFaults;
let lintFaults;

beforeAll(async () => {
  copy = copySources();
  for (const [path, text] of Object.entries(TARGETS)) writeSource(path, text);
  for (const [, , path, text] of IMPORT_BREAKS) writeSource(path, text);
  for (const [index, [, , text]] of LINT_BREAKS.entries()) {
    writeSource(lintPath('core', index), text);
    writeSource(lintPath('io', index), text);
  }
  [importFaults, lintFaults] = await Promise.all([findImportFaults(), findLintFaults()]);
}, 60_000);

afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('the import walls', () => {
  test.each(IMPORT_BREAKS)('%s: %s is found and named', (wall, _what, path) => {
    const faults = importFaults.filter((fault) => fault.from.startsWith(path.replace('.ts', '')));
    expect(faults.map((fault) => fault.rule)).toEqual([wall]);
  });

  test('nothing but the breaks is found', () => {
    expect(importFaults.filter((fault) => !basename(fault.from).startsWith('break-'))).toEqual([]);
  });
});

describe('what core may not reach', () => {
  test.each(LINT_BREAKS.map((row, index) => [...row, index]))(
    '%s: %s is found in core',
    (rule, _what, _text, index) => {
      expect(restrictionsIn(lintPath('core', index))).toContain(rule);
    },
  );

  test.each(LINT_BREAKS.map((row, index) => [...row, index]))(
    '%s: %s is let be in io',
    (_rule, _what, _text, index) => {
      expect(restrictionsIn(lintPath('io', index))).toEqual([]);
    },
  );

  test.each(coreFolders())("%s is compiled without the platform's types", (folder) => {
    const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, folder, 'tsconfig.json'), 'utf8'));
    expect(compilerOptions).toMatchObject({ lib: ['ES2023'], types: [] });
  });
});

function copySources() {
  const dir = mkdtempSync(join(tmpdir(), 'sandcrew-walls-'));
  for (const name of ['packages', 'apps', 'e2e']) {
    if (!existsSync(join(ROOT, name))) continue;
    cpSync(join(ROOT, name), join(dir, name), {
      recursive: true,
      filter: (path) => !MADE.has(basename(path)),
    });
  }
  for (const name of [
    '.dependency-cruiser.cjs',
    'tsconfig.base.json',
    'tsconfig.walls.json',
    'package.json',
    'biome.json',
    '.gitignore',
  ]) {
    cpSync(join(ROOT, name), join(dir, name));
  }
  for (const name of ['.', ...packageFolders()]) {
    const installed = join(ROOT, name, 'node_modules');
    if (existsSync(installed)) symlinkSync(installed, join(dir, name, 'node_modules'));
  }
  return dir;
}

function packageFolders() {
  return ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).map((name) => join(parent, name)),
  );
}

function coreFolders() {
  return packageFolders()
    .map((name) => join(name, 'src', 'core'))
    .filter((name) => existsSync(join(ROOT, name)));
}

function writeSource(path, text) {
  mkdirSync(dirname(join(copy, path)), { recursive: true });
  writeFileSync(join(copy, path), `${text}\n`);
}

function lintPath(room, index) {
  return `packages/manager/src/${room}/lint-${index}.ts`;
}

function restrictionsIn(path) {
  const rules = lintFaults.filter((fault) => fault.path === path).map((fault) => fault.rule);
  return [...new Set(rules)].filter((rule) => /Restricted/.test(rule));
}

async function findImportFaults() {
  const command = [
    'depcruise',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
    'packages',
    'apps',
  ];
  const { violations } = (await runJson(command)).summary;
  return violations.map(({ rule, from }) => ({ rule: rule.name, from }));
}

async function findLintFaults() {
  const { diagnostics } = await runJson([
    'biome',
    'lint',
    '--reporter=json',
    '--max-diagnostics=none',
    'packages/manager/src',
  ]);
  return diagnostics.map(({ category, location }) => ({
    rule: category.split('/').at(-1),
    path: location.path.file ?? location.path,
  }));
}

async function runJson([tool, ...args]) {
  const { output } = await runTool([join(ROOT, 'node_modules', '.bin', tool), ...args], copy);
  return JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1));
}
