/** Bytes that show whether one is missing, double or out of place: a command that writes them, and what is to arrive. */
import { createHash } from 'node:crypto';

/** Writes `bytes` to stdout: a text of 64 KiB over and over, each time with its number at its head. */
const WRITER = `
const { writeSync } = require('node:fs');
const total = Number(process.argv[1]);
const block = Buffer.alloc(65536, 'The quick brown fox jumps over the lazy dog. 0123456789\\n');
for (let done = 0, number = 0; done < total; number++) {
  block.write(String(number).padStart(12, '0'));
  for (let at = 0, left = Math.min(65536, total - done); left > 0; ) {
    const count = writeSync(1, block, at, left);
    at += count;
    left -= count;
    done += count;
  }
}`;

export function writesPattern(bytes: number): readonly string[] {
  return [process.execPath, '-e', WRITER, String(bytes)];
}

/** The SHA-256 of what that command writes, in hex. */
export function patternDigest(bytes: number): string {
  const hash = createHash('sha256');
  const block = Buffer.alloc(65_536, 'The quick brown fox jumps over the lazy dog. 0123456789\n');
  for (let done = 0, number = 0; done < bytes; done += block.length, number++) {
    block.write(String(number).padStart(12, '0'));
    hash.update(block.subarray(0, Math.min(block.length, bytes - done)));
  }
  return hash.digest('hex');
}
