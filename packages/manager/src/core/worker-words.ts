/** The words of a worker, as they may stand in an error or a log: a worker may be anyone's. */

const MAX_CHARACTERS = 2_000;

/** Cut where they are long; what steers a terminal, and all else that is no text, is shown as U+FFFD. */
export function showWords(words: string, maxCharacters = MAX_CHARACTERS): string {
  const cut = words.length > maxCharacters ? `${words.slice(0, maxCharacters)}…` : words;
  return cut.replaceAll(NO_TEXT, '\uFFFD');
}

/** Controls but tab and line feed, what turns the direction of writing, and halves of a pair. */
const NO_TEXT =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are meant
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu;
