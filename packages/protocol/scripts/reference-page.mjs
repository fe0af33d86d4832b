/** The reference page: the prose of `docs/rules.md` with tables made from the schemas and constants at its marks. */
import { readFile } from 'node:fs/promises';
import * as protocol from '../dist/index.js';
import { messageSections } from './message-tables.mjs';
import { wordSections } from './word-tables.mjs';

const EXPORTS = new Map(Object.entries(protocol));
const NOTICE =
  '<!-- Generated from packages/protocol (schemas, constants, docs/rules.md) by `npm run generate`. Do not edit. -->';

export async function referencePage(packageRoot) {
  const read = (path) => readFile(new URL(path, packageRoot), 'utf8');
  const [prose, version, defaults] = await Promise.all(
    ['docs/rules.md', 'src/version.ts', 'src/v1/defaults.ts'].map(read),
  );
  const parts = {
    'manager messages': messageSections(protocol.MANAGER_MESSAGES),
    'worker messages': messageSections(protocol.WORKER_MESSAGES),
    words: wordSections(),
    constants: constantTable(`${version}\n${defaults}`),
    'close codes': closeCodeTable(version),
  };
  const page = prose.replace(/<!-- insert: (.+?) -->/g, (_mark, name) => {
    if (parts[name] === undefined)
      throw new Error(`docs/rules.md asks for "${name}", of which there is none`);
    return parts[name];
  });
  return page.replace('\n', `\n\n${NOTICE}\n`);
}

/** Each exported number or string, with the comment that stands above it in the source. */
function constantTable(source) {
  const rows = [...source.matchAll(/\/\*\* ([^*]+) \*\/\nexport const ([A-Z_]+) = /g)]
    .filter(([, , name]) => typeof EXPORTS.get(name) !== 'object')
    .map(([, meaning, name]) => `| \`${name}\` | \`${EXPORTS.get(name)}\` | ${meaning} |`);
  return ['| constant | value | meaning |', '|---|---|---|', ...rows].join('\n');
}

function closeCodeTable(source) {
  const rows = [...source.matchAll(/ {2}\/\*\* ([^*]+) \*\/\n {2}([a-zA-Z]+): (\d+),/g)].map(
    ([, meaning, name, code]) => `| ${code} | \`${name}\` | ${meaning} |`,
  );
  return ['| code | name | meaning |', '|---|---|---|', ...rows].join('\n');
}
