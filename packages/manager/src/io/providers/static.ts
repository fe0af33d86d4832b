/** Workers that run already: where each is, and the token for it. */
import { readFileSync, type Stats, statSync } from 'node:fs';
import type { Fault } from '../../core/sandbox-error.js';
import { decodeTokenFile, MAX_TOKEN_FILE_BYTES } from '../../core/token-file.js';

export interface StaticAddress {
  readonly url: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly ca?: string | Uint8Array;
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
}

/** The token to dial with now: a token file is read at each dial, since tokens rotate. */
export function readToken({
  token = '',
  tokenFile,
}: StaticAddress): { readonly token: string } | { readonly fault: Fault } {
  if (tokenFile === undefined) return { token };
  try {
    const misfit = misfitOf(statSync(tokenFile));
    if (misfit !== null) return refuse(tokenFile, misfit);
    const read = decodeTokenFile(readFileSync(tokenFile, 'utf8'));
    return 'token' in read ? read : refuse(tokenFile, read.fault);
  } catch (error) {
    return refuse(tokenFile, `expected a file that can be read, got ${(error as Error).message}`, error);
  }
}

/** Why a file is not to be opened as a token file. (A pipe would be waited for; Windows has no such modes.) */
function misfitOf(file: Stats): string | null {
  if (!file.isFile()) return `expected a file, got ${file.isDirectory() ? 'a directory' : 'something else'}`;
  if (file.size > MAX_TOKEN_FILE_BYTES)
    return `expected at most ${MAX_TOKEN_FILE_BYTES} bytes, got ${file.size}`;
  if (process.platform !== 'win32' && (file.mode & 0o077) !== 0)
    return `expected mode 0600, got 0${(file.mode & 0o777).toString(8)}; run chmod 600 on it`;
  return null;
}

function refuse(tokenFile: string, why: string, cause?: unknown): { readonly fault: Fault } {
  const message = `tokenFile ${tokenFile}: ${why}.`;
  return { fault: { code: 'INVALID_OPTIONS', message, ...(cause === undefined ? {} : { cause }) } };
}
