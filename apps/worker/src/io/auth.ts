/** The worker's tokens: read from their file, kept as digests, compared in constant time. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { readTokens } from '../core/tokens.js';
import { FAILED_TOKENS_WINDOW_MS } from '../core/upgrade.js';
import { monotonicMs } from './clock.js';

/** More addresses than this are not remembered at once; the oldest failures are forgotten first. */
const MAX_ADDRESSES = 10_000;
/** Room for hundreds of tokens. What is longer is another file, given by mistake. */
const MAX_FILE_BYTES = 65_536;

export class TokenRegister {
  readonly #digests: readonly { readonly name: string; readonly digest: Buffer }[];

  /** Made by `read`. */
  constructor(digests: readonly { name: string; digest: Buffer }[]) {
    this.#digests = digests;
  }

  /** The tokens of a file, or every fault of it. A file that others may read or own is a fault. */
  static read(path: string): TokenRegister | string[] {
    try {
      const stat = statSync(path);
      if (!stat.isFile()) return ['expected a regular file; make one with: sandcrew-worker token new FILE'];
      const { uid, mode, size } = stat;
      const faults: string[] = [];
      if ((mode & 0o077) !== 0)
        faults.push(`expected mode 0600, got 0${(mode & 0o777).toString(8)}; run chmod 600 on it`);
      if (process.getuid !== undefined && uid !== process.getuid())
        faults.push(`expected it to be owned by uid ${process.getuid()}, got ${uid}`);
      if (size > MAX_FILE_BYTES) {
        faults.push(`expected at most ${MAX_FILE_BYTES} bytes of [NAME:]TOKEN lines, got ${size}`);
        return faults;
      }
      const found = readTokens(readFileSync(path, 'utf8'));
      faults.push(...found.faults);
      if (faults.length > 0) return faults;
      return new TokenRegister(found.tokens.map(({ name, token }) => ({ name, digest: digestOf(token) })));
    } catch (error) {
      return [
        `it cannot be read (${(error as Error).message}); make one with: sandcrew-worker token new FILE`,
      ];
    }
  }

  /** The name of a token, or null. Takes the same time whichever it is. */
  nameOf(token: string): string | null {
    return this.#find(digestOf(token));
  }

  /** Whether a token that was good when a connection opened still is. */
  holds(digest: Buffer): boolean {
    return this.#find(digest) !== null;
  }

  #find(digest: Buffer): string | null {
    let found: string | null = null;
    for (const known of this.#digests) if (timingSafeEqual(known.digest, digest)) found = known.name;
    return found;
  }
}

export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** A new token: 32 random bytes, as base64url. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Counts failed tokens by address. */
export class FailedTokens {
  readonly #atMs = new Map<string, number[]>();

  recent(address: string): number {
    return this.#prune(address).length;
  }

  add(address: string): void {
    const times = [...this.#prune(address), monotonicMs()];
    this.#atMs.delete(address);
    this.#atMs.set(address, times);
    const oldest = this.#atMs.keys().next().value;
    if (this.#atMs.size > MAX_ADDRESSES && oldest !== undefined) this.#atMs.delete(oldest);
  }

  #prune(address: string): number[] {
    const sinceMs = monotonicMs() - FAILED_TOKENS_WINDOW_MS;
    return (this.#atMs.get(address) ?? []).filter((atMs) => atMs > sinceMs);
  }
}
