/** What is thrown for options that make no sense: a sentence with what was expected, what came and what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
