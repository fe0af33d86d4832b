/**
 * Brings a checkout to where its programs run: dependencies installed, packages built. Needs Node and npm alone, does
 * nothing where nothing has changed, and says what it does on stderr, never on stdout.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lock } from './setup-lock.mjs';
import { PNPM, ROOT, runTool } from './tool.mjs';

const MIN_NODE = [20, 19];
const STAMP = join(ROOT, 'node_modules', '.sandcrew-setup.json');
/** What npm and pnpm name where they reach no registry. */
const NO_NETWORK =
  /\b(EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT)\b/;
const MADE = new Set(['node_modules', 'dist', 'dist-test', 'build', '.turbo', '.git']);

/** Sets the checkout up; ends the process with 125 and a sentence where that fails. */
export async function setUp() {
  refuseOldNode();
  if (isInstalled() && isBuilt()) return;
  const unlock = await lock(say).catch((error) => fail(error.message));
  try {
    if (!isInstalled()) await install();
    if (!isBuilt()) await build();
  } finally {
    unlock();
  }
}

function refuseOldNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return;
  fail(
    `expected Node ${MIN_NODE.join('.')} or newer, got ${process.versions.node}. Install a newer Node and try again.`,
  );
}

async function install() {
  const { seconds } = await step('installing the dependencies', [...PNPM, 'install', '--frozen-lockfile']);
  writeStamp({ lockfile: fingerprintLockfile() });
  say(`installed in ${seconds} s`);
}

async function build() {
  const sources = fingerprintSources(); // before the build: what changes during it is built the next time
  const turbo = ['exec', 'turbo', 'run', 'build', '--output-logs=errors-only'];
  const { seconds } = await step('building', [...PNPM, ...turbo]);
  writeStamp({ lockfile: fingerprintLockfile(), sources, builds: fingerprintBuilds() });
  say(`built in ${seconds} s`);
}

async function step(what, command) {
  say(`${what}…`);
  const { exitCode, output, durationMs } = await runTool(command);
  if (exitCode !== 0) {
    const noNetwork = NO_NETWORK.exec(output)?.[0];
    if (noNetwork !== undefined)
      fail(
        `${what} needs the network, and the package registry cannot be reached (${noNetwork}). Connect this machine, or set HTTPS_PROXY or npm's registry, and try again; later starts need none.`,
      );
    process.stderr.write(output);
    fail(`${what} failed: \`${command.join(' ')}\` ended with ${exitCode}; its output stands above.`);
  }
  return { seconds: (durationMs / 1000).toFixed(1) };
}

// What was set up is remembered by fingerprints, so that a set-up checkout starts at once.

function isInstalled() {
  return readStamp().lockfile === fingerprintLockfile();
}

function isBuilt() {
  const stamp = readStamp();
  return stamp.sources === fingerprintSources() && stamp.builds === fingerprintBuilds();
}

function fingerprintLockfile() {
  return hash(readFileSync(join(ROOT, 'pnpm-lock.yaml')));
}

/** Every file that a build reads, by name, size and time of change. */
function fingerprintSources() {
  const rootFiles = ['tsconfig.base.json', 'turbo.json', 'package.json', 'scripts/bundle.mjs'].map((name) =>
    describeFile(join(ROOT, name)),
  );
  return hash([...rootFiles, ...packageDirs().flatMap((dir) => describeTree(dir))].join('\n'));
}

/** The folders that a build leaves: one that is gone, or was touched by another build, is built again. */
function fingerprintBuilds() {
  const builds = packageDirs().flatMap((dir) =>
    ['dist', 'dist-test', 'build'].map((name) => join(dir, name)),
  );
  return hash(builds.map(describeFile).join('\n'));
}

function packageDirs() {
  const parents = ['packages', 'apps'].map((name) => join(ROOT, name));
  const dirs = parents.flatMap((parent) => list(parent).map((entry) => join(parent, entry.name)));
  return [...dirs, join(ROOT, 'e2e'), join(ROOT, 'benchmarks')];
}

function describeTree(dir) {
  return list(dir).flatMap((entry) => {
    if (MADE.has(entry.name)) return [];
    const path = join(dir, entry.name);
    return entry.isDirectory() ? describeTree(path) : [describeFile(path)];
  });
}

function describeFile(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? `${path} -` : `${path} ${stat.isFile() ? stat.size : 0} ${stat.mtimeMs}`;
}

function list(dir) {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch {
    return [];
  }
}

function hash(content) {
  return createHash('sha256').update(content).digest('hex');
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    return {};
  }
}

function writeStamp(stamp) {
  writeFileSync(STAMP, `${JSON.stringify(stamp, null, 2)}\n`);
}

function say(text) {
  process.stderr.write(`sandcrew: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(125);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await setUp();
