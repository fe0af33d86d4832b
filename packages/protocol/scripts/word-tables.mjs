/** The long lists of words that fields take, once each, and the links to them from the fields. */
import {
  BlockAction,
  BlockReason,
  Containment,
  ProtocolError,
  SignalName,
  TaskError,
} from '../dist/index.js';

const LISTS = [
  { title: 'Codes of `task_error`', field: TaskError.properties.code },
  { title: 'Details of `task_error`', field: TaskError.properties.detail },
  { title: 'Codes of `protocol_error`', field: ProtocolError.properties.code },
  { title: 'Block reasons', field: BlockReason },
  { title: 'Block actions', field: BlockAction },
  { title: 'Containment', field: Containment },
  { title: 'Signals', field: SignalName },
];

export function wordSections() {
  return LISTS.map(({ title, field }) => `### ${title}\n\n${wordList(field.anyOf)}`).join('\n\n');
}

/** A link to the list that `field` takes its words from, or null where it has none. */
export function linkToWords(field) {
  const list = LISTS.find((candidate) => sameWords(candidate.field, field));
  if (list === undefined) return null;
  const anchor = list.title
    .toLowerCase()
    .replace(/[^a-z_ ]/g, '')
    .replaceAll(' ', '-');
  return `[one of ${list.field.anyOf.length}](#${anchor})`;
}

function sameWords(one, other) {
  return words(one) === words(other);
}

function words(field) {
  return field.anyOf.map((branch) => branch.const).join();
}

function wordList(branches) {
  if (branches.every(({ description }) => description === undefined)) {
    return `${branches.map(({ const: word }) => `\`${word}\``).join(', ')}.`;
  }
  const rows = branches.map(({ const: word, description }) => `| \`${word}\` | ${description} |`);
  return ['| word | meaning |', '|---|---|', ...rows].join('\n');
}
