/** A client of the wire that shares no code with us: bare `ws`, literal JSON, frames taken apart by hand. */
import { type ClientOptions, WebSocket } from 'ws';

/** A message as it came, with its fields unread. */
export type Message = { readonly type: string } & Readonly<Record<string, unknown>>;

export interface BinaryChunk {
  readonly taskId: string;
  readonly stream: number;
  readonly offset: number;
  readonly data: Buffer;
}

const WAIT_MS = 30_000;

export class WireClient {
  /** Every message so far, in the order received; binary chunks as `binary`. */
  readonly received: Message[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();

  /** Made by `connect`. */
  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      this.received.push(
        isBinary ? { type: 'binary', ...readBinary(data) } : (JSON.parse(data.toString()) as Message),
      );
      for (const wake of [...this.#waiting]) wake();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        for (const wake of [...this.#waiting]) wake();
      });
    });
  }

  /** @param tls what `wss:` needs: the authority, a certificate of the client's own. */
  static async connect(url: string, token: string, tls: ClientOptions = {}): Promise<WireClient> {
    const headers = { Authorization: `Bearer ${token}` };
    const socket = new WebSocket(url, ['sandcrew.v1'], { ...tls, headers });
    const client = new WireClient(socket);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.on('error', () => {});
    return client;
  }

  /** Sends a message with a timestamp, or text as it is. */
  send(message: Record<string, unknown> | string): void {
    this.#socket.send(
      typeof message === 'string' ? message : JSON.stringify({ timestamp: Date.now(), ...message }),
    );
  }

  sendBytes(bytes: Buffer): void {
    this.#socket.send(bytes);
  }

  execute(taskId: string, command: string | string[], more: Record<string, unknown> = {}): void {
    this.send({ type: 'execute_command', taskId, command, ...more });
  }

  /** The first message of `type` (of a task) from `fromIndex` on; waits for it. */
  async next(type: string | readonly string[], taskId?: string, fromIndex = 0): Promise<Message> {
    const types = typeof type === 'string' ? [type] : type;
    const find = () =>
      this.received
        .slice(fromIndex)
        .find((one) => types.includes(one.type) && (taskId === undefined || one.taskId === taskId));
    await this.until(() => find() !== undefined, `${types.join(' or ')} of ${taskId ?? 'any task'}`);
    return find() as Message;
  }

  /** The one message that ends a task. */
  terminal(taskId: string, fromIndex = 0): Promise<Message> {
    return this.next(['task_complete', 'task_error'], taskId, fromIndex);
  }

  /** Waits until a condition over what was received holds. */
  until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        if (!holds()) {
          if (this.#socket.readyState !== WebSocket.CLOSED) return;
          stop();
          return reject(new Error(`closed before ${what}; received ${this.#shown()}`));
        }
        stop();
        resolve();
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`no ${what} within ${WAIT_MS} ms; received ${this.#shown()}`));
      }, WAIT_MS);
      const stop = () => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
      };
      this.#waiting.add(settle);
      settle();
    });
  }

  /** All that a task wrote, as text. */
  text(taskId: string, fromIndex = 0): string {
    const chunks = this.received
      .slice(fromIndex)
      .filter((one) => one.type === 'task_output' && one.taskId === taskId);
    return chunks.map((one) => one.output as string).join('');
  }

  /** All that a task wrote, as bytes, in binary mode. */
  bytes(taskId: string, fromIndex = 0): Buffer {
    const chunks = this.received
      .slice(fromIndex)
      .filter((one) => one.type === 'binary' && one.taskId === taskId);
    return Buffer.concat(chunks.map((one) => one.data as Buffer));
  }

  /** Drops what was received of a task: long runs would keep it all. */
  forget(taskId: string): void {
    const kept = this.received.filter((one) => one.taskId !== taskId);
    this.received.splice(0, this.received.length, ...kept);
  }

  /** An answer that proves that everything sent before was handled. */
  async settle(): Promise<void> {
    const id = `settle-${this.received.length}-${Math.floor(performance.now())}`;
    this.send({ type: 'ping', id });
    await this.until(() => this.received.some((one) => one.type === 'pong' && one.id === id), `pong ${id}`);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Closes as a network does: without a word. */
  cut(): void {
    this.#socket.terminate();
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }

  #shown(): string {
    return this.received
      .map((one) => JSON.stringify(one).slice(0, 120))
      .slice(-8)
      .join('\n');
  }
}

/** u8 kind | u8 stream | u16 length of taskId | u64 offset | taskId | bytes, big-endian. */
function readBinary(frame: Buffer): BinaryChunk {
  if (frame.readUInt8(0) !== 1) throw new Error(`kind ${frame.readUInt8(0)}`);
  const idEnd = 12 + frame.readUInt16BE(2);
  return {
    taskId: frame.toString('utf8', 12, idEnd),
    stream: frame.readUInt8(1),
    offset: Number(frame.readBigUInt64BE(4)),
    data: frame.subarray(idEnd),
  };
}
