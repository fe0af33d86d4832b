/** Workers that run already: where each is, and the token for it. */
import { readFileSync } from 'node:fs';
import type { ErrorCode, Fault } from '../../core/sandbox-error.js';

export interface StaticAddress {
  readonly url: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly ca?: string | Uint8Array;
}

const NOT_READABLE: ErrorCode = 'INVALID_OPTIONS';

/** The token to dial with now: a token file is read at each dial, since tokens rotate. */
export function readToken(address: StaticAddress): { readonly token: string } | { readonly fault: Fault } {
  if (address.tokenFile === undefined) return { token: address.token ?? '' };
  try {
    const line =
      readFileSync(address.tokenFile, 'utf8')
        .split('\n')
        .find((text) => text.trim() !== '') ?? '';
    const token = line.trim().replace(/^[A-Za-z0-9][A-Za-z0-9._-]*:/, '');
    if (token !== '') return { token };
    return {
      fault: {
        code: NOT_READABLE,
        message: `tokenFile ${address.tokenFile}: expected a token in it, got an empty file.`,
      },
    };
  } catch (error) {
    const message = `tokenFile ${address.tokenFile}: expected a readable file, got ${(error as Error).message}.`;
    return { fault: { code: NOT_READABLE, message, cause: error } };
  }
}
