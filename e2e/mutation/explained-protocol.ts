/** Of the protocol. */
import type { Explained } from './explanation.js';

const QUICK_LOOK =
  'It only decides whether the depth is measured at all: where it says yes too often, the same answer comes later.';
const QUICK_PICK =
  'It only spares a copy: where it says no, the declared fields are copied one by one, and are the same.';
const OPENED_BEFORE = 'A string never closes at the first character: it opens before.';

export const PROTOCOL_EXPLAINED: readonly Explained[] = [
  {
    file: 'packages/protocol/src/binary-frame.ts',
    line: 'for (let i = 0; i < taskId.length; i++) head[HEADER_BYTES + i] = taskId.charCodeAt(i); // the pattern is ASCII',
    edits: ['< → <='],
    why: 'What is written behind the end of a Uint8Array is dropped.',
  },
  {
    file: 'packages/protocol/src/binary-frame.ts',
    line: 'if (frame.length < HEADER_BYTES) return refuse(`a header of ${HEADER_BYTES} bytes`, `${frame.length}`);',
    edits: ['< → <='],
    why: 'A frame that is a header alone has no id, and is refused for that.',
  },
  {
    file: 'packages/protocol/src/codec.ts',
    line: 'if (this.#last?.type !== type) this.#last = this.#byType.get(type);',
    edits: ['this.#last?.type !== type → true'],
    why: 'It spares a look-up, which gives the same.',
  },
  {
    file: 'packages/protocol/src/declared-fields.ts',
    line: 'const isDeclaredWhole = (value: Fields): boolean => {',
    edits: ['{ for (const key of looked) if (key in value) return false; … → {}'],
    why: QUICK_PICK,
  },
  {
    file: 'packages/protocol/src/declared-fields.ts',
    line: 'const known = required.filter((key) => !looked.includes(key)).length;',
    edits: ['.filter((key) => !looked.includes(key)) → nothing', '! → nothing'],
    why: QUICK_PICK,
  },
  {
    file: 'packages/protocol/src/declared-fields.ts',
    line: 'const looked = keys.filter((key) => pickers.get(key) !== null);',
    edits: ['.filter((key) => pickers.get(key) !== null) → nothing', '!== → ==='],
    why: QUICK_PICK,
  },
  {
    file: 'packages/protocol/src/declared-fields.ts',
    line: 'const optional = keys.filter((key) => pickers.get(key) === null && !required.includes(key));',
    edits: ['=== → !=='],
    why: QUICK_PICK,
  },
  {
    file: 'packages/protocol/src/declared-fields.ts',
    line: 'for (const _ in value) declared--;',
    edits: ['-- → ++'],
    why: QUICK_PICK,
  },
  {
    file: 'packages/protocol/src/declared-fields.ts',
    line: 'for (const key of looked) if (key in value) return false;',
    edits: ['key in value → true', 'key in value → false'],
    why: QUICK_PICK,
  },
  {
    file: 'packages/protocol/src/declared-fields.ts',
    line: 'for (const key of optional) if (key in value) declared++;',
    edits: ['key in value → false', '++ → --'],
    why: QUICK_PICK,
  },
  {
    file: 'packages/protocol/src/declared-fields.ts',
    line: "if (type === 'array' && items !== undefined) return pickItems(items);",
    edits: ['&& → ||'],
    why: 'No schema has items that is no array, and no array without items.',
  },
  {
    file: 'packages/protocol/src/declared-fields.ts',
    line: 'return (value) => (isDeclaredWhole(value as Fields) ? value : pickEach(pickers, value as Fields));',
    edits: ['isDeclaredWhole(value) → false'],
    why: QUICK_PICK,
  },
  {
    file: 'packages/protocol/src/fault.ts',
    line: 'if (rules.items === undefined) return null;',
    edits: ['rules.items === undefined → false'],
    why: 'No array of the schemas is without its items.',
  },
  {
    file: 'packages/protocol/src/fault.ts',
    line: "if (rules.type === 'object') return faultInFields(path, rules, value as Record<string, unknown>);",
    edits: ["rules.type === 'object' → true"],
    why: 'What is no object declares no fields: none is found at fault.',
  },
  {
    file: 'packages/protocol/src/json-depth.ts',
    line: 'for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {',
    edits: ['+ → -'],
    why: 'The same bracket is counted again and again. It only decides whether the depth is measured at all: where it says yes too often, the same answer comes later.',
  },
  {
    file: 'packages/protocol/src/json-depth.ts',
    line: 'for (let i = 0; i < text.length; i++) {',
    edits: ['< → <='],
    why: 'Behind its end a text has no character that means anything.',
  },
  {
    file: 'packages/protocol/src/json-depth.ts',
    line: "if (!hasMoreThan(half, '{', text) && !hasMoreThan(half, '[', text)) return false;",
    edits: ["!hasMoreThan(half, '{', text) && !hasMoreThan(half, '[', tex… → false", "'{' → ''", "'[' → ''"],
    why: QUICK_LOOK,
  },
  {
    file: 'packages/protocol/src/json-depth.ts',
    line: 'if (count > max) return true;',
    edits: ['> → >=', 'count > max → true', '> → <='],
    why: QUICK_LOOK,
  },
  {
    file: 'packages/protocol/src/json-depth.ts',
    line: 'if (i < 0) return false; // the string never ends, so nothing opens behind it',
    edits: ['< → <='],
    why: OPENED_BEFORE,
  },
  {
    file: 'packages/protocol/src/json-depth.ts',
    line: 'return false;',
    edits: ['false → true'],
    why: QUICK_LOOK,
  },
  {
    file: 'packages/protocol/src/json-depth.ts',
    line: "while (quote >= 0 && isEscaped(text, quote)) quote = text.indexOf('\"', quote + 1);",
    edits: ['>= → >'],
    why: OPENED_BEFORE,
  },
  {
    file: 'packages/protocol/src/refusal.ts',
    line: 'if (text.length <= MAX_SHOWN_CHARACTERS) {',
    edits: ['text.length <= MAX_SHOWN_CHARACTERS → true', '<= → <'],
    why: 'With its quotes it is longer still, and is judged by that: this spares the work for a long one.',
  },
];
