/**
 * A connection to a worker that keeps all that came, in order, and takes nothing on trust: each frame is held against
 * the schema, and one that breaks it fails whatever is waited for.
 */
import { decodeOutputFrame, decodeWorkerMessage } from '@sandcrew/protocol';
import { WebSocket } from 'ws';
import { isSame, Mismatch, shown } from '../core/mismatch.js';

/** A message as it came. A binary chunk has the `type` `binary`. */
export type Message = { readonly type: string; readonly taskId?: string } & Readonly<Record<string, unknown>>;

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

export class WireClient {
  /** Every message so far, in the order received. */
  readonly received: Message[] = [];
  /** Types of messages that bore fields which their schema does not declare. */
  readonly undeclared: string[] = [];
  /** Each task that `execute_command` named on this connection. */
  readonly executed = new Set<string>();
  readonly socket: WebSocket;
  readonly #patienceMs: number;
  readonly #wakers = new Set<() => void>();
  #fault: Mismatch | null = null;
  #closing: Closing | null = null;
  #pings = 0;

  /** Made by `dial`. */
  constructor(socket: WebSocket, patienceMs: number) {
    this.socket = socket;
    this.#patienceMs = patienceMs;
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#takeBinary(data);
      else this.#takeText(data.toString());
      this.#wake();
    });
    socket.on('ping', () => {
      this.#pings++;
      this.#wake();
    });
    socket.on('close', (code, reason) => {
      this.#closing = { code, reason: reason.toString() };
      this.#wake();
    });
    socket.on('error', () => {});
  }

  /** @throws {Mismatch} where the worker does not take the connection within `patienceMs`. */
  static dial(url: string, token: string, patienceMs: number): Promise<WireClient> {
    const socket = new WebSocket(url, ['sandcrew.v1'], {
      headers: { Authorization: `Bearer ${token}` },
      handshakeTimeout: patienceMs,
      rejectUnauthorized: false,
    });
    const client = new WireClient(socket, patienceMs);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(client));
      socket.once('error', (error) => reject(new Mismatch('a connection', error.message)));
    });
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** WebSocket pings that came. */
  get pings(): number {
    return this.#pings;
  }

  /** Sends a message, with a `timestamp` where it has none; or text as it is. */
  send(message: Readonly<Record<string, unknown>> | string): void {
    if (typeof message !== 'string' && message['type'] === 'execute_command')
      this.executed.add(String(message['taskId']));
    this.socket.send(
      typeof message === 'string' ? message : JSON.stringify({ timestamp: Date.now(), ...message }),
    );
  }

  execute(
    taskId: string,
    command: string | readonly string[],
    more: Readonly<Record<string, unknown>> = {},
  ): void {
    this.send({ type: 'execute_command', taskId, command, ...more });
  }

  /** The first message of one of `types` (of a task) from `fromIndex` on; waits for it. */
  async next(type: string | readonly string[], taskId?: string, fromIndex = 0): Promise<Message> {
    const types = typeof type === 'string' ? [type] : type;
    const find = () =>
      this.received
        .slice(fromIndex)
        .find((one) => types.includes(one.type) && (taskId === undefined || one.taskId === taskId));
    await this.until(
      () => find() !== undefined,
      `${types.join(' or ')}${taskId === undefined ? '' : ` of ${taskId}`}`,
    );
    return find() as Message;
  }

  /** The message that ends a task. */
  terminal(taskId: string, fromIndex = 0): Promise<Message> {
    return this.next(['task_complete', 'task_error'], taskId, fromIndex);
  }

  /** The `protocol_error` that comes after `fromIndex`. */
  refusal(fromIndex = 0): Promise<Message> {
    return this.next('protocol_error', undefined, fromIndex);
  }

  /** @throws {Mismatch} where it does not hold in time, where the connection ends before, or a frame is invalid. */
  until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (fault: Mismatch | null) => {
        clearTimeout(timer);
        this.#wakers.delete(look);
        if (fault === null) resolve();
        else reject(fault);
      };
      const look = () => {
        if (this.#fault !== null) return end(this.#fault);
        if (holds()) return end(null);
        if (this.#closing !== null)
          end(
            new Mismatch(
              what,
              `the connection closed with ${this.#closing.code}; before: ${this.#lastReceived()}`,
            ),
          );
      };
      const timer = setTimeout(
        () => end(new Mismatch(`${what} within ${this.#patienceMs} ms`, this.#lastReceived())),
        this.#patienceMs,
      );
      this.#wakers.add(look);
      look();
    });
  }

  /** How the worker closed the connection. @throws {Mismatch} where it does not. */
  async closed(what: string): Promise<Closing> {
    await this.until(() => this.#closing !== null, what);
    return this.#closing as Closing;
  }

  /** Waits for an answer that proves that everything sent before was handled. */
  async settle(): Promise<void> {
    const id = `settle-${this.received.length}-${Math.floor(performance.now())}`;
    this.send({ type: 'ping', id });
    await this.until(
      () => this.received.some((one) => one.type === 'pong' && one['id'] === id),
      `pong ${id}`,
    );
  }

  /** The chunks of a task, text or binary, in order. */
  chunks(taskId: string, fromIndex = 0): readonly Message[] {
    return this.received
      .slice(fromIndex)
      .filter((one) => (one.type === 'task_output' || one.type === 'binary') && one.taskId === taskId);
  }

  /** All that a task wrote, as text. */
  text(taskId: string, fromIndex = 0): string {
    return this.chunks(taskId, fromIndex)
      .map((one) => one['output'] as string)
      .join('');
  }

  /** All that a task wrote, in binary mode. */
  bytes(taskId: string, fromIndex = 0): Buffer {
    return Buffer.concat(this.chunks(taskId, fromIndex).map((one) => one['data'] as Buffer));
  }

  /** Closes as a network does: without a word. */
  async cut(): Promise<void> {
    this.socket.terminate();
    await this.#closedAnyhow();
  }

  async close(): Promise<void> {
    this.socket.close(1000);
    const timer = setTimeout(() => this.socket.terminate(), 1_000);
    await this.#closedAnyhow();
    clearTimeout(timer);
  }

  #closedAnyhow(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closing !== null) return resolve();
      this.socket.once('close', () => resolve());
    });
  }

  #takeText(text: string): void {
    const decoded = decodeWorkerMessage(text);
    if (!decoded.ok) {
      this.#fault ??= new Mismatch(
        'a message that keeps its schema',
        `${decoded.refusal.message} at ${decoded.refusal.path ?? 'the frame'} of ${shown(text)}`,
      );
      return;
    }
    const message = JSON.parse(text) as Message;
    if (!isSame(message, JSON.parse(JSON.stringify(decoded.message)))) this.undeclared.push(message.type);
    this.received.push(message);
  }

  #takeBinary(frame: Buffer): void {
    const decoded = decodeOutputFrame(frame);
    if (!decoded.ok) {
      this.#fault ??= new Mismatch('a binary frame as the contract lays it out', decoded.refusal.message);
      return;
    }
    const { taskId, stream, offset, data } = decoded.message;
    this.received.push({
      type: 'binary',
      taskId,
      stream,
      offset,
      bytes: data.length,
      data: Buffer.from(data),
    });
  }

  #wake(): void {
    for (const look of [...this.#wakers]) look();
  }

  #lastReceived(): string {
    if (this.received.length === 0) return 'nothing';
    return this.received
      .slice(-4)
      .map((one) => shown(one.type === 'binary' ? { ...one, data: undefined } : one))
      .join(' ');
  }
}
