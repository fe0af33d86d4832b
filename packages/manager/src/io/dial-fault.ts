/** Puts a failed dial, or the end of a connection, into words: the code, the URL, and whether dialling again may mend it. */
import { CLOSE_CODES, SUBPROTOCOL } from '@sandcrew/protocol';
import type { ErrorCode, Fault } from '../core/sandbox-error.js';
import { showWords } from '../core/worker-words.js';

export interface DialFault {
  readonly fault: Fault;
  /** Dialling again will hardly mend it. */
  readonly lasting: boolean;
}

const BY_STATUS: Readonly<Record<number, { code: ErrorCode; lasting: boolean; said: string }>> = {
  400: { code: 'VERSION_MISMATCH', lasting: true, said: `does not speak ${SUBPROTOCOL}` },
  401: { code: 'TOKEN_REFUSED', lasting: true, said: 'refused the token' },
  403: { code: 'ORIGIN_REFUSED', lasting: true, said: 'forbade the connection' },
  404: { code: 'WRONG_PATH', lasting: true, said: 'has no worker at this path' },
  429: { code: 'RATE_LIMITED', lasting: false, said: 'had too many failed tokens from here' },
  503: { code: 'WORKER_FULL', lasting: false, said: 'has as many connections as it allows' },
};

/** The upgrade was answered with another HTTP status than 101. `body` is the worker's own words, bounded. */
export function faultOfStatus(url: string, status: number, body: string): DialFault {
  const known = BY_STATUS[status];
  const words = showWords(body.trim(), 300);
  return {
    fault: {
      code: known?.code ?? 'WORKER_UNREACHABLE',
      message: `${url} ${known?.said ?? 'is no worker'} (HTTP ${status}${words === '' ? '' : `: ${words}`}).`,
      details: { url, status },
    },
    lasting: known?.lasting ?? false,
  };
}

/** The dial failed below HTTP, or in the WebSocket handshake. */
export function faultOfError(url: string, error: Error): DialFault {
  const noSubprotocol = /subprotocol/i.test(error.message);
  const why = (error as NodeJS.ErrnoException).code ?? '';
  // OpenSSL's word for an answer that is no TLS: a worker without certificates, or another server.
  if (/wrong version number/.test(error.message)) {
    const message = `${url} does not speak TLS: expected a worker with --tls-cert there, or ws:// in the URL of one without.`;
    const details = { url, errno: why };
    return { fault: { code: 'WORKER_UNREACHABLE', message, details, cause: error }, lasting: true };
  }
  return {
    fault: {
      code: noSubprotocol ? 'VERSION_MISMATCH' : 'WORKER_UNREACHABLE',
      message: `${url} ${noSubprotocol ? `does not speak ${SUBPROTOCOL}` : 'cannot be reached'} (${[why, error.message].filter(Boolean).join(': ')}).`,
      details: { url, ...(why === '' ? {} : { errno: why }) },
      cause: error,
    },
    lasting: noSubprotocol || error instanceof SyntaxError,
  };
}

export function faultOfTimeout(url: string, timeoutMs: number): DialFault {
  return {
    fault: {
      code: 'WORKER_UNREACHABLE',
      message: `${url} did not answer within ${timeoutMs} ms.`,
      details: { url },
    },
    lasting: false,
  };
}

/** An open connection was closed. */
export function faultOfClose(url: string, code: number, reason: string): DialFault {
  const details = { url, closeCode: code };
  const said = `${code}${reason === '' ? '' : ` ${showWords(reason, 200)}`}`;
  if (code === CLOSE_CODES.replaced) {
    const message = `${url} gave the connection to another manager with this managerId (${said}).`;
    return { fault: { code: 'CONNECTION_REPLACED', message, details }, lasting: true };
  }
  if (code === CLOSE_CODES.managerIdTaken) {
    const message = `${url} keeps this managerId for a token of another name (${said}).`;
    return { fault: { code: 'MANAGER_ID_TAKEN', message, details }, lasting: true };
  }
  return {
    fault: { code: 'WORKER_UNREACHABLE', message: `The connection to ${url} ended (${said}).`, details },
    lasting: false,
  };
}
