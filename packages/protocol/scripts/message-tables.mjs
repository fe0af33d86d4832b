/** A section of the reference page for each message: its meaning, what answers it, and a row for each field. */
import { linkToWords } from './word-tables.mjs';

export function messageSections(messages) {
  return Object.entries(messages).map(messageSection).join('\n\n');
}

function messageSection([type, schema]) {
  const answer = schema.answeredBy === undefined ? '' : `\n\nAnswered by: ${schema.answeredBy}.`;
  const rows = fieldRows(schema, '').filter(({ name }) => name !== 'type');
  return [
    `### \`${type}\``,
    '',
    `${schema.description}${answer}`,
    '',
    '| field | type | required | meaning |',
    '|---|---|---|---|',
    ...rows.map(
      ({ name, type: kind, required, meaning }) => `| \`${name}\` | ${kind} | ${required} | ${meaning} |`,
    ),
  ].join('\n');
}

function fieldRows(schema, prefix) {
  const properties = Object.entries(schema.properties ?? {});
  const isMapOfOne =
    properties.length > 4 && properties.every(([, field]) => sameShape(field, properties[0][1]));
  const shown = isMapOfOne ? [['*', properties[0][1]]] : properties;
  return shown.flatMap(([key, field]) => {
    const name = `${prefix}${key}`;
    const required = schema.required?.includes(key) ? 'yes' : 'no';
    return [{ name, type: typeText(field), required, meaning: field.description }, ...innerRows(field, name)];
  });
}

/** The fields that stand inside a field: of an object, of a list's items, of the object form of a union. */
function innerRows(field, name) {
  if (field.type === 'array') return innerRows(field.items, `${name}[]`);
  if (field.anyOf !== undefined) return field.anyOf.flatMap((branch) => innerRows(branch, name));
  return fieldRows(field, `${name}.`);
}

function sameShape(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

function typeText(field) {
  if (field.anyOf !== undefined) return unionText(field);
  switch (field.type) {
    case 'array':
      return `array of ${typeText(field.items)}${field.maxItems === undefined ? '' : `, ${field.maxItems} items`}`;
    case 'object':
      return field.properties && Object.keys(field.properties).length > 0 ? 'object' : 'object of strings';
    case 'string':
      return stringText(field);
    case 'integer':
      return `integer${rangeText(field)}`;
    case 'number':
      return `number${rangeText(field)}`;
    default:
      return field.type;
  }
}

function unionText(field) {
  const link = linkToWords(field);
  if (link !== null) return link;
  return field.anyOf
    .map((branch) => (branch.const === undefined ? typeText(branch) : wordText(branch)))
    .join(' or ');
}

function wordText({ const: word, description }) {
  return description === undefined ? `\`"${word}"\`` : `\`"${word}"\` (${description.replace(/\.$/, '')})`;
}

function stringText({ pattern, minLength, maxLength }) {
  if (pattern !== undefined) return `string \`${pattern}\``;
  if (maxLength === undefined) return 'string';
  return `string, ${minLength ?? 0} to ${maxLength} code points`;
}

function rangeText({ minimum, exclusiveMinimum, maximum }) {
  if (exclusiveMinimum !== undefined) return ` > ${exclusiveMinimum}`;
  if (minimum === undefined) return '';
  if (maximum === Number.MAX_SAFE_INTEGER) return `, ${minimum} to 2^53 - 1`;
  return maximum === undefined ? ` >= ${minimum}` : `, ${minimum} to ${maximum}`;
}
