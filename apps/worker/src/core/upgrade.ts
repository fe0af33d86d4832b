/** Whether a request may become a connection. Judged whole before the first WebSocket byte, in the order of the contract. */
import { SUBPROTOCOL } from '@sandcrew/protocol';

export interface UpgradeRequest {
  /** Path and query as they came. */
  readonly url: string;
  readonly origin: string | undefined;
  /** Every `Authorization` header that came. */
  readonly authorizations: readonly string[];
  /** What `Sec-WebSocket-Protocol` offers; undefined where there is none. */
  readonly subprotocols: string | undefined;
}

export interface UpgradePolicy {
  readonly allowedOrigins: readonly string[];
  readonly maxConnections: number;
}

export type UpgradeVerdict =
  | { readonly status: 101; readonly tokenName: string }
  | { readonly status: 400 | 401 | 403 | 404 | 429 | 503; readonly message: string };

/** 20 failed tokens in a minute from one address; the next one gets 429 (a good token always passes). */
const MAX_FAILED_TOKENS = 20;
export const FAILED_TOKENS_WINDOW_MS = 60_000;

/**
 * @param nameToken the name of a token, or null for one that is not known. Compares in constant time.
 * @param recentFailures failed tokens of this address within `FAILED_TOKENS_WINDOW_MS`.
 */
export function judgeUpgrade(
  request: UpgradeRequest,
  policy: UpgradePolicy,
  nameToken: (token: string) => string | null,
  recentFailures: number,
  openConnections: number,
): UpgradeVerdict {
  const [path = '', query = ''] = request.url.split('?', 2);
  if (path !== '/') return { status: 404, message: 'a worker is reached at /' };
  if (request.origin !== undefined && !policy.allowedOrigins.includes(request.origin)) {
    return { status: 403, message: 'this Origin is not allowed; an operator allows one with --allow-origin' };
  }
  const tokenName = hasToken(query, nameToken) ? null : readToken(request.authorizations, nameToken);
  if (tokenName === null) {
    if (recentFailures >= MAX_FAILED_TOKENS)
      return { status: 429, message: 'too many failed tokens from this address; wait a minute' };
    return {
      status: 401,
      message:
        'expected one header "Authorization: Bearer TOKEN" with a token of this worker, and none in the URL',
    };
  }
  const offered = request.subprotocols?.split(',').map((name) => name.trim());
  if (offered !== undefined && !offered.includes(SUBPROTOCOL)) {
    return { status: 400, message: `supported subprotocols: ${SUBPROTOCOL}` };
  }
  if (openConnections >= policy.maxConnections)
    return { status: 503, message: `all ${policy.maxConnections} connections are taken` };
  return { status: 101, tokenName };
}

/** A URL ends up in logs and histories, so a token there is refused even beside a good header. */
function hasToken(query: string, nameToken: (token: string) => string | null): boolean {
  return query.split('&').some((pair) => {
    const [name = '', value = ''] = pair.split('=', 2);
    return /token|auth|bearer|secret|key/i.test(name) || (value !== '' && nameToken(value) !== null);
  });
}

function readToken(
  authorizations: readonly string[],
  nameToken: (token: string) => string | null,
): string | null {
  const [only, ...more] = authorizations;
  if (only === undefined || more.length > 0) return null;
  const token = /^Bearer ([^\s,]+)$/i.exec(only)?.[1];
  return token === undefined ? null : nameToken(token);
}
