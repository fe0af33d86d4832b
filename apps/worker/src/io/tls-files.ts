/** Reads the certificate and the key with which a worker speaks TLS, tells what is wrong with them, and says how TLS is spoken. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

export interface TlsPaths {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | null;
}

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Where given, a client must show a certificate of this authority. */
  readonly clientCa?: Buffer;
}

/** What may change while the worker runs, and the oldest version that is spoken. */
export function contextOf({ cert, key, clientCa }: TlsFiles): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2', ...(clientCa === undefined ? {} : { ca: clientCa }) };
}

/** The files, or every fault of them. */
export function readTlsFiles(paths: TlsPaths): TlsFiles | string[] {
  const faults: string[] = [];
  const read = (option: string, path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      faults.push(`--${option} ${path}: ${(error as Error).message}`);
      return Buffer.alloc(0);
    }
  };
  const files = {
    cert: read('tls-cert', paths.cert),
    key: read('tls-key', paths.key),
    ...(paths.clientCa === null ? {} : { clientCa: read('tls-client-ca', paths.clientCa) }),
  };
  if (faults.length > 0) return faults;
  const fault = judgeTls(files, paths);
  return fault === null ? files : [fault];
}

/** The first of them that OpenSSL does not take, in its own words. */
function judgeTls({ cert, key, clientCa }: TlsFiles, paths: TlsPaths): string | null {
  const tries: readonly [fault: string, read: () => unknown][] = [
    [`--tls-cert ${paths.cert} is no certificate (PEM)`, () => createSecureContext({ cert })],
    [
      `--tls-key ${paths.key} is no private key (PEM) without a passphrase`,
      () => createSecureContext({ key }),
    ],
    [
      `--tls-key ${paths.key} is not the key of --tls-cert ${paths.cert}`,
      () => createSecureContext({ cert, key }),
    ],
    // As `ca` of a context, what is no certificate would be passed over in silence.
    [
      `--tls-client-ca ${paths.clientCa} is no certificate (PEM)`,
      () => clientCa && new X509Certificate(clientCa),
    ],
  ];
  for (const [fault, read] of tries) {
    try {
      read();
    } catch (error) {
      return `${fault}: ${(error as Error).message}`;
    }
  }
  return null;
}
