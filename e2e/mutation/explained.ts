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

export const EXPLAINED: readonly Explained[] = [];
