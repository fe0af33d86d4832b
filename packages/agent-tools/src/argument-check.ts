/** Judges a tool's arguments by its schema, and names each one at fault: what was expected and what came. */
import type { Static, TObject } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { toolError } from './tool-error.js';

const MAX_SHOWN_CHARACTERS = 80;
const MAX_FAULTS = 8;

/** @returns a function that gives the arguments back. It throws a ToolError INVALID_ARGUMENTS that names all that is wrong. */
export function compileCheck<Schema extends TObject>(schema: Schema): (given: unknown) => Static<Schema> {
  const validator = Compile(schema);
  const known = Object.keys(schema.properties);
  return (given) => {
    const value = given ?? {};
    if (validator.Check(value)) return value as Static<Schema>;
    const faults = sentencesOf([...validator.Errors(value)], value, known);
    throw toolError('INVALID_ARGUMENTS', `${faults.slice(0, MAX_FAULTS).join('; ')}.`);
  };
}

function sentencesOf(
  errors: readonly TLocalizedValidationError[],
  value: unknown,
  known: readonly string[],
): string[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf');
  const isBranch = (error: TLocalizedValidationError) =>
    unions.find((union) => error.schemaPath.startsWith(`${union.schemaPath}/anyOf/`));
  // Where other fields may come and one does not fit, it is not unknown.
  const isUnknown = (pointer: string, name: string) =>
    errors.some(
      ({ keyword, instancePath }) => keyword === 'boolean' && instancePath === `${pointer}/${name}`,
    );
  return errors.flatMap((error): string[] => {
    const where = nameOf(error.instancePath);
    switch (error.keyword) {
      case 'required':
        return error.params.requiredProperties
          .filter((name) => !hasField(value, error.instancePath, name))
          .map((name) => `${nameOf(`${error.instancePath}/${name}`)}: expected a value, got nothing`);
      case 'additionalProperties':
        return error.params.additionalProperties
          .filter((name) => isUnknown(error.instancePath, name))
          .map(
            (name) =>
              `${nameOf(`${error.instancePath}/${name}`)}: unknown; expected one of ${known.join(', ')}`,
          );
      case 'boolean':
        return []; // told by the additionalProperties beside it
      case 'anyOf': {
        const branches = errors.filter((other) => isBranch(other) === error);
        if (branches.some(({ instancePath }) => instancePath !== error.instancePath)) return [];
        const types = branches.flatMap((branch) => (branch.keyword === 'type' ? [branch.params.type] : []));
        return [
          `${where}: must be ${types.join(' or ')}, got ${showValue(valueAt(value, error.instancePath))}`,
        ];
      }
      default: {
        // Of a union's branches, the one that went deepest is the one that was meant.
        if (isBranch(error)?.instancePath === error.instancePath) return [];
        const wanted =
          error.keyword === 'enum'
            ? `must be one of ${error.params.allowedValues.join(', ')}`
            : error.message;
        return [`${where}: ${wanted}, got ${showValue(valueAt(value, error.instancePath))}`];
      }
    }
  });
}

/** A JSON pointer as its caller writes the field: `env.A`, `command[1]`. */
function nameOf(pointer: string): string {
  const keys = pointer.split('/').slice(1).map(unescapeKey);
  if (keys.length === 0) return 'the arguments';
  return keys
    .map((key, depth) => (/^\d+$/.test(key) ? `[${key}]` : `${depth === 0 ? '' : '.'}${key}`))
    .join('');
}

function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map(unescapeKey)
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
      value,
    );
}

function hasField(value: unknown, pointer: string, name: string): boolean {
  const owner = valueAt(value, pointer);
  return typeof owner === 'object' && owner !== null && Object.hasOwn(owner, name);
}

function unescapeKey(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}

function showValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
}
