/** Finds where WebSocket frames end in one direction of a connection, behind the HTTP head that it begins with. */
/** Lengths that say how long the length itself is, in bytes. */
const LENGTH_BYTES: Readonly<Record<number, number>> = { 126: 2, 127: 8 };
const HEAD_END = Buffer.from('\r\n\r\n');

export class FrameReader {
  /** What is not understood yet: the HTTP head, or the beginning of a frame's header. */
  #pending = Buffer.alloc(0);
  #isBehindHead = false;
  /** Bytes of the present frame that are still to come, its header left out. */
  #leftBytes = 0;

  /** @returns where frames end in `bytes`: for each the index of the byte behind it. */
  read(bytes: Buffer): number[] {
    const ends: number[] = [];
    let data = Buffer.concat([this.#pending, bytes]);
    let base = bytes.length - data.length; // where `data` begins in `bytes`: before it, if something was pending
    const skip = (count: number) => {
      data = data.subarray(count);
      base += count;
    };
    if (!this.#isBehindHead) {
      const end = data.indexOf(HEAD_END);
      if (end >= 0) {
        this.#isBehindHead = true;
        skip(end + HEAD_END.length);
      }
    }
    while (this.#isBehindHead && data.length > 0) {
      if (this.#leftBytes === 0) {
        const frame = frameAt(data);
        if (frame === null) break;
        skip(frame.headerBytes);
        this.#leftBytes = frame.payloadBytes;
      }
      const taken = Math.min(this.#leftBytes, data.length);
      skip(taken);
      this.#leftBytes -= taken;
      if (this.#leftBytes > 0) break;
      ends.push(base);
    }
    this.#pending = Buffer.from(data);
    return ends;
  }
}

/** RFC 6455, 5.2. Null where the header is not whole yet. */
function frameAt(data: Buffer): { readonly headerBytes: number; readonly payloadBytes: number } | null {
  if (data.length < 2) return null;
  const length = data.readUInt8(1) & 0x7f;
  const maskBytes = (data.readUInt8(1) & 0x80) === 0 ? 0 : 4;
  const lengthBytes = LENGTH_BYTES[length] ?? 0;
  const headerBytes = 2 + lengthBytes + maskBytes;
  if (data.length < headerBytes) return null;
  if (lengthBytes === 0) return { headerBytes, payloadBytes: length };
  return {
    headerBytes,
    payloadBytes: lengthBytes === 2 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2)),
  };
}
