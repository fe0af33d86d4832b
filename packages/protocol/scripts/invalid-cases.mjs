/**
 * Breaks each field of a message in each way that its schema forbids: left out, of another type, out of range.
 * It reads the schema alone, so that the decoder is held against something that is not the decoder.
 */

/**
 * Cases of `{ name, text, code, path, taskId }`, the last where the refusal can bear it, made from the shortest of
 * `messages` that holds the field to be broken.
 */
export function invalidCases(schema, messages) {
  const shortestFirst = messages.toSorted((one, other) => json(one).length - json(other).length);
  return fieldsOf(schema, [])
    .filter(({ keys }) => pointer(keys) !== '/type') // another type is another message: frames.json breaks that
    .flatMap((place) => {
      const message = shortestFirst.find((candidate) => valueAt(candidate, place.keys) !== undefined);
      if (message === undefined) throw new Error(`no valid fixture holds ${pointer(place.keys)}`);
      return breaks(place).map(({ how, value }) =>
        invalidCase(how, place.keys, withValue(message, place.keys, value)),
      );
    });
}

function invalidCase(how, keys, message) {
  const path = pointer(keys);
  const taskId = path === '/taskId' ? undefined : message.taskId;
  return { name: `${path}: ${how}`, text: json(message), code: 'invalid_message', path, taskId };
}

/** Every place of a schema, depth first: fields, the first item of a list, what the branches of a union hold. */
function fieldsOf(schema, keys) {
  const fields = Object.entries(schema.properties ?? {}).flatMap(([key, field]) => [
    { keys: [...keys, key], field, required: schema.required?.includes(key) ?? false },
    ...fieldsOf(field, [...keys, key]),
  ]);
  const items = schema.items
    ? [{ keys: [...keys, 0], field: schema.items, required: false }, ...fieldsOf(schema.items, [...keys, 0])]
    : [];
  const branches = (schema.anyOf ?? []).flatMap((branch) => fieldsOf(branch, keys));
  return [...fields, ...items, ...branches];
}

const SAMPLES = { null: null, boolean: true, number: 7, string: 'sample', array: [], object: {} };
const TEXTS = [
  '',
  ' ',
  'no such word',
  '../../x',
  'a b',
  'UPPER',
  '\u0000',
  'task\n',
  'ä',
  '1'.repeat(129),
  '\ud800',
];

/** Values that a place forbids, each with how it is broken; undefined is none at all. */
function breaks({ field, required }) {
  const branches = branchesOf(field);
  const allowed = new Set(branches.map(kindOf));
  const others = Object.entries(SAMPLES).filter(([kind]) => !allowed.has(kind));
  return [
    ...(required ? [{ how: 'missing', value: undefined }] : []),
    ...others.map(([kind, value]) => ({ how: `of type ${kind}`, value })),
    ...branches.filter((branch) => branch.const === undefined).flatMap(outOfRange),
    ...(branches.some((branch) => branch.const !== undefined)
      ? [
          { how: 'another word', value: 'no such word' },
          { how: 'no word', value: '' },
        ]
      : []),
  ];
}

/** What a field may be, with unions inside unions laid flat. */
function branchesOf(field) {
  return field.anyOf?.flatMap(branchesOf) ?? [field];
}

function kindOf({ type }) {
  return type === 'integer' ? 'number' : type;
}

function outOfRange(field) {
  const values = [];
  const add = (how, value) => values.push({ how, value });
  if (field.type === 'integer') add('not whole', 0.5);
  if (field.minimum !== undefined) add('below the minimum', field.minimum - 1);
  if (field.exclusiveMinimum !== undefined) add('at the exclusive minimum', field.exclusiveMinimum);
  if (field.maximum !== undefined) add('above the maximum', field.maximum + 1);
  if (field.minLength) add('too short', '');
  if (field.maxLength !== undefined) add('too long', 'x'.repeat(field.maxLength + 1));
  if (field.minItems) add('too few', Array(field.minItems - 1).fill(0));
  if (field.maxItems !== undefined) add('too many', Array(field.maxItems + 1).fill(0));
  const pattern = new RegExp(field.pattern ?? '', 'u');
  for (const text of TEXTS.filter((candidate) => !pattern.test(candidate)))
    add(`not like its pattern: ${json(text.slice(0, 12))}`, text);
  return values;
}

function valueAt(value, keys) {
  return keys.reduce((found, key) => (typeof found === 'object' ? found?.[key] : undefined), value);
}

const json = JSON.stringify;

/** A copy of `value` with another one at `keys`; undefined leaves it out. */
function withValue(value, [key, ...rest], replacement) {
  if (key === undefined) return replacement;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[key] = withValue(copy[key], rest, replacement);
  return copy;
}

function pointer(keys) {
  return keys.map((key) => `/${key}`).join('');
}
