/** A client of the wire below WebSocket: sends bytes as they are, and reads what comes back of HTTP status and close code. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface FrameShape {
  readonly isFinal?: boolean;
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number;
  readonly isMasked?: boolean;
  /** What the header says, where that is not the payload's own length. */
  readonly claimedBytes?: bigint;
}

const MASK = Buffer.from([0x12, 0x34, 0x56, 0x78]);

/** One frame as RFC 6455 has it, but for what `shape` breaks. */
export function frame(opcode: number, payload: string | Uint8Array = '', shape: FrameShape = {}): Buffer {
  const { isFinal = true, reserved = 0, isMasked = true } = shape;
  const data = Buffer.from(payload as string);
  const claimed = shape.claimedBytes ?? BigInt(data.length);
  const head = headOf(claimed);
  head[0] = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (isMasked ? 0x80 : 0) | (head[1] as number);
  if (!isMasked) return Buffer.concat([head, data]);
  for (let at = 0; at < data.length; at++) data[at] = (data[at] as number) ^ (MASK[at % 4] as number);
  return Buffer.concat([head, MASK, data]);
}

/** The length in as many bytes as it needs. */
function headOf(claimed: bigint): Buffer {
  if (claimed < 126n) return Buffer.from([0, Number(claimed)]);
  if (claimed < 65_536n) return Buffer.from([0, 126, Number(claimed >> 8n), Number(claimed & 0xffn)]);
  const head = Buffer.alloc(10);
  head[1] = 127;
  head.writeBigUInt64BE(claimed, 2);
  return head;
}

/** An upgrade request's lines; `lines` come behind the usual ones. */
export function upgradeRequest(lines: readonly string[], path = '/'): string {
  const usual = [
    `GET ${path} HTTP/1.1`,
    'Host: worker',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  return `${[...usual, ...lines].join('\r\n')}\r\n\r\n`;
}

export class RawSocket {
  readonly socket: Socket;
  /** Settles with all that came, when the worker has closed. */
  readonly ended: Promise<Buffer>;
  readonly #received: Buffer[] = [];

  constructor(url: string) {
    this.socket = connect(Number(new URL(url).port), '127.0.0.1');
    this.socket.on('data', (data: Buffer) => this.#received.push(data));
    this.socket.on('error', () => {}); // a reset is an end like any other
    this.ended = new Promise((resolve) =>
      this.socket.once('close', () => resolve(Buffer.concat(this.#received))),
    );
  }

  /** Connects and upgrades with a good token; what comes from then on is frames. */
  static async upgraded(url: string, token: string): Promise<RawSocket> {
    const raw = new RawSocket(url);
    raw.socket.write(upgradeRequest([`Authorization: Bearer ${token}`]));
    while (!raw.received.includes('\r\n\r\n')) {
      await Promise.race([once(raw.socket, 'data'), raw.ended]);
      if (raw.socket.destroyed) throw new Error(`not upgraded: ${raw.received}`);
    }
    raw.#received.length = 0;
    return raw;
  }

  get received(): Buffer {
    return Buffer.concat(this.#received);
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The code of the close frame that comes; null where the connection ends without one. Closes on it, as a peer does. */
  async closeCode(): Promise<number | null> {
    while (readCloseCode(this.received) === null && !this.socket.destroyed)
      await Promise.race([once(this.socket, 'data'), this.ended]);
    this.socket.destroy();
    return readCloseCode(this.received);
  }

  /** The status of the answer to what was sent; 0 where the connection ends without one. */
  async status(): Promise<number> {
    while (!this.received.includes('\r\n\r\n') && !this.socket.destroyed)
      await Promise.race([once(this.socket, 'data'), this.ended]);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(this.received.toString('latin1'))?.[1] ?? 0);
    this.socket.destroy();
    return status;
  }
}

/** A server's frames are not masked: a byte of opcode, a length, the payload. */
function readCloseCode(bytes: Buffer): number | null {
  for (let at = 0; at + 2 <= bytes.length; ) {
    const { headBytes, length } = sizeAt(bytes, at);
    if ((bytes.readUInt8(at) & 0x0f) === 8) return length >= 2 ? bytes.readUInt16BE(at + headBytes) : null;
    at += headBytes + length;
  }
  return null;
}

function sizeAt(bytes: Buffer, at: number): { readonly headBytes: number; readonly length: number } {
  const short = bytes.readUInt8(at + 1) & 0x7f;
  if (short === 126) return { headBytes: 4, length: bytes.readUInt16BE(at + 2) };
  if (short === 127) return { headBytes: 10, length: Number(bytes.readBigUInt64BE(at + 2)) };
  return { headBytes: 2, length: short };
}
