/**
 * Cuts a valid message down to what its schema declares: receivers ignore unknown fields, senders do not send them.
 * It takes the value's validity for granted.
 */
import type { TSchema } from 'typebox';

/** Gives back what of a valid value is declared, as a copy where it holds anything to leave out. */
export type Picker = (value: unknown) => unknown;

/** Makes the picker of a message. Once per schema: this walks it, so that the picker need not. */
export function compilePicker(schema: TSchema): Picker {
  return pickerOf(schema) ?? ((value) => value);
}

interface Shape {
  readonly type?: string;
  readonly anyOf?: readonly TSchema[];
  readonly items?: TSchema;
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
}
type Fields = Record<string, unknown>;

/** Null where every valid value is declared whole. */
function pickerOf(schema: TSchema): Picker | null {
  const { type, anyOf, items, properties = {}, required = [], additionalProperties } = schema as Shape;
  if (anyOf !== undefined) return pickObjectBranch(anyOf);
  if (type === 'array' && items !== undefined) return pickItems(items);
  if (type !== 'object') return null;
  return additionalProperties === undefined ? pickFields(properties, required) : copyMap;
}

function pickObjectBranch(branches: readonly TSchema[]): Picker | null {
  const branch = branches.find((candidate) => (candidate as Shape).type === 'object');
  const pick = branch === undefined ? null : pickerOf(branch);
  return pick && ((value) => (typeof value === 'object' ? pick(value) : value));
}

function pickItems(items: TSchema): Picker | null {
  const pick = pickerOf(items);
  return pick && ((value) => (value as unknown[]).map(pick));
}

function pickFields(properties: Readonly<Record<string, TSchema>>, required: readonly string[]): Picker {
  const pickers = new Map(Object.entries(properties).map(([key, schema]) => [key, pickerOf(schema)]));
  const keys = [...pickers.keys()];
  const looked = keys.filter((key) => pickers.get(key) !== null);
  const optional = keys.filter((key) => pickers.get(key) === null && !required.includes(key));
  const known = required.filter((key) => !looked.includes(key)).length;

  // Nothing to leave out and nothing to look into: so it is with every chunk of output. A count tells, as what is required is there.
  const isDeclaredWhole = (value: Fields): boolean => {
    for (const key of looked) if (key in value) return false;
    let declared = known;
    for (const key of optional) if (key in value) declared++;
    for (const _ in value) declared--;
    return declared === 0;
  };
  return (value) => (isDeclaredWhole(value as Fields) ? value : pickEach(pickers, value as Fields));
}

function pickEach(pickers: ReadonlyMap<string, Picker | null>, value: Fields): Fields {
  const declared: Fields = {};
  for (const [key, pick] of pickers) {
    const field = value[key];
    if (field !== undefined) declared[key] = pick === null ? field : pick(field);
  }
  return declared;
}

/** A map's keys are the sender's choice. Without a prototype `__proto__` is a key like any other. */
function copyMap(value: unknown): Fields {
  return Object.assign(Object.create(null), value);
}
