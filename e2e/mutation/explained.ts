/** Mutants that no test can kill, each with the reason: they do what the code does, or differ in nothing that is promised. */
export interface Explained {
  /** TypeScript, from the root. */
  readonly file: string;
  /** The line as it stands there, without its indentation. */
  readonly line: string;
  /** What is replaced, and by what, as the report shows them. */
  readonly edits: readonly string[];
  readonly why: string;
}

const QUICK_LOOK =
  'It only decides whether the depth is measured at all: where it says yes too often, the same answer comes later.';
const QUICK_PICK =
  'It only spares a copy: where it says no, the declared fields are copied one by one, and are the same.';

export const EXPLAINED: readonly Explained[] = [
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
    line: 'for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {',
    edits: ['+ → -'],
    why: `The same bracket is counted again and again. ${QUICK_LOOK}`,
  },
  {
    file: 'packages/protocol/src/declared-fields.ts',
    line: 'return (value) => (isDeclaredWhole(pickers, value as Fields) ? value : pickEach(pickers, value as Fields));',
    edits: ['isDeclaredWhole(pickers, value) → false'],
    why: QUICK_PICK,
  },
  {
    file: 'packages/protocol/src/declared-fields.ts',
    line: 'for (const key in value) if (pickers.get(key) !== null) return false;',
    edits: ['pickers.get(key) !== null → true'],
    why: QUICK_PICK,
  },
  {
    file: 'packages/executor/src/core/doer.ts',
    line: "return isSandbox && (step.command !== undefined || confidence >= MIN_CONFIDENCE) ? 'sandbox' : 'handler';",
    edits: ['>= → >'],
    why: 'No confidence is the least that is enough: they are 0.3, 0.6, 0.8, 0.9, 0.95 and 1, and that is 0.5.',
  },
];
