/** What a row of the map is. */
export interface Requirement {
  /** Where it is asked for: a section of docs/protocol.md, or of the main job. */
  readonly source: string;
  readonly says: string;
  /** The file, without its ending, and the title of the test (of a table: the title of its row). */
  readonly test: readonly [file: string, title: string];
  /** File, what stands there, what stands there instead. */
  readonly mutation: readonly [file: string, from: string, to: string];
}
