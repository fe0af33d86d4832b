/** A small file of /proc that is read at each look. Kept open, a read costs a fifth; the kernel shows what is true now. */
import { closeSync, openSync, readSync } from 'node:fs';
import { readText } from './read.js';

/** The worker needs descriptors for its tasks too: files beyond these are opened for each read. */
const MAX_KEPT = 256;
const buffer = Buffer.alloc(256);
let kept = 0;

export class KeptFile {
  readonly #path: string;
  #fd: number | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Its first 256 bytes, of ASCII; null where it is gone. */
  read(): string | null {
    if (this.#fd === null && kept >= MAX_KEPT) return readText(this.#path);
    try {
      this.#fd ??= this.#open();
      return buffer.toString('latin1', 0, readSync(this.#fd, buffer, 0, buffer.length, 0));
    } catch {
      this.close();
      return null;
    }
  }

  /** Call it when it is read no more. */
  close(): void {
    if (this.#fd === null) return;
    closeSync(this.#fd);
    this.#fd = null;
    kept--;
  }

  #open(): number {
    const fd = openSync(this.#path, 'r');
    kept++;
    return fd;
  }
}
