/**
 * Judges an HTTP request before anything of it is read: a page in a browser that was led here by a name that changed its
 * address (DNS rebinding) is told by its Host or its Origin, and a stranger by the token.
 */
export interface GatePolicy {
  /** Values of `Host` that are ours, in lower case. */
  readonly hosts: readonly string[];
  /** Values of `Origin` that may come; a request without one comes from no browser. */
  readonly origins: readonly string[];
  readonly path: string;
}

export interface GateRequest {
  readonly path: string;
  readonly host: string | null;
  readonly origin: string | null;
  readonly hasToken: boolean;
}

export interface HttpRefusal {
  readonly status: 401 | 403 | 404 | 413 | 400 | 503;
  /** What was expected, for a person. It repeats nothing of the request. */
  readonly message: string;
}

export function judgeRequest(request: GateRequest, policy: GatePolicy): HttpRefusal | null {
  if (request.host === null || !policy.hosts.includes(request.host.toLowerCase()))
    return { status: 403, message: `Expected a Host of ${policy.hosts.join(', ')}; --allow-host adds one.` };
  if (request.origin !== null && !policy.origins.includes(request.origin))
    return { status: 403, message: 'Expected no Origin, or one that --allow-origin names.' };
  if (request.path !== policy.path) return { status: 404, message: `Expected the path ${policy.path}.` };
  if (!request.hasToken) return { status: 401, message: 'Expected Authorization: Bearer TOKEN.' };
  return null;
}

/** The names under which a loopback address is called, with and without what is the default port. */
export function hostsOf(host: string, port: number, more: readonly string[]): string[] {
  const shown = host.includes(':') ? `[${host}]` : host;
  const names = [...new Set([shown, 'localhost', '127.0.0.1', '[::1]'])];
  const ported = names.map((name) => `${name}:${port}`);
  return [...ported, ...(port === 80 ? names : []), ...more.map((name) => name.toLowerCase())];
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
