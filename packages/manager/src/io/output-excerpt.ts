const BLOCK_BYTES = 65_536;

/** Head and tail of one stream, each up to a bound, however much comes between. */
export class OutputExcerpt {
  readonly #keepBytes: number;
  #head: Buffer[] = [];
  #headBytes = 0;
  /** Blocks of the tail, oldest first: whole ones are dropped from the front. */
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #totalBytes = 0;
  /** Of the block that was dropped last, for the next: a flood passes through the same few. */
  #spare: ArrayBufferLike | null = null;

  constructor(keepBytes: number) {
    this.#keepBytes = keepBytes;
  }

  add(data: Uint8Array): void {
    this.#totalBytes += data.length;
    const toHead = Math.min(data.length, this.#keepBytes - this.#headBytes);
    if (toHead > 0) {
      this.#keep(this.#head, data.subarray(0, toHead));
      this.#headBytes += toHead;
    }
    if (toHead === data.length) return;
    this.#keep(this.#tail, data.subarray(toHead));
    this.#tailBytes += data.length - toHead;
    for (let [oldest] = this.#tail; oldest !== undefined; [oldest] = this.#tail) {
      if (this.#tailBytes - oldest.length < this.#keepBytes) break;
      this.#tailBytes -= oldest.length;
      this.#tail.shift();
      if (oldest.buffer.byteLength === BLOCK_BYTES) this.#spare = oldest.buffer;
    }
  }

  clear(): void {
    this.#head = [];
    this.#tail = [];
    this.#spare = null;
    this.#headBytes = this.#tailBytes = this.#totalBytes = 0;
  }

  /** All of it, or head and tail with a line between that says what is left out. */
  show(): { readonly text: string; readonly omittedBytes: number } {
    const tail = Buffer.concat(this.#tail);
    const kept = tail.subarray(Math.max(0, tail.length - this.#keepBytes));
    const omittedBytes = this.#totalBytes - this.#headBytes - kept.length;
    if (omittedBytes === 0) return { text: Buffer.concat([...this.#head, kept]).toString(), omittedBytes };
    const head = Buffer.concat(this.#head).toString();
    return { text: `${head}\n[... ${omittedBytes} bytes left out ...]\n${kept.toString()}`, omittedBytes };
  }

  /** Copies into blocks, so that small chunks cost no object each and hold no large read buffer alive. */
  #keep(blocks: Buffer[], data: Uint8Array): void {
    const last = blocks.at(-1);
    if (last !== undefined && last.length + data.length <= BLOCK_BYTES && roomBehind(last) >= data.length) {
      const grown = Buffer.from(last.buffer, last.byteOffset, last.length + data.length);
      grown.set(data, last.length);
      blocks[blocks.length - 1] = grown;
      return;
    }
    const room = Buffer.from(this.#block(Math.max(data.length, blocks.length === 0 ? 4_096 : BLOCK_BYTES)));
    room.set(data);
    blocks.push(room.subarray(0, data.length));
  }

  /** One that holds nothing that is still needed. */
  #block(bytes: number): ArrayBufferLike {
    const spare = this.#spare;
    if (bytes !== BLOCK_BYTES || spare === null) return new ArrayBuffer(bytes);
    this.#spare = null;
    return spare;
  }
}

function roomBehind(block: Buffer): number {
  return block.buffer.byteLength - block.byteOffset - block.length;
}
