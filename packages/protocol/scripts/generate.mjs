/**
 * Writes what is made from the schemas: `schema/v1.json`, `asyncapi/v1.json`, `docs/protocol.md` of the repository, and the invalid
 * fixtures of each message. With `--check` it writes nothing, and exits 1 naming each file that has drifted.
 * Run it after the build.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MANAGER_MESSAGES, WORKER_MESSAGES } from '../dist/index.js';
import { asyncApi } from './async-api.mjs';
import { invalidCases } from './invalid-cases.mjs';
import { jsonSchema } from './json-schema.mjs';
import { referencePage } from './reference-page.mjs';

const packageRoot = new URL('../', import.meta.url);
const repositoryRoot = new URL('../../', packageRoot);

const files = [
  { url: new URL('schema/v1.json', packageRoot), text: json(jsonSchema()) },
  { url: new URL('asyncapi/v1.json', packageRoot), text: json(await asyncApi(packageRoot)) },
  { url: new URL('docs/protocol.md', repositoryRoot), text: await referencePage(packageRoot) },
  ...(await invalidFixtures()),
];

if (process.argv.includes('--check')) await check();
else await write();

async function invalidFixtures() {
  const messages = Object.entries({ ...MANAGER_MESSAGES, ...WORKER_MESSAGES });
  return Promise.all(
    messages.map(async ([type, schema]) => {
      const valid = JSON.parse(
        await readFile(new URL(`fixtures/v1/valid/${type}.json`, packageRoot), 'utf8'),
      );
      const cases = invalidCases(
        schema,
        valid.map(({ message }) => message),
      );
      return { url: new URL(`fixtures/v1/invalid/${type}.json`, packageRoot), text: jsonLines(cases) };
    }),
  );
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** A JSON array with an item a line, so that a changed case is a changed line. */
function jsonLines(items) {
  return `[\n${items.map((item) => `  ${JSON.stringify(item)}`).join(',\n')}\n]\n`;
}

async function write() {
  for (const { url, text } of files) {
    await mkdir(dirname(fileURLToPath(url)), { recursive: true });
    await writeFile(url, text);
  }
}

async function check() {
  for (const { url, text } of files) {
    const present = await readFile(url, 'utf8').catch(() => null);
    if (present === text) continue;
    const name = relative(fileURLToPath(repositoryRoot), fileURLToPath(url));
    console.error(
      `${name} ${present === null ? 'is missing' : 'has drifted'}: run \`npm run generate\` and commit it`,
    );
    process.exitCode = 1;
  }
}
