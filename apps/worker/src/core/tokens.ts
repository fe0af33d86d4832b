/** Reads what a token file says. Whether its mode and owner are right is for others to see. */

export interface NamedToken {
  readonly name: string;
  readonly token: string;
}

/** 32 random bytes take 43 characters of base64url or 64 of hex; what is shorter can be guessed sooner. */
const MIN_TOKEN_CHARACTERS = 32;

/** The tokens of a file of `[NAME:]TOKEN` lines; NAME is `default` where left out. Faults name the line, never the token. */
export function readTokens(text: string): { tokens: NamedToken[]; faults: string[] } {
  const tokens: NamedToken[] = [];
  const faults: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const name = colon < 0 ? 'default' : line.slice(0, colon);
    const token = line.slice(colon + 1);
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
      faults.push(`line ${index + 1}: expected a NAME of letters, digits, ".", "_" or "-"`);
    else if (token.length < MIN_TOKEN_CHARACTERS)
      faults.push(
        `line ${index + 1}: expected a token of at least 32 random bytes, got ${token.length} characters`,
      );
    else if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token))
      faults.push(`line ${index + 1}: expected a token of letters, digits and "-._~+/=" alone`);
    else tokens.push({ name, token });
  }
  if (tokens.length === 0 && faults.length === 0)
    faults.push('expected at least one line [NAME:]TOKEN, got none');
  return { tokens, faults };
}
