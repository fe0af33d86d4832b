/**
 * Writes etc/NAME.api.d.ts for each published package that can be imported: every declaration that its index reaches, so that a
 * change of what users see is a change that reviewers see. With `--check` it writes nothing, and exits 1 naming each file
 * that has drifted. Run it after the build.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { listPublished } from './packed-packages.mjs';
import { ROOT } from './tool.mjs';

const NOTICE = '// Made by `npm run generate` from the declarations that the index reaches. Do not edit.\n';
const isChecking = process.argv.includes('--check');

for (const { name, directory, manifest } of listPublished()) {
  const index = manifest.exports?.['.']?.types;
  if (index === undefined) continue;
  const path = join(ROOT, 'etc', `${name.replace('@sandcrew/', '')}.api.d.ts`);
  const text = report(join(directory, index), directory);
  if (text === read(path)) continue;
  if (isChecking) {
    console.error(
      `${relative(ROOT, path)} has drifted: run \`npm run generate\`, look at the change, and commit it`,
    );
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** The declarations of `index` and of all that it reaches by relative imports, a file a section, in the order of their paths. */
function report(index, directory) {
  const reached = new Map();
  const queue = [index];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path)) continue;
    const text = readFileSync(path, 'utf8')
      .replace(/^\/\/# sourceMappingURL=.*$/m, '')
      .trim();
    reached.set(path, text);
    for (const [, target] of text.matchAll(/(?:from|import\()\s*["'](\.[^"']+)\.js["']/g))
      queue.push(join(dirname(path), `${target}.d.ts`));
  }
  const sections = [...reached].map(([path, text]) => [relative(directory, path), text]);
  sections.sort(([one], [other]) => (one < other ? -1 : 1));
  return `${NOTICE}\n${sections.map(([path, text]) => `// ${path}\n${text}\n`).join('\n')}`;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
