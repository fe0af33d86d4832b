/** Reads a tar stream from whoever sent it: each entry goes to one visitor, in order, and no chunk is done before its entries are. */
import { type Extract, extract, type Header } from 'tar-stream';
import type { ArchiveEntry, FileFacts } from '../../core/files/archive-ledger.js';
import { SandboxError } from '../../core/sandbox-error.js';

/** Takes an entry; what it does not read of the content is dropped. What it throws ends the reading. */
export type EntryVisitor = (
  entry: ArchiveEntry & FileFacts,
  content: AsyncIterable<Uint8Array>,
) => Promise<void>;

/** Two blocks of zeros end an archive. */
const END_BYTES = 1_024;
/** What a Date holds at most, seconds on either side of the epoch. */
const MAX_TIME_S = 8_640_000_000_000;

export class ArchiveReader {
  /** Of the archive so far, bytes. */
  archiveBytes = 0;
  /** One chunk at a time, so that whoever brings the next is held back until this one is read. */
  readonly #parser: Extract = extract({ highWaterMark: 1 });
  #tail: Uint8Array = new Uint8Array();
  #fault: Error | null = null;
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(visit: EntryVisitor) {
    this.#parser.on('error', (error: Error) => {
      this.#fault ??= error instanceof SandboxError ? error : broken(error.message);
    });
    this.#parser.on('drain', () => this.#wake());
    this.#parser.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
    this.#parser.on('entry', (header, content, next) => {
      content.on('error', () => {}); // it goes down with the parser, which says why
      visit(readHeader(header), content as AsyncIterable<Uint8Array>).then(
        () => {
          content.resume();
          next();
        },
        (error: Error) => {
          this.#fault ??= error;
          next(error);
        },
      );
    });
  }

  /** Resolves when every entry that it holds was visited. @throws {SandboxError} INVALID_ARCHIVE, and what the visitor throws */
  async push(chunk: Uint8Array): Promise<void> {
    if (this.#fault !== null) throw this.#fault;
    if (chunk.length === 0) return;
    this.archiveBytes += chunk.length;
    this.#tail =
      chunk.length >= END_BYTES
        ? chunk.subarray(-END_BYTES)
        : Buffer.concat([this.#tail, chunk]).subarray(-END_BYTES);
    const taken = this.#woken();
    if (!this.#parser.write(chunk)) await taken;
    if (this.#fault !== null) throw this.#fault;
  }

  /** All has come. @throws {SandboxError} INVALID_ARCHIVE where it breaks off */
  async end(): Promise<void> {
    if (this.#fault !== null) throw this.#fault;
    this.#parser.end(null);
    while (!this.#isClosed) await this.#woken();
    if (this.#fault !== null) throw this.#fault;
    if (this.#tail.length < END_BYTES || this.#tail.some((byte) => byte !== 0))
      throw broken(`it breaks off after ${this.archiveBytes} bytes, without the end of an archive`);
  }

  /** Ends it, whatever is still to come. */
  stop(): void {
    this.#parser.destroy();
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function readHeader({ name, type, size, linkname, mode, mtime, pax }: Header): ArchiveEntry & FileFacts {
  const records = pax as Readonly<Record<string, string>> | null | undefined;
  const exactS = Number.parseFloat(records?.['mtime'] ?? '');
  const mtimeS = Number.isFinite(exactS) ? exactS : mtime.getTime() / 1_000;
  return {
    name,
    type,
    bytes: size,
    linkname,
    mode: mode & 0o777,
    mtimeS: Math.abs(mtimeS) <= MAX_TIME_S ? mtimeS : 0,
  };
}

function broken(why: string): SandboxError {
  return new SandboxError({
    code: 'INVALID_ARCHIVE',
    message: `Expected a tar archive, got something else: ${why}.`,
  });
}
