/**
 * Holds what the worker's bundle contains against the table of docs/security.md: a package that nobody has justified there,
 * or one that is there no more, is named, and the exit code is 1. Run it after the build.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './tool.mjs';

const PAGE = 'docs/security.md';
const BUNDLE = 'apps/worker/dist/main.js';

/** The packages of a bundle that was not minified: each of its files stands under a comment with its path. */
export function packagesOf(bundle) {
  const paths = bundle.matchAll(/^\/\/ \S*node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\/\S+$/gm);
  return new Set([...paths].map(([, name]) => name));
}

/** The packages of the page's table of dependencies. */
export function justifiedBy(page) {
  const table = page.slice(page.indexOf('## Dependencies of the worker'));
  return new Set([...table.matchAll(/^\| `([^`]+)` \| \S/gm)].map(([, name]) => name));
}

export function faultsOf(shipped, justified) {
  const lacking = [...shipped].filter((name) => !justified.has(name));
  const gone = [...justified].filter((name) => !shipped.has(name));
  return [
    ...lacking.map((name) => `${BUNDLE} holds ${name}: say in the table of ${PAGE} why it earns its place`),
    ...gone.map((name) => `${PAGE} justifies ${name}, which the worker does not have`),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { optionalDependencies = {}, dependencies = {} } = JSON.parse(
    readFileSync(join(ROOT, 'apps/worker/package.json'), 'utf8'),
  );
  const beside = Object.keys({ ...optionalDependencies, ...dependencies });
  const shipped = new Set([...packagesOf(readFileSync(join(ROOT, BUNDLE), 'utf8')), ...beside]);
  const faults = faultsOf(shipped, justifiedBy(readFileSync(join(ROOT, PAGE), 'utf8')));
  for (const fault of faults) process.stdout.write(`${fault}\n`);
  process.stdout.write(`the worker has ${shipped.size} packages\n`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
