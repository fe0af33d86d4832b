/** Judges where workers are, and how they are started. It tells faults and reads no file. */
import { createSecureContext } from 'node:tls';
import { faultsOfUnknown, isObject, mismatch, showValue } from './core/field-words.js';
import type { EmbeddedOptions, WorkerAddress } from './options.js';

const ADDRESS_FIELDS: Readonly<Record<keyof WorkerAddress, true>> = {
  url: true,
  token: true,
  tokenFile: true,
  ca: true,
  cert: true,
  key: true,
};
const EMBEDDED_FIELDS: Readonly<Record<keyof EmbeddedOptions, true>> = {
  command: true,
  directory: true,
  stateDirectory: true,
  args: true,
};
export function faultsOfWorkers(workers: readonly WorkerAddress[], maxWorkers: number): string[] {
  if (!Array.isArray(workers)) return [mismatch('workers', 'an array', workers)];
  const faults: string[] = [];
  if (workers.length > maxWorkers)
    faults.push(`workers: expected at most maxWorkers (${maxWorkers}), got ${workers.length}`);
  for (const [index, worker] of workers.entries()) {
    const where = `workers[${index}]`;
    if (!isObject(worker)) {
      faults.push(mismatch(where, 'an object', worker));
      continue;
    }
    faults.push(...faultsOfUnknown(worker, Object.keys(ADDRESS_FIELDS), `${where}.`));
    faults.push(...faultsOfAddress(worker, where));
    if (workers.findIndex((other) => other?.url === worker.url) < index)
      faults.push(`${where}.url: expected each URL once, got ${showUrl(worker.url)} again`);
  }
  return faults;
}

function faultsOfAddress(address: WorkerAddress, where: string): string[] {
  const { url, token, tokenFile } = address;
  const faults: string[] = [];
  const urlFault = faultOfUrl(url);
  if (urlFault !== null) faults.push(`${where}.url: ${urlFault}`);
  if ((token === undefined) === (tokenFile === undefined))
    faults.push(`${where}.token: expected either token or tokenFile`);
  else if (token !== undefined && !(typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)))
    faults.push(`${where}.token: expected visible ASCII without spaces`);
  if (tokenFile !== undefined && !isPath(tokenFile))
    faults.push(mismatch(`${where}.tokenFile`, 'a path', tokenFile));
  return [...faults, ...faultsOfTls(address, where)];
}

function faultsOfTls({ url, ca, cert, key }: WorkerAddress, where: string): string[] {
  const given = Object.entries({ ca, cert, key }).filter(([, pem]) => pem !== undefined);
  const faults = given
    .filter(([, pem]) => typeof pem !== 'string' && !(pem instanceof Uint8Array))
    .map(([name]) => `${where}.${name}: expected PEM, as a string or bytes, got something else`);
  if (faults.length === 0) faults.push(...faultsOfPem({ ca, cert, key }, where));
  if ((cert === undefined) !== (key === undefined))
    faults.push(
      `${where}.${cert === undefined ? 'cert' : 'key'}: expected cert and key together, got one of them`,
    );
  // Over plain text nothing would be pinned, and nobody would notice.
  if (given.length > 0 && typeof url === 'string' && !url.startsWith('wss:'))
    faults.push(`${where}.${given[0]?.[0]}: expected it with a wss:// URL alone, got ${showUrl(url)}`);
  return faults;
}

/** OpenSSL's own words, so that it is not the first dial that tells them. They hold nothing of a key. */
function faultsOfPem(
  pems: Readonly<Record<'ca' | 'cert' | 'key', string | Uint8Array | undefined>>,
  where: string,
): string[] {
  return Object.entries(pems).flatMap(([name, pem]) => {
    if (pem === undefined) return [];
    try {
      createSecureContext({ [name === 'ca' ? 'cert' : name]: Buffer.from(pem) }); // a `ca` that is none is passed over
      return [];
    } catch (error) {
      return [
        `${where}.${name}: expected PEM without a passphrase, got what is none (${(error as Error).message})`,
      ];
    }
  });
}

function faultOfUrl(url: string): string | null {
  if (typeof url !== 'string') return `expected a URL, got ${showValue(url)}`;
  if (/^[^/]*\/\/[^/?#]*@/.test(url))
    return 'expected no user and no password in it (the token stands in token or tokenFile), got some';
  if (!/^(wss?:\/\/|ws\+unix:\/)/.test(url))
    return `expected ws://, wss:// or ws+unix:/path.sock:/, got ${showUrl(url)}`;
  if (!URL.canParse(url)) return `expected a URL, got ${showUrl(url)}`;
  if (url.includes('#')) return `expected no fragment, got ${showUrl(url)}`;
  return url.includes('?') ? 'expected no query (a token never stands in a URL), got one' : null;
}

/** What stands before an @ may be a secret. */
function showUrl(url: unknown): string {
  return showValue(typeof url === 'string' ? url.replace(/^([a-z+]+:)?.*@/is, '$1…@') : url);
}

export function faultsOfEmbedded(embedded: EmbeddedOptions): string[] {
  if (!isObject(embedded)) return [mismatch('embedded', 'an object', embedded)];
  const { command, directory, stateDirectory, args } = embedded;
  const faults = faultsOfUnknown(embedded, Object.keys(EMBEDDED_FIELDS), 'embedded.');
  if (command !== undefined && !(isStrings(command) && isPath(command[0])))
    faults.push(mismatch('embedded.command', 'an argv, a program first', command));
  for (const [name, path] of Object.entries({ directory, stateDirectory })) {
    if (path !== undefined && !isPath(path)) faults.push(mismatch(`embedded.${name}`, 'a path', path));
  }
  if (args !== undefined && !isStrings(args))
    faults.push(mismatch('embedded.args', 'an array of strings', args));
  return faults;
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
