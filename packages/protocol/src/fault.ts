/**
 * Finds what is wrong with a value, field by field, and says so in words that are ours and stable. Only for values
 * that are wrong: whether one is, the compiled validators tell much faster.
 */
import type { TSchema } from 'typebox';
import { describeValue } from './refusal.js';
import { describeRules, isOfKind, type Rules } from './rules.js';

export interface Fault {
  /** JSON Pointer of the field at fault; empty for the whole value. */
  readonly path: string;
  /** What was expected there and what came. */
  readonly message: string;
}

/** The first fault of `value` in the order of the schema's fields, or null where it is valid. */
export function findFault(schema: TSchema, value: unknown): Fault | null {
  return faultAt('', schema, value);
}

/** The fault of a field that holds something else than expected. */
export function mismatch(path: string, expected: string, got: unknown): Fault {
  return { path, message: `expected ${expected}, got ${describeValue(got)}` };
}

function faultAt(path: string, rules: Rules, value: unknown): Fault | null {
  if (rules.anyOf !== undefined) return faultInUnion(path, rules, rules.anyOf, value);
  if (!isOfKind(rules, value)) return mismatch(path, describeRules(rules), value);
  if (Array.isArray(value)) return faultInItems(path, rules, value);
  if (rules.type === 'object') return faultInFields(path, rules, value as Record<string, unknown>);
  return null;
}

function faultInUnion(path: string, union: Rules, branches: readonly Rules[], value: unknown): Fault | null {
  if (branches.some((branch) => faultAt(path, branch, value) === null)) return null;
  // An object or array was meant for the branch of its kind, and the fault lies somewhere inside.
  const meant = branches.find((branch) => isContainer(branch) && isOfKind(branch, value));
  return meant === undefined ? mismatch(path, describeRules(union), value) : faultAt(path, meant, value);
}

function faultInItems(path: string, rules: Rules, items: readonly unknown[]): Fault | null {
  if (rules.items === undefined) return null;
  for (const [index, item] of items.entries()) {
    const fault = faultAt(`${path}/${index}`, rules.items, item);
    if (fault !== null) return fault;
  }
  return null;
}

function faultInFields(path: string, rules: Rules, value: Readonly<Record<string, unknown>>): Fault | null {
  for (const [key, field] of Object.entries(rules.properties ?? {})) {
    if (value[key] === undefined && !rules.required?.includes(key)) continue;
    const fault = faultAt(`${path}/${key}`, field, value[key]);
    if (fault !== null) return fault;
  }
  return typeof rules.additionalProperties === 'object'
    ? faultInMap(path, rules.additionalProperties, value)
    : null;
}

const MAX_KEY_CHARACTERS = 64;

/** A map's keys are the sender's choice: one that is too long to be shown leaves the path at the map. */
function faultInMap(path: string, rules: Rules, map: Readonly<Record<string, unknown>>): Fault | null {
  for (const [key, value] of Object.entries(map)) {
    const keyPath = key.length > MAX_KEY_CHARACTERS ? path : `${path}/${escapePointer(key)}`;
    const fault = faultAt(keyPath, rules, value);
    if (fault !== null) return fault;
  }
  return null;
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isContainer(rules: Rules): boolean {
  return rules.type === 'object' || rules.type === 'array';
}
