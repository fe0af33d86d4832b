/** Arbitrary frames: made from the schemas, nearly right; and right ones that were damaged. */
import { readFileSync } from 'node:fs';
import { MANAGER_MESSAGES, WORKER_MESSAGES } from '@sandcrew/protocol';
import fc from 'fast-check';

export interface TextFrame {
  readonly target: 'manager' | 'worker';
  readonly text: string;
}

/** The keywords of JSON Schema that the messages use. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | true;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

const ODD_VALUE = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', [], {}, -1, -0, 0.5, 1e300, 2 ** 53, '\ud800', '\0', '../../x'),
  fc.constantFrom<unknown>('x'.repeat(129), '9'.repeat(400), ['a'], { a: 1 }, 'SIGKILL', 'stdout', 'report'),
  fc.jsonValue({ maxDepth: 3 }),
);
const ODD_KEY = fc.constantFrom('__proto__', 'constructor', 'toString', '', 'a/b~c', 'type', 'taskId');
const WORD = fc.oneof(
  fc.constantFrom('t1', 'app', 'true', '1.0', 'SIGTERM', 'a b'),
  fc.string({ unit: 'binary', maxLength: 12 }),
);

/** A value as the schema has it, now and then as it has it not. */
function anyValueOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 15, arbitrary: rightValueOf(schema) }, { weight: 1, arbitrary: ODD_VALUE });
}

function rightValueOf(schema: Schema): fc.Arbitrary<unknown> {
  const { anyOf, properties, additionalProperties, items, minItems = 0 } = schema;
  if (anyOf !== undefined) return fc.oneof(...anyOf.map(anyValueOf));
  if (schema.const !== undefined) return fc.constant(schema.const);
  switch (schema.type) {
    case 'object':
      return objectOf(properties ?? {}, additionalProperties);
    case 'array':
      return fc.array(anyValueOf(items ?? {}), { minLength: minItems, maxLength: minItems + 3 });
    case 'integer':
      return fc.constantFrom(
        schema.minimum ?? 0,
        (schema.minimum ?? 0) + 1,
        4_242,
        schema.maximum ?? 2 ** 31,
      );
    case 'number':
      return fc.constantFrom(schema.minimum ?? 0, 0.25, 99.5);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return WORD;
  }
}

function objectOf(
  properties: Readonly<Record<string, Schema>>,
  others: Schema | true | undefined,
): fc.Arbitrary<unknown> {
  const fields = Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => [
      key,
      fc.option(anyValueOf(schema), { nil: undefined, freq: 12 }),
    ]),
  );
  const more = fc.dictionary(
    fc.oneof(ODD_KEY, WORD),
    others === undefined || others === true ? ODD_VALUE : anyValueOf(others),
    { maxKeys: 2 },
  );
  return fc
    .tuple(fc.record(fields), others === undefined ? fc.option(more, { freq: 1 }) : more)
    .map(([record, rest]) => {
      // By definition, as JSON.parse makes it: an assignment to __proto__ would be lost.
      for (const [key, value] of Object.entries(rest ?? {}))
        if (!Object.hasOwn(record, key)) Object.defineProperty(record, key, { value, enumerable: true });
      return record;
    });
}

const TABLES = { manager: MANAGER_MESSAGES, worker: WORKER_MESSAGES } as const;

export const structuredFrame: fc.Arbitrary<TextFrame> = fc.oneof(
  ...(['manager', 'worker'] as const).flatMap((target) =>
    Object.values(TABLES[target]).map((schema) =>
      rightValueOf(schema as unknown as Schema).map((message) => ({ target, text: JSON.stringify(message) })),
    ),
  ),
);

/** The valid frames that the protocol publishes, as text. */
export const VALID_FRAMES: readonly TextFrame[] = (['manager', 'worker'] as const).flatMap((target) =>
  Object.keys(TABLES[target]).flatMap((type) =>
    readFixtures(type).map(({ message }) => ({ target, text: JSON.stringify(message) })),
  ),
);

function readFixtures(type: string): { readonly message: unknown }[] {
  const url = new URL(`../../../packages/protocol/fixtures/v1/valid/${type}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

const DAMAGE = fc.record({
  at: fc.nat(600),
  length: fc.nat(30),
  put: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom(
      '"',
      '\\',
      '{',
      '[',
      '}',
      ']',
      ',',
      ':',
      '0',
      '-',
      'null',
      '1e999',
      '\\ud800',
      '"__proto__":',
      '\0',
    ),
  ),
});

export const mutatedFrame: fc.Arbitrary<TextFrame> = fc
  .tuple(fc.constantFrom(...VALID_FRAMES), fc.array(DAMAGE, { minLength: 1, maxLength: 3 }))
  .map(([{ target, text }, damages]) => ({ target, text: damages.reduce(damage, text) }));

function damage(text: string, { at, length, put }: { at: number; length: number; put: string }): string {
  const start = at % (text.length + 1);
  return text.slice(0, start) + put + text.slice(start + length);
}
