/** `sandcrew-worker token new [--name NAME] [FILE]`: makes a token, in a file of its own or on stdout. */
import { writeFileSync } from 'node:fs';
import { isTokenName } from './core/tokens.js';
import { newToken } from './io/auth.js';

/** How it is called. */
export const TOKEN_USAGE = 'sandcrew-worker token new [--name NAME] [FILE]';

/** Does it, or tells why it cannot be done. */
export function makeToken([action, ...words]: readonly string[]): string | null {
  const asked = readWords(words);
  if (action !== 'new' || asked === null) return `expected: ${TOKEN_USAGE}`;
  const { name, file } = asked;
  if (name !== null && !isTokenName(name))
    return `--name expects at most 64 letters, digits, ".", "_" or "-", got ${JSON.stringify(name.slice(0, 80))}`;
  const line = `${name === null ? '' : `${name}:`}${newToken()}\n`;
  if (file === null) {
    process.stdout.write(line);
    return null;
  }
  try {
    writeFileSync(file, line, { mode: 0o600, flag: 'wx' });
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'EEXIST'
      ? `${file} is there already and is kept; a further token is added by: sandcrew-worker token new --name NAME >> ${file}`
      : `the token file cannot be made: ${message}`;
  }
}

function readWords(words: readonly string[]): { name: string | null; file: string | null } | null {
  let name: string | null = null;
  const files: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '--name') name = words[++index] ?? '';
    else if (word.startsWith('--name=')) name = word.slice('--name='.length);
    else if (word.startsWith('-')) return null;
    else files.push(word);
  }
  return files.length > 1 ? null : { name, file: files[0] ?? null };
}
