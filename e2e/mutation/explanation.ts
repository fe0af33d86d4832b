/** A mutant that no test can kill, and why: it does what the code does, or differs in nothing that is promised. */
export interface Explained {
  /** TypeScript, from the root. */
  readonly file: string;
  /** The line as it stands there, without its indentation. */
  readonly line: string;
  /** What is replaced, and by what, as the report shows them. */
  readonly edits: readonly string[];
  readonly why: string;
}
