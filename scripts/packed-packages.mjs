/** What is published: the packages that are not private, packed as they would be, and what they need from elsewhere. */
import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PNPM, ROOT, runTool } from './tool.mjs';

const BIN = join(ROOT, 'node_modules/.bin');

/** `{ name, directory, manifest }` of each published package. */
export function listPublished() {
  return ['packages', 'apps']
    .flatMap((parent) => readdirSync(join(ROOT, parent)).map((name) => join(ROOT, parent, name)))
    .map((directory) => ({ directory, manifest: readManifest(directory) }))
    .filter(({ manifest }) => manifest !== null && manifest.private !== true)
    .map(({ directory, manifest }) => ({ name: manifest.name, directory, manifest }));
}

/** Packs into `destination`; gives the path of the tarball. @throws with what pnpm said. */
export async function pack({ name, directory }, destination) {
  const before = new Set(readdirSync(destination));
  const { exitCode, output } = await runTool([...PNPM, 'pack', '--pack-destination', destination], directory);
  const made = readdirSync(destination).find((file) => file.endsWith('.tgz') && !before.has(file));
  if (exitCode !== 0 || made === undefined) throw new Error(`${name} cannot be packed: ${output}`);
  return join(destination, made);
}

/**
 * Looks at a tarball as those see it who install it: publint at its files and exports, attw at its types under each way of
 * resolving modules (a program has none to look at). Gives what they say of faults.
 */
export async function lookAt({ manifest }, tarball) {
  const tools = [[join(BIN, 'publint'), 'run', tarball, '--strict']];
  if (manifest.exports?.['.'] !== undefined)
    tools.push([join(BIN, 'attw'), tarball, '--profile', 'esm-only', '--no-color', '--format', 'ascii']);
  const looks = [];
  for (const tool of tools) looks.push(await runTool(tool));
  return looks.filter(({ exitCode }) => exitCode !== 0).map(({ output }) => output);
}

/**
 * Copies what published packages need from elsewhere, and what that needs, out of this checkout into a node_modules: so
 * npm finds it there and asks no registry. Optional dependencies are left out.
 */
export function copyForeignDependencies(packages, nodeModules) {
  const queue = packages.map(({ directory }) => ({
    from: join(directory, 'node_modules'),
    manifest: readManifest(directory),
  }));
  const copied = new Set();
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const name of Object.keys(next.manifest.dependencies ?? {})) {
      if (name.startsWith('@sandcrew/') || copied.has(name)) continue;
      copied.add(name);
      const source = realpathSync(join(next.from, name));
      mkdirSync(dirname(join(nodeModules, name)), { recursive: true });
      cpSync(source, join(nodeModules, name), { recursive: true });
      // pnpm puts what a package needs beside it.
      queue.push({ from: source.slice(0, -name.length), manifest: readManifest(source) });
    }
  }
}

function readManifest(directory) {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  } catch {
    return null;
  }
}
