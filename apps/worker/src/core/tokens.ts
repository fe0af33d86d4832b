/** Reads what a token file says. Whether its mode and owner are right is for others to see. */

export interface NamedToken {
  readonly name: string;
  readonly token: string;
}

/** 32 random bytes take 43 characters of base64url or 64 of hex; what is shorter can be guessed sooner. */
const MIN_TOKEN_CHARACTERS = 43;
/** A longer one would not fit a request's headers together with what else stands there. */
const MAX_TOKEN_CHARACTERS = 1_024;
/** A file that is something else altogether is at fault in every line; so many of them are told. */
const MAX_LINE_FAULTS = 10;

/** The tokens of a file of `[NAME:]TOKEN` lines; NAME is `default` where left out. Faults name the line, never the token. */
export function readTokens(text: string): { tokens: NamedToken[]; faults: string[] } {
  const tokens: NamedToken[] = [];
  const faults: string[] = [];
  const lineOf = new Map<string, number>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim(); // also of the CR and the byte order mark that editors leave
    if (line === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const name = colon < 0 ? 'default' : line.slice(0, colon);
    const token = line.slice(colon + 1);
    const fault = judgeToken(name, token) ?? judgeRepeat(lineOf.get(token));
    if (fault !== null) faults.push(`line ${index + 1}: ${fault}`);
    else {
      tokens.push({ name, token });
      lineOf.set(token, index + 1);
    }
  }
  const untold = faults.length - MAX_LINE_FAULTS;
  if (untold > 0) faults.splice(MAX_LINE_FAULTS, untold, `and ${untold} more lines like these`);
  if (tokens.length === 0 && faults.length === 0)
    faults.push('expected at least one line [NAME:]TOKEN, got none');
  return { tokens, faults };
}

/** Whether tokens can be of this name. */
export function isTokenName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name);
}

function judgeToken(name: string, token: string): string | null {
  if (!isTokenName(name)) return 'expected a NAME of at most 64 letters, digits, ".", "_" or "-"';
  if (!/^[A-Za-z0-9._~+/-]*=*$/.test(token))
    return 'expected a token of letters, digits and "-._~+/=" alone, as base64 or hex';
  if (token.length < MIN_TOKEN_CHARACTERS)
    return `expected a token of 32 random bytes, which are ${MIN_TOKEN_CHARACTERS} characters or more; got ${token.length}`;
  if (token.length > MAX_TOKEN_CHARACTERS)
    return `expected a token of at most ${MAX_TOKEN_CHARACTERS} characters, got ${token.length}`;
  return null;
}

/** One token under two names would be whichever is read last. */
function judgeRepeat(earlierLine: number | undefined): string | null {
  return earlierLine === undefined ? null : `the token of line ${earlierLine} again; give each line its own`;
}
