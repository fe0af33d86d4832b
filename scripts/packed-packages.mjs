/** What is published: the packages that are not private, packed as they would be, and what they need from elsewhere. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
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

/** Packs all of them into `destination`, at once: pnpm takes longer to start than to pack. Gives each one's tarball by its name. */
export async function pack(packages, destination) {
  const chosen = packages.flatMap(({ name }) => ['--filter', name]);
  const { exitCode, output } = await runTool([...PNPM, ...chosen, 'pack', '--pack-destination', destination]);
  const tarballs = new Map(
    packages.map(({ name, manifest }) => [
      name,
      join(destination, `${name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`),
    ]),
  );
  const missing = [...tarballs].find(([, tarball]) => !existsSync(tarball));
  if (exitCode !== 0 || missing !== undefined)
    throw new Error(`${missing?.[0] ?? 'what is published'} cannot be packed: ${output}`);
  return tarballs;
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
 * What published packages need from elsewhere, and what that needs: where each lies in this checkout, by its name. With it
 * no registry has to be asked. Optional dependencies are left out.
 */
export function findForeignDependencies(packages) {
  const queue = packages.map(({ directory }) => ({
    from: join(directory, 'node_modules'),
    manifest: readManifest(directory),
  }));
  const found = new Map();
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const name of Object.keys(next.manifest.dependencies ?? {})) {
      if (name.startsWith('@sandcrew/') || found.has(name)) continue;
      const source = realpathSync(join(next.from, name));
      found.set(name, source);
      // pnpm puts what a package needs beside it.
      queue.push({ from: source.slice(0, -name.length), manifest: readManifest(source) });
    }
  }
  return found;
}

function readManifest(directory) {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  } catch {
    return null;
  }
}
