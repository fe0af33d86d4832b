/** Judges a file that is to hold a worker's token, before anything is dialled. It never tells what stands in it. */
import { readFileSync, type Stats, statSync } from 'node:fs';

/** `[NAME:]TOKEN`, as a worker reads it. */
const TOKEN_LINE = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63}:)?[A-Za-z0-9._~+/-]+=*$/;
const NOBODY_ELSE = 0o077;

/** Every fault, each a sentence. A file that others may read or own is one, as it is for the worker. */
export function faultsOfTokenFile(path: string): string[] {
  try {
    const stats = statSync(path);
    const faults = stats.isFile()
      ? [...faultsOfOwnership(stats), ...faultsOfContent(readFileSync(path, 'latin1'))]
      : ['expected a regular file, which can be read at each connection, got something else'];
    return faults.map((fault) => `--token-file "${path}": ${fault}.`);
  } catch (error) {
    return [`--token-file: expected a file that can be read, got "${path}" (${(error as Error).message}).`];
  }
}

function faultsOfOwnership({ uid, mode }: Stats): string[] {
  const ownUid = process.getuid?.();
  if (ownUid === undefined) return []; // a system without owners and modes
  const faults: string[] = [];
  if ((mode & NOBODY_ELSE) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(4, '0');
    faults.push(`expected mode 0600, got ${octal}, with which others may use it; run chmod 600 on it`);
  }
  if (uid !== ownUid) faults.push(`expected it to be owned by uid ${ownUid}, got uid ${uid}`);
  return faults;
}

function faultsOfContent(text: string): string[] {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '');
  if (line === undefined) return ['expected a line [NAME:]TOKEN, got an empty file'];
  if (TOKEN_LINE.test(line.trim())) return [];
  return [
    'expected a first line [NAME:]TOKEN of letters, digits and "-._~+/=" alone, got other characters; ' +
      '`sandcrew worker token new FILE` makes one',
  ];
}
