/** The token of a file as workers and managers share it: the first line, `[NAME:]TOKEN`. */
import { readFileSync } from 'node:fs';

/** @throws {Error} with what was expected, where there is no such file or no token in it. */
export function readToken(path: string): string {
  const [line = ''] = readFileSync(path, 'utf8').split('\n');
  const token = line.slice(line.lastIndexOf(':') + 1).trim();
  if (token === '') throw new Error(`expected [NAME:]TOKEN on the first line of ${path}, got an empty line`);
  return token;
}
