/** The schemas as documentation and as JSON Schema, and the files that are made from them. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Compile } from 'typebox/schema';
import { MANAGER_MESSAGES, WORKER_MESSAGES } from '#src/index.js';
import { decode, invalidFrames, PACKAGE_ROOT, TYPES, validFrames, validMessages } from './fixtures.js';

interface Node {
  readonly answeredBy?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly additionalProperties?: Node | true;
}

/** Every named field of a schema with its path, at any depth. */
function fieldsOf(node: Node, path: string): [path: string, field: Node][] {
  const named = Object.entries(node.properties ?? {}).map(
    ([key, field]) => [`${path}.${key}`, field] as const,
  );
  const map =
    typeof node.additionalProperties === 'object' ? [[`${path}.*`, node.additionalProperties] as const] : [];
  return [
    ...[...named, ...map].flatMap(([name, field]): [string, Node][] => [
      [name, field],
      ...fieldsOf(field, name),
    ]),
    ...(node.anyOf ?? []).flatMap((branch) => fieldsOf(branch, path)),
    ...(node.items === undefined ? [] : fieldsOf(node.items, `${path}[]`)),
  ];
}

const managerMessages: [type: string, schema: Node][] = Object.entries(MANAGER_MESSAGES as object);
const workerMessages: [type: string, schema: Node][] = Object.entries(WORKER_MESSAGES as object);
const messages = [...managerMessages, ...workerMessages];

describe('the schemas', () => {
  test('describe every field', () => {
    const silent = messages
      .flatMap(([type, schema]) => fieldsOf(schema, type))
      .filter(([, field]) => field.const === undefined && !/^[A-Z`].*\.$/s.test(field.description ?? ''));
    expect(silent.map(([path]) => path)).toEqual([]);
  });

  test('say the unit of every field that has one in its name', () => {
    const units = { Ms: /milliseconds/i, Bytes: /bytes/i };
    for (const [unit, words] of Object.entries(units)) {
      const fields = messages.flatMap(([type, schema]) => fieldsOf(schema, type));
      const unsaid = fields.filter(
        ([path, field]) => path.endsWith(unit) && !words.test(field.description ?? ''),
      );
      expect(unsaid.map(([path]) => path)).toEqual([]);
    }
  });

  test('describe every message, and what answers each of a manager’s', () => {
    for (const [, schema] of messages) expect(schema.description).toMatch(/\.$/);
    for (const [, schema] of managerMessages) expect(schema.answeredBy).toMatch(/[^.]$/);
  });

  test('have each field, also the optional ones, in a valid fixture', () => {
    const has = (value: unknown, [key, ...rest]: string[]): boolean => {
      if (key === undefined) return true;
      if (typeof value !== 'object' || value === null) return false;
      if (key === '*') return Object.values(value).some((item) => has(item, rest));
      return Object.hasOwn(value, key) && has((value as Record<string, unknown>)[key], rest);
    };
    for (const [type, schema] of messages) {
      const given = validMessages(type).map(({ message }) => message);
      const absent = fieldsOf(schema, '')
        .map(([path]) => path.slice(1).replaceAll('[]', '.*').split('.'))
        .filter((keys) => !given.some((message) => has(message, keys)));
      expect({ type, absent }).toEqual({ type, absent: [] });
    }
  });
});

describe('schema/v1.json', () => {
  const schema = JSON.parse(readFileSync(new URL('schema/v1.json', PACKAGE_ROOT), 'utf8'));
  const validator = Compile(schema);
  const sides = {
    manager: Compile({ ...schema, oneOf: [{ $ref: '#/$defs/managerMessage' }] }),
    worker: Compile({ ...schema, oneOf: [{ $ref: '#/$defs/workerMessage' }] }),
  };

  test('has a definition for each message, and no keyword that a strict validator does not know', () => {
    const types = TYPES.map(([type]) => type);
    expect(Object.keys(schema.$defs)).toEqual(['managerMessage', 'workerMessage', ...types]);
    expect(JSON.stringify(schema)).not.toContain('answeredBy');
  });

  test('accepts the valid frames', () => {
    for (const { name, from, text } of validFrames()) {
      const value: unknown = JSON.parse(text);
      expect({ name, whole: validator.Check(value), side: sides[from].Check(value) }).toEqual({
        name,
        whole: true,
        side: true,
      });
    }
  });

  test('refuses what the decoders refuse, but for base64, which it cannot tell', () => {
    const accepted = invalidFrames()
      .filter(({ code }) => code !== 'invalid_json')
      .filter(({ from, text }) => sides[from].Check(JSON.parse(text)));
    expect(accepted.length).toBeGreaterThan(0);
    for (const { name, from, text } of accepted) {
      expect({ name, encoding: JSON.parse(text).encoding }).toEqual({ name, encoding: 'base64' });
      expect(decode(from, text).ok).toBe(false);
    }
  });
});

test('the generated files are those that the sources make', async () => {
  const script = fileURLToPath(new URL('scripts/generate.mjs', PACKAGE_ROOT));
  const { stderr } = await promisify(execFile)(process.execPath, [script, '--check']);
  expect(stderr).toBe('');
});
