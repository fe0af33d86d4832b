/** What the program exits with. */
export const EXIT = {
  conforms: 0,
  /** At least one check failed. */
  breaks: 1,
  usage: 2,
  /** What is to be checked could not be reached or started, so that nothing is known of it. */
  unreachable: 3,
  interrupted: 130,
  /** Nobody reads the report any more. */
  unread: 141,
} as const;

/** Ends the program with a sentence and a status. */
export class Failure extends Error {
  readonly status: number;

  constructor(sentence: string, { status, cause }: { readonly status: number; readonly cause?: unknown }) {
    super(sentence, { cause });
    this.name = 'Failure';
    this.status = status;
  }
}
