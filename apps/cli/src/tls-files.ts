/** Reads what `wss:` may need: the authority to trust, the certificate to show and its key. Tells what is wrong with them. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { WorkerAddress } from '@sandcrew/manager';
import type { Faults } from './arguments.js';

export interface TlsOptions {
  readonly ca?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

export function decodeTls(
  url: string,
  options: TlsOptions,
  environment: NodeJS.ProcessEnv,
  faults: Faults,
): Pick<WorkerAddress, 'ca' | 'cert' | 'key'> {
  const paths = {
    ca: options.ca ?? environment['SANDCREW_CA'],
    cert: options.clientCert ?? environment['SANDCREW_CLIENT_CERT'],
    key: options.clientKey ?? environment['SANDCREW_CLIENT_KEY'],
  };
  const isGiven = Object.values(paths).some((path) => path !== undefined);
  if (isGiven && !url.startsWith('wss:'))
    faults.add('--ca, --client-cert and --client-key: expected a wss:// URL with them, got another.');
  if ((paths.cert === undefined) !== (paths.key === undefined))
    faults.add('--client-cert and --client-key: expected both, got one of them.');
  const ca = readPem('--ca', paths.ca, (pem) => new X509Certificate(pem), faults);
  const cert = readPem('--client-cert', paths.cert, (pem) => createSecureContext({ cert: pem }), faults);
  const key = readPem('--client-key', paths.key, (pem) => createSecureContext({ key: pem }), faults);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

/** @param read throws for what is none. A key is told by its path alone. */
function readPem(
  option: string,
  path: string | undefined,
  read: (pem: Buffer) => unknown,
  faults: Faults,
): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    const pem = readFileSync(path);
    read(pem);
    return pem;
  } catch (error) {
    faults.add(`${option}: expected a PEM file, unencrypted, got "${path}" (${(error as Error).message}).`);
    return undefined;
  }
}
