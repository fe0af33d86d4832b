/** Reads what a token file says. Whether the file is one, and whose, is for others to see; its content is never repeated. */

/** A file of tokens is small; what is larger is another file. */
export const MAX_TOKEN_FILE_BYTES = 65_536;

const MIN_TOKEN_CHARACTERS = 32;
const MAX_TOKEN_CHARACTERS = 512;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}:/;

/** The token of the first line `[NAME:]TOKEN`, or what was expected and came. Empty lines and `#` comments do not count. */
export function decodeTokenFile(text: string): { readonly token: string } | { readonly fault: string } {
  const line = text
    .replace(/^\ufeff/, '')
    .split('\n')
    .map((each) => each.trim())
    .find((each) => each !== '' && !each.startsWith('#'));
  if (line === undefined) return { fault: 'expected a line [NAME:]TOKEN, got none' };
  const token = line.replace(NAME, '');
  const isVisible = /^[\x21-\x7e]*$/.test(token);
  if (isVisible && token.length >= MIN_TOKEN_CHARACTERS && token.length <= MAX_TOKEN_CHARACTERS)
    return { token };
  const got = isVisible ? `${token.length}` : 'characters that are not';
  return {
    fault: `expected a first line [NAME:]TOKEN whose token is ${MIN_TOKEN_CHARACTERS} to ${MAX_TOKEN_CHARACTERS} visible ASCII characters, got ${got}`,
  };
}
