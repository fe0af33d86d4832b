/** asyncapi/v1.json is an AsyncAPI document, and holds every message that the schemas hold. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { MANAGER_MESSAGES, WORKER_MESSAGES } from '#src/index.js';

interface AsyncApi {
  readonly operations: Readonly<
    Record<'receive' | 'send', { readonly messages: readonly { readonly $ref: string }[] }>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

const DOCUMENT = JSON.parse(
  readFileSync(new URL('../asyncapi/v1.json', import.meta.url), 'utf8'),
) as AsyncApi;
const JSON_SCHEMA = JSON.parse(readFileSync(new URL('../schema/v1.json', import.meta.url), 'utf8')) as {
  readonly $defs: Readonly<Record<string, { readonly description?: string }>>;
};

test('it keeps the schema of AsyncAPI 3', () => {
  const specification = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0.json') as object;
  // It brings the schema of draft 7 itself.
  const ajv = new Ajv({ meta: false, strict: false, validateSchema: false, validateFormats: false });
  const isValid = ajv.compile(specification);
  expect(isValid(DOCUMENT) ? [] : isValid.errors).toEqual([]);
});

test.each([
  ['receive', Object.keys(MANAGER_MESSAGES)],
  ['send', [...Object.keys(WORKER_MESSAGES), 'output_frame']],
] as const)('a worker’s %s operation names each of its messages', (operation, types) => {
  const named = DOCUMENT.operations[operation].messages.map(({ $ref }) => $ref.split('/').at(-1));
  expect(named).toEqual(types);
});

test('its payloads are those of schema/v1.json', () => {
  for (const type of [...Object.keys(MANAGER_MESSAGES), ...Object.keys(WORKER_MESSAGES)]) {
    const { description: _, ...payload } = DOCUMENT.components.schemas[type] as { description: string };
    const { description: __, ...definition } = JSON_SCHEMA.$defs[type] ?? {};
    expect({ [type]: payload }).toEqual({ [type]: definition });
  }
});

test('every reference in it leads somewhere', () => {
  const references = [...JSON.stringify(DOCUMENT).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
    ([, path]) => path ?? '',
  );
  const broken = references.filter(
    (path) =>
      path.split('/').reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], DOCUMENT) ===
      undefined,
  );
  expect(references.length).toBeGreaterThan(50);
  expect(broken).toEqual([]);
});
