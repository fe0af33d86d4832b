/** The token that clients of the HTTP server show. It is compared in constant time and never told. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { UsageError } from '../core/usage-error.js';

const MIN_CHARACTERS = 43;
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
const NOBODY_ELSE = 0o077;

export class BearerToken {
  readonly #digest: Buffer;

  /** @param token As it is to be shown. */
  constructor(token: string) {
    this.#digest = digestOf(token);
  }

  /** @throws {UsageError} a sentence that says what is wrong with the file, and nothing of what stands in it. */
  static read(path: string): BearerToken {
    const fault = (what: string, cause?: unknown) =>
      new UsageError(`--http-token-file "${path}": ${what}.`, { cause });
    const { text, mode, uid } = readWhole(path, fault);
    const ownUid = process.getuid?.();
    if (ownUid !== undefined && (mode & NOBODY_ELSE) !== 0)
      throw fault('expected mode 0600, got one with which others may use it; run chmod 600 on it');
    if (ownUid !== undefined && uid !== ownUid) throw fault(`expected it to be owned by uid ${ownUid}`);
    const [token = ''] = text.trim().split('\n');
    if (token.length < MIN_CHARACTERS || !TOKEN.test(token))
      throw fault(
        `expected a first line of ${MIN_CHARACTERS} characters or more of A-Z a-z 0-9 . _ ~ + / -; ` +
          '`openssl rand -hex 32` makes one',
      );
    return new BearerToken(token);
  }

  /** @param header of `Authorization` */
  matches(header: string | undefined): boolean {
    const [, token] = /^Bearer ([^ ]+)$/i.exec(header ?? '') ?? [];
    return token !== undefined && timingSafeEqual(digestOf(token), this.#digest);
  }
}

function readWhole(path: string, fault: (what: string, cause: unknown) => UsageError) {
  try {
    const { mode, uid } = statSync(path);
    return { text: readFileSync(path, 'utf8'), mode, uid };
  } catch (error) {
    throw fault(`expected a file that can be read (${(error as Error).message})`, error);
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
