/**
 * `npm run build:binary [-- --target linux-arm64] [-- --node FILE]`: makes the worker that needs no Node, one file in
 * apps/worker/dist-binary, with its SHA-256 sums and bill of materials (docs/binary.md).
 *
 * It is Node itself with the worker's bundle and the native module inside (a single executable application). Node comes
 * from the package registry or, for a target that has no row below, by --node.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { inject } from 'postject';
import { fetchPackage } from './packed-package.mjs';
import { componentOf, describeMaterials } from './sbom.mjs';
import { setUp } from './setup.mjs';
import { ROOT, runTool } from './tool.mjs';

/** Node's long-term release, as its packages bring it. The digests are those of the archives. */
const NODES = {
  'linux-x64': {
    version: '24.22.3',
    integrity:
      'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
  },
  'linux-arm64': {
    version: '24.22.0',
    integrity:
      'sha512-xbI0deR0+gzJizE0IdT7x3ewSqtvWW7tx6QlJIBI6IszUY41yrPmOeS+b6WkA7DmSS8VKJRcMthWVwO1LbjamQ==',
  },
};
/** Where Node looks for what it carries: fixed by Node. */
const BLOB = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * The most that half of V8's young generation grows to. Left to itself, V8 of Node 24 lets a worker that is busy with short
 * tasks have 214 MiB of RSS, where it has about 100 with this (`npm run test:binary -- e2e/dist-test/tests/soak`).
 */
const SEMI_SPACE_MIB = 4;

const WORKER = join(ROOT, 'apps', 'worker');
const OUT = join(WORKER, 'dist-binary');
const HOST = `${process.platform}-${process.arch}`;

const { values } = parseArgs({
  options: { target: { type: 'string', default: HOST }, node: { type: 'string' } },
});
const { target } = values;
const { version } = JSON.parse(readFileSync(join(WORKER, 'package.json'), 'utf8'));
const name = `sandcrew-worker-${target}`;

await setUp();
const work = join(OUT, `work-${process.pid}`);
mkdirSync(work, { recursive: true });
try {
  const node = values.node === undefined ? await nodeOf(target) : resolve(values.node);
  const addon = await addonOf(target);
  const { metafile } = await bundle(join(work, 'main.cjs'));
  const blob = await makeBlob(node, addon);
  const making = join(work, name);
  copyFileSync(node, making);
  chmodSync(making, 0o755);
  const isMac = target.startsWith('darwin-');
  await inject(making, BLOB, blob, {
    sentinelFuse: FUSE,
    ...(isMac ? { machoSegmentName: 'NODE_SEA' } : {}),
  });
  if (isMac && process.platform === 'darwin') execFileSync('codesign', ['--sign', '-', '--force', making]);
  const binary = join(OUT, name);
  renameSync(making, binary); // one that runs cannot be written to, and goes on as it is
  writeMaterials(binary, Object.keys(metafile.inputs));
  writeSums();
  process.stdout.write(`${binary}\n`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function nodeOf(wanted) {
  const row = NODES[wanted];
  if (row === undefined)
    throw new Error(
      `no Node is known for ${wanted}: expected ${Object.keys(NODES).join(' or ')}, or --node FILE`,
    );
  return join(await fetchPackage(`node-${wanted}@${row.version}`, row.integrity), 'bin', 'node');
}

/** The native module of the target, as the lockfile pins it. */
async function addonOf(wanted) {
  const lockfile = readFileSync(join(ROOT, 'pnpm-lock.yaml'), 'utf8');
  const pinned = new RegExp(`'(@lydell/node-pty-${wanted}@[^']+)':\n    resolution: {integrity: ([^}]+)}`);
  const [, name, integrity] = pinned.exec(lockfile) ?? [];
  if (name === undefined) throw new Error(`the lockfile has no @lydell/node-pty for ${wanted}`);
  return join(await fetchPackage(name, integrity), 'pty.node');
}

/** As scripts/bundle.mjs does it, but as CommonJS: what Node 24 carries can be nothing else. */
function bundle(outfile) {
  return build({
    entryPoints: ['build/main.js'],
    absWorkingDir: WORKER,
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minifySyntax: true,
    metafile: true,
    define: {
      'import.meta.url': 'importMetaUrl',
      SANDCREW_COMMIT: JSON.stringify(commit()),
    },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
}

function commit() {
  const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  return `${git('rev-parse', '--short=12', 'HEAD')}${git('status', '--porcelain') === '' ? '' : '+changes'}`;
}

/** What the binary carries. V8's code cache is of one processor alone: only where this machine is the target's kind. */
async function makeBlob(node, addon) {
  const config = join(work, 'sea.json');
  const output = join(work, 'blob');
  writeFileSync(
    config,
    JSON.stringify({
      main: join(work, 'main.cjs'),
      output,
      disableExperimentalSEAWarning: true,
      execArgv: [`--max-semi-space-size=${SEMI_SPACE_MIB}`],
      useCodeCache: target === HOST,
      assets: { 'pty.node': addon },
    }),
  );
  const maker = target === HOST ? node : await nodeOf(HOST);
  const { exitCode, output: said } = await runTool([maker, '--experimental-sea-config', config]);
  if (exitCode !== 0) throw new Error(`the blob cannot be made: ${said}`);
  return readFileSync(output);
}

function writeMaterials(binary, inputs) {
  const pty = componentOf(`@lydell/node-pty-${target}`, '1.1.0', 'MIT');
  const node = {
    type: 'platform',
    'bom-ref': 'node',
    name: 'node',
    version: NODES[target]?.version ?? 'given',
  };
  const subject = { name, version, sha256: sha256Of(binary) };
  const materials = describeMaterials(subject, inputs, WORKER, [node, pty]);
  writeFileSync(`${binary}.cdx.json`, `${JSON.stringify(materials, null, 2)}\n`);
}

/** Of every binary that is there and its bill of materials, as `sha256sum --check` reads it. */
function writeSums() {
  const files = readdirSync(OUT).filter((file) =>
    /^sandcrew-worker-[a-z0-9]+-[a-z0-9]+(\.cdx\.json)?$/.test(file),
  );
  writeFileSync(
    join(OUT, 'SHA256SUMS'),
    files.map((file) => `${sha256Of(join(OUT, file))}  ${file}\n`).join(''),
  );
}

function sha256Of(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
