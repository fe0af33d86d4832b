/** The words of a worker, as they may stand in an error, a log or an agent's context: a worker may be anyone's. */

const MAX_CHARACTERS = 2_000;
/** Ours has no block of more than a dozen fields, and cuts the longest, two stacks, below this. */
const MAX_FIELDS = 32;
const MAX_FIELD_CHARACTERS = 65_536;

/** Cut where they are long; what steers a terminal, and all else that is no text, is shown as U+FFFD. */
export function showWords(words: string, maxCharacters = MAX_CHARACTERS): string {
  const cut = words.length > maxCharacters ? `${words.slice(0, maxCharacters)}…` : words;
  return cut.replaceAll(NO_TEXT, '\uFFFD');
}

/** Controls but tab and line feed, what turns the direction of writing, and halves of a pair. */
const NO_TEXT =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are meant
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu;

/** The evidence of a block: the words that people and agents read as `showWords` shows them, and no field beyond any honest one. */
export function showEvidence(evidence: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown: [string, unknown][] = [];
  for (const [name, value] of Object.entries(evidence).slice(0, MAX_FIELDS)) {
    if (typeof value === 'string' && READ_FIELDS.includes(name)) shown.push([name, showWords(value)]);
    else if (name.length + JSON.stringify(value).length <= MAX_FIELD_CHARACTERS) shown.push([name, value]);
  }
  return Object.fromEntries(shown);
}
const READ_FIELDS: readonly string[] = ['summary', 'prompt'];
